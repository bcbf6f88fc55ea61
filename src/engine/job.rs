//! What is owed to the world, computed from the state alone: each job says everything its performer needs, and leaves it no choice.

use super::delivery::{DeliveryJob, DeliveryKey};
use super::state::OwnComment;
use super::trials::{TrialJob, TrialKey};
use crate::admission::{Approval, Said, Subject, Terms};
use crate::checks::Named;
use crate::config::repo::{ChecksConfig, TagTemplate};
use crate::facts::{Repository, RequiredCheck};
use crate::ids::{Attempt, BranchName, CheckRunId, CommentId, PrNumber, RefName, RunId, Sha, TrialNumber};
use crate::port::git::Recipe;
use crate::port::report::{Report, Topic};
use crate::queue::{EntryId, Member};
use std::collections::BTreeSet;

/// What green means for one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Checks that must pass.
    pub required: Vec<RequiredCheck>,
    /// How they are read.
    pub rules: ChecksConfig,
    /// Checks an earlier run of the same commit was judged by.
    pub spent: BTreeSet<u64>,
}

/// How a commit of the queue came about. Composing is a pure function, so the same descent gives the same commit again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descent {
    /// The trunk commit at the bottom.
    pub from: Sha,
    /// What was composed on it, each on the one before.
    pub recipes: Vec<Recipe>,
}

/// One member of a landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandMember {
    /// Which entry, on what, as what.
    pub member: Member,
    /// How it was composed.
    pub recipe: Recipe,
    /// The approval it lands by; `None` when it has been withdrawn meanwhile.
    pub approval: Option<Approval>,
    /// What people said about it.
    pub said: Said,
    /// Commits its head may be at besides the approved one.
    pub moves: Vec<Sha>,
    /// Its title.
    pub title: String,
}

/// Everything a landing needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The repository as last read.
    pub repository: Repository,
    /// The branch.
    pub trunk: BranchName,
    /// Where it must be.
    pub from: Sha,
    /// Where it goes; a tested commit.
    pub to: Sha,
    /// The attempt.
    pub attempt: Attempt,
    /// The branch of the run that tested it.
    pub branch: RefName,
    /// Who lands.
    pub members: Vec<LandMember>,
    /// What green means.
    pub bar: Bar,
    /// How candidates are named.
    pub tag: TagTemplate,
    /// One is made with it; else it is made later, if at all.
    pub cuts: bool,
    /// The rules its members were admitted by.
    pub terms: Terms,
    /// The trunk commit whose settings are in force.
    pub settings_at: Sha,
    /// Every branch that has a queue: nobody's head branch to move.
    pub trunks: BTreeSet<BranchName>,
    /// One of them is frozen or held by now: a landing that begins only now finds out whether it has happened, and no more.
    pub stopped: bool,
}

/// The branch of a landed pull request that is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Whose it was.
    pub pr: PrNumber,
    /// Which.
    pub branch: BranchName,
    /// Where it may be: anywhere else somebody pushed to it.
    pub left_at: Vec<Sha>,
    /// Where pull requests onto it go.
    pub trunk: BranchName,
}

/// Something that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Read the settings on a trunk commit.
    ReadSettings {
        /// The commit.
        at: Sha,
        /// The branch whose protection is asked.
        trunk: BranchName,
        /// It is the default branch, whose settings say which others have a queue.
        default: bool,
    },
    /// Read trunk for the first time.
    ReadTrunk(BranchName),
    /// Read what a request is weighed by.
    Weigh {
        /// Which pull request.
        pr: PrNumber,
        /// What must be read.
        subject: Box<Subject>,
        /// The rules it is weighed by.
        terms: Box<Terms>,
        /// The commit of trunk that these rules are from.
        by: Option<Sha>,
    },
    /// Compose an entry.
    Compose {
        /// Which.
        entry: EntryId,
        /// How.
        recipe: Recipe,
        /// How the commit it is composed on came about.
        below: Descent,
    },
    /// Have CI check a commit.
    StartRun {
        /// As this run.
        run: RunId,
        /// The commit.
        sha: Sha,
        /// How it came about.
        descent: Descent,
        /// The branch to push it to.
        branch: RefName,
        /// What green means: what is green or red already is not run again.
        bar: Bar,
        /// The commit may have been checked before: it is trunk, a head, or was run before.
        seen_before: bool,
    },
    /// Stop a run.
    CancelRun {
        /// Which.
        run: RunId,
        /// Its commit.
        sha: Sha,
        /// Its branch.
        branch: RefName,
    },
    /// Something for a trial.
    Trial(TrialJob),
    /// Delete a ref of ours that nothing needs any more.
    DropRef(RefName),
    /// Move trunk.
    Land(Box<Landing>),
    /// Make sure a landing can no longer happen.
    Revoke {
        /// The branch it was to move.
        trunk: BranchName,
        /// The commit.
        to: Sha,
        /// The attempt.
        attempt: Attempt,
        /// How candidates are named, should it have landed.
        tag: TagTemplate,
        /// What green means, should it have landed.
        bar: Bar,
    },
    /// Read trunk again before an entry is ejected.
    ConfirmEject {
        /// Which.
        entry: EntryId,
        /// The branch.
        trunk: BranchName,
        /// The commit that is red and the checks that failed there, if that is why; what they say is read for its people.
        red: Option<(Sha, Vec<Named>)>,
    },
    /// Write one of our comments.
    Post {
        /// Which of ours.
        which: OwnComment,
        /// On which pull request.
        pr: PrNumber,
        /// The comment, if there is one.
        comment: Option<CommentId>,
        /// The text.
        body: String,
    },
    /// Write one of our check runs.
    Report {
        /// The check run, if there is one.
        id: Option<CheckRunId>,
        /// What it is to say.
        report: Box<Report>,
    },
    /// Read what the head of a pull request would make of the settings.
    ReadProposal {
        /// Whose.
        pr: PrNumber,
        /// How it would be composed on trunk.
        recipe: Recipe,
    },
    /// Answer a comment.
    Answer {
        /// Which.
        comment: CommentId,
        /// On which pull request.
        pr: PrNumber,
        /// The text; `None` for a thumbs-up.
        body: Option<String>,
    },
    /// Have a pull request go to trunk.
    Retarget {
        /// Which.
        pr: PrNumber,
        /// The branch that it was asked for on; anywhere else somebody sent it meanwhile, and there it stays.
        from: Option<BranchName>,
        /// Trunk.
        trunk: BranchName,
    },
    /// Take the label off.
    RemoveLabel {
        /// Of which pull request.
        pr: PrNumber,
        /// The label.
        label: String,
    },
    /// See a landed pull request shown as merged, or close it.
    Close {
        /// Which.
        pr: PrNumber,
        /// What it landed as.
        tip: Sha,
        /// Its head could not be moved, so it will never show as merged.
        unmoved: bool,
        /// The head that landed as it is: with another one it stays open.
        kept: Option<Sha>,
    },
    /// Delete a branch that was landed.
    DeleteBranch(Deletion),
    /// Something for delivery.
    Delivery(DeliveryJob),
}

/// What a job is about: at most one job of a key is under way at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Settings of a commit.
    Settings(Sha),
    /// Trunk.
    Trunk,
    /// A request.
    Weigh(PrNumber),
    /// A composition.
    Compose(Sha, EntryId),
    /// Starting a run.
    Start(RunId),
    /// Stopping a run.
    Cancel(RunId),
    /// A trial.
    Trial(TrialKey),
    /// A ref.
    Drop(RefName),
    /// A landing.
    Land(Attempt),
    /// A revocation.
    Revoke(Attempt),
    /// An ejection.
    Eject(EntryId),
    /// One of our comments.
    Post(OwnComment, PrNumber),
    /// One of our check runs.
    Report(PrNumber, Topic, Sha),
    /// What a head would make of the settings.
    Proposal(PrNumber, Sha),
    /// An answer.
    Answer(CommentId),
    /// A base.
    Base(PrNumber),
    /// A label.
    Label(PrNumber),
    /// A closing.
    Close(PrNumber),
    /// A landed branch.
    Branch(PrNumber),
    /// Something of delivery.
    Delivery(DeliveryKey),
}

impl Job {
    /// What it is about.
    pub fn key(&self) -> Key {
        match self {
            Self::ReadSettings { at, .. } => Key::Settings(*at),
            Self::ReadTrunk(_) => Key::Trunk,
            Self::Weigh { pr, .. } => Key::Weigh(*pr),
            Self::Compose { entry, recipe, .. } => Key::Compose(recipe.onto, *entry),
            Self::StartRun { run, .. } => Key::Start(*run),
            Self::CancelRun { run, .. } => Key::Cancel(*run),
            Self::Trial(job) => Key::Trial(job.key()),
            Self::DropRef(name) => Key::Drop(name.clone()),
            Self::Land(landing) => Key::Land(landing.attempt),
            Self::Revoke { attempt, .. } => Key::Revoke(*attempt),
            Self::ConfirmEject { entry, .. } => Key::Eject(*entry),
            Self::Post { which, pr, .. } => Key::Post(*which, *pr),
            Self::Report { report, .. } => Key::Report(report.pr, report.topic, report.head),
            Self::ReadProposal { pr, recipe } => Key::Proposal(*pr, recipe.head),
            Self::Answer { comment, .. } => Key::Answer(*comment),
            Self::Retarget { pr, .. } => Key::Base(*pr),
            Self::RemoveLabel { pr, .. } => Key::Label(*pr),
            Self::Close { pr, .. } => Key::Close(*pr),
            Self::DeleteBranch(deletion) => Key::Branch(deletion.pr),
            Self::Delivery(job) => Key::Delivery(job.key()),
        }
    }
}

/// The branch a run's commit is pushed to.
pub fn run_branch(trunk: &BranchName, run: RunId) -> RefName {
    format!("refs/heads/greenline/{trunk}/run-{run}")
        .parse()
        .expect("a branch name with a number behind it is a ref name")
}

/// The branch that a trial's commit is pushed to: beside those of runs, so that the same workflows run there.
pub fn trial_branch(trunk: &BranchName, number: TrialNumber) -> RefName {
    format!("refs/heads/greenline/{trunk}/try-{number}")
        .parse()
        .expect("a branch name with a number behind it is a ref name")
}

/// The ref that is in the lease of a landing: without it no push of this attempt succeeds.
pub fn landing_ref(trunk: &BranchName, attempt: Attempt) -> RefName {
    format!("refs/greenline/landing/{trunk}/{attempt}").parse().expect("a number makes a legal last part")
}
