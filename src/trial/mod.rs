//! Trials: what a pull request's head would become on trunk, checked by CI to be looked at, and never landed.
//!
//! Pure, and a machine of its own: it takes no part in the queue. A trial takes a CI run only while the queue has no use for
//! it, and gives it back when the queue has; that happens a few times, and then the trial ends with a word. It tests the one
//! commit that it became on trunk as that was; trunk moving on does not begin it anew. What it finds out is told to people
//! and to nobody else: a [`Tried`] commit is no tested one, and nothing makes one of the other.

mod step;

#[cfg(test)]
mod tests;

use crate::facts::{Culprit, Strategy};
use crate::ids::{Login, Moment, PrNumber, Sha, TrialNumber};
use crate::queue::{Silence, Unfit};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use step::{Room, Sight, Verdict};

/// How long a trial waits for a run that the queue has no use for, and then for CI to be asked, in milliseconds.
pub const WAITS_MS: i64 = 60 * 60_000;
/// How often a trial that has begun is put off before it ends.
pub const PUT_OFF_MAX: u8 = 3;
/// Trials that wait or are under way, at the most.
pub const LIVE_MAX: usize = 50;

/// A commit that CI checks on trial. It is for looking at: landing asks for a proof that only the queue's own runs make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tried(Sha);

impl Tried {
    /// The commit.
    pub fn sha(self) -> Sha {
        self.0
    }
}

/// A person's request for a trial, found to be theirs to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The head that is tried.
    pub head: Sha,
    /// The shape of its commits on trunk; the repository's usual one if nothing is said.
    pub strategy: Option<Strategy>,
    /// Who asked.
    pub by: Login,
}

/// A trial of one pull request at one head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What was asked, by whom.
    pub asked: Asked,
    /// When it was asked.
    pub since: Moment,
    /// How far it has come.
    pub phase: Phase,
    /// When it last stopped waiting for a run.
    pub begun_at: Moment,
    /// How often it had begun and was put off.
    pub put_off: u8,
    /// The commit of it that CI was last asked about: the forge knows that one.
    pub checked: Option<Sha>,
    /// Checks of runs of this commit that were stopped: they say nothing about it.
    pub spent: BTreeSet<u64>,
}

/// How far a trial has come. Each phase that waits for the world names the one thing it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for a run that the queue has no use for.
    Waiting {
        /// Since when.
        since: Moment,
    },
    /// Waits for its composition.
    Composing {
        /// On this commit of trunk.
        onto: Sha,
    },
    /// Waits for CI.
    Testing {
        /// Under this number.
        number: TrialNumber,
        /// What it stands on.
        onto: Sha,
        /// What it became.
        tip: Tried,
        /// When CI was asked; deadlines count from here.
        asked_at: Option<Moment>,
    },
    /// It is over.
    Over {
        /// How it ended.
        end: End,
        /// When.
        at: Moment,
    },
}

/// What was tried: a commit, and the commit of trunk below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct On {
    /// What it stood on.
    pub onto: Sha,
    /// What it became.
    pub tip: Tried,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// These required checks passed, which are all.
    Green(On, Vec<String>),
    /// These did not.
    Red(On, Vec<Culprit>),
    /// CI gave no verdict.
    Silent(On, Silence),
    /// It cannot be put on this commit of trunk.
    Unfit(Sha, Unfit),
    /// Somebody ended it.
    Cancelled {
        /// Their login.
        by: String,
    },
    /// Another head is there.
    NewHead(Sha),
    /// The pull request goes to another branch.
    OtherBase(String),
    /// The pull request is not open any more.
    Closed,
    /// The queue had use for every run.
    NoRoom,
    /// CI could not be asked.
    NotAsked,
    /// As many trials as are kept were under way or waiting.
    Crowded,
    /// Nothing says any more which checks must pass.
    NoChecks,
}

/// All trials of a repository; one of each pull request, the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trials {
    /// By pull request.
    pub by_pull: BTreeMap<PrNumber, Trial>,
    /// Runs that were called off and may still be going.
    pub stopping: BTreeMap<TrialNumber, Tried>,
    next: TrialNumber,
}

impl Default for Trials {
    fn default() -> Self {
        Self { by_pull: BTreeMap::new(), stopping: BTreeMap::new(), next: TrialNumber::new(1) }
    }
}

/// Something that is to be done outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Compose the pull request's head on this commit of trunk.
    Compose(PrNumber, Sha),
    /// Have CI check a commit; it is the pull request's head on this commit of trunk.
    Start(PrNumber, TrialNumber, On),
    /// Stop CI on a commit.
    Stop(TrialNumber, Tried),
}

impl Trial {
    /// It has not ended.
    pub fn live(&self) -> bool {
        !matches!(self.phase, Phase::Over { .. })
    }

    /// The commit that is or was checked, and what it stood on.
    pub fn on(&self) -> Option<On> {
        match &self.phase {
            Phase::Testing { onto, tip, .. } => Some(On { onto: *onto, tip: *tip }),
            Phase::Over { end: End::Green(on, _) | End::Red(on, _) | End::Silent(on, _), .. } => Some(*on),
            Phase::Waiting { .. } | Phase::Composing { .. } | Phase::Over { .. } => None,
        }
    }

    /// CI is checking, or is about to be asked to check, a commit of it under this number.
    fn is_under(&self, number: TrialNumber) -> bool {
        matches!(self.phase, Phase::Testing { number: own, .. } if own == number)
    }

    /// It takes a CI run, or is about to.
    fn runs(&self) -> bool {
        matches!(self.phase, Phase::Composing { .. } | Phase::Testing { .. })
    }
}

impl Trials {
    /// The pull request's trial, if it has not ended.
    pub fn live(&self, pr: PrNumber) -> Option<&Trial> {
        self.by_pull.get(&pr).filter(|trial| trial.live())
    }

    /// Everything that is to be done outside, from the state alone.
    pub fn wants(&self) -> Vec<Want> {
        let of_trial = |(pr, trial): (&PrNumber, &Trial)| match trial.phase {
            Phase::Composing { onto } => Some(Want::Compose(*pr, onto)),
            Phase::Testing { number, onto, tip, asked_at: None } => Some(Want::Start(*pr, number, On { onto, tip })),
            Phase::Testing { asked_at: Some(_), .. } | Phase::Waiting { .. } | Phase::Over { .. } => None,
        };
        let stops = self.stopping.iter().map(|(number, tip)| Want::Stop(*number, *tip));
        self.by_pull.iter().filter_map(of_trial).chain(stops).collect()
    }

    /// Commits that CI was asked to check and whose checks are waited for, with the moment of asking.
    pub fn awaited(&self) -> impl Iterator<Item = (TrialNumber, Sha, Moment)> {
        self.by_pull.values().filter_map(|trial| match trial.phase {
            Phase::Testing { number, tip, asked_at: Some(at), .. } => Some((number, tip.sha(), at)),
            Phase::Testing { asked_at: None, .. }
            | Phase::Waiting { .. }
            | Phase::Composing { .. }
            | Phase::Over { .. } => None,
        })
    }

    /// The number under which CI checks something for this pull request now.
    pub fn number(&self, pr: PrNumber) -> Option<TrialNumber> {
        match self.by_pull.get(&pr)?.phase {
            Phase::Testing { number, .. } => Some(number),
            Phase::Waiting { .. } | Phase::Composing { .. } | Phase::Over { .. } => None,
        }
    }

    /// The trial that CI is checking a commit for under this number: others may be of the same commit.
    pub fn numbered(&self, number: TrialNumber) -> Option<&Trial> {
        self.by_pull.values().find(|trial| trial.is_under(number))
    }

    /// CI was asked about this commit on trial.
    pub fn tried(&self, sha: Sha) -> bool {
        self.by_pull.values().any(|trial| trial.checked == Some(sha))
    }

    /// The pull requests whose trials wait, those that asked first first.
    pub fn waiting(&self) -> Vec<PrNumber> {
        let waits = |trial: &Trial| matches!(trial.phase, Phase::Waiting { .. });
        let mut waiting: Vec<_> = self.by_pull.iter().filter(|(_, trial)| waits(trial)).collect();
        waiting.sort_by_key(|(pr, trial)| (trial.since, **pr));
        waiting.into_iter().map(|(pr, _)| *pr).collect()
    }

    /// When waiting ends next by time alone.
    pub fn next_change(&self) -> Option<Moment> {
        let ends = self.by_pull.values().filter_map(|trial| match trial.phase {
            Phase::Waiting { since } => Some(since.plus_ms(WAITS_MS)),
            Phase::Composing { .. } | Phase::Testing { asked_at: None, .. } => Some(trial.begun_at.plus_ms(WAITS_MS)),
            Phase::Testing { asked_at: Some(_), .. } | Phase::Over { .. } => None,
        });
        ends.min()
    }
}
