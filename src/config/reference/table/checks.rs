//! `[checks]`: what green means.

use super::DAY_MS;
use crate::config::reference::{Absent, Kind, Row};

pub(super) const CHECK_NAME: Kind = Kind::Text { longest: 255, pattern: r"^\S(.*\S)?$", told: "the name of a check" };

const REQUIRED_NAMES: Kind = Kind::List { of: &CHECK_NAME, most: 100 };

const DEADLINE: Kind = Kind::Duration { low_ms: 1000, high_ms: 7 * DAY_MS };

pub(super) const CHECKS: &[Row] = &[
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

pub(super) const REQUIRED: &[Row] = &[
    Row {
        key: "name",
        kind: CHECK_NAME,
        absent: Absent::Refused,
        example: r#""ci""#,
        help: "The check's name as it stands on a pull request.",
    },
    APP,
];

pub(super) const APP: Row = Row {
    key: "app",
    kind: Kind::Either(&[Kind::Word(&["github-actions", "any"]), Kind::Whole { low: 1, high: i64::MAX }]),
    absent: Absent::Refused,
    example: r#""github-actions""#,
    help: "The App that must have reported it, by its number; `any` trusts whoever can write.",
};

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
