//! The planner: which groups are wanted, best first. It can delay, never decide; the rules hold whatever it wants.

mod batch;
mod pipeline;

use super::order::EntryId;
use super::policy::{Plan, Policy};
use super::state::State;
use std::collections::BTreeSet;

/// Groups of which each is the one before and one entry more. Written as one list: a pipeline of n groups written out
/// member by member would be O(n²).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    /// The longest of the groups.
    pub members: Vec<EntryId>,
    /// How many members the shortest wanted group has; all from there to the longest are wanted.
    pub shortest: usize,
}

impl Chain {
    /// One group.
    pub fn one(members: Vec<EntryId>) -> Self {
        Self { shortest: members.len(), members }
    }

    /// Ends before the first member whose pull request is a member already.
    pub fn end_at_second(&mut self) {
        let mut seen = BTreeSet::new();
        let length = self.members.iter().take_while(|member| seen.insert(member.pr)).count();
        self.members.truncate(length);
        self.shortest = self.shortest.min(length);
    }
}

/// The groups wanted now, best first, each as its members in order.
pub fn plan(state: &State, policy: &Policy) -> Vec<Vec<EntryId>> {
    let written_out = |chain: Chain| {
        let lengths = chain.shortest..=chain.members.len();
        lengths.map(|length| chain.members.iter().take(length).copied().collect()).collect::<Vec<_>>()
    };
    chains(state, policy).into_iter().flat_map(written_out).collect()
}

/// The next group waits for others to join it.
pub(super) fn gathers(state: &State, policy: &Policy) -> bool {
    match policy.plan {
        Plan::Batch(size) => policy.gather && batch::gathers(state, policy, at_least_one(size)),
        Plan::Serial | Plan::Pipeline(_) => false,
    }
}

/// The same as [`plan`], not written out; no chain is empty.
pub(super) fn chains(state: &State, policy: &Policy) -> Vec<Chain> {
    if gathers(state, policy) {
        return Vec::new();
    }
    let chain = match policy.plan {
        Plan::Serial => Chain::one(state.order.iter().take(1).map(|e| e.id).collect()),
        Plan::Pipeline(depth) => pipeline::plan(state, at_least_one(depth)),
        Plan::Batch(size) => batch::plan(state, policy, at_least_one(size)),
    };
    if chain.members.is_empty() { Vec::new() } else { vec![chain] }
}

fn at_least_one(count: u32) -> usize {
    usize::try_from(count.max(1)).unwrap_or(usize::MAX)
}
