//! The table itself: every key of `.github/greenline.toml`. A key that the parser knows and this table does not fails
//! `tests/reference.rs`, and a section that is not here is unknown to the parser.

use super::{Absent, Kind, Row, Section};

/// Every section, in the order in which a person would write them.
pub const SECTIONS: &[Section] = &[
    Section { name: "queue", help: "how one gets in, and in which groups one is tested", rows: QUEUE },
    Section {
        name: "rules",
        help: "who may ask for landing, and what has to hold before a pull request enters",
        rows: RULES,
    },
    Section { name: "checks", help: "what green means", rows: CHECKS },
    Section { name: "merge", help: "what lands", rows: MERGE },
    Section { name: "candidate", help: "how green commits of trunk are tagged", rows: CANDIDATE },
    Section { name: "freeze", help: "when nothing lands, who may say so, and what lands all the same", rows: FREEZE },
];

const DAY_MS: i64 = 86_400_000;

const CHECK_NAME: Kind = Kind::Text { longest: 255, pattern: r"^\S(.*\S)?$", told: "the name of a check" };

const REQUIRED_NAMES: Kind = Kind::List { of: &CHECK_NAME, most: 100 };

const DEADLINE: Kind = Kind::Duration { low_ms: 1000, high_ms: 7 * DAY_MS };

const QUEUE: &[Row] = &[
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

const BRANCHES: Kind = Kind::Text {
    longest: 250,
    pattern: r"^[^*]+(/\*)?$",
    told: "a branch's name, or a prefix and `/*` for every branch one level below it",
};

const LABEL: Kind = Kind::Text {
    longest: 50,
    pattern: r"^\S(.*\S)?$",
    told: "the name of a label, 1 to 50 characters without blanks at its ends",
};

const LOGIN: Kind = Kind::Text { longest: 100, pattern: "^@?[A-Za-z0-9_.-]+(\\[bot\\])?$", told: "a person's login" };

const PARTY: Kind = Kind::Text {
    longest: 201,
    pattern: "^@?([A-Za-z0-9_.-]+(\\[bot\\])?|[A-Za-z0-9_-]+/[A-Za-z0-9_-]+)$",
    told: "a person's login, or a team as `@org/team`",
};

const PATTERN: Kind = Kind::Text { longest: 256, pattern: "^.+$", told: "a regular expression" };

const RULES: &[Row] = &[
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

const CHECKS: &[Row] = &[
    Row {
        key: "required",
        kind: Kind::List { of: &Kind::Table(REQUIRED), most: 100 },
        absent: Absent::Means("what GitHub requires"),
        example: r#"[{ name = "ci", app = "github-actions" }, { name = "lint", app = 123 }]"#,
        help: "The checks that must pass. Absent, they are those that rulesets and branch protection require; without \
               any there, nothing is queued.",
    },
    Row {
        key: "before",
        kind: Kind::List { of: &Kind::Table(REQUIRED), most: 100 },
        absent: Absent::Like("[]"),
        example: r#"[{ name = "build", app = "github-actions" }]"#,
        help: "Checks that must pass on a pull request's own head before it enters the queue.",
    },
    Row {
        key: "skipped_passes",
        kind: REQUIRED_NAMES,
        absent: Absent::Like("[]"),
        example: r#"["lint"]"#,
        help: "Required checks for which \"skipped\" passes; for all others it fails.",
    },
    Row {
        key: "neutral_passes",
        kind: REQUIRED_NAMES,
        absent: Absent::Like("[]"),
        example: r#"["lint"]"#,
        help: "Required checks for which \"neutral\" passes; for all others it fails.",
    },
    Row {
        key: "retries",
        kind: Kind::List { of: &Kind::Table(RETRIES), most: 100 },
        absent: Absent::Like("[]"),
        example: r#"[{ name = "lint", times = 2 }]"#,
        help: "Required checks that may fail for nothing. If only such checks are red, the same commit is checked again; who \
               landed after that is told so. Any other check that is red is red at once.",
    },
    Row {
        key: "allow_no_checks",
        kind: Kind::Flag,
        absent: Absent::Like("false"),
        example: "false",
        help: "Let everything pass; only with no `required`.",
    },
    Row {
        key: "start_deadline",
        kind: DEADLINE,
        absent: Absent::Like(r#""10m""#),
        example: r#""15m""#,
        help: "From the push of a tip to the first sign of each required check; then it is tried once more. While other checks \
               by the same App run there, and from the end of the last of them, it begins anew: a job may need them.",
    },
    Row {
        key: "finish_deadline",
        kind: DEADLINE,
        absent: Absent::Like(r#""2h""#),
        example: r#""1h30m""#,
        help: "From the push of a tip to the end of its last required check; then it is sent back. Not under \
               `start_deadline`.",
    },
];

const REQUIRED: &[Row] = &[
    Row {
        key: "name",
        kind: CHECK_NAME,
        absent: Absent::Refused,
        example: r#""ci""#,
        help: "The check's name as it stands on a pull request.",
    },
    Row {
        key: "app",
        kind: Kind::Either(&[Kind::Word(&["github-actions", "any"]), Kind::Whole { low: 1, high: i64::MAX }]),
        absent: Absent::Refused,
        example: r#""github-actions""#,
        help: "The App that must have reported it, by its number; `any` trusts whoever can write.",
    },
];

const RETRIES: &[Row] = &[
    Row {
        key: "name",
        kind: CHECK_NAME,
        absent: Absent::Refused,
        example: r#""lint""#,
        help: "The name of a required check.",
    },
    Row {
        key: "times",
        kind: Kind::Whole { low: 1, high: 10 },
        absent: Absent::Refused,
        example: "2",
        help: "How often it may fail on the same commit.",
    },
];

const TEMPLATE: Kind = Kind::Text { longest: 4000, pattern: r"^[^{}]*(\{[^{}]*\}[^{}]*)*$", told: "a template" };

const MARK: Kind = Kind::Text { longest: 100, pattern: r"\S", told: "the text at which descriptions are cut" };

const MERGE: &[Row] = &[
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

const ZONE: Kind =
    Kind::Text { longest: 64, pattern: "^[A-Za-z0-9_+/-]+$", told: "a time zone's name, such as Europe/Berlin" };

const EXEMPT_LABELS: Row = Row {
    key: "exempt_labels",
    kind: Kind::List { of: &LABEL, most: 50 },
    absent: Absent::Like("[]"),
    example: r#"["security"]"#,
    help: "Labels of pull requests that land all the same.",
};

const EXEMPT_USERS: Row = Row {
    key: "exempt_users",
    kind: Kind::List { of: &LOGIN, most: 50 },
    absent: Absent::Like("[]"),
    example: r#"["ann"]"#,
    help: "Whoever asks for landing and is listed here lands all the same.",
};

const EXEMPT_PRIORITY: Row = Row {
    key: "exempt_priority",
    kind: Kind::Whole { low: -100, high: 100 },
    absent: Absent::Means("no priority is enough"),
    example: "50",
    help: "Pull requests of this priority or a higher one land all the same.",
};

const EXEMPT_HOTFIX: Row = Row {
    key: "exempt_hotfix",
    kind: Kind::Flag,
    absent: Absent::Like("true"),
    example: "false",
    help: "Hotfixes land all the same.",
};

const OF_SECTION: Absent = Absent::Means("what the section says");

const WINDOW: &[Row] = &[
    Row {
        key: "when",
        kind: Kind::Text { longest: 100, pattern: r"\S", told: "a stretch of time" },
        absent: Absent::Refused,
        example: r#""fri 16:00 - mon 08:00""#,
        help: "Days of the week with times, or dates.",
    },
    Row {
        key: "reason",
        kind: Kind::Text { longest: 200, pattern: r"\S", told: "one line" },
        absent: Absent::Refused,
        example: r#""nobody is there at the weekend""#,
        help: "What everybody who waits reads.",
    },
    Row {
        key: "time_zone",
        kind: ZONE,
        absent: OF_SECTION,
        example: r#""America/New_York""#,
        help: "Where these times are.",
    },
    Row { absent: OF_SECTION, ..EXEMPT_LABELS },
    Row { absent: OF_SECTION, ..EXEMPT_USERS },
    Row { absent: OF_SECTION, ..EXEMPT_PRIORITY },
    Row { absent: OF_SECTION, ..EXEMPT_HOTFIX },
];

const FREEZE: &[Row] = &[
    Row {
        key: "time_zone",
        kind: ZONE,
        absent: Absent::Like(r#""UTC""#),
        example: r#""Europe/Berlin""#,
        help: "Where times without a zone are, by its name in the IANA database.",
    },
    Row {
        key: "by",
        kind: Kind::Word(&["write", "admin"]),
        absent: Absent::Like(r#""write""#),
        example: r#""admin""#,
        help: "Which permission `freeze` and `thaw` need.",
    },
    EXEMPT_LABELS,
    EXEMPT_USERS,
    EXEMPT_PRIORITY,
    EXEMPT_HOTFIX,
    Row {
        key: "windows",
        kind: Kind::List { of: &Kind::Table(WINDOW), most: 50 },
        absent: Absent::Like("[]"),
        example: r#"[{ when = "2026-12-18..2027-01-04", reason = "year end" }]"#,
        help: "When nothing lands, by the calendar. What a window does not say it has from the section.",
    },
];

const CANDIDATE: &[Row] = &[Row {
    key: "tag",
    kind: Kind::Text {
        longest: 200,
        pattern: r"^([A-Za-z0-9_.+/][A-Za-z0-9_.+/-]*)?\{seq(:0([1-9]|1[0-2]))?\}[A-Za-z0-9_.+/-]*$",
        told: "a tag name with one `{seq}` in it",
    },
    absent: Absent::Like(r#""candidate/{seq:06}""#),
    example: r#""v{seq}""#,
    help: "How candidates are named; `{seq:06}` is their number, padded to six digits.",
}];
