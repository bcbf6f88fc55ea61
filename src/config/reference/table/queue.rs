//! `[queue]`: how one gets in, and in which groups one is tested.

use super::{DAY_MS, LABEL};
use crate::config::reference::{Absent, Kind, Row};

const BRANCHES: Kind = Kind::Text {
    longest: 250,
    pattern: r"^[^*]+(/\*)?$",
    told: "a branch's name, or a prefix and `/*` for every branch one level below it",
};

pub(super) const QUEUE: &[Row] = &[
    Row {
        key: "label",
        kind: Kind::Text {
            longest: 50,
            pattern: r"^\S(.*\S)?$",
            told: "the name of a label, 1 to 50 characters without blanks at its ends",
        },
        absent: Absent::Like(r#""ready to merge""#),
        example: r#""ship it""#,
        help: "The label that asks for landing.",
    },
    Row {
        key: "strategy",
        kind: Kind::Word(&["serial", "pipeline", "batch"]),
        absent: Absent::Like(r#""pipeline""#),
        example: r#""serial""#,
        help: "Which groups are tested: one pull request at a time, each on top of those ahead of it, or many as one \
               that is halved when it is red.",
    },
    Row {
        key: "depth",
        kind: Kind::Whole { low: 1, high: 64 },
        absent: Absent::Like("4"),
        example: "6",
        help: "With pipeline, groups tested at once.",
    },
    Row {
        key: "batch_size",
        kind: Kind::Whole { low: 1, high: 64 },
        absent: Absent::Like("8"),
        example: "5",
        help: "With batch, pull requests in a group, at the most.",
    },
    Row {
        key: "gather",
        kind: Kind::Duration { low_ms: 1000, high_ms: DAY_MS / 24 },
        absent: Absent::Means("no group waits"),
        example: r#""30s""#,
        help: "With batch, how long a group that is not full waits for others after its first pull request came. It does not \
               wait if somebody in it is a hotfix, was asked for with a priority above 0, or is to be tested alone, nor after a \
               red group.",
    },
    Row {
        key: "budget",
        kind: Kind::Whole { low: 1, high: 256 },
        absent: Absent::Like("4"),
        example: "12",
        help: "CI runs at once, at the most; runs that are being cancelled and trunk's own count. If it is absent and \
               `depth` is more than 4, it is `depth`.",
    },
    Row {
        key: "tries",
        kind: Kind::Whole { low: 1, high: 10 },
        absent: Absent::Like("1"),
        example: "2",
        help: "Red runs of a tip before it counts as red.",
    },
    Row {
        key: "every_tip",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "A group lands only if each pull request in it was itself green on top of those before it: every commit on trunk \
               that ends a pull request was tested, not only the last of a group. Not with batch.",
    },
    Row {
        key: "every_commit",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "The older word for `every_tip`.",
    },
    Row {
        key: "review_asks",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "true",
        help: "An approving review of its head, by somebody who may ask, asks for landing.",
    },
    Row {
        key: "interrupt",
        kind: Kind::Word(&["higher", "hotfix", "never"]),
        absent: Absent::Like(r#""higher""#),
        example: r#""hotfix""#,
        help: "Who, by going ahead of others, ends the runs that these have: everybody who goes ahead, hotfixes only, or \
               nobody.",
    },
    Row {
        key: "hotfix_label",
        kind: LABEL,
        absent: Absent::Means("no label makes a hotfix"),
        example: r#""hotfix""#,
        help: "The label that makes a pull request a hotfix, if it carries it when it is approved.",
    },
    Row {
        key: "trunks",
        kind: Kind::List { of: &BRANCHES, most: 20 },
        absent: Absent::Means("only the default branch has a queue"),
        example: r#"["release/*"]"#,
        help: "Other branches that have a queue of their own, by name, or all one level below a prefix. Each has the \
               settings that stand on it; this key counts on the default branch only.",
    },
    Row {
        key: "try_by",
        kind: Kind::Word(&["write", "author", "read"]),
        absent: Absent::Like(r#""write""#),
        example: r#""author""#,
        help: "Who may have a pull request tried without landing: whoever may push, its author too, or whoever may read the \
               repository. CI mostly gets the repository's secrets on a trial's branch, so let only those try whom you would \
               let read them.",
    },
];
