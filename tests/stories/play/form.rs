//! The form of a case: everything that may stand in its file. It reads and plays nothing.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use toml::Spanned;

/// A case as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, in one sentence.
    pub shows: String,
    /// Settings on trunk before anything else; without a `[checks]` the check `ci` is required.
    #[serde(default)]
    pub settings: String,
    /// Opened in this order before the first step.
    pub pulls: Vec<Spanned<Opened>>,
    pub steps: Vec<Spanned<Step>>,
    pub end: Spanned<End>,
}

/// A pull request. Besides its files it always adds `NAME.txt`, by which it is known on trunk and in a tip.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    pub name: String,
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// From a fork that only its owner may push to.
    #[serde(default)]
    pub fork: bool,
    #[serde(default = "user")]
    pub by: Who,
}

/// Somebody with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Wrote the pull requests and may push.
    User,
    /// May push, and is the one who asks unless something else is said.
    Maintainer,
    /// May read.
    Outsider,
}

impl Who {
    /// The member of `tokens` that is theirs.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Maintainer => "maintainer",
            Self::Outsider => "outsider",
        }
    }
}

fn user() -> Who {
    Who::User
}

fn maintainer() -> Who {
    Who::Maintainer
}

/// One name or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    pub fn all(&self) -> Vec<&str> {
        match self {
            Self::One(name) => vec![name],
            Self::Many(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// A commit that CI has a word on.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Tip {
    /// Remembered under this name, or `trunk`, or the head of this pull request.
    Named(String),
    /// Under test now: trunk as it is and exactly these pull requests more.
    Holding(Vec<String>),
}

/// What happens next, or is waited for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// The label that asks for landing is put on, and the pull request waited for in the queue or outside of it.
    Label(Names),
    Unlabel(Names),
    Comment {
        on: String,
        says: String,
        #[serde(default = "maintainer")]
        by: Who,
    },
    /// `event` is GitHub's word: APPROVE, REQUEST_CHANGES or COMMENT.
    Review {
        on: String,
        event: String,
    },
    /// Another commit on its branch, by its author.
    Push(String),
    Close(String),
    Reopen(String),
    Draft(String),
    /// Its base is edited; the branch is made from trunk if need be.
    Retarget {
        pull: String,
        to: String,
    },
    /// What somebody may do in the repository from now on: none, read, triage, write, maintain or admin.
    Role {
        of: Who,
        is: String,
    },
    /// The fork it comes from is deleted by its owner.
    DeleteFork(String),
    /// A person pushes this file to trunk, past the queue.
    Foreign(String),
    /// A person puts a tag of this name on trunk.
    Tag(String),
    /// A person replaces the settings on trunk.
    Settings(String),
    /// Protection of trunk in the sandbox's words; `""` takes it away.
    Protect(String),

    /// The tip that holds these is kept under a name, to be spoken of when it is history.
    Remember {
        holds: Vec<String>,
        named: String,
    },
    /// CI says that the required check passed.
    Green(Tip),
    /// CI says that it failed, and that it passes on trunk.
    Red(Tip),
    /// CI says anything about any check.
    Ci {
        tip: Tip,
        /// By the settings trunk may go there all the same.
        #[serde(default)]
        passes: bool,
        #[serde(default = "ci")]
        check: String,
        says: String,
    },
    /// CI judges every tip from now on, red whatever holds these, until nothing is queued.
    Judge {
        red: Vec<String>,
    },

    /// Webhooks are lost: all, or those of one event.
    Lose {
        #[serde(default)]
        event: Option<String>,
    },
    /// A route of GitHub's interface goes wrong, in the words of the sandbox's administrator (`/_sandbox` lists them).
    Fail(Value),
    /// All faults end.
    Mend,
    /// The service is killed and comes back.
    Kill,
    /// GitHub dates by the second: whatever comes next is dated later.
    NextSecond,

    /// Waits until they are in the queue.
    Queued(Names),
    /// Waits until one of our comments there says all of this.
    Told {
        on: String,
        says: Names,
    },
    /// Waits until it has left the queue and was told so.
    Out {
        pull: String,
        says: Names,
    },
    /// Waits until they landed and were told so.
    Landed(Names),
    /// Waits until "why is it not merged?" is answered with this code.
    Code {
        of: String,
        is: String,
    },
    /// Waits until nothing is under test any more.
    Idle,
    /// Waits until the groups of Greenline's own picture are in these phases.
    Phases(Vec<String>),
}

fn ci() -> String {
    "ci".to_owned()
}

/// What must be so at the end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// What is on trunk of the pull requests, in this order, and nothing else.
    #[serde(default)]
    pub trunk: Vec<String>,
    /// What shows as closed and not merged; whatever else is on trunk shows as merged, all others are open.
    #[serde(default)]
    pub closed: Vec<String>,
    /// The reason codes of those that did not land.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// How many comments of ours a pull request has.
    #[serde(default)]
    pub comments: BTreeMap<String, usize>,
    /// What each candidate tag lists, in the order of their names.
    pub candidates: Option<Vec<Vec<String>>>,
    /// Pull requests whose branches are where their people left them.
    #[serde(default)]
    pub untouched: Vec<String>,
    /// How often CI was started.
    pub starts: Option<usize>,
    /// How often CI was started at the most.
    pub starts_at_most: Option<usize>,
    /// How many of those were of a tip that it had been started for before.
    #[serde(default)]
    pub again: usize,
}
