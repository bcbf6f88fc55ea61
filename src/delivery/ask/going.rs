//! What people ask of deployments: that one begins, goes back, stops, is tried again, or is looked at once more; and what became
//! of one of which nobody knew.

use super::{Answer, done, known, said};
use crate::delivery::approval;
use crate::delivery::candidate::Readiness;
use crate::delivery::deployment::{Deployment, End, Kind, Phase, StopWhy};
use crate::delivery::event::{Ask, Resolution};
use crate::delivery::gate::{self, Gate};
use crate::delivery::moves::{self, set};
use crate::delivery::notice::{Granted, News, Refusal};
use crate::delivery::policy::{Driver, Supersede};
use crate::delivery::rollback::{self, Back};
use crate::delivery::state::{Request, State};
use crate::delivery::verify::CheckState;
use crate::ids::{CandidateSeq, DeploymentId, Moment, StageName};

/// Gates that neither time nor another person's word opens: who asks is told at once.
pub(super) fn is_final(gate: &Gate) -> bool {
    match gate {
        Gate::NoStage
        | Gate::CandidateNotReleasable(_)
        | Gate::CandidateTampered(_)
        | Gate::CandidateRejected(_)
        | Gate::NotNewer(_)
        | Gate::NotVerified(_)
        | Gate::NeverVerifiedHere => true,
        Gate::CandidatePending
        | Gate::Held(_)
        | Gate::Locked(_)
        | Gate::WindowClosed { .. }
        | Gate::NotApproved(_)
        | Gate::Veto(_)
        | Gate::HealthUnknown
        | Gate::Busy(_)
        | Gate::GroupBusy(_) => false,
    }
}

pub(super) fn deploy(
    state: &mut State,
    asked: &Ask,
    (name, seq, overrides, reason): (&StageName, CandidateSeq, Option<&String>, &str),
    now: Moment,
) -> Answer {
    let stage = known(state, name)?;
    let overrides = overrides.map(|reason| said(reason)).transpose()?;
    if overrides.is_some() && !approval::may(&stage.approval, &asked.by, &asked.rights) {
        return Err(Refusal::MayNotApprove(name.clone()));
    }
    let candidate = state.candidates.get(&seq).ok_or(Refusal::NoSuchCandidate(seq))?;
    let kind = if state.stage(name).current == Some(seq) {
        Kind::Redeploy
    } else if candidate.hotfix {
        Kind::Hotfix
    } else {
        Kind::Forward
    };
    let waits = |d: &&Deployment| d.kind == kind && matches!(d.phase, Phase::Waiting | Phase::Confirming);
    let open = state.on(name).rfind(waits).map(|d| (d.id, d.candidate, d.by.is_some()));
    match open {
        Some((_, waits, _)) if waits > seq && stage.supersede == Supersede::Latest => {
            return Err(Refusal::SupersededBy(waits));
        }
        Some((_, waits, true)) if waits == seq && overrides.is_none() => return Err(Refusal::AlreadySo),
        Some(_) | None => {}
    }
    let (by, reason) = (Some(asked.by.clone()), reason.to_owned());
    // Whoever asks for what waits already makes that theirs; what others said to it stands.
    if let Some((id, ..)) = open.filter(|(_, waits, _)| *waits == seq) {
        set(state, id, |d| (d.by, d.reason, d.overrides) = (by, reason, overrides));
        let closed = state.deployments.get(&id).map(|d| gate::closed(state, d, now)).unwrap_or_default();
        return Ok((Granted::Requested { deployment: id, closed }, vec![News::Deployment(id)]));
    }
    let request = Request { stage: name.clone(), candidate: seq, kind, reason, by, overrides };
    let asked_for = state.planned(request.clone(), now);
    let closed = gate::closed(state, &asked_for, now);
    let hard: Vec<Gate> = closed.iter().filter(|gate| is_final(gate)).cloned().collect();
    if !hard.is_empty() {
        return Err(Refusal::Closed(hard));
    }
    let id = state.request(request, now);
    if let Some(candidate) = state.candidates.get_mut(&seq) {
        candidate.offered.insert(name.clone());
    }
    Ok((Granted::Requested { deployment: id, closed }, vec![News::Deployment(id)]))
}

pub(super) fn go_back(
    state: &mut State,
    asked: &Ask,
    (name, to, reason, confirm): (&StageName, Option<CandidateSeq>, &str, Option<CandidateSeq>),
    now: Moment,
) -> Answer {
    known(state, name)?;
    let reason = said(reason)?;
    let none = || Refusal::NoWayBack(name.clone());
    let active = state.active(name).filter(|active| active.begun_at.is_some() && !active.kind.is_rollback());
    let bad = active.map(|active| active.candidate).or(state.stage(name).current).ok_or_else(none)?;
    let under_way = state.on(name).find(|deployment| deployment.kind.is_rollback() && !deployment.ended());
    if let Some(other) = under_way {
        let same = to.is_none_or(|to| to == other.candidate);
        return if same { Ok((Granted::Joined(other.id), Vec::new())) } else { Err(Refusal::OtherRollback(other.id)) };
    }
    let target = to.or_else(|| state.way_back(name, bad)).ok_or_else(none)?;
    let candidate = state.candidates.get(&target).ok_or(Refusal::NoSuchCandidate(target))?;
    if let Some(rejection) = candidate.rejected.get(name) {
        return Err(Refusal::Closed(vec![Gate::CandidateRejected(rejection.reason.clone())]));
    }
    if !candidate.passes.contains_key(name) {
        return Err(Refusal::Closed(vec![Gate::NeverVerifiedHere]));
    }
    if target >= bad {
        return Err(Refusal::NotOlder(bad));
    }
    if let Readiness::Tampered { seen, .. } = candidate.state {
        return Err(Refusal::Closed(vec![Gate::CandidateTampered(seen)]));
    }
    let changes = rollback::risky(state, bad, target);
    if !changes.is_empty() && confirm != Some(target) {
        return Err(Refusal::Unsafe { changes, confirm: target });
    }
    let (stage, by) = (name.clone(), Some(asked.by.clone()));
    let (id, news) = rollback::ask(state, Back { stage, bad, target, by, reason, overrides: None }, now);
    let closed = state.deployments.get(&id).map(|d| gate::closed(state, d, now)).unwrap_or_default();
    Ok((Granted::Requested { deployment: id, closed }, news))
}

pub(super) fn cancel(state: &mut State, asked: &Ask, id: DeploymentId, now: Moment) -> Answer {
    let deployment = state.deployments.get(&id).ok_or(Refusal::NoSuchDeployment(id))?;
    match deployment.phase {
        Phase::Waiting | Phase::Confirming => {
            Ok(done(moves::end(state, id, End::Cancelled(format!("@{} took it back", asked.by)), now)))
        }
        Phase::Starting | Phase::Running => Ok(done(moves::stop(state, id, StopWhy::Asked(asked.by.clone()), now))),
        Phase::Stopping { .. } => Err(Refusal::AlreadySo),
        Phase::Unknown { .. } | Phase::Verifying | Phase::Ended(_) => Err(Refusal::NotNow(id)),
    }
}

pub(super) fn retry(state: &mut State, asked: &Ask, id: DeploymentId, now: Moment) -> Answer {
    let deployment = state.deployments.get(&id).ok_or(Refusal::NoSuchDeployment(id))?;
    let failed = match &deployment.phase {
        Phase::Ended(End::Failed { .. } | End::TimedOut | End::Aborted(_) | End::Cancelled(_)) => true,
        Phase::Ended(End::Superseded(_) | End::Denied(_) | End::Succeeded | End::VerifyFailed(_))
        | Phase::Waiting
        | Phase::Confirming
        | Phase::Starting
        | Phase::Running
        | Phase::Stopping { .. }
        | Phase::Unknown { .. }
        | Phase::Verifying => false,
    };
    if !failed {
        return Err(Refusal::NotNow(id));
    }
    let (stage, seq, reason) = (deployment.stage.clone(), deployment.candidate, format!("deployment {id} once more"));
    let back = deployment.kind.is_rollback();
    if back {
        return go_back(state, asked, (&stage, Some(seq), &reason, Some(seq)), now);
    }
    deploy(state, asked, (&stage, seq, None, &reason), now)
}

pub(super) fn resolve(
    state: &mut State,
    asked: &Ask,
    (id, outcome): (DeploymentId, Resolution),
    now: Moment,
) -> Answer {
    let deployment = state.deployments.get(&id).ok_or(Refusal::NoSuchDeployment(id))?;
    let by_hand = state.policy.stage(&deployment.stage).is_some_and(|stage| matches!(stage.driver, Driver::Manual));
    let open = match deployment.phase {
        Phase::Unknown { .. } => true,
        Phase::Running => by_hand,
        Phase::Waiting
        | Phase::Confirming
        | Phase::Starting
        | Phase::Stopping { .. }
        | Phase::Verifying
        | Phase::Ended(_) => false,
    };
    if !open {
        return Err(Refusal::NotNow(id));
    }
    Ok(done(match outcome {
        Resolution::Succeeded => moves::arrived(state, id, now, now),
        Resolution::Again => moves::again(state, id),
        Resolution::Failed => {
            moves::fail(state, id, End::Failed { why: format!("@{} says so", asked.by), unchanged: false }, now)
        }
    }))
}

/// Everything is looked at once more: of what is being looked at, or of what ended last and still runs.
pub(super) fn reverify(state: &mut State, name: &StageName, now: Moment) -> Answer {
    let stage = known(state, name)?;
    let there = |deployment: &&Deployment| {
        state.stage(name).current == Some(deployment.candidate)
            && match &deployment.phase {
                Phase::Verifying => true,
                Phase::Ended(End::Succeeded | End::VerifyFailed(_)) => state.stage(name).active.is_none(),
                Phase::Ended(_)
                | Phase::Waiting
                | Phase::Confirming
                | Phase::Starting
                | Phase::Running
                | Phase::Stopping { .. }
                | Phase::Unknown { .. } => false,
            }
    };
    let found = state.on(name).rev().find(there).map(|deployment| (deployment.id, deployment.candidate));
    let (id, seq) = found.ok_or_else(|| Refusal::NothingWaits(name.clone()))?;
    if let Some(candidate) = state.candidates.get_mut(&seq) {
        candidate.rejected.retain(|_, rejection| rejection.by.is_some());
    }
    state.stage_mut(name).active = Some(id);
    let checks = stage.verify.into_iter().map(|verify| CheckState::new(verify, now)).collect();
    set(state, id, |deployment| {
        (deployment.phase, deployment.checks, deployment.judged) = (Phase::Verifying, checks, None);
        deployment.ended_at = None;
    });
    Ok(done(vec![News::Deployment(id)]))
}
