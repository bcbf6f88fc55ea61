//! When time alone changes something next.

use super::candidate::{PostMerge, Readiness};
use super::deployment::{Deployment, Phase};
use super::gate;
use super::plan;
use super::policy::{CutWhen, Promote, Stage};
use super::state::State;
use super::verify::{CheckState, Verdict};
use crate::ids::Moment;

/// The first moment after `now` at which something may follow by itself.
pub fn next_change(state: &State, now: Moment) -> Option<Moment> {
    let locks = state.locks.values().filter_map(|lock| lock.until);
    let cut = &state.policy.cut;
    let uncut = state.uncut.iter().filter(|uncut| uncut.verdict == PostMerge::Pending).map(|uncut| uncut.landed_at);
    let tagged = state.candidates.values().filter(|candidate| *candidate.state.made() == Readiness::Pending);
    let judged = uncut.chain(tagged.map(|c| c.landed_at)).map(|at| at.plus_ms(cut.post_merge_timeout_ms));
    let later = cut.when == CutWhen::PostMergeGreen && !cut.manual && !state.uncut.is_empty();
    let cutting = state.cut_at.filter(|_| later).map(|at| at.plus_ms(cut.min_interval_ms));
    let deployments = state.deployments.values().filter_map(|d| next_of(state, d, now));
    locks.chain(judged).chain(cutting).chain(deployments).filter(|at| *at > now).min()
}

/// The first moment after `now` at which time alone brings a deployment on.
pub(super) fn next_of(state: &State, deployment: &Deployment, now: Moment) -> Option<Moment> {
    let after = |at: Option<Moment>, ms: i64| at.map(|at| at.plus_ms(ms));
    let stage = state.policy.stage(&deployment.stage);
    let moments: Vec<Moment> = match (&deployment.phase, stage) {
        (Phase::Waiting, Some(stage)) => waiting(state, deployment, stage, now),
        (Phase::Starting | Phase::Running | Phase::Stopping { .. }, Some(stage)) => {
            let timeout = after(deployment.begun_at, stage.timeout_ms);
            let endless = after(deployment.begun_at, stage.timeout_ms.saturating_mul(2));
            let lost = after(deployment.news_at, stage.lost_ms);
            timeout.into_iter().chain(endless).chain(lost).collect()
        }
        (Phase::Verifying, stage) => {
            let open = deployment.checks.iter().filter(|check| check.verdict == Verdict::Running);
            let soak = stage.and_then(|stage| after(deployment.done_at, stage.soak_ms));
            let undecided = stage.and_then(|stage| plan::undecided_until(deployment, stage));
            open.map(CheckState::ends_at).chain(soak).chain(undecided).collect()
        }
        // Where the settings do not have the stage any more, only its driver brings it on.
        (Phase::Confirming | Phase::Ended(_) | Phase::Unknown { .. }, _)
        | (Phase::Waiting | Phase::Starting | Phase::Running | Phase::Stopping { .. }, None) => Vec::new(),
    };
    moments.into_iter().filter(|at| *at > now).min()
}

fn waiting(state: &State, deployment: &Deployment, stage: &Stage, now: Moment) -> Vec<Moment> {
    let standing = deployment.approvals.iter().filter(|approval| approval.void.is_none());
    let approvals = standing.map(|approval| approval.at.plus_ms(approval.rule.expires_ms));
    let veto = match state.promote(stage) {
        Promote::VetoAfter(ms) => Some(deployment.requested_at.plus_ms(ms)),
        Promote::Manual | Promote::Approve | Promote::Auto => None,
    };
    let window = gate::window(stage, now).and_then(|gate| gate.opens_at());
    approvals.chain(veto).chain(window).collect()
}
