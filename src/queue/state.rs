//! Everything a queue knows. What is in flight is written here, so that after a crash it is computed, not remembered.

use super::effect::Notice;
use super::event::LeaveWhy;
use super::gate::Gate;
use super::order::{Entry, EntryId};
use super::policy::Policy;
use super::tree::{NodeId, Tree};
use crate::ids::{Attempt, PrNumber, Reading, RunId, Sha};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Pull requests whose newest revision is remembered although they are not queued.
const REVISIONS_KEPT: usize = 4096;

/// Is trunk itself green?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrunkVerdict {
    /// Every required check passed on it.
    Green,
    /// Nobody has looked, or it was red fewer times than counts.
    Unknown {
        /// Runs so far that were not green.
        reds: u8,
    },
    /// Its own run is going.
    Testing {
        /// That run.
        run: RunId,
        /// Runs before it that were not green.
        reds: u8,
    },
    /// It is red: nobody in the queue is to blame for being red on it.
    Red,
}

/// Trunk as last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trunk {
    /// Where it points.
    pub tip: Sha,
    /// Whether that commit is green.
    pub verdict: TrunkVerdict,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Trunk; `None` until it is first read.
    pub trunk: Option<Trunk>,
    /// Who waits, first to last.
    pub order: Vec<Entry>,
    /// Who is held back, by arrival: approved, and in no group until released.
    #[serde(default)]
    pub aside: Vec<Entry>,
    /// Whether trunk may move.
    #[serde(default)]
    pub gate: Gate,
    /// The groups.
    pub tree: Tree,
    /// Runs that were cancelled and still take a slot.
    pub cancelling: BTreeMap<RunId, Sha>,
    /// What is still to be told, oldest first.
    pub untold: Vec<(EntryId, Notice)>,
    /// The newest reading of trunk that was applied.
    pub(super) applied: Reading,
    /// A reading of trunk that came while something was settling.
    pub(super) heard: Option<(Reading, Sha)>,
    /// What is composed is void, and goes as soon as nothing settles.
    pub(super) reshape: bool,
    /// The newest revision of each pull request heard of.
    pub(super) newest: BTreeMap<PrNumber, Reading>,
    /// Arrivals so far.
    #[serde(default)]
    pub(super) arrivals: u64,
    pub(super) next_run: RunId,
    pub(super) next_attempt: Attempt,
}

impl Default for State {
    fn default() -> Self {
        Self {
            trunk: None,
            order: Vec::new(),
            aside: Vec::new(),
            gate: Gate::Open,
            tree: Tree::default(),
            cancelling: BTreeMap::new(),
            untold: Vec::new(),
            applied: Reading::new(0),
            heard: None,
            reshape: false,
            newest: BTreeMap::new(),
            arrivals: 0,
            next_run: RunId::new(1),
            next_attempt: Attempt::new(1),
        }
    }
}

impl State {
    /// An empty queue whose landings are numbered from `first` on: numbers of a queue that was lost must not come again.
    pub fn numbering_from(first: Attempt) -> Self {
        Self { next_attempt: first, ..Self::default() }
    }

    /// The entry of a pull request, if it is queued; the newest, if an older one is about to leave.
    pub fn entry(&self, pr: PrNumber) -> Option<&Entry> {
        self.order.iter().filter(|e| e.id.pr == pr).max_by_key(|e| e.id.rev)
    }

    /// The entry of a pull request that is held back.
    pub fn entry_aside(&self, pr: PrNumber) -> Option<&Entry> {
        self.aside.iter().find(|e| e.id.pr == pr)
    }

    /// The nodes of `[first]`, `[first, second]` … as far as they are there.
    pub fn front(&self) -> Vec<NodeId> {
        let mut front = Vec::new();
        let mut parent = None;
        for entry in &self.order {
            match self.tree.child(parent, entry.id) {
                Some(id) => front.push(id),
                None => break,
            }
            parent = front.last().copied();
        }
        front
    }

    /// The prefix of this many entries ends where the next must not be tested together with them.
    pub fn cut(&self, prefix: usize, policy: &Policy) -> bool {
        let alone = |i: usize| self.order.get(i).is_some_and(|e| e.alone);
        let gate = self.gate.cuts(&self.order, prefix);
        gate || policy.every_tip || alone(prefix) || prefix.checked_sub(1).is_some_and(alone)
    }

    /// What is composed is void, and goes as soon as nothing settles.
    pub fn reshaping(&self) -> bool {
        self.reshape
    }

    /// Slots taken: running, being cancelled, and trunk's own run.
    pub fn slots(&self) -> usize {
        let trunk = matches!(self.trunk, Some(Trunk { verdict: TrunkVerdict::Testing { .. }, .. }));
        let running = self.tree.iter().filter(|(_, node)| matches!(node.phase, super::tree::Phase::Testing(..)));
        running.count() + self.cancelling.len() + usize::from(trunk)
    }

    /// `rev` or something newer has spoken for `pr`.
    pub(super) fn knows(&self, pr: PrNumber, rev: Reading) -> bool {
        self.newest.get(&pr).is_some_and(|known| *known >= rev)
    }

    /// Remembers that `rev` has spoken for `pr`, and forgets the oldest of too many that are not queued.
    pub(super) fn learn(&mut self, pr: PrNumber, rev: Reading) {
        let newest = self.newest.entry(pr).or_insert(rev);
        *newest = rev.max(*newest);
        if self.newest.len() > REVISIONS_KEPT + self.order.len() + self.aside.len() {
            let queued: BTreeSet<PrNumber> = self.order.iter().chain(&self.aside).map(|e| e.id.pr).collect();
            let gone = self.newest.iter().filter(|(pr, _)| !queued.contains(pr));
            if let Some(oldest) = gone.min_by_key(|(_, rev)| **rev).map(|(pr, _)| *pr) {
                self.newest.remove(&oldest);
            }
        }
    }

    pub(super) fn owe_cancels(&mut self, runs: Vec<(RunId, Sha)>) {
        self.cancelling.extend(runs);
    }

    pub(super) fn tell(&mut self, entry: EntryId, notice: Notice) {
        self.untold.push((entry, notice));
    }

    /// Takes an entry out of the order and out of every group.
    pub(super) fn drop_entry(&mut self, entry: EntryId) {
        self.drop_entries(|e| e == entry);
    }

    /// Takes entries out of the order and out of every group.
    pub(super) fn drop_entries(&mut self, gone: impl Fn(EntryId) -> bool) {
        self.order.retain(|e| !gone(e.id));
        self.aside.retain(|e| !gone(e.id));
        let runs = self.tree.prune_entries(gone);
        self.owe_cancels(runs);
    }

    /// Takes an entry out of the order and of every group, and keeps it aside.
    pub(super) fn set_aside(&mut self, entry: EntryId) {
        let kept: Vec<Entry> = self.order.iter().filter(|e| e.id == entry).cloned().collect();
        self.drop_entry(entry);
        self.aside.extend(kept.into_iter().map(|entry| Entry { held: false, ..entry }));
        self.aside.sort_by_key(|entry| entry.place);
    }

    /// Takes an entry out because of `why`, and owes it the word.
    pub(super) fn dismiss(&mut self, entry: EntryId, why: LeaveWhy) {
        self.drop_entry(entry);
        self.tell(entry, Notice::Left(why));
    }
}
