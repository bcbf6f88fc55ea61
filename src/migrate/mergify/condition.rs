//! Mergify's conditions: how they are written, and what of them Greenline can hold a pull request to. Grammar: Mergify's
//! documentation, *Conditions*.

use super::super::draft::At;
use crate::document::{Node, Value};
use crate::wording::shown;

/// Conditions inside each other: deeper ones are not looked at.
const DEPTH_MAX: usize = 10;

/// What one condition asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Says {
    /// A check must pass; it may also be skipped or neutral.
    Check { name: String, skipped: bool, neutral: bool },
    /// So many approvals.
    Approvals(u32),
    /// The label must be on it.
    Label(String),
    /// One that has one of these in it must be on it.
    LabelWith(Vec<String>),
    /// None of the labels may be on it; they were looked for inside of labels, or are all there is.
    NoLabels { labels: Vec<String>, inside: bool },
    /// No conversation may be open.
    Resolved,
    /// The title must not match.
    NoTitle(String),
    /// It goes to this branch.
    Base(String),
    /// It is always so, and why.
    Always(&'static str),
    /// It cannot be held to that: why, and what to do instead.
    Nothing(String, &'static str),
}

/// A condition and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub at: At,
    pub says: Says,
}

/// What a list of conditions asks for, all of it together.
pub(super) fn read(list: Option<&Node>) -> Vec<Told> {
    let mut told = Vec::new();
    for node in list.map(Node::items).unwrap_or_default() {
        read_one(node, DEPTH_MAX, &mut told);
    }
    told
}

fn read_one(node: &Node, depth: usize, told: &mut Vec<Told>) {
    let Some(text) = node.scalar() else {
        return read_group(node, depth, told);
    };
    told.push(Told { at: At::new(&text, node.line), says: simple(&text) });
}

fn read_group(node: &Node, depth: usize, told: &mut Vec<Told>) {
    let Some(entry) = node.entries().first().filter(|_| depth > 0) else {
        let why = "it is neither a text nor a group of conditions".to_owned();
        told.push(Told { at: At::new("condition", node.line), says: Says::Nothing(why, "look at it") });
        return;
    };
    if entry.key == "and" {
        return entry.node.items().iter().for_each(|item| read_one(item, depth - 1, told));
    }
    let mut parts = Vec::new();
    entry.node.items().iter().for_each(|item| read_one(item, depth - 1, &mut parts));
    let written: Vec<&str> = parts.iter().map(|part| part.at.key.as_str()).collect();
    let at = At::new(&format!("{}: {}", entry.key, written.join(" | ")), entry.line);
    let says = match entry.key.as_str() {
        "or" if !matches!(entry.node.value, Value::Text(_)) => either(&parts),
        "not" => Says::Nothing("a `not` around a group has no counterpart".to_owned(), "decide which part is meant"),
        _ => Says::Nothing(format!("`{}` is no group of conditions", shown(&entry.key)), "look at it"),
    };
    told.push(Told { at, says });
}

/// Alternatives: kept only where they are ways in which one check passes, as Mergify itself writes them.
fn either(parts: &[Told]) -> Says {
    let mut all: Option<(String, bool, bool, bool)> = None;
    for part in parts {
        let Says::Check { name, skipped, neutral } = &part.says else {
            all = None;
            break;
        };
        let passed = !skipped && !neutral;
        match &mut all {
            None => all = Some((name.clone(), passed, *skipped, *neutral)),
            Some(known) if known.0 == *name => {
                known.1 |= passed;
                known.2 |= skipped;
                known.3 |= neutral;
            }
            Some(_) => {
                all = None;
                break;
            }
        }
    }
    if let Some((name, true, skipped, neutral)) = all {
        return Says::Check { name, skipped, neutral };
    }
    let why = "alternatives have no counterpart".to_owned();
    Says::Nothing(why, "decide which one is to hold, or have a check of your own that knows")
}

struct Test<'t> {
    negative: bool,
    count: bool,
    attribute: &'t str,
    operator: &'t str,
    value: &'t str,
}

const OPERATORS: [(&str, &str); 12] = [
    (">=", ">="),
    ("≥", ">="),
    ("<=", "<="),
    ("≤", "<="),
    ("!=", "!="),
    ("≠", "!="),
    ("~=", "~="),
    ("*=", "*="),
    ("=", "="),
    (":", "="),
    (">", ">"),
    ("<", "<"),
];

fn parts(text: &str) -> Test<'_> {
    let rest = text.trim();
    let (negative, rest) = rest.strip_prefix(['-', '¬']).map_or((false, rest), |rest| (true, rest.trim_start()));
    let (count, rest) = rest.strip_prefix('#').map_or((false, rest), |rest| (true, rest));
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.[]".contains(c))).unwrap_or(rest.len());
    let (attribute, rest) = rest.split_at(end);
    let rest = rest.trim_start();
    let found = OPERATORS.iter().find_map(|(sign, meaning)| Some((*meaning, rest.strip_prefix(sign)?)));
    let (operator, value) = found.unwrap_or(("", rest));
    let value = value.trim();
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    Test { negative, count, attribute, operator, value: inner.unwrap_or(value) }
}

fn simple(written: &str) -> Says {
    let test = parts(written);
    let named = test.value.to_owned();
    match (test.negative, test.count, test.attribute, test.operator) {
        (false, false, "check-success" | "status-success", "=") => {
            Says::Check { name: named, skipped: false, neutral: false }
        }
        (false, false, "check-success-or-neutral", "=") => Says::Check { name: named, skipped: false, neutral: true },
        (false, false, "check-neutral" | "status-neutral", "=") => {
            Says::Check { name: named, skipped: false, neutral: true }
        }
        (false, false, "check-skipped", "=") => Says::Check { name: named, skipped: true, neutral: false },
        (false, false, "label", "=") => Says::Label(named),
        (false, false, "label", "!=") | (true, false, "label", "=") => {
            Says::NoLabels { labels: vec![named], inside: false }
        }
        (true, false, "label", "~=") => match words(test.value) {
            Some(labels) => Says::NoLabels { labels, inside: true },
            None => nothing(&test),
        },
        (false, false, "label", "~=") => words(test.value).map_or_else(|| nothing(&test), Says::LabelWith),
        (false, true, "review-threads-unresolved", "=") | (true, true, "review-threads-unresolved", ">")
            if test.value == "0" =>
        {
            Says::Resolved
        }
        (true, false, "title", "~=") => Says::NoTitle(named),
        (false, false, "base", "=") => Says::Base(named),
        (false, true, "approved-reviews-by", ">=" | ">" | "=") => {
            let more = u32::from(test.operator == ">");
            let count = test.value.parse().ok().and_then(|count: u32| count.checked_add(more));
            count.map_or_else(|| nothing(&test), Says::Approvals)
        }
        (false, true, "changes-requested-reviews-by", "=") if test.value == "0" => {
            Says::Always("where approvals are asked for, a reviewer who wants changes keeps the pull request out")
        }
        (true, false, "draft", "") => Says::Always("a draft never lands"),
        (true, false, "conflict", "") => Says::Always("what conflicts with trunk never lands"),
        (true, false, "closed" | "merged", "") => Says::Always("only open pull requests land"),
        (true, false, "check-failure" | "status-failure", "=") => Says::Nothing(
            "a check counts only if it is required".into(),
            "name it in [checks] required if it must pass",
        ),
        _ => nothing(&test),
    }
}

/// The words of a pattern that is nothing but a choice among them: `(a|b)`.
fn words(pattern: &str) -> Option<Vec<String>> {
    let inner = pattern.strip_prefix('^').unwrap_or(pattern);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    let inner = inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(inner);
    let word = |word: &str| !word.trim().is_empty() && !word.contains(|c: char| "\\.*+?[]{}^$()".contains(c));
    inner.split('|').map(|text| word(text).then(|| text.to_owned())).collect()
}

fn nothing(test: &Test<'_>) -> Says {
    let (why, instead) = match test.attribute {
        "check-success"
        | "status-success"
        | "check-neutral"
        | "check-skipped"
        | "check-failure"
        | "status-failure"
        | "check-success-or-neutral"
        | "check-pending" => {
            ("checks are named one by one and must pass", "write each name that must pass into [checks] required")
        }
        "label" => {
            ("labels are compared as they are", "name each label in [rules] blocking_labels, or in [queue] label")
        }
        "title" => (
            "a title can keep a pull request out, and not let it in",
            "see [rules] blocking_titles, or have a check of your own that looks at it",
        ),
        "base" => (
            "the file that a branch has is for that branch alone",
            "name other branches that shall have a queue in [queue] trunks",
        ),
        "author" | "sender" | "assignee" => {
            ("nobody is let in, or kept out, for having written it", "see [rules] mergers for who may ask")
        }
        "approved-reviews-by" | "changes-requested-reviews-by" | "review-requested" | "dismissed-reviews-by" => {
            ("approvals are counted, whoever they are from that may push", "see [rules] approvals")
        }
        "review-threads-unresolved" => {
            ("conversations are not counted", "set [rules] conversations_resolved if all of them have to be resolved")
        }
        "schedule" | "current-time" | "current-datetime" | "current-day-of-week" => {
            ("a condition on the time is no condition on a pull request", "see [freeze]")
        }
        "files" | "added-files" | "modified-files" | "removed-files" => (
            "nobody is let in, or kept out, for the files that it changes",
            "have a check of your own that looks at them",
        ),
        _ => ("Greenline holds no pull request to that", "have a check of your own that does, and require it"),
    };
    Says::Nothing(why.to_owned(), instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Says {
        simple(text)
    }

    #[test]
    fn conditions_are_read_however_they_are_spaced() {
        let check = |name: &str| Says::Check { name: name.into(), skipped: false, neutral: false };
        let without = |labels: &[&str], inside| Says::NoLabels {
            labels: labels.iter().map(ToString::to_string).collect(),
            inside,
        };
        for (text, meaning) in [
            ("check-success=build (3.8)", check("build (3.8)")),
            ("check-success = ci/lint", check("ci/lint")),
            ("status-success:\"a b\"", check("a b")),
            ("label=go", Says::Label("go".into())),
            ("label != stop: now", without(&["stop: now"], false)),
            ("-label=stop", without(&["stop"], false)),
            ("- label = stop", without(&["stop"], false)),
            ("-label~=(stop|on hold)", without(&["stop", "on hold"], true)),
            ("label~=x", Says::LabelWith(vec!["x".into()])),
            ("-label~=^stop$", without(&["stop"], true)),
            ("#review-threads-unresolved=0", Says::Resolved),
            ("-title~=(?i)wip", Says::NoTitle("(?i)wip".into())),
            ("#approved-reviews-by>=2", Says::Approvals(2)),
            ("#approved-reviews-by > 0", Says::Approvals(1)),
            ("#approved-reviews-by≥1", Says::Approvals(1)),
            ("base = main", Says::Base("main".into())),
        ] {
            assert_eq!(says(text), meaning, "{text}");
        }
        for text in ["-draft", "-conflict", "-merged", "#changes-requested-reviews-by=0"] {
            assert!(matches!(says(text), Says::Always(_)), "{text}");
        }
        for text in [
            "check-success~=^ci",
            "-check-failure=x",
            "author=me",
            "#files<3",
            "",
            "-",
            "label~=x.*",
            "-label~=stop.*",
            "-label~=(a|)",
            "#review-threads-unresolved<3",
            "conflict",
            "=",
            "#approved-reviews-by>=many",
            "check-pending=x",
            "#approved-reviews-by>4294967295",
        ] {
            assert!(matches!(says(text), Says::Nothing(..)), "{text}");
        }
    }

    #[test]
    fn groups_are_kept_where_they_mean_one_check() {
        let told = |text: &str| read(Some(&Node::yaml(text).expect(text)));
        let all = told("- and: [check-success=a, -draft]\n- base=main");
        assert_eq!(all.iter().filter_map(|told| told.at.line).collect::<Vec<_>>(), [1, 1, 2]);
        let one = told("- or: [check-success=a, check-neutral=a, check-skipped=a]");
        assert_eq!(one[0].says, Says::Check { name: "a".into(), skipped: true, neutral: true });
        for text in [
            "- or: [check-success=a, check-success=b]",
            "- or: [check-neutral=a]",
            "- not: {or: [label=a]}",
            "- xor: []",
            "- or: []",
            "- {}",
            "- [[]]",
        ] {
            let told = told(text);
            assert!(told.len() == 1 && matches!(told[0].says, Says::Nothing(..)), "{text}: {told:?}");
        }
        let deep = format!("- {}check-success=a{}", "{and: [".repeat(20), "]}".repeat(20));
        assert!(matches!(told(&deep)[0].says, Says::Nothing(..)));
    }
}
