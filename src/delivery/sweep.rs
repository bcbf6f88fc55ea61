//! What is forgotten: candidates and deployments that nothing refers to any more. The ledger keeps them all.

use super::candidate::{PostMerge, Readiness};
use super::state::State;
use crate::ids::{CandidateSeq, DeploymentId, Sha};
use std::collections::BTreeSet;

/// Candidates that are kept, at the least.
const CANDIDATES_KEPT: usize = 50;
/// Deployments that are over and kept, of each stage.
const ENDED_KEPT: usize = 20;
/// Incidents that are kept.
const INCIDENTS_KEPT: usize = 20;

/// Forgets what is old and not needed.
pub(super) fn sweep(state: &mut State) {
    let stages: BTreeSet<_> = state.deployments.values().map(|deployment| deployment.stage.clone()).collect();
    let mut old: BTreeSet<DeploymentId> = BTreeSet::new();
    for stage in &stages {
        let ended = state.on(stage).rev().filter(|deployment| deployment.ended());
        old.extend(ended.skip(ENDED_KEPT).map(|deployment| deployment.id));
    }
    state.deployments.retain(|id, _| !old.contains(id));
    let uncut = state.uncut.iter().filter(|uncut| uncut.verdict == PostMerge::Pending).map(|uncut| uncut.commit);
    let tagged = state.candidates.values().filter(|c| *c.state.made() == Readiness::Pending).map(|c| c.commit);
    let pending: BTreeSet<Sha> = uncut.chain(tagged).collect();
    state.reruns.retain(|rerun| pending.contains(&rerun.commit));
    let excess = state.incidents.len().saturating_sub(INCIDENTS_KEPT);
    state.incidents.drain(..excess);
    if state.candidates.len() <= CANDIDATES_KEPT {
        return;
    }
    // Whoever goes back, or approves, is shown every change between: so everything from the oldest that is still of use is kept.
    let staged = || state.policy.stages.iter().map(|stage| (&stage.name, state.stage(&stage.name)));
    let way_back: Vec<_> = staged().filter_map(|(name, known)| state.way_back(name, known.current?)).collect();
    let used = state
        .deployments
        .values()
        .filter(|deployment| !deployment.ended())
        .map(|deployment| deployment.candidate)
        .chain(staged().flat_map(|(_, known)| [known.current, known.stable]).flatten())
        .chain(way_back)
        .min();
    let newest: Option<CandidateSeq> = state.candidates.keys().rev().nth(CANDIDATES_KEPT - 1).copied();
    let floor = used.into_iter().chain(newest).min();
    state.candidates.retain(|seq, _| floor.is_none_or(|floor| *seq >= floor));
}
