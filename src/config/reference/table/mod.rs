//! The table itself: every key of `.github/greenline.toml`. A key that the parser knows and this table does not fails
//! `tests/reference.rs`, and a section that is not here is unknown to the parser.

mod checks;
mod delivery;
mod driver;
mod freeze;
mod merge;
mod queue;
mod rules;
mod stage;
mod verify;

use super::{Absent, Form, Kind, Row, Section};

/// Every section, in the order in which a person would write them.
pub const SECTIONS: &[Section] = &[
    once("queue", "how one gets in, and in which groups one is tested", queue::QUEUE),
    once("rules", "who may ask for landing, and what has to hold before a pull request enters", rules::RULES),
    once("checks", "what green means", checks::CHECKS),
    once("merge", "what lands", merge::MERGE),
    once("candidate", "how green commits of trunk are tagged", CANDIDATE),
    once("freeze", "when nothing lands, who may say so, and what lands all the same", freeze::FREEZE),
    once(
        "delivery",
        "from a landed commit to people: the one switch, and when candidates are made",
        delivery::DELIVERY,
    ),
    Section {
        name: "stage",
        form: Form::Each { most: 20, first: "name = \"staging\"" },
        help: "the steps on the way to people, in the order in which a change passes them. Without any there are `staging` and then \
               `production`, of which nothing is said but the name",
        rows: stage::STAGE,
    },
    once("hotfix", "the short way for what cannot wait", delivery::HOTFIX),
    once("red", "what happens when trunk is red after a landing", delivery::RED),
    once("trust", "when the tests of a stage may be trusted without a person, and when not any more", delivery::TRUST),
];

const fn once(name: &'static str, help: &'static str, rows: &'static [Row]) -> Section {
    Section { name, form: Form::Once, help, rows }
}

/// `true` or `false`.
const fn flag(key: &'static str, absent: &'static str, example: &'static str, help: &'static str) -> Row {
    Row { key, kind: Kind::Flag, absent: Absent::Like(absent), example, help }
}

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
