//! What becomes of a deployment by what its driver and those who read for it say. An answer names the attempt it answers; one
//! to another attempt changes nothing.

use super::approval::Void;
use super::candidate::Readiness;
use super::deployment::{End, Phase, StopWhy};
use super::event::{Report, StartAnswer};
use super::gate;
use super::moves::{self, set};
use super::notice::News;
use super::state::State;
use super::verify::{Sample, Verdict};
use crate::ids::{DeploymentId, Login, Moment};

/// What it rests on was read once more; every gate is judged again before the driver is asked.
pub(super) fn confirmed(state: &mut State, id: DeploymentId, lost: &[Login], now: Moment) -> Vec<News> {
    let Some(deployment) = state.deployments.get_mut(&id).filter(|d| d.phase == Phase::Confirming) else {
        return Vec::new();
    };
    for approval in deployment.approvals.iter_mut().filter(|approval| approval.void.is_none()) {
        if lost.iter().any(|login| login.is(&approval.by)) {
            approval.void = Some(Void::LostRight);
        }
    }
    let deployment = deployment.clone();
    if gate::closed(state, &deployment, now).is_empty() {
        return moves::start(state, id, now);
    }
    moves::give_back(state, id)
}

pub(super) fn started(
    state: &mut State,
    (id, attempt): (DeploymentId, u16),
    answer: &StartAnswer,
    now: Moment,
) -> Vec<News> {
    let known = state.deployments.get(&id);
    if let StartAnswer::Running(handle) = answer
        && known.is_some_and(|known| matches!(known.phase, Phase::Stopping { .. }) && known.attempt == attempt)
    {
        set(state, id, |deployment| deployment.handle = Some(handle.clone()));
        return Vec::new();
    }
    if !known.is_some_and(|known| known.phase == Phase::Starting && known.attempt == attempt) {
        return Vec::new();
    }
    match answer {
        StartAnswer::Running(handle) => {
            set(state, id, |deployment| {
                deployment.phase = Phase::Running;
                deployment.handle = Some(handle.clone());
                deployment.news_at = Some(now);
            });
            vec![News::Deployment(id)]
        }
        StartAnswer::Done => moves::arrived(state, id, now, now),
        StartAnswer::Refused(why) => moves::fail(state, id, End::Failed { why: why.clone(), unchanged: true }, now),
        StartAnswer::Unknown(why) => moves::lose(state, id, why.clone()),
    }
}

pub(super) fn reported(
    state: &mut State,
    (id, attempt): (DeploymentId, u16),
    report: &Report,
    now: Moment,
) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id).filter(|d| d.attempt == attempt) else { return Vec::new() };
    let phase = deployment.phase.clone();
    let listens = matches!(phase, Phase::Starting | Phase::Running | Phase::Stopping { .. } | Phase::Unknown { .. });
    if !listens {
        return Vec::new();
    }
    match report {
        Report::Running { note, log } => at_work(state, id, (note, log), now),
        Report::Succeeded(at) => moves::arrived(state, id, at.unwrap_or(now).min(now), now),
        Report::Failed { why, passing, unchanged } => failed(state, id, (why, *passing, *unchanged), now),
        Report::Stopped => moves::fail(state, id, stopped(&phase), now),
        Report::CannotStop(why) => {
            set(state, id, |deployment| {
                deployment.news_at = Some(now);
                deployment.note = Some(why.clone());
                if let Phase::Stopping { waits, .. } = &mut deployment.phase {
                    *waits = true;
                }
            });
            vec![News::Deployment(id)]
        }
        Report::NotBegun => not_begun(state, id, &phase, now),
        Report::Lost(why) => moves::lose(state, id, why.clone()),
    }
}

/// It is at work. One of which nobody knew is heard of again, unless it should have come to its end by now: then a person says.
fn at_work(
    state: &mut State,
    id: DeploymentId,
    (note, log): (&Option<String>, &Option<String>),
    now: Moment,
) -> Vec<News> {
    let stage = state.deployments.get(&id).and_then(|deployment| state.policy.stage(&deployment.stage));
    let timeout_ms = stage.map_or(i64::MAX, |stage| stage.timeout_ms);
    set(state, id, |deployment| {
        deployment.news_at = Some(now);
        deployment.note.clone_from(note);
        deployment.log = log.clone().or(deployment.log.take());
        let late = deployment.begun_at.is_some_and(|at| now.since_ms(at) >= timeout_ms);
        let unknown = matches!(deployment.phase, Phase::Unknown { .. });
        if deployment.phase == Phase::Starting || (unknown && !late) {
            deployment.phase = Phase::Running;
        }
    });
    vec![News::Deployment(id)]
}

/// How a deployment ends that its driver stopped.
fn stopped(phase: &Phase) -> End {
    match phase {
        Phase::Stopping { why: StopWhy::TimedOut, .. } => End::TimedOut,
        Phase::Stopping { why: StopWhy::Asked(by), .. } => End::Aborted(format!("@{by} stopped it")),
        Phase::Stopping { why: StopWhy::RolledBack(by), .. } => {
            End::Aborted(format!("deployment {by} needed the stage"))
        }
        Phase::Waiting
        | Phase::Confirming
        | Phase::Starting
        | Phase::Running
        | Phase::Unknown { .. }
        | Phase::Verifying
        | Phase::Ended(_) => End::Aborted("the driver stopped it".into()),
    }
}

/// Its key is known to nobody: it may be asked again under the same one, or has stopped before it began.
fn not_begun(state: &mut State, id: DeploymentId, phase: &Phase, now: Moment) -> Vec<News> {
    if let Phase::Stopping { .. } = phase {
        return moves::end(state, id, stopped(phase), now);
    }
    set(state, id, |deployment| {
        deployment.news_at = Some(now);
        if matches!(deployment.phase, Phase::Running | Phase::Unknown { .. }) {
            deployment.phase = Phase::Starting;
        }
    });
    vec![News::Deployment(id)]
}

/// The driver failed: once more, where that may help, or over.
fn failed(
    state: &mut State,
    id: DeploymentId,
    (why, passing, unchanged): (&str, bool, bool),
    now: Moment,
) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id) else { return Vec::new() };
    let retries = state.policy.stage(&deployment.stage).map_or(0, |stage| stage.retries);
    let stopping = matches!(deployment.phase, Phase::Stopping { .. });
    let candidate = state.candidates.get(&deployment.candidate);
    let fit = candidate.is_some_and(|candidate| {
        !matches!(candidate.state, Readiness::Tampered { .. }) && !candidate.rejected.contains_key(&deployment.stage)
    });
    if passing && fit && !stopping && deployment.attempt <= u16::from(retries) {
        return moves::start(state, id, now);
    }
    moves::fail(state, id, End::Failed { why: why.to_owned(), unchanged }, now)
}

/// Something on a stage was looked at. Each look is due once: what comes twice, or late, is not counted again.
pub(super) fn sampled(
    state: &mut State,
    (id, check, due): (DeploymentId, usize, Moment),
    (sample, note): (Sample, &str),
    now: Moment,
) -> Vec<News> {
    let verifying = state.deployments.get_mut(&id).filter(|deployment| deployment.phase == Phase::Verifying);
    let Some(check) = verifying.and_then(|deployment| deployment.checks.get_mut(check)) else { return Vec::new() };
    if check.verdict != Verdict::Running || check.next_at != due {
        return Vec::new();
    }
    check.sampled(sample, note, now);
    vec![News::Deployment(id)]
}
