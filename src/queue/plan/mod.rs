//! The planner: which groups are wanted, best first. It can delay, never decide; the rules hold whatever it wants.

mod batch;
mod pipeline;

use super::order::EntryId;
use super::policy::{Plan, Policy};
use super::state::State;

/// The groups wanted now, best first, each as its members in order.
pub fn plan(state: &State, policy: &Policy) -> Vec<Vec<EntryId>> {
    match policy.plan {
        Plan::Serial => state.order.first().map(|first| vec![first.id]).into_iter().collect(),
        Plan::Pipeline(depth) => pipeline::plan(state, at_least_one(depth)),
        Plan::Batch(size) => batch::plan(state, policy, at_least_one(size)),
    }
}

fn at_least_one(count: u32) -> usize {
    usize::try_from(count.max(1)).unwrap_or(usize::MAX)
}
