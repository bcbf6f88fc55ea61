//! What people may do: each wish is granted or refused with a reason, never both and never neither. What a person may do in the
//! repository was read when they asked and comes with the wish.

use super::approval::{self, Approval, Void};
use super::candidate::{PostMerge, Rejection};
use super::deployment::{Deployment, End, Judged, Kind, Phase, StopWhy};
use super::event::{Ask, Resolution, Wish};
use super::gate::{self, Gate};
use super::moves::{self, set};
use super::notice::{Granted, News, Notice, Refusal};
use super::policy::{Driver, Promote, Stage};
use super::rollback::{self, Back};
use super::state::{Health, Hold, Lock, Request, Scope, State};
use super::verify::CheckState;
use crate::ids::{CandidateSeq, DeploymentId, LockId, Moment, StageName};

type Granting = (Granted, Vec<News>);
type Answer = Result<Granting, Refusal>;

/// Grants a wish, or says why not.
pub(super) fn ask(state: &mut State, asked: &Ask, now: Moment) -> Vec<Notice> {
    let (answer, news) = match grant(state, asked, now) {
        Ok((granted, news)) => (Ok(granted), news),
        Err(refusal) => (Err(refusal), Vec::new()),
    };
    let answered = Notice::Answered(asked.id.clone(), answer);
    news.into_iter().map(Notice::News).chain([answered]).collect()
}

fn grant(state: &mut State, asked: &Ask, now: Moment) -> Answer {
    let words = matches!(asked.wish, Wish::Approve { .. } | Wish::Reject { .. } | Wish::Unreject { .. });
    if !words && !asked.rights.writes() {
        return Err(Refusal::MayNotWrite);
    }
    match &asked.wish {
        Wish::Approve { stage, candidate, note } => approve(state, asked, (stage, *candidate, note), now),
        Wish::Unapprove { stage } => unapprove(state, asked, stage),
        Wish::Reject { candidate, stage, reason } => reject(state, asked, (*candidate, stage.as_ref(), reason), now),
        Wish::Unreject { candidate, reason } => unreject(state, asked, *candidate, reason),
        Wish::Deploy { stage, candidate, overrides, reason, expect_current } => {
            if expect_current.is_some() && *expect_current != state.stage(stage).current {
                return Err(Refusal::OtherCurrent(state.stage(stage).current));
            }
            deploy(state, asked, (stage, *candidate, overrides.then_some(reason), reason), now)
        }
        Wish::Rollback { stage, to, reason, confirm } => go_back(state, asked, (stage, *to, reason, *confirm), now),
        Wish::Cancel(id) => cancel(state, asked, *id, now),
        Wish::Retry(id) => retry(state, asked, *id, now),
        Wish::Resolve { deployment, outcome } => resolve(state, asked, (*deployment, *outcome), now),
        Wish::Judge { stage, pass, note } => judge(state, asked, (stage, *pass, note)),
        Wish::Reverify(stage) => reverify(state, stage, now),
        Wish::Hold { stage, reason } => hold(state, asked, (stage, reason), now),
        Wish::Resume(stage) => resume(state, stage),
        Wish::Lock { scope, until, reason, strict } => {
            let lock = Lock {
                scope: scope.clone(),
                reason: said(reason)?,
                by: Some(asked.by.clone()),
                since: now,
                until: *until,
                strict: *strict,
            };
            lock_up(state, lock)
        }
        Wish::Unlock(id) => unlock(state, asked, *id),
        Wish::Cut => cut(state),
    }
}

fn done(news: Vec<News>) -> Granting {
    (Granted::Done, news)
}

/// A reason that must be given.
fn said(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() { Err(Refusal::NoReason) } else { Ok(reason.to_owned()) }
}

fn known(state: &State, name: &StageName) -> Result<Stage, Refusal> {
    state.policy.stage(name).cloned().ok_or_else(|| Refusal::NoSuchStage(name.clone()))
}

/// What waits for a word on a stage.
fn waiting<'s>(state: &'s State, stage: &'s StageName) -> Option<&'s Deployment> {
    state.on(stage).rfind(|deployment| deployment.waits() || deployment.phase == Phase::Confirming)
}

fn approve(
    state: &mut State,
    asked: &Ask,
    (name, candidate, note): (&StageName, Option<CandidateSeq>, &str),
    now: Moment,
) -> Answer {
    let stage = known(state, name)?;
    if !approval::may(&stage.approval, &asked.by, &asked.rights) {
        return Err(Refusal::MayNotApprove(name.clone()));
    }
    let found = waiting(state, name).map(|deployment| (deployment.id, deployment.candidate));
    let id = match (found, candidate) {
        (Some((_, waits)), Some(meant)) if waits > meant => return Err(Refusal::SupersededBy(waits)),
        (Some((id, waits)), meant) if meant.is_none_or(|meant| meant == waits) => id,
        (_, Some(meant)) if state.promote(&stage) == Promote::Manual => {
            deploy(state, asked, (name, meant, None, note), now)?;
            waiting(state, name).map(|deployment| deployment.id).ok_or_else(|| Refusal::NothingWaits(name.clone()))?
        }
        (Some(_) | None, _) => return Err(Refusal::NothingWaits(name.clone())),
    };
    let deployment = state.deployments.get_mut(&id).ok_or(Refusal::NoSuchDeployment(id))?;
    if deployment.approvals.iter().any(|given| given.void.is_none() && given.by.is(&asked.by)) {
        return Err(Refusal::AlreadySo);
    }
    let (by, via, teams) = (asked.by.clone(), asked.via.clone(), asked.rights.teams.clone());
    let (rule, note) = (stage.approval.clone(), note.to_owned());
    deployment.approvals.push(Approval { by, via, at: now, note, teams, rule, void: None });
    let deployment = deployment.clone();
    let missing = approval::missing(state, &deployment, &stage);
    Ok((Granted::Approved { deployment: id, missing }, vec![News::Deployment(id)]))
}

fn unapprove(state: &mut State, asked: &Ask, name: &StageName) -> Answer {
    let id = waiting(state, name).map(|d| d.id).ok_or_else(|| Refusal::NothingWaits(name.clone()))?;
    let deployment = state.deployments.get_mut(&id).ok_or(Refusal::NoSuchDeployment(id))?;
    let own = deployment.approvals.iter_mut().find(|given| given.void.is_none() && given.by.is(&asked.by));
    own.ok_or(Refusal::AlreadySo)?.void = Some(Void::TakenBack);
    Ok(done(vec![News::Deployment(id)]))
}

fn reject(
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
    Ok(done(vec![News::Rejected(seq)]))
}

fn unreject(state: &mut State, asked: &Ask, seq: CandidateSeq, reason: &str) -> Answer {
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
    Ok(done(vec![News::Unrejected(seq)]))
}

/// Gates that neither time nor another person's word opens: who asks is told at once.
fn is_final(gate: &Gate) -> bool {
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
        | Gate::Busy(_) => false,
    }
}

fn deploy(
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
    if let Some(waits) = waiting(state, name).filter(|waits| waits.kind == kind) {
        if waits.candidate > seq {
            return Err(Refusal::SupersededBy(waits.candidate));
        }
        if waits.candidate == seq && waits.by.is_some() {
            return Err(Refusal::AlreadySo);
        }
    }
    let (by, reason) = (Some(asked.by.clone()), reason.to_owned());
    let request = Request { stage: name.clone(), candidate: seq, kind, reason, by, overrides };
    let id = state.request(request, now);
    let closed = state.deployments.get(&id).map(|d| gate::closed(state, d, now)).unwrap_or_default();
    let hard: Vec<Gate> = closed.iter().filter(|gate| is_final(gate)).cloned().collect();
    if !hard.is_empty() {
        state.deployments.remove(&id);
        return Err(Refusal::Closed(hard));
    }
    if let Some(candidate) = state.candidates.get_mut(&seq) {
        candidate.offered.insert(name.clone());
    }
    Ok((Granted::Requested { deployment: id, closed }, vec![News::Deployment(id)]))
}

fn go_back(
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
        return Err(Refusal::Closed(vec![Gate::NotNewer(bad)]));
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

fn cancel(state: &mut State, asked: &Ask, id: DeploymentId, now: Moment) -> Answer {
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

fn retry(state: &mut State, asked: &Ask, id: DeploymentId, now: Moment) -> Answer {
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
    deploy(state, asked, (&stage, seq, None, &reason), now)
}

fn resolve(state: &mut State, asked: &Ask, (id, outcome): (DeploymentId, Resolution), now: Moment) -> Answer {
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
        Resolution::Again => moves::start(state, id, now),
        Resolution::Failed => {
            moves::fail(state, id, End::Failed { why: format!("@{} says so", asked.by), unchanged: false }, now)
        }
    }))
}

fn judge(state: &mut State, asked: &Ask, (stage, pass, note): (&StageName, bool, &str)) -> Answer {
    known(state, stage)?;
    let note = said(note)?;
    let verifying = state.active(stage).filter(|active| active.phase == Phase::Verifying).map(|active| active.id);
    let id = verifying.ok_or_else(|| Refusal::NothingWaits(stage.clone()))?;
    set(state, id, |deployment| deployment.judged = Some(Judged { by: asked.by.clone(), pass, note }));
    Ok(done(vec![News::Deployment(id)]))
}

/// Everything is looked at once more: of what is being looked at, or of what ended last and still runs.
fn reverify(state: &mut State, name: &StageName, now: Moment) -> Answer {
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

fn hold(state: &mut State, asked: &Ask, (name, reason): (&StageName, &str), now: Moment) -> Answer {
    known(state, name)?;
    let reason = said(reason)?;
    let stage = state.stage_mut(name);
    if stage.hold.is_some() {
        return Err(Refusal::AlreadySo);
    }
    stage.hold = Some(Hold { since: now, by: Some(asked.by.clone()), reason, rollback: None });
    Ok(done(vec![News::Held(name.clone())]))
}

fn resume(state: &mut State, name: &StageName) -> Answer {
    known(state, name)?;
    let stage = state.stage_mut(name);
    let unknown = stage.health == Health::Unknown && stage.active.is_none();
    if stage.hold.take().is_none() && !unknown {
        return Err(Refusal::AlreadySo);
    }
    if unknown {
        stage.health = Health::Healthy;
    }
    Ok(done(vec![News::Resumed(name.clone())]))
}

fn lock_up(state: &mut State, lock: Lock) -> Answer {
    if let Scope::Stage(name) = &lock.scope {
        known(state, name)?;
    }
    state.last_lock += 1;
    let id = LockId::new(state.last_lock);
    state.locks.insert(id, lock);
    Ok((Granted::Locked(id), vec![News::Locked(id)]))
}

/// One's own lock, or one that came by itself; somebody else's takes more.
fn unlock(state: &mut State, asked: &Ask, id: LockId) -> Answer {
    let lock = state.locks.get(&id).ok_or(Refusal::NoSuchLock(id))?;
    let own = lock.by.as_ref().is_none_or(|by| by.is(&asked.by));
    if !own && !asked.rights.administers() {
        return Err(Refusal::MayNotAdminister);
    }
    state.locks.remove(&id);
    Ok(done(vec![News::Unlocked(id)]))
}

fn cut(state: &mut State) -> Answer {
    let newest = state.uncut.iter_mut().rev().find(|uncut| uncut.verdict == PostMerge::Green);
    let newest = newest.ok_or(Refusal::NothingToCut)?;
    if newest.asked {
        return Err(Refusal::AlreadySo);
    }
    newest.asked = true;
    Ok(done(Vec::new()))
}
