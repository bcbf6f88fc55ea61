//! The planner: what follows now from how things stand. One move at a time, the most urgent first; when there is none, the value
//! has settled. The same moves tell what would happen if somebody pressed a button.

use super::approval::Void;
use super::candidate::{Candidate, PostMerge, Readiness};
use super::deployment::{Deployment, End, Kind, Phase};
use super::gate::{self, Gate};
use super::policy::{CutWhen, Driver, Promote, Stage, Supersede};
use super::state::State;
use super::verify::{Together, Verdict, together};
use crate::ids::{CandidateSeq, DeploymentId, LockId, Moment, Sha, StageName};

/// Something that follows by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// A lock's time is over.
    Unlock(LockId),
    /// The checks after a landing gave no result in time.
    GiveUpOn(Sha),
    /// A candidate is to be made of a landed commit.
    Cut(Sha),
    /// A deployment that waits is not to begin any more.
    Drop(DeploymentId, End),
    /// Something else runs on the stage now.
    Rebase(DeploymentId),
    /// An approval, by its place in the list, counts no more.
    VoidApproval(DeploymentId, usize, Void),
    /// What is looked at did not end in time.
    ExpireCheck(DeploymentId, usize),
    /// A deployment is there, and everything that was looked at is as it should be.
    Succeed(DeploymentId),
    /// A deployment is there, and something is not as it should be.
    FailVerification(DeploymentId, String),
    /// A driver takes too long.
    TimeOut(DeploymentId),
    /// A driver was not heard of for too long.
    Lose(DeploymentId),
    /// A candidate is offered to a stage.
    Offer(StageName, CandidateSeq),
    /// Nobody but people keep it from beginning: without them it would begin now.
    Shadow(DeploymentId),
    /// A rollback needs the stage.
    MakeRoom {
        /// What is in its way.
        active: DeploymentId,
        /// The rollback.
        rollback: DeploymentId,
    },
    /// A deployment gets the stage.
    Begin(DeploymentId),
}

/// What follows first.
pub fn next(state: &State, now: Moment) -> Option<Move> {
    let unlock = state.locks.iter().find(|(_, lock)| lock.until.is_some_and(|until| until <= now));
    unlock
        .map(|(id, _)| Move::Unlock(*id))
        .or_else(|| landed(state, now))
        .or_else(|| state.deployments.values().filter(|d| !d.ended()).find_map(|d| of_deployment(state, d, now)))
        // Those nearest to people first: what waits there was verified before it.
        .or_else(|| state.policy.stages.iter().rev().find_map(|stage| of_stage(state, stage, now)))
}

/// What landed and is no candidate yet.
fn landed(state: &State, now: Moment) -> Option<Move> {
    let cut = &state.policy.cut;
    let by_itself = cut.when == CutWhen::PostMergeGreen && !cut.manual;
    let late = |at: Moment| now.since_ms(at) >= cut.post_merge_timeout_ms;
    let pending = state.uncut.iter().filter(|uncut| uncut.verdict == PostMerge::Pending);
    let tagged = state.candidates.values().filter(|candidate| *candidate.state.made() == Readiness::Pending);
    let all = pending.map(|uncut| (uncut.commit, uncut.landed_at)).chain(tagged.map(|c| (c.commit, c.landed_at)));
    if let Some((commit, _)) = all.into_iter().find(|(_, at)| late(*at)) {
        return Some(Move::GiveUpOn(commit));
    }
    if state.uncut.iter().any(|uncut| uncut.cutting) {
        return None;
    }
    let newest = state.uncut.iter().rev().find(|uncut| uncut.verdict == PostMerge::Green)?;
    let due = by_itself && state.cut_at.is_none_or(|at| now.since_ms(at) >= cut.min_interval_ms);
    (due || newest.asked).then_some(Move::Cut(newest.commit))
}

fn of_deployment(state: &State, deployment: &Deployment, now: Moment) -> Option<Move> {
    let id = deployment.id;
    match &deployment.phase {
        Phase::Waiting => waiting(state, deployment, now),
        Phase::Confirming | Phase::Unknown { .. } | Phase::Ended(_) => None,
        Phase::Starting | Phase::Running | Phase::Stopping { .. } => at_work(state, deployment, now),
        Phase::Verifying => {
            let over = |(i, check): (usize, &super::verify::CheckState)| {
                (check.verdict == Verdict::Running && now >= check.ends_at()).then_some(Move::ExpireCheck(id, i))
            };
            deployment.checks.iter().enumerate().find_map(over).or_else(|| verified(state, deployment, now))
        }
    }
}

fn waiting(state: &State, deployment: &Deployment, now: Moment) -> Option<Move> {
    let id = deployment.id;
    if let Some(end) = dropped(state, deployment) {
        return Some(Move::Drop(id, end));
    }
    if deployment.from != state.stage(&deployment.stage).current {
        return Some(Move::Rebase(id));
    }
    let stage = state.policy.stage(&deployment.stage)?;
    let mut standing = deployment.approvals.iter().enumerate().filter(|(_, approval)| approval.void.is_none());
    let void = standing.find_map(|(i, approval)| Some(Move::VoidApproval(id, i, approval.stale(stage, now)?)));
    void.or_else(|| {
        let gates = gate::closed(state, deployment, now);
        let people_only = !gates.is_empty() && gates.iter().all(|gate| matches!(gate, Gate::NotApproved(_)));
        (people_only && deployment.shadow_at.is_none()).then_some(Move::Shadow(id))
    })
}

/// Why a deployment that waits is not to begin any more.
fn dropped(state: &State, deployment: &Deployment) -> Option<End> {
    let Some(stage) = state.policy.stage(&deployment.stage) else {
        return Some(End::Cancelled("the stage is not in the settings any more".into()));
    };
    let candidate = state.candidates.get(&deployment.candidate)?;
    if let Some(rejection) = candidate.rejected.get(&stage.name) {
        return Some(rejection.by.clone().map_or_else(|| End::Cancelled(rejection.reason.clone()), End::Denied));
    }
    if !state.delivers() {
        return Some(End::Cancelled("delivery is switched off".into()));
    }
    let back = deployment.kind.is_rollback();
    match candidate.state {
        Readiness::Tampered { .. } => return Some(End::Cancelled("its tag is not what was made".into())),
        Readiness::NotReleasable { .. } if !back => {
            return Some(End::Cancelled("its checks after the landing were not green".into()));
        }
        Readiness::NotReleasable { .. } | Readiness::Pending | Readiness::Ready => {}
    }
    if back {
        return None;
    }
    let current = state.stage(&stage.name).current;
    if deployment.kind == Kind::Redeploy && current != Some(deployment.candidate) {
        return Some(End::Cancelled("something else runs there now".into()));
    }
    if let Some(there) = current.filter(|there| deployment.kind != Kind::Redeploy && *there >= deployment.candidate) {
        let brought = state.on(&stage.name).rfind(|d| d.candidate == there && d.done_at.is_some());
        let newer = || End::Cancelled("what runs there now is as new".into());
        return Some(brought.map_or_else(newer, |brought| End::Superseded(brought.id)));
    }
    let others = || state.on(&stage.name).filter(|other| other.id != deployment.id && !other.ended());
    if let Some(rollback) = others().find(|other| other.kind.is_rollback()) {
        return Some(End::Superseded(rollback.id));
    }
    // A newer candidate contains a hotfix, but goes the long way.
    let newer = |other: &&Deployment| {
        (other.kind == Kind::Hotfix || other.kind == deployment.kind)
            && matches!(other.kind, Kind::Forward | Kind::Hotfix)
            && (other.candidate > deployment.candidate
                || (other.candidate == deployment.candidate && other.id > deployment.id))
    };
    let yields = stage.supersede == Supersede::Latest && matches!(deployment.kind, Kind::Forward | Kind::Hotfix);
    others()
        .filter(|_| yields)
        .filter(newer)
        .filter(|other| other.waits())
        .map(|other| End::Superseded(other.id))
        .next_back()
}

fn at_work(state: &State, deployment: &Deployment, now: Moment) -> Option<Move> {
    let stage = state.policy.stage(&deployment.stage)?;
    let asks_a_person = matches!(stage.driver, Driver::Manual);
    let since = |at: Option<Moment>| at.map_or(0, |at| now.since_ms(at));
    if asks_a_person {
        return None;
    }
    let stopping = matches!(deployment.phase, Phase::Stopping { .. });
    let begun_ms = since(deployment.begun_at);
    if !stopping && begun_ms >= stage.timeout_ms {
        return Some(Move::TimeOut(deployment.id));
    }
    // One that cannot be stopped gets as much time again to come to its end.
    let endless = stopping && begun_ms >= stage.timeout_ms.saturating_mul(2);
    (endless || since(deployment.news_at) >= stage.lost_ms).then_some(Move::Lose(deployment.id))
}

fn verified(state: &State, deployment: &Deployment, now: Moment) -> Option<Move> {
    let id = deployment.id;
    let stage = state.policy.stage(&deployment.stage);
    let said = |i: usize| {
        let check = &deployment.checks[i];
        format!("{}: {}", check.verify.name, check.note)
    };
    let soak_ms = stage.filter(|_| !deployment.kind.is_rollback()).map_or(0, |stage| stage.soak_ms);
    let since = deployment.done_at.map_or(0, |at| now.since_ms(at));
    if let Some(judged) = &deployment.judged {
        let failed = || Move::FailVerification(id, format!("@{} says so: {}", judged.by, judged.note));
        return if judged.pass { (since >= soak_ms).then_some(Move::Succeed(id)) } else { Some(failed()) };
    }
    match together(&deployment.checks) {
        Together::Failed(i) => Some(Move::FailVerification(id, said(i))),
        Together::Running => None,
        Together::Passed => (since >= soak_ms).then_some(Move::Succeed(id)),
        Together::Undecided(i) => {
            let Some(stage) = stage else { return Some(Move::FailVerification(id, said(i))) };
            let alone = matches!(state.promote(stage), Promote::Auto | Promote::VetoAfter(_));
            let late = undecided_until(deployment, stage).is_none_or(|until| until <= now);
            (alone && late).then(|| Move::FailVerification(id, said(i)))
        }
    }
}

/// Where nobody is there to be asked, what came to nothing counts as failed then.
pub(super) fn undecided_until(deployment: &Deployment, stage: &Stage) -> Option<Moment> {
    let began = deployment.checks.iter().map(|check| check.began_at).chain(deployment.done_at).max();
    began.map(|at| at.plus_ms(stage.timeout_ms))
}

fn of_stage(state: &State, stage: &Stage, now: Moment) -> Option<Move> {
    let offer = || offered(state, stage, now).map(|seq| Move::Offer(stage.name.clone(), seq));
    first_to_begin(state, stage, now).or_else(offer)
}

/// The candidate that is to be offered to a stage, if one is.
fn offered(state: &State, stage: &Stage, now: Moment) -> Option<CandidateSeq> {
    let offers = state.delivers() && state.promote(stage) != Promote::Manual;
    let rolls_back = state.on(&stage.name).any(|deployment| deployment.kind.is_rollback() && !deployment.ended());
    if !offers || rolls_back || counts_down(state, stage, now) {
        return None;
    }
    let under_way = state.on(&stage.name).filter(|d| !d.ended() && matches!(d.kind, Kind::Forward | Kind::Hotfix));
    let floor = under_way.map(|d| d.candidate).chain(state.stage(&stage.name).current).max();
    let mut fitting =
        state.candidates.values().filter(|c| floor.is_none_or(|floor| c.seq > floor) && fits(state, stage, c));
    let found = match stage.supersede {
        Supersede::Latest => fitting.next_back(),
        Supersede::Each => fitting.next(),
    };
    found.map(|candidate| candidate.seq)
}

/// Nothing but the time to reject it keeps a candidate from going. A newer one waits for it: else, where candidates come faster
/// than that time, none would ever go.
fn counts_down(state: &State, stage: &Stage, now: Moment) -> bool {
    let veto_only =
        |gates: &[Gate]| matches!(gates, [Gate::Veto(_)] | [Gate::Veto(_), Gate::Busy(_) | Gate::GroupBusy(_)]);
    state.on(&stage.name).any(|d| d.waits() && veto_only(&gate::closed(state, d, now)))
}

/// The newest candidate that may go to a stage as far as it itself is concerned.
pub(super) fn newest(state: &State, stage: &Stage) -> Option<CandidateSeq> {
    let found = state.candidates.values().rev().find(|candidate| suits(state, stage, candidate));
    found.map(|candidate| candidate.seq)
}

/// A candidate may be offered to a stage, and was not yet.
fn fits(state: &State, stage: &Stage, candidate: &Candidate) -> bool {
    !candidate.offered.contains(&stage.name) && suits(state, stage, candidate)
}

fn suits(state: &State, stage: &Stage, candidate: &Candidate) -> bool {
    let kind = if candidate.hotfix { Kind::Hotfix } else { Kind::Forward };
    candidate.state == Readiness::Ready
        && !candidate.rejected.contains_key(&stage.name)
        && gate::unverified(state, kind, stage, candidate).is_none()
}

/// Which deployment gets a stage now.
fn first_to_begin(state: &State, stage: &Stage, now: Moment) -> Option<Move> {
    let mut waiting: Vec<&Deployment> = state.on(&stage.name).filter(|deployment| deployment.waits()).collect();
    let newest_first = stage.supersede == Supersede::Latest;
    waiting.sort_by_key(|deployment| {
        let rank = match deployment.kind {
            Kind::Rollback { .. } => 0,
            Kind::Hotfix => 1,
            Kind::Redeploy => 2,
            Kind::Forward => 3,
        };
        let seq = deployment.candidate.get();
        (rank, if newest_first { u64::MAX - seq } else { seq })
    });
    waiting.into_iter().find_map(|deployment| {
        let gates = gate::closed(state, deployment, now);
        match gates.as_slice() {
            [] => Some(Move::Begin(deployment.id)),
            [Gate::Busy(active)] if deployment.kind.is_rollback() => {
                let active = state.deployments.get(active)?;
                let can = !active.kind.is_rollback() && !matches!(active.phase, Phase::Stopping { .. });
                can.then_some(Move::MakeRoom { active: active.id, rollback: deployment.id })
            }
            _ => None,
        }
    })
}
