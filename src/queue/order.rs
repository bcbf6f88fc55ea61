//! Who waits, and in which order: those the gate lets through, then by rank, then by arrival. It never looks at verdicts.
//!
//! Nobody waits for ever: whoever was overtaken often enough is overtaken by hotfixes only. A hotfix itself cannot hold the
//! others up for long either, for one that fails is sent back after as many runs as anybody, and must be asked for again.

use super::event::LeaveWhy;
use super::policy::{Interrupt, Policy};
use super::state::State;
use super::tree::Phase;
use crate::ids::{PrNumber, Reading, Sha};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::fmt;

/// A pull request at one exact, approved head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryId {
    /// Its number.
    pub pr: PrNumber,
    /// The approved head.
    pub head: Sha,
    /// The reading that let it in; of two entries of one pull request the higher is newer.
    pub rev: Reading,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}@{}", self.pr, self.head.short())
    }
}

/// Whoever was overtaken this often by priority is overtaken by no priority any more.
const OVERTAKEN_MAX: u8 = 16;

/// Higher goes first; 0 unless somebody said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Priority(pub i32);

impl Priority {
    /// The lane of those that mend what is broken: before everybody else, and among each other by arrival.
    pub const HOTFIX: Self = Self(i32::MAX);

    /// Below hotfixes, above all that can be asked for.
    const OVERDUE: Self = Self(i32::MAX - 1);
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub id: EntryId,
    /// What was asked for; its rank may be higher.
    pub priority: Priority,
    /// Tested and landed in no group with others.
    pub alone: bool,
    /// It is to go as soon as the landing or ejection it is part of has been answered.
    pub leaving: Option<LeaveWhy>,
    /// It is to be set aside as soon as the landing or ejection it is part of has been answered.
    #[serde(default)]
    pub held: bool,
    /// Counts arrivals: among equals the lower goes first.
    #[serde(default)]
    pub(super) place: u64,
    /// It has waited for others to be tested with for as long as it has to.
    #[serde(default)]
    pub(super) gathered: bool,
    /// How often a later arrival was put ahead of it.
    #[serde(default)]
    pub(super) overtaken: u8,
}

impl Entry {
    /// One that arrives now.
    pub(super) fn new(id: EntryId, priority: Priority, alone: bool, place: u64) -> Self {
        Self { id, priority, alone, leaving: None, held: false, place, gathered: false, overtaken: 0 }
    }

    /// It has waited for others to be tested with for as long as it has to.
    pub fn gathered(&self) -> bool {
        self.gathered
    }

    fn rank(&self) -> Priority {
        if self.overtaken >= OVERTAKEN_MAX { self.priority.max(Priority::OVERDUE) } else { self.priority }
    }
}

/// Takes in an entry; [`arrange`] puts it into its place.
pub(super) fn join(order: &mut Vec<Entry>, entry: Entry) {
    for passed in order.iter_mut().filter(|passed| passed.rank() < entry.rank()) {
        passed.overtaken = passed.overtaken.saturating_add(1);
    }
    order.push(entry);
}

/// Gives an entry another rank; [`arrange`] puts it into its place.
pub(super) fn rank(state: &mut State, entry: EntryId, priority: Priority) {
    let all = state.order.iter_mut().chain(&mut state.aside);
    let Some(known) = all.into_iter().find(|known| known.id == entry) else { return };
    let before = known.rank();
    known.priority = priority;
    let now = known.rank();
    let passes = |other: &&mut Entry| other.id != entry && before <= other.rank() && other.rank() < now;
    for passed in state.order.iter_mut().filter(passes) {
        passed.overtaken = passed.overtaken.saturating_add(1);
    }
}

/// Puts everybody into their place.
pub(super) fn arrange(state: &mut State, policy: &Policy) {
    let begun = begun(state, policy);
    let gate = &state.gate;
    state.order[begun..].sort_by_key(|e| (Reverse(gate.lets(e.id.pr)), Reverse(e.rank()), e.place));
}

/// Nobody behind what is being tested stands where somebody else should.
pub(super) fn arranged(state: &State, policy: &Policy) -> bool {
    let key = |e: &Entry| (Reverse(state.gate.lets(e.id.pr)), Reverse(e.rank()), e.place);
    state.order[begun(state, policy)..].is_sorted_by_key(key)
}

/// How many at the front are overtaken by nobody now, because they are being tested. While the gate is shut that would
/// only delay those who may land.
fn begun(state: &State, policy: &Policy) -> usize {
    let at_work = |phase: &Phase| {
        matches!(phase, Phase::Testing(..) | Phase::Green(_) | Phase::Landing(..) | Phase::Revoking(..))
    };
    let open = state.gate == super::Gate::Open;
    let count = || state.front().iter().rposition(|id| at_work(&state.tree.get(*id).phase)).map_or(0, |last| last + 1);
    match policy.interrupt {
        Interrupt::Higher => 0,
        Interrupt::Never | Interrupt::Hotfix if !open => 0,
        Interrupt::Never => count(),
        Interrupt::Hotfix => {
            let begun = count();
            let hotfix = state.order[begun..].iter().any(|e| e.priority == Priority::HOTFIX);
            if hotfix { 0 } else { begun }
        }
    }
}
