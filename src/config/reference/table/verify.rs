//! `verify = [{ … }]` of a stage: what is looked at once a candidate is there.

use super::checks::{APP, CHECK_NAME};
use super::driver::{ADDRESS, ADDRESS_OR_PATH, ARGV};
use super::{DAY_MS, flag};
use crate::config::reference::{Absent, Kind, Row};

/// The things that can be looked at, each with its keys.
pub(super) const PROBES: Kind = Kind::List { of: &Kind::OneOf(&[HTTP, CHECK, COMMAND, METRIC]), most: 20 };

const NAME: Row = Row {
    key: "name",
    kind: Kind::Text { longest: 100, pattern: r"\S", told: "one line" },
    absent: Absent::Means("what is looked at"),
    example: r#""it answers""#,
    help: "What it is called; no two of a stage may be called the same.",
};

const DRY_RUN: Row = flag("dry_run", "false", "true", "Its result is shown and counts for nothing.");

const HOUR_MS: i64 = DAY_MS / 24;

const fn every(absent: &'static str, help: &'static str) -> Row {
    let kind = Kind::Duration { low_ms: 1000, high_ms: HOUR_MS };
    Row { key: "every", kind, absent: Absent::Like(absent), example: r#""15s""#, help }
}

const fn timeout(absent: &'static str) -> Row {
    let kind = Kind::Duration { low_ms: 1000, high_ms: DAY_MS };
    Row { key: "timeout", kind, absent: Absent::Like(absent), example: r#""45m""#, help: "How long that may take." }
}

const HTTP: &[Row] = &[
    Row {
        key: "http",
        kind: ADDRESS_OR_PATH,
        absent: Absent::Refused,
        example: r#""https://example.org/healthz""#,
        help: "An address answers.",
    },
    Row {
        key: "expect",
        kind: Kind::Whole { low: 100, high: 599 },
        absent: Absent::Like("200"),
        example: "204",
        help: "With this status; what it redirects to is not looked at.",
    },
    Row {
        key: "contains",
        kind: Kind::Text { longest: 200, pattern: r"\S", told: "one line" },
        absent: Absent::Means("any body"),
        example: r#""ok""#,
        help: "And with this in its body.",
    },
    Row {
        key: "tries",
        kind: Kind::Whole { low: 1, high: 100 },
        absent: Absent::Like("10"),
        example: "5",
        help: "It is asked so often before it counts as failed.",
    },
    every(r#""10s""#, "With such pauses."),
    NAME,
    DRY_RUN,
];

const CHECK: &[Row] = &[
    Row {
        key: "check",
        kind: CHECK_NAME,
        absent: Absent::Refused,
        example: r#""e2e / staging""#,
        help: "A check on the candidate's commit is green.",
    },
    APP,
    timeout(r#""1h""#),
    NAME,
    DRY_RUN,
];

const COMMAND: &[Row] = &[
    Row {
        key: "command",
        kind: ARGV,
        absent: Absent::Refused,
        example: r#"["./smoke.sh"]"#,
        help: "A program on the service's machine ends well, if its `bot.toml` allows that for the repository.",
    },
    timeout(r#""10m""#),
    NAME,
    DRY_RUN,
];

const METRIC: &[Row] = &[
    Row {
        key: "metric",
        kind: Kind::Text { longest: 100, pattern: r"\S", told: "one line" },
        absent: Absent::Refused,
        example: r#""error_rate""#,
        help: "A number stays within its bound; this is what it is called.",
    },
    Row {
        key: "url",
        kind: ADDRESS,
        absent: Absent::Refused,
        example: r#""https://metrics.example.org/api/v1/query?query=error_rate""#,
        help: "The address that gives it as JSON.",
    },
    Row {
        key: "path",
        kind: Kind::Text {
            longest: 200,
            pattern: r"^[^$.\s][^.\s]*(\.[^.\s]+)*$",
            told: "names and numbers with dots between",
        },
        absent: Absent::Refused,
        example: r#""data.result.0.value.1""#,
        help: "Where in the answer it stands. If there is nothing, that is no pass and no failure: a person decides.",
    },
    Row {
        key: "fail_if",
        kind: Kind::Text {
            longest: 30,
            pattern: r"^[<>] *-?[0-9]{1,12}(\.[0-9]{1,6})?$",
            told: "`>` or `<` and a number, up to six digits behind the point",
        },
        absent: Absent::Refused,
        example: r#""> 0.02""#,
        help: "A reading for which this holds is bad.",
    },
    every(r#""1m""#, "Between two readings."),
    Row {
        key: "count",
        kind: Kind::Whole { low: 1, high: 1000 },
        absent: Absent::Like("10"),
        example: "20",
        help: "How many readings.",
    },
    Row {
        key: "fail_limit",
        kind: Kind::Whole { low: 0, high: 999 },
        absent: Absent::Like("0"),
        example: "2",
        help: "So many bad ones are borne; fewer than `count`.",
    },
    DRY_RUN,
];
