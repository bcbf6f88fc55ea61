//! When time alone changes something next.

use super::candidate::{PostMerge, Readiness};
use super::deployment::{Deployment, Phase};
use super::gate;
use super::plan;
use super::policy::{CutWhen, Promote};
use super::state::State;
use super::verify::Verdict;
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
    let deployments = state.deployments.values().filter(|d| !d.ended()).flat_map(|d| of(state, d, now));
    locks.chain(judged).chain(cutting).chain(deployments).filter(|at| *at > now).min()
}

fn of(state: &State, deployment: &Deployment, now: Moment) -> Vec<Moment> {
    let Some(stage) = state.policy.stage(&deployment.stage) else { return Vec::new() };
    let after = |at: Option<Moment>, ms: i64| at.map(|at| at.plus_ms(ms));
    match deployment.phase {
        Phase::Waiting => {
            let standing = deployment.approvals.iter().filter(|approval| approval.void.is_none());
            let approvals = standing.map(|approval| approval.at.plus_ms(approval.rule.expires_ms));
            let veto = match state.promote(stage) {
                Promote::VetoAfter(ms) => Some(deployment.requested_at.plus_ms(ms)),
                Promote::Manual | Promote::Approve | Promote::Auto => None,
            };
            let window = gate::window(stage, now).and_then(|gate| gate.opens_at());
            approvals.chain(veto).chain(window).collect()
        }
        Phase::Confirming | Phase::Ended(_) | Phase::Unknown { .. } => Vec::new(),
        Phase::Starting | Phase::Running | Phase::Stopping { .. } => {
            let timeout = after(deployment.begun_at, stage.timeout_ms);
            let endless = after(deployment.begun_at, stage.timeout_ms.saturating_mul(2));
            let lost = after(deployment.news_at, stage.lost_ms);
            timeout.into_iter().chain(endless).chain(lost).collect()
        }
        Phase::Verifying => {
            let open = deployment.checks.iter().filter(|check| check.verdict == Verdict::Running);
            let checks = open.flat_map(|check| [check.ends_at(), check.next_at]);
            let soak = after(deployment.done_at, stage.soak_ms);
            checks.chain(soak).chain(plan::undecided_until(deployment, stage)).collect()
        }
    }
}
