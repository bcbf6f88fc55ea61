//! `driver = { kind = "…" }` of a stage: how a candidate gets there.

use super::freeze::LOGIN;
use crate::config::reference::{Absent, Kind, Row};

pub(super) const ARGV: Kind = Kind::List {
    of: &Kind::Text { longest: 1000, pattern: "", told: "the program, and then its arguments; there is no shell" },
    most: 50,
};

pub(super) const ADDRESS: Kind =
    Kind::Text { longest: 500, pattern: r"^https?://[^\s@/?#:][^\s#]*$", told: "a whole address, `https://…`" };

/// A whole address, or a path behind the stage's own.
pub(super) const ADDRESS_OR_PATH: Kind = Kind::Text {
    longest: 500,
    pattern: r"^(/([^\s#/][^\s#]*)?|https?://[^\s@/?#:][^\s#]*)$",
    told: "a path behind the stage's `url`, or a whole address",
};

/// The kinds of drivers, each with its keys.
pub(super) const DRIVERS: Kind = Kind::OneOf(&[REF, COMMAND, WEBHOOK, GITHUB_DEPLOYMENT, ACTIONS, PUSH, MANUAL]);

const fn kind(words: &'static [&'static str], example: &'static str, help: &'static str) -> Row {
    Row { key: "kind", kind: Kind::Word(words), absent: Absent::Refused, example, help }
}

const REF: &[Row] = &[
    kind(&["ref"], r#""ref""#, "A ref is moved to the candidate's commit; whoever deploys watches it."),
    Row {
        key: "name",
        kind: Kind::Text {
            longest: 250,
            pattern: "^refs/(heads/)?deploy/[^~^:?*\\[\\\\\\s]+$",
            told: "a ref below `refs/deploy/` or `refs/heads/deploy/`",
        },
        absent: Absent::Means("`refs/deploy/` and the stage's name"),
        example: r#""refs/heads/deploy/production""#,
        help: "Which ref. A branch starts workflows when it moves, any other ref does not.",
    },
    Row {
        key: "observe",
        kind: ADDRESS_OR_PATH,
        absent: Absent::Means("done when the ref stands"),
        example: r#""https://example.org/commit""#,
        help: "Done only when this address answers with the candidate's commit.",
    },
];

const COMMAND: &[Row] = &[
    kind(
        &["command"],
        r#""command""#,
        "A program is run on the service's machine, if its `bot.toml` allows that for the repository.",
    ),
    Row {
        key: "command",
        kind: ARGV,
        absent: Absent::Refused,
        example: r#"["./deploy.sh", "--now"]"#,
        help: "The program and its arguments, in a fresh checkout of the candidate.",
    },
];

const WEBHOOK: &[Row] = &[
    kind(&["webhook"], r#""webhook""#, "An address is told, and tells back how it went."),
    Row {
        key: "url",
        kind: ADDRESS,
        absent: Absent::Refused,
        example: r#""https://deployer.example.org/hook""#,
        help: "The address. It is sent a token, so `http://` is for the service's own machine only.",
    },
];

const GITHUB_DEPLOYMENT: &[Row] = &[
    kind(
        &["github-deployment"],
        r#""github-deployment""#,
        "Only GitHub's record of a deployment is made; somebody listens to it and posts its states.",
    ),
    Row {
        key: "environment",
        kind: Kind::Text { longest: 255, pattern: r"\S", told: "the name of an environment on GitHub" },
        absent: Absent::Means("the stage's name"),
        example: r#""live""#,
        help: "GitHub's name for it.",
    },
    Row {
        key: "by",
        kind: Kind::List { of: &LOGIN, most: 50 },
        absent: Absent::Like("[]"),
        example: r#"["deployer[bot]"]"#,
        help: "Whose states count; empty means whoever may write.",
    },
];

const ACTIONS: &[Row] = &[
    kind(&["actions"], r#""actions""#, "A workflow of GitHub Actions is started."),
    Row {
        key: "workflow",
        kind: Kind::Text {
            longest: 100,
            pattern: r"^[A-Za-z0-9_.-]+\.ya?ml$",
            told: "the name of a file in `.github/workflows`",
        },
        absent: Absent::Refused,
        example: r#""deploy.yml""#,
        help: "The workflow, which has to have `workflow_dispatch`.",
    },
];

const PUSH: &[Row] = &[
    kind(
        &["push"],
        r#""push""#,
        "The commit is pushed to another remote, if the service's `bot.toml` allows that one.",
    ),
    Row {
        key: "remote",
        kind: Kind::Text {
            longest: 500,
            pattern: r"^(https?|ssh)://[A-Za-z0-9_@\[][A-Za-z0-9_./:@\[\]~-]*$",
            told: "the address of a repository, `https://…` or `ssh://…`",
        },
        absent: Absent::Refused,
        example: r#""https://git.heroku.com/acme-widget.git""#,
        help: "The address. Passwords have no place in this file.",
    },
    Row {
        key: "branch",
        kind: Kind::Text { longest: 250, pattern: r"^[^-\s][^\s]*$", told: "a branch's name" },
        absent: Absent::Refused,
        example: r#""main""#,
        help: "The branch there.",
    },
];

const MANUAL: &[Row] = &[kind(&["manual"], r#""manual""#, "A person does it, and says so.")];
