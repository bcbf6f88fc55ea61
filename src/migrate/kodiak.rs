//! Kodiak's `.kodiak.toml`. What each key meant: Kodiak, `bot/kodiak/config.py` and its *Configuration Reference*.

use super::draft::{At, Draft};
use super::setting::Setting;
use crate::document::{Entry, Node, Value};
use crate::wording::nearest;

/// Kodiak's own, where a file says nothing.
const LABEL: &str = "automerge";
const BLOCKING_TITLE: &str = "^WIP:.*";

const HOTFIX: &str =
    "it makes a hotfix, which goes before all others and lands in a freeze, too, if it is on when landing is asked for";

/// Keys that need nothing here, and why.
const NEEDLESS: [(&str, &str); 18] = [
    ("version", "the file has no version"),
    ("app_id", "which App acts is decided by where it is installed"),
    ("merge.show_missing_automerge_label_message", "nobody is told anything who did not ask"),
    ("merge.notify_on_conflict", "who is sent back for a conflict is always told, and with the paths"),
    ("merge.optimistic_updates", "branches need no updating: each pull request is tested on trunk as it will be"),
    (
        "merge.update_branch_immediately",
        "branches need no updating: each pull request is tested on trunk as it will be",
    ),
    ("merge.dont_wait_on_status_checks", "only required checks are waited for"),
    ("merge.block_on_neutral_required_check_runs", "neutral fails unless neutral_passes names the check"),
    ("merge.prioritize_ready_to_merge", "what is green on trunk as it is lands at once, without another run"),
    ("merge.message.body_type", "descriptions are taken as they were written"),
    ("merge.message.strip_html_comments", "HTML comments of a description never become part of a message"),
    ("merge.message.include_coauthors", "the authors of squashed commits are always named as co-authors"),
    ("merge.message.include_pull_request_author", "who wrote the commits is named in any case"),
    ("update.always", "branches need no updating: each pull request is tested on trunk as it will be"),
    ("update.require_automerge_label", "branches need no updating"),
    ("update.autoupdate_label", "branches need no updating"),
    ("update.ignored_usernames", "branches need no updating"),
    ("update.blacklist_usernames", "branches need no updating"),
];

/// Keys that stay behind, why, and what to do instead.
const DROPPED: [(&str, &str, &str); 5] = [
    (
        "merge.block_on_reviews_requested",
        "an open request for review keeps nobody out",
        "have the reviewers say what they want changed, or set [rules] approvals",
    ),
    ("merge.automerge_dependencies.versions", "nobody looks at what a dependency bot changes", BY_WORKFLOW),
    ("merge.automerge_dependencies.usernames", "nobody is let in by name", BY_WORKFLOW),
    ("approve.auto_approve_usernames", "Greenline approves nothing", "have a workflow of yours approve them"),
    ("approve.auto_approve_labels", "Greenline approves nothing", "have a workflow of yours approve them"),
];

const BY_WORKFLOW: &str = "have a workflow put the label on such pull requests, with the token of somebody who may write: what its own \
                           `GITHUB_TOKEN` puts on is by a bot, which has no permission of its own";

/// Keys that are read beside those of the two lists.
const READ: [&str; 16] = [
    "merge.automerge_label",
    "merge.require_automerge_label",
    "merge.blocking_title_regex",
    "merge.blocking_labels",
    "merge.priority_merge_label",
    "disable_bot_label",
    "merge.method",
    "merge.delete_branch_on_merge",
    "merge.do_not_merge",
    "merge.message.title",
    "merge.message.body",
    "merge.message.include_pr_number",
    "merge.message.include_pull_request_url",
    "merge.message.cut_body_before",
    "merge.message.cut_body_after",
    "merge.message.cut_body_and_text",
];

/// `merge.message` as far as it makes a template.
#[derive(Default)]
struct Message {
    title: Option<String>,
    body: Option<String>,
    number: Option<bool>,
    url: Option<bool>,
    from: Vec<At>,
}

pub(super) fn read(root: &Node) -> Draft {
    let mut draft = Draft::default();
    let mut message = Message::default();
    let mut seen = Vec::new();
    for (key, entry) in leaves(root) {
        if !known(&mut draft, &mut message, &key, entry) {
            let meant = meant(&key).map(|meant| format!("if `{meant}` was meant, mend it and import again"));
            let instead = meant.unwrap_or_else(|| "nothing is lost".to_owned());
            draft.drop(At::new(&key, entry.line), "Kodiak has no such key and did not read it", &instead);
        }
        seen.push(key);
    }
    message.finish(&mut draft);
    let has = |keys: &[&str]| seen.iter().any(|key| keys.contains(&key.as_str()));
    if !has(&["merge.automerge_label"]) {
        draft.carry(Setting::Label(LABEL.to_owned()), At::default_of("merge.automerge_label"));
    }
    if !has(&["merge.blocking_title_regex", "merge.blacklist_title_regex"]) {
        draft.carry(
            Setting::BlockingTitles(vec![BLOCKING_TITLE.to_owned()]),
            At::default_of("merge.blocking_title_regex"),
        );
    }
    if !has(&["merge.method"]) {
        let difference = "Kodiak takes the first of merge, squash and rebase that the repository allows; choose";
        draft.change(Setting::Strategy("merge"), At::default_of("merge.method"), difference);
    }
    draft
}

/// The key that was probably meant by one that there is not; it may stand in another table.
fn meant(key: &str) -> Option<&'static str> {
    fn last(key: &str) -> &str {
        key.rsplit('.').next().unwrap_or_default()
    }
    let known = || NEEDLESS.iter().map(|row| row.0).chain(DROPPED.iter().map(|row| row.0)).chain(READ);
    let near = nearest(last(key), known().map(last))?;
    known().find(|known| last(known) == near)
}

/// Every key that is no table, by its path.
fn leaves(root: &Node) -> Vec<(String, &Entry)> {
    let mut found = Vec::new();
    let mut open: Vec<(String, &Entry)> = root.entries().iter().rev().map(|e| (e.key.clone(), e)).collect();
    while let Some((path, entry)) = open.pop() {
        if let Value::Table(entries) = &entry.node.value {
            open.extend(entries.iter().rev().map(|e| (format!("{path}.{}", e.key), e)));
        } else {
            found.push((path, entry));
        }
    }
    found
}

fn known(draft: &mut Draft, message: &mut Message, key: &str, entry: &Entry) -> bool {
    let at = || At::new(key, entry.line);
    let node = &entry.node;
    if let Some((_, why)) = NEEDLESS.iter().find(|(name, _)| *name == key) {
        draft.needless(at(), why);
        return true;
    }
    if let Some((_, why, instead)) = DROPPED.iter().find(|(name, ..)| *name == key) {
        draft.drop(at(), why, instead);
        return true;
    }
    match key {
        "merge.automerge_label" => labels(draft, key, entry),
        "merge.require_automerge_label" if node.flag() == Some(true) => {
            draft.needless(at(), "a pull request is always asked for");
        }
        "merge.require_automerge_label" => {
            let why = "a pull request lands only if somebody who may asks for it";
            draft.drop(
                at(),
                why,
                "put the label on, comment `@greenline merge`, or let approving reviews ask: [queue] review_asks",
            );
        }
        "merge.blocking_title_regex" | "merge.blacklist_title_regex" => match node.text().unwrap_or_default() {
            "" => draft.needless(at(), "it was off, and no title keeps anybody out unless a setting says so"),
            pattern => draft.carry(Setting::BlockingTitles(vec![pattern.to_owned()]), at()),
        },
        "merge.blocking_labels" | "merge.blacklist_labels" | "disable_bot_label" => {
            let labels: Vec<String> = node.items().iter().filter_map(Node::scalar).collect();
            if labels.is_empty() {
                draft.needless(at(), "it names no label");
            } else {
                draft.carry(Setting::BlockingLabels(labels), at());
            }
        }
        "merge.method" => method(draft, at(), node.text().unwrap_or_default()),
        "merge.priority_merge_label" => match node.text().unwrap_or_default() {
            "" => draft.needless(at(), "it was off"),
            label => draft.change(Setting::HotfixLabel(label.to_owned()), at(), HOTFIX),
        },
        "merge.delete_branch_on_merge" => draft.carry(Setting::DeleteBranch(node.flag().unwrap_or(false)), at()),
        "merge.do_not_merge" if node.flag() == Some(true) => {
            let why = "Kodiak only updated branches here and merged nothing, and Greenline lands what it is asked for";
            draft.drop(at(), why, "do not install it for this repository if nothing is to land");
        }
        "merge.do_not_merge" => draft.needless(at(), "it was off"),
        "merge.message.cut_body_before" => cut(draft, at(), node, Setting::CutBodyBefore),
        "merge.message.cut_body_after" => cut(draft, at(), node, Setting::CutBodyAfter),
        "merge.message.cut_body_and_text" => {
            let why = "the mark itself always goes with what is cut";
            draft.drop(at(), why, "look at the first messages that it makes");
        }
        _ => return message.take(key, entry),
    }
    true
}

fn labels(draft: &mut Draft, key: &str, entry: &Entry) {
    let mut labels = entry.node.items().iter().filter_map(|item| Some((item.scalar()?, item.line)));
    if let Some((label, line)) = labels.next() {
        draft.carry(Setting::Label(label), At::new(key, line));
    }
    for (label, line) in labels {
        let at = At::new(&format!("{key} \"{label}\""), line);
        draft.drop(at, "one label puts pull requests into the queue", "use the first one for these, too");
    }
}

fn method(draft: &mut Draft, at: At, word: &str) {
    match word {
        "merge" => draft.carry(Setting::Strategy("merge"), at),
        "squash" => draft.carry(Setting::Strategy("squash"), at),
        "rebase" | "rebase_fast_forward" => draft.carry(Setting::Strategy("rebase"), at),
        _ => draft.drop(at, "Kodiak has no such method", "set [merge] strategy"),
    }
}

fn cut(draft: &mut Draft, at: At, node: &Node, setting: fn(String) -> Setting) {
    match node.text().unwrap_or_default() {
        "" => draft.needless(at, "it was off"),
        mark => draft.carry(setting(mark.to_owned()), at),
    }
}

impl Message {
    fn take(&mut self, key: &str, entry: &Entry) -> bool {
        match key {
            "merge.message.title" => self.title = entry.node.text().map(str::to_owned),
            "merge.message.body" => self.body = entry.node.text().map(str::to_owned),
            "merge.message.include_pr_number" => self.number = entry.node.flag(),
            "merge.message.include_pull_request_url" => self.url = entry.node.flag(),
            _ => return false,
        }
        self.from.push(At::new(key, entry.line));
        true
    }

    /// One template from all of them.
    fn finish(self, draft: &mut Draft) {
        if self.from.is_empty() {
            return;
        }
        // GitHub's own title has the number always.
        let own_title = self.title.as_deref() == Some("pull_request_title");
        let number = if own_title && self.number == Some(false) { "" } else { " (#{number})" };
        let body = match self.body.as_deref() {
            Some("pull_request_body") => "\n\n{body}",
            Some("empty") => "",
            _ => "\n\n{commits}",
        };
        let url = if self.url == Some(true) { "\n\n{url}" } else { "" };
        let difference = (!own_title).then(|| {
            "GitHub takes the title of an only commit, and the pull request's title is taken here in any case"
                .to_owned()
        });
        let from = self.from.into_iter().map(|at| (at, difference.clone())).collect();
        draft.set(Setting::SquashMessage(format!("{{title}}{number}{body}{url}")), from);
    }
}
