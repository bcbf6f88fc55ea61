//! What becomes of a candidate whose tag is not what was made: it goes nowhere until that is put right.

use super::candidate::Readiness;
use super::deployment::{End, Phase};
use super::moves;
use super::notice::News;
use super::state::State;
use crate::ids::{CandidateSeq, DeploymentId, Moment, Sha};

/// A candidate's tag is not what was made: it goes nowhere until somebody puts that right.
pub(super) fn tampered(state: &mut State, seq: CandidateSeq, seen: Option<Sha>, now: Moment) -> Vec<News> {
    let Some(candidate) = state.candidates.get_mut(&seq) else { return Vec::new() };
    match &mut candidate.state {
        Readiness::Tampered { seen: known, .. } if *known == seen => return Vec::new(),
        Readiness::Tampered { seen: known, .. } => *known = seen,
        Readiness::Pending | Readiness::Ready | Readiness::NotReleasable { .. } => {
            let was = Box::new(candidate.state.clone());
            candidate.state = Readiness::Tampered { seen, was, restoring: false };
        }
    }
    let confirming: Vec<DeploymentId> = state
        .deployments
        .values()
        .filter(|deployment| deployment.candidate == seq && deployment.phase == Phase::Confirming)
        .map(|deployment| deployment.id)
        .collect();
    let mut news = vec![News::Tampered(seq)];
    for id in confirming {
        news.extend(moves::end(state, id, End::Cancelled("its tag is not what was made".into()), now));
    }
    news
}

pub(super) fn restored(state: &mut State, seq: CandidateSeq) -> Vec<News> {
    let Some(candidate) = state.candidates.get_mut(&seq) else { return Vec::new() };
    match &candidate.state {
        Readiness::Tampered { was, .. } => {
            candidate.state = (**was).clone();
            vec![News::Restored(seq)]
        }
        Readiness::Pending | Readiness::Ready | Readiness::NotReleasable { .. } => Vec::new(),
    }
}
