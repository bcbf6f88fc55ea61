//! `[freeze]`: when nothing lands, and what lands all the same.

use super::LABEL;
use crate::config::reference::{Absent, Kind, Row};

pub(super) const LOGIN: Kind =
    Kind::Text { longest: 100, pattern: "^@?[A-Za-z0-9_.-]+(\\[bot\\])?$", told: "a person's login" };

pub(super) const ZONE: Kind =
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

pub(super) const FREEZE: &[Row] = &[
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
