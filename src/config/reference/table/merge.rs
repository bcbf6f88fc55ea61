//! `[merge]`: what lands.

use crate::config::reference::{Absent, Kind, Row};

const TEMPLATE: Kind = Kind::Text { longest: 4000, pattern: r"^[^{}]*(\{[^{}]*\}[^{}]*)*$", told: "a template" };

const MARK: Kind = Kind::Text { longest: 100, pattern: r"\S", told: "the text at which descriptions are cut" };

pub(super) const MERGE: &[Row] = &[
    Row {
        key: "strategy",
        kind: Kind::Word(&["rebase", "merge", "squash", "rebase-merge", "fast-forward"]),
        absent: Absent::Like(r#""rebase""#),
        example: r#""squash""#,
        help: "How commits become commits on trunk. Rebasing also melts `fixup!`, `squash!` and `amend!` commits into \
               their targets.",
    },
    Row {
        key: "inner_merges",
        kind: Kind::Word(&["refuse", "flatten"]),
        absent: Absent::Like(r#""refuse""#),
        example: r#""flatten""#,
        help: "Merge commits inside a pull request, when rebasing.",
    },
    Row {
        key: "merge_message",
        kind: TEMPLATE,
        absent: Absent::Like(r#""Merge pull request #{number}: {title}""#),
        example: r#""Merge #{number}: {title}\n\n{body}""#,
        help: "What merge commits say.",
    },
    Row {
        key: "squash_message",
        kind: TEMPLATE,
        absent: Absent::Like(r#""{title} (#{number})\n\n{commits}""#),
        example: r#""{title} (#{number})\n\n{body}""#,
        help: "What squash commits say.",
    },
    Row {
        key: "trailers",
        kind: Kind::List { of: &Kind::Word(&["approved-by", "pull-request", "reviewed-by"]), most: 3 },
        absent: Absent::Like("[]"),
        example: r#"["approved-by"]"#,
        help: "Lines at the end of both: who asked for landing, the page of the pull request, and whose reviews approved exactly \
               the head that lands.",
    },
    Row {
        key: "cut_body_before",
        kind: MARK,
        absent: Absent::Means("nothing is cut"),
        example: r#""<!-- message -->""#,
        help: "Of a description, only what stands after this text is used.",
    },
    Row {
        key: "cut_body_after",
        kind: MARK,
        absent: Absent::Means("nothing is cut"),
        example: r#""---""#,
        help: "Of a description, only what stands before this text is used.",
    },
    Row {
        key: "forks",
        kind: Kind::Word(&["close", "merge-commit"]),
        absent: Absent::Like(r#""close""#),
        example: r#""merge-commit""#,
        help: "What becomes of pull requests from forks whose branch cannot be pushed to: rewritten, landed and closed, or \
               landed by a merge commit and so shown as merged.",
    },
    Row {
        key: "delete_branch",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "Branches of landed pull requests are deleted.",
    },
];
