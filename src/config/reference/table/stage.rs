//! `[[stage]]`: a step on the way to people.

use super::delivery::{STAGE_NAME, STAGE_NAMES};
use super::driver::DRIVERS;
use super::freeze::ZONE;
use super::rules::PARTY;
use super::verify::PROBES;
use super::{DAY_MS, flag};
use crate::config::reference::{Absent, Kind, Row};

const TIME: Kind = Kind::Duration { low_ms: 1000, high_ms: 7 * DAY_MS };

pub(super) const STAGE: &[Row] = &[
    Row {
        key: "name",
        kind: STAGE_NAME,
        absent: Absent::Refused,
        example: r#""production""#,
        help: "What it is called.",
    },
    Row {
        key: "tier",
        kind: Kind::Word(&["staging", "production", "other"]),
        absent: Absent::Means("`staging` or `production` if it is called that (or `prod`), else `other`"),
        example: r#""production""#,
        help: "How near it is to people: like production but for tests, what people use, or something else.",
    },
    Row {
        key: "after",
        kind: STAGE_NAMES,
        absent: Absent::Means("the stage that is written before it"),
        example: r#"["staging"]"#,
        help: "Stages that must have verified a candidate before this one gets it.",
    },
    Row {
        key: "need",
        kind: Kind::Word(&["all", "any"]),
        absent: Absent::Like(r#""all""#),
        example: r#""any""#,
        help: "Whether all of these must have, or one.",
    },
    Row {
        key: "promote",
        kind: Kind::Either(&[
            Kind::Word(&["auto", "approve", "manual"]),
            Kind::Text {
                longest: 30,
                pattern: "^veto after ([0-9]+[dhms])+$",
                told: "`\"veto after 2h\"` with a time from 1m to 7d",
            },
        ]),
        absent: Absent::Means("what `mode` says for production, else `auto`"),
        example: r#""veto after 2h""#,
        help: "What a candidate waits for: nothing, somebody's approval, a person who asks for it and one who approves, or a time in \
               which anybody who may approve can reject it.",
    },
    Row {
        key: "supersede",
        kind: Kind::Word(&["latest", "each"]),
        absent: Absent::Like(r#""latest""#),
        example: r#""each""#,
        help: "Of candidates that wait, only the newest goes, or each in its turn. What is being deployed is never stopped for a newer one.",
    },
    Row {
        key: "group",
        kind: Kind::Text { longest: 60, pattern: "^[A-Za-z0-9_./-]+$", told: "1 to 60 letters, digits and `- _ . /`" },
        absent: Absent::Means("it is in no group"),
        example: r#""cluster-eu""#,
        help: "Stages of the same group never deploy at the same time, in whatever repository of the service.",
    },
    Row {
        key: "driver",
        kind: DRIVERS,
        absent: Absent::Like(r#"{ kind = "ref" }"#),
        example: r#"{ kind = "actions", workflow = "deploy.yml" }"#,
        help: "How a candidate gets there.",
    },
    Row {
        key: "timeout",
        kind: TIME,
        absent: Absent::Like(r#""1h""#),
        example: r#""30m""#,
        help: "How long that may take.",
    },
    Row {
        key: "lost_after",
        kind: TIME,
        absent: Absent::Like(r#""15m""#),
        example: r#""10m""#,
        help: "After this long without news of it nobody knows how it stands, and a person is asked.",
    },
    Row {
        key: "retries",
        kind: Kind::Whole { low: 0, high: 5 },
        absent: Absent::Like("1"),
        example: "2",
        help: "How often a deployment that failed for a passing reason is begun again.",
    },
    Row {
        key: "verify",
        kind: PROBES,
        absent: Absent::Means(
            "nothing; for a stage of tier `staging` that has a `url` and says nothing of `soak` either, `[{ http = \"/\" }]`",
        ),
        example: r#"[{ http = "https://example.org/healthz" }, { check = "e2e", app = "github-actions" }]"#,
        help: "What is looked at once a candidate is there.",
    },
    Row {
        key: "soak",
        kind: Kind::Duration { low_ms: 0, high_ms: 30 * DAY_MS },
        absent: Absent::Means(
            "none; `10m` for a stage of tier `staging` that has no `url` and says nothing of `verify` either",
        ),
        example: r#""30m""#,
        help: "How long it must have run there before it counts as verified.",
    },
    Row {
        key: "windows",
        kind: Kind::List { of: &Kind::OneOf(&[ALLOW, DENY]), most: 20 },
        absent: Absent::Like("[]"),
        example: r#"[{ allow = "mon-thu 09:00-16:00", time_zone = "Europe/Berlin" }, { deny = "2026-12-18..2027-01-04", reason = "year end" }]"#,
        help: "When deployments may begin. Where any allows, one must be open; what denies wins. Hotfixes and rollbacks pass.",
    },
    Row {
        key: "approval",
        kind: Kind::Table(APPROVAL),
        absent: Absent::Means("as its keys say"),
        example: r#"{ policy = "outsider", from = ["@acme/release"] }"#,
        help: "Who must agree, where somebody must.",
    },
    Row {
        key: "on_failure",
        kind: Kind::Word(&["rollback", "hold", "notify"]),
        absent: Absent::Means("`rollback` for production unless `rollback.max_auto` is 0, else `hold`"),
        example: r#""hold""#,
        help: "What happens when a deployment or its verification fails: back to what was verified there last, and nothing goes by itself \
               until somebody resumes; only the latter; or the next candidate may go.",
    },
    Row {
        key: "rollback",
        kind: Kind::Table(ROLLBACK),
        absent: Absent::Means("as its keys say"),
        example: "{ max_auto = 2, revert = true }",
        help: "How it is rolled back.",
    },
    Row {
        key: "url",
        kind: Kind::Text {
            longest: 500,
            pattern: r"^https?://[^\s@/?#:][^\s@?#]*$",
            told: "an address without a query, `https://…`",
        },
        absent: Absent::Means("it is nowhere to be seen"),
        example: r#""https://example.org""#,
        help: "Where people see it, and what paths in `verify` and `observe` stand behind.",
    },
];

const TIME_ZONE: Row = Row {
    key: "time_zone",
    kind: ZONE,
    absent: Absent::Means("that of `[freeze]`"),
    example: r#""Europe/Berlin""#,
    help: "Where these times are.",
};

const ALLOW: &[Row] = &[
    Row {
        key: "allow",
        kind: Kind::Text { longest: 100, pattern: r"\S", told: "a stretch of time" },
        absent: Absent::Refused,
        example: r#""mon-thu 09:00-16:00""#,
        help: "Deployments may begin: days of the week with times, or dates.",
    },
    TIME_ZONE,
];

const DENY: &[Row] = &[
    Row {
        key: "deny",
        kind: Kind::Text { longest: 100, pattern: r"\S", told: "a stretch of time" },
        absent: Absent::Refused,
        example: r#""2026-12-18..2027-01-04""#,
        help: "Deployments may not begin.",
    },
    Row {
        key: "reason",
        kind: Kind::Text { longest: 200, pattern: r"\S", told: "one line" },
        absent: Absent::Refused,
        example: r#""year end""#,
        help: "What everybody who waits reads.",
    },
    TIME_ZONE,
];

const PARTIES: Kind = Kind::List { of: &PARTY, most: 50 };

const APPROVAL: &[Row] = &[
    Row {
        key: "policy",
        kind: Kind::Word(&["any", "not-requester", "four-eyes", "outsider"]),
        absent: Absent::Means("`four-eyes` for production, else `any`"),
        example: r#""outsider""#,
        help: "Whose word counts: anybody's; not that of whoever asked for the deployment; for each change, that of somebody who did \
               not write it; only that of somebody who wrote none of the changes.",
    },
    Row {
        key: "min",
        kind: Kind::Whole { low: 1, high: 10 },
        absent: Absent::Like("1"),
        example: "2",
        help: "How many, at the least.",
    },
    Row {
        key: "from",
        kind: PARTIES,
        absent: Absent::Like("[]"),
        example: r#"["@acme/release", "ann"]"#,
        help: "Only these may approve, of those with the permission; empty means all of them. Teams need the App's permission \"Members: read\".",
    },
    Row {
        key: "required",
        kind: PARTIES,
        absent: Absent::Like("[]"),
        example: r#"["@acme/security"]"#,
        help: "One of these must be among them, where any is named.",
    },
    Row {
        key: "permission",
        kind: Kind::Word(&["write", "admin"]),
        absent: Absent::Like(r#""write""#),
        example: r#""admin""#,
        help: "What one must be allowed to do in the repository.",
    },
    Row {
        key: "expires",
        kind: Kind::Duration { low_ms: 60_000, high_ms: 30 * DAY_MS },
        absent: Absent::Like(r#""1d""#),
        example: r#""8h""#,
        help: "After this long an approval counts no more.",
    },
];

const ROLLBACK: &[Row] = &[
    Row {
        key: "max_auto",
        kind: Kind::Whole { low: 0, high: 10 },
        absent: Absent::Like("1"),
        example: "2",
        help: "Automatic rollbacks before a deployment that succeeds, at the most.",
    },
    Row {
        absent: Absent::Means("`true` for production, else `false`"),
        ..flag("revert", "true", "true", "A pull request that takes the change back is proposed.")
    },
];
