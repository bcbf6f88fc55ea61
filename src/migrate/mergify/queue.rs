//! The keys of a Mergify queue rule, of the queue action, and of the queue as a whole. Conditions are read elsewhere.

use super::super::draft::{At, Draft};
use super::super::setting::Setting;
use super::condition;
use super::gathered::{Gathered, Where};
use crate::document::{Entry, Node};

/// Keys that need nothing here, and why.
const NEEDLESS: [(&str, &str); 14] = [
    ("allow_inplace_checks", "every pull request is tested on a branch of the queue's"),
    ("allow_queue_branch_edit", "what somebody else pushed there never lands"),
    ("update_method", "branches need no updating"),
    ("update_bot_account", "Greenline acts as itself"),
    ("merge_bot_account", "Greenline acts as itself"),
    ("draft_bot_account", "Greenline opens no pull requests"),
    ("autosquash", "fixups are melted into their targets whenever commits are rebased"),
    (
        "branch_protection_injection_mode",
        "checks that GitHub requires are asked for unless [checks] required names others",
    ),
    ("require_branch_protection", "checks that GitHub requires are asked for unless [checks] required names others"),
    ("skip_intermediate_results", "what is green with others behind it lands with them"),
    ("reset_on_external_merge", "somebody else's push to trunk costs a retest and nothing more"),
    ("strict", "every pull request is tested on trunk as it will be"),
    ("strict_method", "branches need no updating"),
    ("batch_max_failure_resolution_attempts", "a red batch is halved until the culprit stands first"),
];

/// Keys that stay behind, why, and what to do instead.
const DROPPED: [(&str, &str, &str); 10] = [
    (
        "queue_branch_prefix",
        "the queue's branches are always greenline/**",
        "put that into the workflows' push branches",
    ),
    ("commit_message_format", "templates are written otherwise", "see [merge] merge_message and squash_message"),
    ("commit_message", "templates are written otherwise", "see [merge] merge_message and squash_message"),
    ("priority", "a rule gives no priority", "say `@greenline merge priority=10`"),
    ("mode", "one trunk has one queue, in order", "nothing waits longer than its place in it"),
    ("queued_label", "no label says where a pull request stands", "see its status comment"),
    ("checking_label", "no label says where a pull request stands", "see its status comment"),
    ("dequeued_label", "no label says where a pull request stands", "see its status comment"),
    ("status_comments", "one comment is edited in place", "nothing is lost"),
    ("queue_controls_comment", "one comment is edited in place", "say `@greenline merge`"),
];

/// A queue rule, or the defaults for all of them.
pub(super) fn rule(draft: &mut Draft, gathered: &mut Gathered, rule: &Node) {
    let split = rule.get("merge_conditions").is_some_and(|node| !node.items().is_empty());
    for entry in rule.entries() {
        match entry.key.as_str() {
            // Without conditions of its own for merging, what lets it in is what lets it land.
            "queue_conditions" if split => gathered.take(draft, condition::read(Some(&entry.node)), Where::Entry),
            "queue_conditions" | "merge_conditions" | "conditions" => {
                gathered.take(draft, condition::read(Some(&entry.node)), Where::Tip);
            }
            "name" => {}
            _ => key(draft, gathered, entry),
        }
    }
}

/// `queue:` or `merge:` among a rule's actions.
pub(super) fn action(draft: &mut Draft, gathered: &mut Gathered, action: &Entry) {
    for entry in action.node.entries().iter().filter(|entry| entry.key != "name") {
        key(draft, gathered, entry);
    }
}

/// `merge_queue:`
pub(super) fn whole(draft: &mut Draft, gathered: &mut Gathered, node: &Node) {
    for entry in node.entries() {
        key(draft, gathered, entry);
    }
}

fn key(draft: &mut Draft, gathered: &mut Gathered, entry: &Entry) {
    let at = At::new(&entry.key, entry.line);
    let node = &entry.node;
    let number = || node.whole().and_then(|number| u32::try_from(number).ok());
    match entry.key.as_str() {
        "merge_method" | "method" | "queue_branch_merge_method" => method(draft, at, node.text().unwrap_or_default()),
        "batch_size" => {
            match number().or_else(|| node.get("max").and_then(Node::whole).and_then(|n| n.try_into().ok())) {
                Some(size) => gathered.batch = gathered.batch.take().or(Some((size, at))),
                None => draft.drop(at, "its value is not a number", "see [queue] batch_size"),
            }
        }
        "batch_max_wait_time" => match node.scalar().as_deref().map(duration_ms) {
            Some(Some(ms)) => gathered.wait = gathered.wait.take().or(Some((ms, at))),
            Some(None) | None => draft.drop(at, "its value is no length of time", "see [queue] gather"),
        },
        "max_parallel_checks" | "speculative_checks" => match number() {
            Some(depth) => gathered.depth = gathered.depth.take().or(Some((depth, at))),
            None => draft.drop(at, "its value is not a number", "see [queue] depth"),
        },
        "max_checks_retries" => match number() {
            Some(retries) => {
                let difference = "a check that fails is run again with all others of its commit";
                draft.change(Setting::Tries(retries.saturating_add(1)), at, difference);
            }
            None => draft.drop(at, "its value is not a number", "see [queue] tries"),
        },
        "commit_message_template" => match node.text().and_then(template) {
            Some(text) => {
                draft.carry(Setting::SquashMessage(text.clone()), at.clone());
                draft.carry(Setting::MergeMessage(text), at);
            }
            None => draft.drop(
                at,
                "it computes more than there are places for",
                "see [merge] merge_message and squash_message",
            ),
        },
        "checks_timeout" => match node.scalar().as_deref().map(duration_ms) {
            Some(Some(ms)) if ms > 0 => draft.carry(Setting::FinishDeadline { ms }, at),
            Some(Some(_) | None) | None => {
                draft.drop(at, "its value is no length of time", "see [checks] finish_deadline, two hours by default");
            }
        },
        "autoqueue" if node.flag() == Some(true) => {
            let why = "a pull request enters the queue only if somebody who may asks for it";
            draft.drop(at, why, "put the label on, or comment `@greenline merge`");
        }
        "autoqueue" => draft.needless(at, "it was off"),
        name => {
            if let Some((_, why)) = NEEDLESS.iter().find(|(known, _)| *known == name) {
                draft.needless(at, why);
            } else if let Some((_, why, instead)) = DROPPED.iter().find(|(known, ..)| *known == name) {
                draft.drop(at, why, instead);
            } else {
                draft.drop(at, "it has no counterpart", "look whether it is missed");
            }
        }
    }
}

fn method(draft: &mut Draft, at: At, word: &str) {
    match word {
        "merge" => draft.carry(Setting::Strategy("merge"), at),
        "squash" => draft.carry(Setting::Strategy("squash"), at),
        "rebase" => draft.carry(Setting::Strategy("rebase"), at),
        "fast-forward" => draft.carry(Setting::Strategy("fast-forward"), at),
        "merge-batch" => {
            draft.change(Setting::Strategy("merge"), at, "a merge commit for each pull request, not for the batch");
        }
        _ => draft.drop(at, "Mergify has no such method", "set [merge] strategy"),
    }
}

/// A template with places of ours for those of Mergify's, if there is one for each.
fn template(text: &str) -> Option<String> {
    let literal = |text: &str| text.replace('{', "{{").replace('}', "}}");
    let (mut out, mut rest) = (String::new(), text.trim());
    while let Some((before, after)) = rest.split_once("{{") {
        let (inner, behind) = after.split_once("}}")?;
        let place = ["title", "number", "body", "author"].into_iter().find(|place| *place == inner.trim())?;
        out.extend([literal(before).as_str(), "{", place, "}"]);
        rest = behind;
    }
    if text.contains("{%") {
        return None;
    }
    out += &literal(rest);
    // The first line is the subject, and an empty one ends it.
    Some(match out.split_once('\n') {
        Some((subject, below)) => format!("{}\n\n{}", subject.trim_end(), below.trim_start()),
        None => out,
    })
}

/// Milliseconds of `45 min`, `1 hour 30 minutes`, `2h`.
fn duration_ms(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
        let number: i64 = rest[..digits].parse().ok()?;
        let word = rest[digits..].trim_start();
        let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
        let unit = match &word[..end] {
            "s" | "sec" | "second" | "seconds" => 1000,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
            "h" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = word[end..].trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{duration_ms, template};

    #[test]
    fn a_template_is_carried_over_where_each_of_its_places_is_known() {
        let usual = template("{{ title }} (#{{ number }})\n{{body}}\n");
        assert_eq!(usual.as_deref(), Some("{title} (#{number})\n\n{body}"));
        assert_eq!(template("{a} {{title}}").as_deref(), Some("{{a}} {title}"));
        for odd in
            ["{{ body | get_section('x') }}", "{% for c in commits %}{{ title }}{% endfor %}", "{{ title", "{{ head }}"]
        {
            assert_eq!(template(odd), None, "{odd}");
        }
    }

    #[test]
    fn lengths_of_time_are_read_as_mergify_writes_them() {
        for (text, ms) in
            [("45 min", 2_700_000), ("1 hour 30 minutes", 5_400_000), ("2h", 7_200_000), ("1d", 86_400_000)]
        {
            assert_eq!(duration_ms(text), Some(ms), "{text}");
        }
        for bad in ["auto", "", "5", "5 parsecs", "99999999999999999999 s", "9223372036854775807 days"] {
            assert_eq!(duration_ms(bad), None, "{bad}");
        }
    }
}
