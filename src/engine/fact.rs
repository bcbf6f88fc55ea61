//! What the engine hears: readings of the world and outcomes of jobs. Everything a repository's state changes by.

use super::delivery::take::Fact as DeliveryFact;
use super::proposals::Proposed;
use super::state::{Landed, OwnComment};
use super::trials::TrialFact;
use crate::admission::owners;
use crate::admission::{Asked, Heard, PullReading};
use crate::command::Request;
use crate::config::{Places, RepoConfig};
use crate::facts::{Check, Demands, Repository};
use crate::ids::{BranchName, CheckRunId, CommentId, Moment, PrNumber, Reading, RefName, RunId, Sha};
use crate::port::report::Report;
use crate::queue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something was read or done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The repository was read.
    Repository(Repository),
    /// Trunk was read.
    Trunk {
        /// When the reading began.
        reading: Reading,
        /// Where it points.
        tip: Sha,
    },
    /// The settings on a trunk commit were read.
    Settings {
        /// That commit.
        at: Sha,
        /// The file: `Ok(None)` if there is none, its problems if it is wrong.
        file: Result<Option<Box<RepoConfig>>, Vec<String>>,
        /// What the forge demands.
        demands: Demands,
        /// Where the file says what.
        #[serde(default)]
        places: Places,
    },
    /// The owners' file on trunk was read, where owners have to approve.
    Owners(owners::Seen),
    /// The branches beside the default one that have a queue were read.
    Trunks(BTreeSet<BranchName>),
    /// A pull request goes to trunk now, or cannot be sent there.
    Retargeted {
        /// Which.
        pr: PrNumber,
    },
    /// A pull request was read.
    Pull(PullReading),
    /// A queued pull request could not be read, composed or given to CI for long, though others may be.
    OutOfReach {
        /// Which.
        pr: PrNumber,
        /// What stands in the way, for people.
        what: String,
    },
    /// A comment was read.
    Comment(Heard),
    /// A request through the API was read.
    Request(Asked),
    /// A request through the API could not be judged, however often it was tried.
    RequestUnread {
        /// The request.
        request: Request,
        /// What stood in the way.
        why: String,
    },
    /// Comments up to this moment have been read, but for those that are said to be unheard.
    HeardUntil(Moment),
    /// The comments on a pull request could not be read since then, or now have been.
    Unheard {
        /// Which.
        pr: PrNumber,
        /// Since when; `None` if all have been.
        since: Option<Moment>,
    },
    /// CI was asked to check a run's commit, or is at it already.
    RunAsked {
        /// Which.
        run: RunId,
    },
    /// The checks on a run's commit were read.
    Checks {
        /// Which run.
        run: RunId,
        /// Everything seen.
        seen: Vec<Check>,
    },
    /// What failed checks say of themselves was read, for whoever is sent back next.
    Evidence {
        /// The commit they failed on.
        tip: Sha,
        /// Harmless Markdown; empty if nothing could be read.
        words: String,
    },
    /// The checks on a red trunk look better than before.
    TrunkDoubted,
    /// A tip was seen to have landed.
    Landed {
        /// The tip.
        tip: Sha,
        /// What is known of it.
        landed: Landed,
    },
    /// The core's own question was answered.
    Queue(queue::Event),
    /// One of our comments says what it was to say.
    Posted {
        /// Which of ours.
        #[serde(default)]
        which: OwnComment,
        /// On which pull request.
        pr: PrNumber,
        /// The comment.
        comment: CommentId,
        /// What it says.
        body: String,
    },
    /// One of our comments cannot be written: gone, locked, or refused.
    PostRefused {
        /// Which of ours.
        #[serde(default)]
        which: OwnComment,
        /// On which pull request.
        pr: PrNumber,
        /// What it was to say.
        body: String,
        /// The comment we thought was there.
        comment: Option<CommentId>,
    },
    /// One of our check runs says what it was to say.
    Reported {
        /// The check run.
        id: CheckRunId,
        /// What it says.
        report: Box<Report>,
    },
    /// One of our check runs cannot be written.
    ReportRefused {
        /// What it was to say.
        report: Box<Report>,
        /// The check run we thought was there.
        id: Option<CheckRunId>,
        /// What a person must change first, if that is why.
        denied: Option<String>,
    },
    /// Heads of open pull requests onto trunk were seen that were not known, and some known are not open any more.
    Heads {
        /// Numbers and heads.
        open: Vec<(PrNumber, Sha)>,
        /// Not open any more.
        gone: Vec<PrNumber>,
    },
    /// What a head would make of the settings was read.
    Proposal {
        /// Whose.
        pr: PrNumber,
        /// Which.
        head: Sha,
        /// What it does.
        proposed: Proposed,
    },
    /// Our own check is required in these places; sentences with the fix.
    WaitsForItself(Vec<String>),
    /// A comment has its answer, or cannot have one.
    Answered {
        /// Which comment.
        comment: CommentId,
    },
    /// Something about a trial.
    Trial(TrialFact),
    /// A ref of ours is not there any more.
    RefGone(RefName),
    /// A label is off, or cannot be taken off.
    LabelOff {
        /// Of which pull request.
        pr: PrNumber,
    },
    /// A landed pull request is shown as merged or closed.
    Closed {
        /// Which.
        pr: PrNumber,
        /// It shows as merged.
        merged: bool,
    },
    /// A landed pull request has another head than the one that landed, and so stays open.
    LeftOpen {
        /// Which.
        pr: PrNumber,
        /// Its head now.
        head: Sha,
    },
    /// Something about delivery.
    Delivery(DeliveryFact),
    /// The branch of a landed pull request is deleted, or stays.
    BranchDone {
        /// Whose it was.
        pr: PrNumber,
    },
}
