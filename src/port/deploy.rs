//! What we ask of whatever carries a candidate to a stage, and of whoever looks at it there. An order says everything; nothing
//! is chosen here. The key makes asking twice harmless: a driver never begins twice under the same one.

use super::Trouble;
use crate::delivery::policy::{Driver, Probe};
use crate::ids::{Moment, Sha, StageName};
use serde::{Deserialize, Serialize};

/// One deployment to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// How.
    pub driver: Driver,
    /// One for each deployment and attempt: letters, digits and dashes.
    pub key: String,
    /// `forward`, `hotfix`, `rollback` or `redeploy`.
    pub kind: &'static str,
    /// Where to.
    pub stage: StageName,
    /// It is what people use.
    pub production: bool,
    /// The candidate's tag, by its short name.
    pub tag: String,
    /// Its commit.
    pub commit: Sha,
    /// The release it is, if it is one.
    pub version: Option<String>,
    /// What runs there now: its tag and commit.
    pub from: Option<(String, Sha)>,
    /// Why, for people.
    pub reason: String,
    /// Where people see the stage.
    pub url: Option<String>,
    /// When it was begun; what a driver lists is looked through from here.
    pub begun_at: Moment,
}

/// What a driver calls a deployment it has begun: a run's number, a key, an address; empty where it has no name for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle(pub String);

/// What came of asking a driver to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Started {
    /// It is at work.
    Running(Handle),
    /// It is done already.
    Done,
    /// It will not; nothing was changed.
    Refused(String),
    /// Nobody knows whether it has begun.
    Unknown(String),
}

/// How a deployment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// At work.
    Running {
        /// What the driver says of it, a line for people.
        note: Option<String>,
        /// Where more can be read.
        log: Option<String>,
    },
    /// Done.
    Succeeded {
        /// When, as the driver says.
        at: Option<Moment>,
    },
    /// It failed.
    Failed {
        /// Why, for people.
        why: String,
        /// Trying again may help.
        passing: bool,
        /// The stage is as it was before.
        unchanged: bool,
    },
    /// The driver does not know it under this key: it has not begun.
    NotBegun,
    /// It has begun, and how it ended cannot be known.
    Lost(String),
}

/// What came of asking a driver to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// It has stopped, or will at once.
    Yes,
    /// It cannot; its end is to be waited for.
    No(String),
}

/// Something to look at on a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What.
    pub probe: Probe,
    /// What runs there, as far as we know.
    pub order: Order,
    /// How long it may take, in milliseconds; counts for programs.
    pub timeout_ms: i64,
}

/// One reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// What it says.
    pub verdict: SampleVerdict,
    /// A line for people: what was seen.
    pub note: String,
}

/// What a reading says. Four things that must not be taken for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleVerdict {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// There is nothing to judge by: no such number, no result yet.
    Nothing,
    /// It could not be read.
    Unread,
}

/// Drivers and probes of one repository.
pub trait Deploy: Send + Sync + 'static {
    /// Begins a deployment. With a key that is known it answers what it answered before.
    fn start(&self, order: &Order) -> impl Future<Output = Result<Started, Trouble>> + Send;
    /// How it stands, by its handle, or by its key where the handle was lost.
    fn progress(
        &self,
        order: &Order,
        handle: Option<&Handle>,
    ) -> impl Future<Output = Result<Progress, Trouble>> + Send;
    /// Asks it to stop.
    fn stop(&self, order: &Order, handle: Option<&Handle>) -> impl Future<Output = Result<Stopped, Trouble>> + Send;
    /// The commit that an address says it runs; `None` if it says none.
    fn observe(&self, url: &str) -> impl Future<Output = Result<Option<Sha>, Trouble>> + Send;
    /// Looks once.
    fn look(&self, look: &Look) -> impl Future<Output = Result<Sample, Trouble>> + Send;
}
