//! What happens to a delivery: everything its value changes by. Each is kept in the ledger, so that the value can be had again.

use super::approval::{Rights, Via};
use super::candidate::{Change, PostMerge, Tag};
use super::policy::Policy;
use super::state::Scope;
use super::verify::Sample;
use crate::ids::{CandidateSeq, DeploymentId, LockId, Login, Moment, PrNumber, Sha, StageName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Trunk asks for this now.
    Adopted(Box<Policy>),
    /// Trunk moved to a tested commit.
    Landed {
        /// The commit.
        commit: Sha,
        /// The candidate that was made with it, if one was.
        candidate: Option<(CandidateSeq, Tag)>,
        /// What landed.
        changes: Vec<Change>,
    },
    /// Who wrote a change was read.
    ChangeRead {
        /// Which.
        pr: PrNumber,
        /// Everybody who wrote some of it.
        authors: BTreeSet<Login>,
        /// The date of its first commit.
        first_commit_at: Option<Moment>,
        /// When it was opened.
        opened_at: Option<Moment>,
    },
    /// The checks after a landing came to something.
    Judged {
        /// The commit.
        commit: Sha,
        /// What.
        verdict: PostMerge,
    },
    /// The checks that failed after a landing were asked to run again, or cannot be.
    Rerun {
        /// The commit.
        commit: Sha,
    },
    /// A pull request that takes a change back was made.
    RevertProposed {
        /// What it takes back.
        pr: PrNumber,
        /// The pull request; `None` if it could not be made.
        revert: Option<PrNumber>,
    },
    /// The newest release that the repository had before the first of ours, by its tag's name.
    ReleaseFound(String),
    /// A candidate's tag was made after the landing.
    Cut {
        /// The commit.
        commit: Sha,
        /// Its number.
        seq: CandidateSeq,
        /// The tag.
        tag: Tag,
    },
    /// A candidate's tag was looked at and is not what we made.
    TagMoved {
        /// Which.
        candidate: CandidateSeq,
        /// What is there instead.
        seen: Option<Sha>,
    },
    /// A candidate's tag is what we made, again.
    TagRestored {
        /// Which.
        candidate: CandidateSeq,
    },
    /// What a deployment rests on was read once more.
    Confirmed {
        /// Which.
        deployment: DeploymentId,
        /// Whoever approved and may not any more.
        lost: Vec<Login>,
    },
    /// The driver was asked to begin.
    Started {
        /// Which.
        deployment: DeploymentId,
        /// Which time.
        attempt: u16,
        /// What it said.
        answer: StartAnswer,
    },
    /// The driver told how it stands.
    Reported {
        /// Which.
        deployment: DeploymentId,
        /// Which time.
        attempt: u16,
        /// How.
        report: Report,
    },
    /// Something on a stage was looked at.
    Sampled {
        /// Which.
        deployment: DeploymentId,
        /// Its place in the list.
        check: usize,
        /// The moment it was due, as the effect named it: each look counts once.
        due: Moment,
        /// What was seen.
        sample: Sample,
        /// A line for people.
        note: String,
    },
    /// Somebody asks for something.
    Asked(Ask),
    /// Time passed, and that alone changed something.
    Ticked,
}

/// What a driver says to being asked to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartAnswer {
    /// It is at work, and calls it this.
    Running(String),
    /// It is done.
    Done,
    /// It will not; nothing was changed.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
}

/// How a driver says a deployment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// At work.
    Running {
        /// A line for people.
        note: Option<String>,
        /// Where more can be read.
        log: Option<String>,
    },
    /// Done, at that moment as the driver says.
    Succeeded(Option<Moment>),
    /// It failed.
    Failed {
        /// Why.
        why: String,
        /// Trying again may help.
        passing: bool,
        /// The stage is as it was.
        unchanged: bool,
    },
    /// It has stopped, as it was asked to.
    Stopped,
    /// It cannot stop; its end is to be waited for.
    CannotStop(String),
    /// It does not know this deployment: it has not begun.
    NotBegun,
    /// How it ended cannot be known.
    Lost(String),
}

/// Somebody asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What it is answered under.
    pub id: String,
    /// Who.
    pub by: Login,
    /// What they may do, read for this.
    pub rights: Rights,
    /// By which way it came.
    pub via: Via,
    /// What.
    pub wish: Wish,
}

/// What a person may ask of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// A candidate may go to a stage.
    Approve {
        /// Where to.
        stage: StageName,
        /// Which; what waits there, if none is named.
        candidate: Option<CandidateSeq>,
        /// What they say to it.
        note: String,
    },
    /// An approval of theirs counts no more.
    Unapprove {
        /// Where to.
        stage: StageName,
    },
    /// A candidate must not go to a stage, or to none.
    Reject {
        /// Which.
        candidate: CandidateSeq,
        /// Where to; everywhere, if none is named.
        stage: Option<StageName>,
        /// Why.
        reason: String,
    },
    /// It may again.
    Unreject {
        /// Which.
        candidate: CandidateSeq,
        /// Why.
        reason: String,
    },
    /// A candidate is to go to a stage.
    Deploy {
        /// Where to.
        stage: StageName,
        /// Which.
        candidate: CandidateSeq,
        /// Past stages that did not verify it.
        overrides: bool,
        /// Why.
        reason: String,
        /// What must run there now, if it matters.
        expect_current: Option<CandidateSeq>,
    },
    /// A stage is to go back.
    Rollback {
        /// Which.
        stage: StageName,
        /// To what; to what was verified there before, if none is named.
        to: Option<CandidateSeq>,
        /// Why.
        reason: String,
        /// They know that changes are among what is taken back which must not be taken back by themselves: the candidate's number,
        /// typed.
        confirm: Option<CandidateSeq>,
    },
    /// A deployment is not to go on.
    Cancel(DeploymentId),
    /// A deployment that failed is to be tried again.
    Retry(DeploymentId),
    /// How a deployment of which nobody knows stands.
    Resolve {
        /// Which.
        deployment: DeploymentId,
        /// How.
        outcome: Resolution,
    },
    /// What a verification that came to nothing counts as.
    Judge {
        /// Where.
        stage: StageName,
        /// Good or bad.
        pass: bool,
        /// Why.
        note: String,
    },
    /// What is on a stage is to be looked at again.
    Reverify(StageName),
    /// Nothing is to go to a stage by itself.
    Hold {
        /// Which.
        stage: StageName,
        /// Why.
        reason: String,
    },
    /// It may again.
    Resume(StageName),
    /// Nothing is to move.
    Lock {
        /// What.
        scope: Scope,
        /// Until when.
        until: Option<Moment>,
        /// Why.
        reason: String,
        /// Not even hotfixes and rollbacks.
        strict: bool,
    },
    /// A lock is to go.
    Unlock(LockId),
    /// A candidate is to be made now.
    Cut,
    /// Whoever asks mends trunk: nothing is to be proposed in the meantime.
    Fixing,
    /// A candidate's tag, which is gone or another object, is to be put back.
    RestoreTag(CandidateSeq),
}

/// What a person says of a deployment of which nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// It did succeed.
    Succeeded,
    /// It did fail.
    Failed,
    /// Try again.
    Again,
}
