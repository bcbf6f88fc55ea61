//! Deployments: one candidate on its way to one stage, and everything said about that. It decides nothing.

use super::approval::Approval;
use super::verify::CheckState;
use crate::ids::{CandidateSeq, DeploymentId, Login, Moment, StageName};
use serde::{Deserialize, Serialize};

/// One candidate on its way to one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its number.
    pub id: DeploymentId,
    /// Where to.
    pub stage: StageName,
    /// What.
    pub candidate: CandidateSeq,
    /// What for.
    pub kind: Kind,
    /// What runs there now, as whoever approves sees it.
    pub from: Option<CandidateSeq>,
    /// Why, for people.
    pub reason: String,
    /// Who asked; `None` if nobody had to.
    pub by: Option<Login>,
    /// Somebody lets it go past stages that did not verify it, for this reason.
    pub overrides: Option<String>,
    /// How it stands.
    pub phase: Phase,
    /// How often it was begun.
    pub attempt: u16,
    /// What people said to it.
    pub approvals: Vec<Approval>,
    /// What the driver calls it.
    pub handle: Option<String>,
    /// What the driver said last.
    pub note: Option<String>,
    /// Where more can be read.
    pub log: Option<String>,
    /// What is looked at, as in the stage's list.
    pub checks: Vec<CheckState>,
    /// A person's verdict instead of theirs.
    pub judged: Option<Judged>,
    /// When it was asked for.
    pub requested_at: Moment,
    /// When it would have begun without a person, had nobody been asked.
    pub shadow_at: Option<Moment>,
    /// When its last attempt began.
    pub begun_at: Option<Moment>,
    /// When it was last heard of.
    pub news_at: Option<Moment>,
    /// When the driver was done.
    pub done_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// It was taken back by this one.
    pub rolled_back_by: Option<DeploymentId>,
}

/// What a deployment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A newer candidate.
    Forward,
    /// A newer candidate on the short way.
    Hotfix,
    /// Back to an older one.
    Rollback {
        /// What is left behind.
        bad: CandidateSeq,
        /// It began by itself.
        automatic: bool,
    },
    /// The same once more.
    Redeploy,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Hotfix => "hotfix",
            Self::Rollback { .. } => "rollback",
            Self::Redeploy => "redeploy",
        }
    }

    /// Back to an older one.
    pub fn is_rollback(self) -> bool {
        matches!(self, Self::Rollback { .. })
    }
}

/// How a deployment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Something keeps it from beginning; what, is computed.
    Waiting,
    /// It has the stage to itself, and what it rests on is read once more.
    Confirming,
    /// The driver is being asked to begin; that is written down before it is asked.
    Starting,
    /// The driver is at work.
    Running,
    /// The driver is being asked to stop.
    Stopping {
        /// Why.
        why: StopWhy,
        /// The driver cannot: its end is waited for.
        waits: bool,
    },
    /// Nobody knows how it stands. Neither a success nor a failure is assumed; a person says.
    Unknown {
        /// Why nobody knows.
        why: String,
    },
    /// It is there, and is looked at.
    Verifying,
    /// Over.
    Ended(End),
}

/// Why a driver is to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopWhy {
    /// It takes too long.
    TimedOut,
    /// Somebody asked.
    Asked(Login),
    /// A rollback needs the stage.
    RolledBack(DeploymentId),
}

/// How a deployment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// A newer candidate, or a rollback, took its place before it began.
    Superseded(DeploymentId),
    /// Somebody took it back before it began; or its candidate may not be delivered any more.
    Cancelled(String),
    /// Somebody said no.
    Denied(Login),
    /// It is there and verified.
    Succeeded,
    /// The driver failed.
    Failed {
        /// Why.
        why: String,
        /// The stage is as it was.
        unchanged: bool,
    },
    /// The driver took too long.
    TimedOut,
    /// It is there, and what was looked at is not as it should be.
    VerifyFailed(String),
    /// It was stopped after it had begun.
    Aborted(String),
}

/// A person's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Whose.
    pub by: Login,
    /// Good or bad.
    pub pass: bool,
    /// What they said to it.
    pub note: String,
}

impl Deployment {
    /// It is over.
    pub fn ended(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// It has not begun.
    pub fn waits(&self) -> bool {
        self.phase == Phase::Waiting
    }

    /// How it ended, if it has.
    pub fn end(&self) -> Option<&End> {
        match &self.phase {
            Phase::Ended(end) => Some(end),
            Phase::Waiting
            | Phase::Confirming
            | Phase::Starting
            | Phase::Running
            | Phase::Stopping { .. }
            | Phase::Unknown { .. }
            | Phase::Verifying => None,
        }
    }
}
