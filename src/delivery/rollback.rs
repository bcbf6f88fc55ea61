//! Going back: to what was verified on the stage, once by itself, and so that it sticks. What is left behind is rejected, and
//! nothing goes to the stage by itself until somebody says so.

use super::deployment::{Deployment, End, Kind};
use super::moves;
use super::notice::News;
use super::policy::{Stage, Tier};
use super::red;
use super::state::{Hold, Request, State};
use crate::ids::{CandidateSeq, DeploymentId, Login, Moment, PrNumber, StageName};

/// Back to an older candidate.
pub(super) struct Back {
    pub(super) stage: StageName,
    pub(super) bad: CandidateSeq,
    pub(super) target: CandidateSeq,
    pub(super) by: Option<Login>,
    pub(super) reason: String,
    pub(super) overrides: Option<String>,
}

/// Asks for it: the stage is held, what is left behind is rejected, what waits gives way.
pub(super) fn ask(state: &mut State, back: Back, now: Moment) -> (DeploymentId, Vec<News>) {
    let Back { stage, bad, target, by, reason, overrides } = back;
    let left: Vec<CandidateSeq> = left_behind(state, &stage, (target, bad));
    let automatic = by.is_none();
    let kind = Kind::Rollback { bad, automatic };
    let request =
        Request { stage: stage.clone(), candidate: target, kind, reason: reason.clone(), by: by.clone(), overrides };
    let id = state.request(request, now);
    for seq in left {
        moves::reject(state, seq, &stage, &reason, now);
    }
    let production = state.policy.stage(&stage).is_some_and(|stage| stage.tier == Tier::Production);
    let open = state.incidents.iter().any(|incident| incident.stage == stage && incident.recovered.is_none());
    if let Some(caused_by) = brought(state, &stage, bad).filter(|_| production && !open) {
        moves::open_incident(state, &stage, caused_by, now);
    }
    let demote_for = state.policy.trust.demote_for;
    let known = state.stage_mut(&stage);
    known.hold = Some(Hold { since: now, by, reason, rollback: Some(id) });
    known.auto_rollbacks = known.auto_rollbacks.saturating_add(u8::from(automatic));
    known.demoted = known.demoted.max(if production { demote_for } else { 0 });
    (id, vec![News::RollbackAsked(id)])
}

/// The deployment that brought a candidate to a stage.
fn brought(state: &State, stage: &StageName, bad: CandidateSeq) -> Option<DeploymentId> {
    let forward = |d: &&Deployment| d.candidate == bad && d.begun_at.is_some() && !d.kind.is_rollback();
    state.on(stage).rfind(forward).map(|deployment| deployment.id)
}

/// Candidates beyond the target that were on the stage.
fn left_behind(state: &State, stage: &StageName, (target, bad): (CandidateSeq, CandidateSeq)) -> Vec<CandidateSeq> {
    let began = |seq: &CandidateSeq| state.on(stage).any(|d| d.candidate == *seq && d.begun_at.is_some());
    let beyond = state.candidates.keys().copied().filter(|seq| *seq > target);
    beyond.filter(|seq| *seq == bad || began(seq)).collect()
}

/// Goes back by itself, if that is safe and was not tried already; else the stage is held.
pub(super) fn automatic(state: &mut State, stage: &Stage, failed: &Deployment, reason: &str, now: Moment) -> Vec<News> {
    let name = &stage.name;
    let tried = state.stage(name).auto_rollbacks >= stage.auto_rollbacks;
    let target = state.way_back(name, failed.candidate);
    let why_not = match target {
        _ if tried => Some("it went back by itself before, and nothing succeeded since".to_owned()),
        None => Some("nothing older was ever verified there".to_owned()),
        Some(target) => {
            let risky = risky(state, failed.candidate, target);
            (!risky.is_empty()).then(|| format!("{} must not be taken back by itself", numbers(&risky)))
        }
    };
    match (target, why_not) {
        (Some(target), None) => {
            let (stage, bad, reason) = (name.clone(), failed.candidate, reason.to_owned());
            ask(state, Back { stage, bad, target, by: None, reason, overrides: None }, now).1
        }
        (_, why_not) => {
            let why_not = why_not.unwrap_or_default();
            let reason = format!("{reason}. It was not taken back by itself: {why_not}");
            let held = moves::hold(state, name, reason, now);
            held.into_iter().chain([News::NotRolledBack(name.clone())]).collect()
        }
    }
}

/// Changes that must not be taken back by themselves.
pub(super) fn risky(state: &State, bad: CandidateSeq, target: CandidateSeq) -> Vec<PrNumber> {
    state.taken_back(bad, target).into_iter().filter(|change| change.is_unsafe()).map(|change| change.pr).collect()
}

pub(super) fn numbers(prs: &[PrNumber]) -> String {
    prs.iter().map(|pr| format!("#{pr}")).collect::<Vec<_>>().join(", ")
}

/// Deployments that a rollback took back say so; and where it was one change alone, it is proposed to take that back on trunk.
pub(super) fn mark(state: &mut State, rollback: &Deployment) {
    let target = rollback.candidate;
    let proposes = state.policy.stage(&rollback.stage).is_some_and(|stage| stage.revert);
    if let (Kind::Rollback { bad, .. }, true) = (rollback.kind, proposes)
        && let [only] = state.taken_back(bad, target).as_slice()
    {
        let pr = only.pr;
        red::propose(state, pr, Some(rollback.id));
    }
    for deployment in state.deployments.values_mut() {
        let beyond = deployment.stage == rollback.stage && deployment.candidate > target;
        if beyond && deployment.begun_at.is_some() && deployment.id < rollback.id {
            deployment.rolled_back_by.get_or_insert(rollback.id);
        }
    }
}

/// Why a stage is held, or goes back.
pub(super) fn reason(id: DeploymentId, end: &End) -> String {
    let said = match end {
        End::VerifyFailed(why) => format!("did not pass its verification ({why})"),
        End::Failed { why, .. } => format!("failed ({why})"),
        End::TimedOut => "took too long".to_owned(),
        End::Aborted(why) | End::Cancelled(why) => format!("was stopped ({why})"),
        End::Superseded(_) | End::Denied(_) | End::Succeeded => "ended".to_owned(),
    };
    format!("deployment {id} {said}")
}
