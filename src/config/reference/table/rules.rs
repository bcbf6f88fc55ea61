//! `[rules]`: who may ask for landing, and what has to hold before.

use super::LABEL;
use crate::config::reference::{Absent, Kind, Row};

pub(super) const PARTY: Kind = Kind::Text {
    longest: 201,
    pattern: "^@?([A-Za-z0-9_.-]+(\\[bot\\])?|[A-Za-z0-9_-]+/[A-Za-z0-9_-]+)$",
    told: "a person's login, or a team as `@org/team`",
};

const PATTERN: Kind = Kind::Text { longest: 256, pattern: "^.+$", told: "a regular expression" };

pub(super) const RULES: &[Row] = &[
    Row {
        key: "approvals",
        kind: Kind::Whole { low: 0, high: 10 },
        absent: Absent::Like("0"),
        example: "1",
        help: "Approving reviews of exactly its head, or `approve` comments, by people with write permission other than its \
               author. What branch protection and rulesets demand counts as well.",
    },
    Row {
        key: "no_self_merge",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "Somebody else than its author has to ask for landing.",
    },
    Row {
        key: "mergers",
        kind: Kind::List { of: &PARTY, most: 50 },
        absent: Absent::Like("[]"),
        example: r#"["ann", "@acme/core"]"#,
        help: "Who may ask for landing, of those who may push; empty means all of them. Teams need the App's permission \
               \"Members: read\".",
    },
    Row {
        key: "code_owners",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "Whatever has owners by `CODEOWNERS` on trunk needs an approving review of exactly its head by one of them. On as \
               well where branch protection or a ruleset demands it.",
    },
    Row {
        key: "last_push_approved",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "Exactly its head needs an approving review by somebody else than whoever pushed that, whose own counts for nothing. On \
               as well where branch protection or a ruleset demands it.",
    },
    Row {
        key: "conversations_resolved",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "Every conversation on it has to be resolved. On as well where branch protection or a ruleset demands it.",
    },
    Row {
        key: "blocking_labels",
        kind: Kind::List { of: &LABEL, most: 50 },
        absent: Absent::Like("[]"),
        example: r#"["do not merge"]"#,
        help: "Labels that keep a pull request waiting.",
    },
    Row {
        key: "blocking_titles",
        kind: Kind::List { of: &PATTERN, most: 50 },
        absent: Absent::Like("[]"),
        example: r#"["(?i)^wip"]"#,
        help: "Titles that keep a pull request waiting.",
    },
];
