//! What can happen to a queue. Facts carry what they were asked about, so that a late one is true or ignored.

use super::gate::Gate;
use super::order::{EntryId, Priority};
use crate::facts::Culprit;
use crate::ids::{Attempt, PrNumber, Reading, RunId, Sha};
use serde::{Deserialize, Serialize};

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Trunk was read.
    TrunkRead {
        /// When the reading began; older readings than the last applied are ignored.
        reading: Reading,
        /// Where trunk points.
        tip: Sha,
    },
    /// A pull request was approved for landing at this head.
    Arrived {
        /// Which, at which head, by which reading.
        entry: EntryId,
        /// Its rank.
        priority: Priority,
        /// Not to be grouped.
        alone: bool,
    },
    /// Whoever asked for an entry asks for another rank: what was tested of it stays.
    Ranked {
        /// Which.
        entry: EntryId,
        /// Its rank from now on.
        priority: Priority,
    },
    /// A pull request may no longer land.
    Left {
        /// Which.
        pr: PrNumber,
        /// The reading that says so; entries that arrived by a later one stay.
        rev: Reading,
        /// Why.
        why: LeaveWhy,
    },
    /// A pull request is held back: its entry, now or when what it is part of has been answered, waits aside.
    Held {
        /// Which.
        pr: PrNumber,
    },
    /// A pull request is no longer held back: it stands again where it stood by its arrival.
    Released {
        /// Which.
        pr: PrNumber,
    },
    /// Trunk may move from now on, or may not, or for others.
    Gated(Gate),
    /// These entries have waited for others to be tested with for as long as they have to.
    Gathered(Vec<EntryId>),
    /// A composition was answered.
    Composed {
        /// What it was composed on.
        onto: Sha,
        /// What was composed.
        entry: EntryId,
        /// What came of it.
        result: Composition,
    },
    /// A run has a verdict, or will never have one.
    RunFinished {
        /// Which.
        run: RunId,
        /// What CI said.
        verdict: Verdict,
    },
    /// A cancelled run no longer takes a slot.
    RunCancelled {
        /// Which.
        run: RunId,
    },
    /// A landing was answered, by reading the refs.
    LandingAnswered {
        /// Which attempt.
        attempt: Attempt,
        /// When the reading began.
        reading: Reading,
        /// Where trunk points.
        trunk: Sha,
        /// The tip is trunk or an ancestor of it; otherwise why not.
        landed: Result<(), Refusal>,
    },
    /// No push of this attempt can succeed any more.
    Revoked {
        /// Which attempt.
        attempt: Attempt,
        /// When the reading began.
        reading: Reading,
        /// Where trunk points.
        trunk: Sha,
        /// The tip is trunk or an ancestor of it: it had landed after all.
        landed: bool,
    },
    /// Trunk was read again before an entry is ejected.
    EjectAnswered {
        /// Which entry.
        entry: EntryId,
        /// When the reading began.
        reading: Reading,
        /// Where trunk points.
        trunk: Sha,
    },
    /// A notice was passed on.
    Told {
        /// Whose.
        entry: EntryId,
    },
    /// A red trunk may have been cured from outside, or its run was flaky: look again.
    TrunkDoubted,
    /// Pull requests become commits in another way from now on, or a commit is lost for good: what is composed is void.
    Reshaped,
    /// The settings changed; nothing else did.
    Reconsidered,
}

/// Why an entry leaves without being tested to the end.
#[derive(Debug, Clone, PartialEq, PartialOrd, Ord, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveWhy {
    /// A person took it out by command.
    Cancelled {
        /// Their login.
        by: String,
    },
    /// The label was taken off.
    LabelRemoved,
    /// Another commit was pushed to it.
    NewHead {
        /// The head that is there now.
        head: Sha,
    },
    /// It goes to another branch now.
    BaseChanged {
        /// That branch.
        base: String,
    },
    /// It was turned into a draft.
    Draft,
    /// It was closed.
    Closed,
    /// The forge shows it as merged, and it was not us.
    MergedElsewhere,
    /// The fork or branch it comes from is gone.
    HeadGone,
    /// Who approved it may no longer do so.
    PermissionLost {
        /// Their login.
        by: String,
    },
    /// By the rules as they are now, somebody else has to ask.
    MayNotAsk {
        /// Who asked.
        by: String,
    },
    /// The branch it goes to has no queue any more.
    NoQueue,
    /// Something that may pass keeps it out for now; its approval stands.
    SetAside,
    /// A later approval replaced it.
    Replaced,
}

/// What a composition came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Composition {
    /// This commit.
    Tip(Sha),
    /// It does not apply; the paths.
    Conflict(Vec<String>),
    /// It changes nothing here.
    Nothing,
    /// It is of a kind we do not compose; the reason.
    Refused(String),
    /// The remote does not hand out its head.
    HeadMissing,
}

/// What CI said about one tip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every required check passed on exactly this commit.
    Passed,
    /// Required checks failed.
    Failed(Vec<Culprit>),
    /// Only checks failed that may fail once more on this commit: it is to be run again. Who counts how often sees to it that
    /// this has an end.
    Flaky(Vec<Culprit>),
    /// No verdict, and none will come.
    Silent(Silence),
}

/// Why a run has no verdict.
#[derive(Debug, Clone, PartialEq, PartialOrd, Ord, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// These checks never showed up.
    NeverStarted(Vec<Culprit>),
    /// These checks began and did not end in time.
    NeverFinished(Vec<Culprit>),
    /// Somebody else cancelled these checks.
    Cancelled(Vec<Culprit>),
    /// The forge lets nobody push the commit to where CI tests it, because of what is in it; its words.
    Unpushed(String),
}

/// Why a landing did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Trunk is not where it was.
    TrunkMoved,
    /// A check on the tip is no longer green.
    ChecksChanged,
    /// A member may no longer land; a `Left` tells which.
    MemberChanged,
    /// The forge refused the push: its words.
    Refused(String),
    /// What was composed does not stand on trunk, or git computes another result than we did: how they differ.
    Unsound(String),
    /// What was to land is lost, and is composed anew.
    Lost,
    /// A member is frozen or held by now, and the landing had not begun.
    Stopped,
    /// The push was not answered, and trunk has not moved.
    NoAnswer,
}
