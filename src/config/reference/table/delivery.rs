//! `[delivery]`, `[hotfix]`, `[red]` and `[trust]`: the way from a landed commit to people, but for its stages.

use super::{DAY_MS, checks, flag};
use crate::config::reference::{Absent, Kind, Row};

const MINUTE_MS: i64 = 60_000;

pub(super) const STAGE_NAME: Kind = Kind::Text {
    longest: 40,
    pattern: "^[a-z][a-z0-9-]*$",
    told: "the name of a stage, 1 to 40 small letters, digits and dashes, a letter first",
};

pub(super) const STAGE_NAMES: Kind = Kind::List { of: &STAGE_NAME, most: 20 };

pub(super) const DELIVERY: &[Row] = &[
    Row {
        key: "mode",
        kind: Kind::Word(&["off", "delivery", "deployment"]),
        absent: Absent::Like(r#""delivery""#),
        example: r#""deployment""#,
        help: "The one switch. With `delivery`, production waits for a person; with `deployment`, it does not, and everything else \
               that has to hold still has to; with `off`, candidates are made and nothing goes anywhere by itself.",
    },
    Row {
        key: "when",
        kind: Kind::Word(&["landed", "post-merge-green"]),
        absent: Absent::Means("`landed`; `post-merge-green` if `manual` or `min_interval` is set"),
        example: r#""post-merge-green""#,
        help: "When candidates are made: in the very push that lands a commit, or when its `post_merge` checks are green.",
    },
    Row {
        key: "post_merge",
        kind: Kind::List { of: &Kind::Table(checks::REQUIRED), most: 100 },
        absent: Absent::Like("[]"),
        example: r#"[{ name = "full", app = "github-actions" }]"#,
        help: "Checks on trunk after a landing that must be green before a candidate may go anywhere.",
    },
    Row {
        key: "post_merge_timeout",
        kind: Kind::Duration { low_ms: MINUTE_MS, high_ms: 7 * DAY_MS },
        absent: Absent::Like(r#""2h""#),
        example: r#""45m""#,
        help: "How long these may take after a landing; silence is never green.",
    },
    Row {
        key: "min_interval",
        kind: Kind::Duration { low_ms: 0, high_ms: 30 * DAY_MS },
        absent: Absent::Like(r#""0s""#),
        example: r#""30m""#,
        help: "Between two candidates at least; what landed between is in the next one. Not with `when = \"landed\"`.",
    },
    flag(
        "manual",
        "false",
        "true",
        "Candidates are made only when somebody asks for one. Not with `when = \"landed\"`.",
    ),
    Row {
        key: "versions",
        kind: Kind::Word(&["none", "semver", "calver", "sequence"]),
        absent: Absent::Like(r#""none""#),
        example: r#""semver""#,
        help: "How releases are numbered: not at all, `v1.2.3` by the labels `release:major`, `release:minor` and `release:patch` or by \
               titles that begin with `feat:` or `fix:`, `v2026.11.2` by year and month, or `release/7`.",
    },
];

pub(super) const HOTFIX: &[Row] = &[
    Row {
        key: "through",
        kind: STAGE_NAMES,
        absent: Absent::Means("every stage of tier `staging`"),
        example: r#"["staging"]"#,
        help: "Stages that must have verified a hotfix all the same.",
    },
    Row {
        key: "approvals",
        kind: Kind::Whole { low: 0, high: 10 },
        absent: Absent::Like("1"),
        example: "2",
        help: "Approvals that it needs before production.",
    },
];

pub(super) const RED: &[Row] = &[
    flag("rerun_once", "true", "false", "Checks that fail after a landing are run again once before they count."),
    flag("revert", "true", "false", "A pull request that takes the suspect back is proposed."),
    flag("lock", "true", "false", "Nothing lands until trunk is green, but what mends it."),
];

pub(super) const TRUST: &[Row] = &[
    Row {
        key: "deployments",
        kind: Kind::Whole { low: 1, high: 1000 },
        absent: Absent::Like("20"),
        example: "30",
        help: "So many deployments in a row without a rollback are needed.",
    },
    Row {
        key: "days",
        kind: Kind::Whole { low: 0, high: 365 },
        absent: Absent::Like("14"),
        example: "30",
        help: "Over at least so many days.",
    },
    Row {
        key: "failures_percent",
        kind: Kind::Whole { low: 0, high: 100 },
        absent: Absent::Like("5"),
        example: "2",
        help: "Of a hundred deployments so many may fail.",
    },
    Row {
        key: "demote_for",
        kind: Kind::Whole { low: 0, high: 1000 },
        absent: Absent::Like("5"),
        example: "10",
        help: "After a rollback so many deployments wait for a person again, whatever `promote` says; 0 for none.",
    },
];
