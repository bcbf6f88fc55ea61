//! What people and programs hear of a delivery: answers to what they asked, and news. Words are made elsewhere.

use super::approval::Missing;
use super::gate::Gate;
use crate::ids::{CandidateSeq, DeploymentId, LockId, PrNumber, Sha, StageName};
use serde::{Deserialize, Serialize};

/// Something that somebody hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Somebody asked for something, by this id.
    Answered(String, Result<Granted, Refusal>),
    /// Something happened.
    News(News),
}

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A candidate may be delivered.
    Ready(CandidateSeq),
    /// A candidate never will be.
    NotReleasable(CandidateSeq),
    /// A candidate must not go to some stage any more.
    Rejected(CandidateSeq),
    /// It may again.
    Unrejected(CandidateSeq),
    /// A candidate's tag is not what was made.
    Tampered(CandidateSeq),
    /// It is again.
    Restored(CandidateSeq),
    /// A candidate reached people: it is the release that its version says.
    Released(CandidateSeq),
    /// A deployment moved on.
    Deployment(DeploymentId),
    /// Only people keep a deployment from beginning.
    ApprovalWanted(DeploymentId),
    /// A stage goes back.
    RollbackAsked(DeploymentId),
    /// A stage failed, and did not go back by itself.
    NotRolledBack(StageName),
    /// Nothing goes to a stage by itself.
    Held(StageName),
    /// It does again.
    Resumed(StageName),
    /// A lock was made.
    Locked(LockId),
    /// A lock is gone.
    Unlocked(LockId),
    /// What failed after a landing did not when it ran again.
    Flaky {
        /// The commit.
        commit: Sha,
        /// Which checks.
        checks: Vec<String>,
    },
    /// Trunk is red after a landing.
    TrunkRed(Sha),
    /// It is green again.
    TrunkGreen(Sha),
}

/// What was asked for is done, or begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granted {
    /// Approved; what is still missing.
    Approved {
        /// Which deployment.
        deployment: DeploymentId,
        /// Approvals that are still missing.
        missing: Vec<Missing>,
    },
    /// A deployment is asked for; what keeps it from beginning now.
    Requested {
        /// Which.
        deployment: DeploymentId,
        /// What is closed.
        closed: Vec<Gate>,
    },
    /// A rollback was asked for already, and goes on.
    Joined(DeploymentId),
    /// A lock was made.
    Locked(LockId),
    /// It is done.
    Done,
}

/// Why something that was asked for is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Whoever asks may not push to the repository.
    MayNotWrite,
    /// Whoever asks does not administer the repository.
    MayNotAdminister,
    /// Whoever asks may not give their word on this stage.
    MayNotApprove(StageName),
    /// There is no such stage.
    NoSuchStage(StageName),
    /// There is no such candidate.
    NoSuchCandidate(CandidateSeq),
    /// There is no such deployment, or it ended long ago.
    NoSuchDeployment(DeploymentId),
    /// There is no such lock.
    NoSuchLock(LockId),
    /// Nothing waits for a word on this stage.
    NothingWaits(StageName),
    /// Another candidate waits there now.
    SupersededBy(CandidateSeq),
    /// It cannot begin as it is.
    Closed(Vec<Gate>),
    /// Something else runs there than was expected.
    OtherCurrent(Option<CandidateSeq>),
    /// It is as it was asked to be.
    AlreadySo,
    /// It is not in a state in which that can be asked.
    NotNow(DeploymentId),
    /// Nothing older was ever verified on this stage.
    NoWayBack(StageName),
    /// One goes back to something older; what runs there is this one.
    NotOlder(CandidateSeq),
    /// Among what would be taken back is what must not be by itself: the candidate is to be named.
    Unsafe {
        /// Which pull requests.
        changes: Vec<PrNumber>,
        /// What to type.
        confirm: CandidateSeq,
    },
    /// Another rollback of the stage goes on.
    OtherRollback(DeploymentId),
    /// A reason must be given.
    NoReason,
    /// Nothing landed that is no candidate yet.
    NothingToCut,
    /// Something of this kind is not done: delivery is off.
    Off,
}
