//! The table itself: every key of `.github/greenline.toml`. A key that the parser knows and this table does not fails
//! `tests/reference.rs`, and a section that is not here is unknown to the parser.

mod checks;
mod freeze;
mod merge;
mod queue;
mod rules;

use super::{Absent, Kind, Row, Section};

/// Every section, in the order in which a person would write them.
pub const SECTIONS: &[Section] = &[
    Section { name: "queue", help: "how one gets in, and in which groups one is tested", rows: queue::QUEUE },
    Section {
        name: "rules",
        help: "who may ask for landing, and what has to hold before a pull request enters",
        rows: rules::RULES,
    },
    Section { name: "checks", help: "what green means", rows: checks::CHECKS },
    Section { name: "merge", help: "what lands", rows: merge::MERGE },
    Section { name: "candidate", help: "how green commits of trunk are tagged", rows: CANDIDATE },
    Section {
        name: "freeze",
        help: "when nothing lands, who may say so, and what lands all the same",
        rows: freeze::FREEZE,
    },
];

const DAY_MS: i64 = 86_400_000;

const LABEL: Kind = Kind::Text {
    longest: 50,
    pattern: r"^\S(.*\S)?$",
    told: "the name of a label, 1 to 50 characters without blanks at its ends",
};

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
