//! What people say of candidates: they may go somewhere, or must not, or what was looked at counts as good or bad.

use super::{Answer, done, going, known, said};
use crate::delivery::approval::{self, Approval, Void};
use crate::delivery::candidate::Rejection;
use crate::delivery::deployment::{Deployment, Judged, Kind, Phase};
use crate::delivery::event::Ask;
use crate::delivery::gate::Gate;
use crate::delivery::moves::{self, set};
use crate::delivery::notice::{Granted, News, Refusal};
use crate::delivery::policy::Promote;
use crate::delivery::state::State;
use crate::ids::{CandidateSeq, DeploymentId, Moment, StageName};

/// The request on a stage that a word is about. Rollbacks and repetitions ask nobody.
fn open(state: &State, stage: &StageName, candidate: Option<CandidateSeq>) -> Result<DeploymentId, Refusal> {
    let asks = |d: &&Deployment| {
        matches!(d.kind, Kind::Forward | Kind::Hotfix) && matches!(d.phase, Phase::Waiting | Phase::Confirming)
    };
    let waiting: Vec<&Deployment> = state.on(stage).filter(asks).collect();
    let Some(meant) = candidate else {
        return waiting.last().map(|d| d.id).ok_or_else(|| Refusal::NothingWaits(stage.clone()));
    };
    if let Some(found) = waiting.iter().find(|d| d.candidate == meant) {
        return Ok(found.id);
    }
    let known = state.candidates.get(&meant).ok_or(Refusal::NoSuchCandidate(meant))?;
    if let Some(rejection) = known.rejected.get(stage) {
        return Err(Refusal::Closed(vec![Gate::CandidateRejected(rejection.reason.clone())]));
    }
    let under_way = state.active(stage).map(|active| active.candidate);
    let newer = waiting.iter().map(|d| d.candidate).chain(under_way).chain(state.stage(stage).current).max();
    let newer = newer.filter(|newer| *newer > meant).map(Refusal::SupersededBy);
    Err(newer.unwrap_or_else(|| Refusal::NothingWaits(stage.clone())))
}

pub(super) fn approve(
    state: &mut State,
    asked: &Ask,
    (name, candidate, note): (&StageName, Option<CandidateSeq>, &str),
    now: Moment,
) -> Answer {
    let stage = known(state, name)?;
    if !approval::may(&stage.approval, &asked.by, &asked.rights) {
        return Err(Refusal::MayNotApprove(name.clone()));
    }
    let id = match (open(state, name, candidate), candidate) {
        (Ok(id), _) => id,
        (Err(Refusal::NothingWaits(_)), Some(meant)) if state.promote(&stage) == Promote::Manual => {
            going::deploy(state, asked, (name, meant, None, note), now)?;
            open(state, name, candidate)?
        }
        (Err(refusal), _) => return Err(refusal),
    };
    let deployment = state.deployments.get_mut(&id).ok_or(Refusal::NoSuchDeployment(id))?;
    if deployment.approvals.iter().any(|given| given.void.is_none() && given.by.is(&asked.by)) {
        return Err(Refusal::AlreadySo);
    }
    let (by, via, teams) = (asked.by.clone(), asked.via.clone(), asked.rights.teams.clone());
    let (rule, note) = (stage.approval.clone(), note.to_owned());
    deployment.approvals.push(Approval { by, via, at: now, note, teams, rule, void: None });
    let deployment = deployment.clone();
    let missing = approval::missing(state, &deployment, &stage, now);
    Ok((Granted::Approved { deployment: id, missing }, vec![News::Deployment(id)]))
}

pub(super) fn unapprove(state: &mut State, asked: &Ask, name: &StageName) -> Answer {
    let id = open(state, name, None)?;
    let deployment = state.deployments.get_mut(&id).ok_or(Refusal::NoSuchDeployment(id))?;
    let own = deployment.approvals.iter_mut().find(|given| given.void.is_none() && given.by.is(&asked.by));
    own.ok_or(Refusal::AlreadySo)?.void = Some(Void::TakenBack);
    Ok(done(vec![News::Deployment(id)]))
}

pub(super) fn reject(
    state: &mut State,
    asked: &Ask,
    (seq, stage, reason): (CandidateSeq, Option<&StageName>, &str),
    now: Moment,
) -> Answer {
    let names: Vec<StageName> = match stage {
        Some(name) => {
            let stage = known(state, name)?;
            if !approval::may(&stage.approval, &asked.by, &asked.rights) {
                return Err(Refusal::MayNotApprove(name.clone()));
            }
            state.policy.downstream(name).into_iter().cloned().collect()
        }
        None if asked.rights.writes() => state.policy.stages.iter().map(|stage| stage.name.clone()).collect(),
        None => return Err(Refusal::MayNotWrite),
    };
    let reason = said(reason)?;
    let candidate = state.candidates.get_mut(&seq).ok_or(Refusal::NoSuchCandidate(seq))?;
    for name in names {
        let rejection = Rejection { by: Some(asked.by.clone()), reason: reason.clone(), at: now };
        candidate.rejected.insert(name, rejection);
    }
    moves::settle_stable(state, seq);
    Ok(done(vec![News::Rejected(seq)]))
}

pub(super) fn unreject(state: &mut State, asked: &Ask, seq: CandidateSeq, reason: &str) -> Answer {
    said(reason)?;
    let candidate = state.candidates.get(&seq).ok_or(Refusal::NoSuchCandidate(seq))?;
    if candidate.rejected.is_empty() {
        return Err(Refusal::AlreadySo);
    }
    for name in candidate.rejected.keys() {
        let stage = state.policy.stage(name);
        if stage.is_some_and(|stage| !approval::may(&stage.approval, &asked.by, &asked.rights)) {
            return Err(Refusal::MayNotApprove(name.clone()));
        }
    }
    let candidate = state.candidates.get_mut(&seq).ok_or(Refusal::NoSuchCandidate(seq))?;
    candidate.rejected.clear();
    candidate.offered.clear();
    let passed: Vec<StageName> = candidate.passes.keys().cloned().collect();
    for name in passed {
        if state.stage(&name).current == Some(seq) {
            state.stage_mut(&name).stable = Some(seq);
        }
    }
    Ok(done(vec![News::Unrejected(seq)]))
}

pub(super) fn judge(state: &mut State, asked: &Ask, (stage, pass, note): (&StageName, bool, &str)) -> Answer {
    let rule = &known(state, stage)?.approval;
    if !approval::may(rule, &asked.by, &asked.rights) {
        return Err(Refusal::MayNotApprove(stage.clone()));
    }
    let note = said(note)?;
    let verifying = state.active(stage).filter(|active| active.phase == Phase::Verifying).map(|active| active.id);
    let id = verifying.ok_or_else(|| Refusal::NothingWaits(stage.clone()))?;
    set(state, id, |deployment| deployment.judged = Some(Judged { by: asked.by.clone(), pass, note }));
    Ok(done(vec![News::Deployment(id)]))
}
