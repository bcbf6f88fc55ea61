//! How moves change the value. Each does what its name says and nothing more; whether it is time for it is the planner's.

use super::approval::Void;
use super::candidate::{Pass, PostMerge, Readiness, Rejection};
use super::deployment::{Deployment, End, Kind, Phase, StopWhy};
use super::notice::News;
use super::plan::{self, Move};
use super::policy::{OnFailure, Probe, Tier};
use super::rollback;
use super::state::{Health, Hold, Incident, Request, State};
use super::verify::CheckState;
use super::version;
use crate::ids::{CandidateSeq, DeploymentId, Moment, StageName};

/// Makes a move; what people are to hear of it.
pub(super) fn make(state: &mut State, this: Move, now: Moment) -> Vec<News> {
    match this {
        Move::Unlock(id) => {
            state.locks.remove(&id);
            vec![News::Unlocked(id)]
        }
        Move::GiveUpOn(commit) => super::trunk::judged(state, commit, &PostMerge::Silent, now),
        Move::Cut(commit) => {
            if let Some(uncut) = state.uncut.iter_mut().find(|uncut| uncut.commit == commit) {
                uncut.cutting = true;
            }
            Vec::new()
        }
        Move::Drop(id, why) => end(state, id, why, now),
        Move::Rebase(id) => rebase(state, id),
        Move::VoidApproval(id, place, why) => {
            let approvals = state.deployments.get_mut(&id).map(|deployment| &mut deployment.approvals);
            if let Some(approval) = approvals.and_then(|all| all.get_mut(place)) {
                approval.void = Some(why);
            }
            vec![News::Deployment(id)]
        }
        Move::ExpireCheck(id, place) => {
            let checks = state.deployments.get_mut(&id).map(|deployment| &mut deployment.checks);
            if let Some(check) = checks.and_then(|all| all.get_mut(place)) {
                check.expire(now);
            }
            vec![News::Deployment(id)]
        }
        Move::Succeed(id) => succeed(state, id, now),
        Move::FailVerification(id, why) => fail(state, id, End::VerifyFailed(why), now),
        Move::TimeOut(id) => time_out(state, id, now),
        Move::Lose(id) => unheard(state, id, now),
        Move::Offer(stage, seq) => offer(state, stage, seq, now),
        Move::Shadow(id) => {
            set(state, id, |deployment| deployment.shadow_at = Some(now));
            vec![News::ApprovalWanted(id)]
        }
        Move::MakeRoom { active, rollback } => stop(state, active, StopWhy::RolledBack(rollback), now),
        Move::Begin(id) => begin(state, id, now),
    }
}

pub(super) fn set(state: &mut State, id: DeploymentId, change: impl FnOnce(&mut Deployment)) {
    if let Some(deployment) = state.deployments.get_mut(&id) {
        change(deployment);
    }
}

fn offer(state: &mut State, stage: StageName, candidate: CandidateSeq, now: Moment) -> Vec<News> {
    let hotfix = state.candidates.get(&candidate).is_some_and(|candidate| candidate.hotfix);
    if let Some(candidate) = state.candidates.get_mut(&candidate) {
        candidate.offered.insert(stage.clone());
    }
    let kind = if hotfix { Kind::Hotfix } else { Kind::Forward };
    let reason = if hotfix { "a hotfix" } else { "the newest candidate" }.to_owned();
    let id = state.request(Request { stage, candidate, kind, reason, by: None, overrides: None }, now);
    vec![News::Deployment(id)]
}

/// Something else runs on the stage now: whoever agreed to a difference agreed to another one.
fn rebase(state: &mut State, id: DeploymentId) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id) else { return Vec::new() };
    let current = state.stage(&deployment.stage).current;
    set(state, id, |deployment| {
        deployment.from = current;
        let standing = deployment.approvals.iter_mut().filter(|approval| approval.void.is_none());
        standing.for_each(|approval| approval.void = Some(Void::BaseChanged));
    });
    vec![News::Deployment(id)]
}

/// The stage is its own from here; what was in a rollback's way and may be left is left.
fn begin(state: &mut State, id: DeploymentId, now: Moment) -> Vec<News> {
    let Some(stage) = state.deployments.get(&id).map(|deployment| deployment.stage.clone()) else { return Vec::new() };
    let mut news = Vec::new();
    if let Some(before) = state.active(&stage).map(|active| active.id).filter(|before| *before != id) {
        let begun = state.deployments.get(&before).is_some_and(|before| before.begun_at.is_some());
        let aborted = || End::Aborted(format!("deployment {id} took its place"));
        news.extend(end(state, before, if begun { aborted() } else { End::Superseded(id) }, now));
    }
    state.stage_mut(&stage).active = Some(id);
    set(state, id, |deployment| deployment.phase = Phase::Confirming);
    news.push(News::Deployment(id));
    news
}

/// What it rests on still holds: the driver is to be asked.
pub(super) fn start(state: &mut State, id: DeploymentId, now: Moment) -> Vec<News> {
    set(state, id, |deployment| {
        deployment.phase = Phase::Starting;
        deployment.attempt += 1;
        (deployment.begun_at, deployment.news_at) = (Some(now), Some(now));
        (deployment.handle, deployment.note, deployment.log) = (None, None, None);
    });
    vec![News::Deployment(id)]
}

/// It is to be begun once more, after everything was judged once more.
pub(super) fn again(state: &mut State, id: DeploymentId) -> Vec<News> {
    set(state, id, |deployment| deployment.phase = Phase::Confirming);
    vec![News::Deployment(id)]
}

/// It waits again: something came in between.
pub(super) fn give_back(state: &mut State, id: DeploymentId) -> Vec<News> {
    let Some(stage) = state.deployments.get(&id).map(|deployment| deployment.stage.clone()) else { return Vec::new() };
    state.stage_mut(&stage).active = None;
    set(state, id, |deployment| deployment.phase = Phase::Waiting);
    vec![News::Deployment(id)]
}

/// The candidate is there; now it is looked at.
pub(super) fn arrived(state: &mut State, id: DeploymentId, at: Moment, now: Moment) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id) else { return Vec::new() };
    let (name, seq, back) = (deployment.stage.clone(), deployment.candidate, deployment.kind.is_rollback());
    let verify = state.policy.stage(&name).map(|stage| stage.verify.clone()).unwrap_or_default();
    let quick = |probe: &Probe| matches!(probe, Probe::Http { .. } | Probe::Command { .. });
    let checks = verify.into_iter().filter(|verify| !back || quick(&verify.probe));
    let checks: Vec<CheckState> = checks.map(|verify| CheckState::new(verify, now)).collect();
    let stage = state.stage_mut(&name);
    (stage.current, stage.current_since, stage.drift) = (Some(seq), Some(at), None);
    set(state, id, |deployment| {
        deployment.phase = Phase::Verifying;
        deployment.checks = checks;
        deployment.done_at = Some(at);
        deployment.note = None;
    });
    vec![News::Deployment(id)]
}

fn succeed(state: &mut State, id: DeploymentId, now: Moment) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id).cloned() else { return Vec::new() };
    let (name, seq) = (deployment.stage.clone(), deployment.candidate);
    let stage = state.policy.stage(&name);
    let production = stage.is_some_and(|stage| stage.tier == Tier::Production);
    let newest = stage.is_none_or(|stage| plan::newest(state, stage).is_none_or(|newest| newest <= seq));
    let by_people = deployment.by.is_some() || deployment.approvals.iter().any(|approval| approval.void.is_none());
    let forward = matches!(deployment.kind, Kind::Forward | Kind::Hotfix);
    let stage = state.stage_mut(&name);
    (stage.stable, stage.health, stage.active) = (Some(seq), Health::Healthy, None);
    let mut news = vec![News::Deployment(id)];
    if forward {
        stage.auto_rollbacks = 0;
        stage.demoted = stage.demoted.saturating_sub(1);
        if newest && by_people && stage.hold.take().is_some() {
            news.push(News::Resumed(name.clone()));
        }
    }
    if let Some(candidate) = state.candidates.get_mut(&seq) {
        candidate.passes.insert(name.clone(), Pass { at: now, deployment: id });
    }
    settle_stable(state, seq);
    if production && forward && version::settle(state, seq) {
        news.push(News::Released(seq));
    }
    for incident in state.incidents.iter_mut().filter(|i| i.stage == name && i.recovered.is_none()) {
        incident.recovered = Some((id, now));
    }
    if deployment.kind.is_rollback() {
        rollback::mark(state, &deployment);
    }
    set(state, id, |deployment| {
        deployment.phase = Phase::Ended(End::Succeeded);
        deployment.ended_at = Some(now);
    });
    news
}

/// It began and did not come to a good end.
pub(super) fn fail(state: &mut State, id: DeploymentId, why: End, now: Moment) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id).cloned() else { return Vec::new() };
    let name = deployment.stage.clone();
    let there = matches!(why, End::VerifyFailed(_));
    let unchanged = matches!(why, End::Failed { unchanged: true, .. });
    let said = why.clone();
    let by = match &deployment.phase {
        Phase::Stopping { why, .. } => Some(why.clone()),
        Phase::Waiting
        | Phase::Confirming
        | Phase::Starting
        | Phase::Running
        | Phase::Unknown { .. }
        | Phase::Verifying
        | Phase::Ended(_) => None,
    };
    let mut news = end(state, id, why, now);
    if unchanged {
        return news;
    }
    let known = state.stage_mut(&name);
    known.health = if there || deployment.kind.is_rollback() { Health::Degraded } else { Health::Unknown };
    if there {
        reject(state, deployment.candidate, &name, &format!("its verification on {name} failed"), now);
        news.push(News::Rejected(deployment.candidate));
    }
    let Some(stage) = state.policy.stage(&name).cloned() else { return news };
    // Whoever stopped it is there, and says how it goes on.
    if matches!(by, Some(StopWhy::Asked(_))) {
        return news;
    }
    if stage.tier == Tier::Production && !deployment.kind.is_rollback() {
        open_incident(state, &name, id, now);
        let demote_for = state.policy.trust.demote_for;
        let known = state.stage_mut(&name);
        known.demoted = known.demoted.max(demote_for);
    }
    if deployment.kind.is_rollback() {
        news.extend(hold(state, &name, rollback::reason(id, &said), now));
        return news;
    }
    // A rollback that is on its way is what follows.
    if state.on(&name).any(|other| other.kind.is_rollback() && !other.ended()) {
        return news;
    }
    let reason = rollback::reason(id, &said);
    match stage.on_failure {
        OnFailure::Notify => {}
        OnFailure::Hold => news.extend(hold(state, &name, reason, now)),
        OnFailure::Rollback => news.extend(rollback::automatic(state, &stage, &deployment, &reason, now)),
    }
    news
}

/// What people use is not as it should be, and a deployment brought that.
pub(super) fn open_incident(state: &mut State, stage: &StageName, caused_by: DeploymentId, now: Moment) {
    if !state.incidents.iter().any(|known| known.caused_by == caused_by && known.recovered.is_none()) {
        state.incidents.push(Incident { stage: stage.clone(), caused_by, opened_at: now, recovered: None });
    }
}

/// Nothing goes to the stage by itself from here on.
pub(super) fn hold(state: &mut State, stage: &StageName, reason: String, now: Moment) -> Vec<News> {
    let known = state.stage_mut(stage);
    if known.hold.is_some() {
        return Vec::new();
    }
    known.hold = Some(Hold { since: now, by: None, reason, rollback: None });
    vec![News::Held(stage.clone())]
}

/// A candidate goes neither to this stage nor to any behind it.
pub(super) fn reject(state: &mut State, seq: CandidateSeq, stage: &StageName, reason: &str, now: Moment) {
    let downstream: Vec<StageName> = state.policy.downstream(stage).into_iter().cloned().collect();
    let Some(candidate) = state.candidates.get_mut(&seq) else { return };
    for name in downstream {
        candidate.rejected.entry(name).or_insert_with(|| Rejection { by: None, reason: reason.to_owned(), at: now });
    }
    settle_stable(state, seq);
}

/// Where a candidate that was rejected was the last verified one, the one before it is.
pub(super) fn settle_stable(state: &mut State, seq: CandidateSeq) {
    let Some(candidate) = state.candidates.get(&seq) else { return };
    let names: Vec<StageName> =
        candidate.rejected.keys().filter(|name| state.stage(name).stable == Some(seq)).cloned().collect();
    for name in names {
        state.stage_mut(&name).stable = state.way_back(&name, seq);
    }
}

/// Ends it; the stage is free if it had it.
pub(super) fn end(state: &mut State, id: DeploymentId, why: End, now: Moment) -> Vec<News> {
    let Some(stage) = state.deployments.get(&id).map(|deployment| deployment.stage.clone()) else { return Vec::new() };
    let known = state.stage_mut(&stage);
    known.active.take_if(|active| *active == id);
    // It may be offered again: should what took its place be rejected, or itself become what it was.
    let other = |by: &DeploymentId| state.deployments.get(by).map(|d| d.candidate);
    let this = state.deployments.get(&id).map(|d| d.candidate);
    let again = match &why {
        End::Superseded(by) => other(by) != this,
        End::Cancelled(_) => {
            this.and_then(|seq| state.candidates.get(&seq)).is_some_and(|c| c.state != Readiness::Ready)
        }
        End::Denied(_)
        | End::Succeeded
        | End::Failed { .. }
        | End::TimedOut
        | End::VerifyFailed(_)
        | End::Aborted(_) => false,
    };
    if again {
        let candidate = this.and_then(|seq| state.candidates.get_mut(&seq));
        if let Some(candidate) = candidate {
            candidate.offered.remove(&stage);
        }
    }
    set(state, id, |deployment| {
        deployment.phase = Phase::Ended(why);
        deployment.ended_at = Some(now);
    });
    vec![News::Deployment(id)]
}

fn time_out(state: &mut State, id: DeploymentId, now: Moment) -> Vec<News> {
    let starting = state.deployments.get(&id).is_some_and(|deployment| deployment.phase == Phase::Starting);
    if starting {
        return lose(state, id, "the driver was asked to begin, and never answered".into());
    }
    stop(state, id, StopWhy::TimedOut, now)
}

/// The driver is asked to stop.
pub(super) fn stop(state: &mut State, id: DeploymentId, why: StopWhy, now: Moment) -> Vec<News> {
    set(state, id, |deployment| {
        deployment.phase = Phase::Stopping { why, waits: false };
        deployment.news_at = Some(now);
    });
    vec![News::Deployment(id)]
}

fn unheard(state: &mut State, id: DeploymentId, now: Moment) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id) else { return Vec::new() };
    let lost_ms = state.policy.stage(&deployment.stage).map_or(0, |stage| stage.lost_ms);
    let silent = deployment.news_at.is_none_or(|at| now.since_ms(at) >= lost_ms);
    let why = if silent { "the driver was not heard of for too long" } else { "it was to stop, and does not end" };
    lose(state, id, why.into())
}

/// Nobody knows how it stands.
pub(super) fn lose(state: &mut State, id: DeploymentId, why: String) -> Vec<News> {
    let Some(stage) = state.deployments.get(&id).map(|deployment| deployment.stage.clone()) else { return Vec::new() };
    state.stage_mut(&stage).health = Health::Unknown;
    set(state, id, |deployment| deployment.phase = Phase::Unknown { why });
    vec![News::Deployment(id)]
}
