//! What keeps a deployment from beginning. Every "no" is a value: what it is, and when time alone opens it. The same gates are
//! judged when something is asked for, when it begins, and when somebody asks what would happen.

use super::approval::{self, Missing};
use super::candidate::{Candidate, Readiness};
use super::deployment::{Deployment, Kind, Phase};
use super::policy::{Need, Promote, Stage};
use super::state::{Health, State};
use crate::calendar;
use crate::ids::{CandidateSeq, DeploymentId, LockId, Moment, Sha, StageName};
use serde::{Deserialize, Serialize};

/// What keeps a deployment from beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// The settings on trunk no longer have the stage.
    NoStage,
    /// Its checks after the landing are not over.
    CandidatePending,
    /// It may not be delivered: these failed.
    CandidateNotReleasable(Vec<String>),
    /// The tag is gone, or another object.
    CandidateTampered(Option<Sha>),
    /// It was rejected for the stage.
    CandidateRejected(String),
    /// What runs there is as new, or newer.
    NotNewer(CandidateSeq),
    /// These stages have not verified it.
    NotVerified(Vec<StageName>),
    /// It was never verified here, so one cannot go back to it.
    NeverVerifiedHere,
    /// Nothing goes there by itself.
    Held(String),
    /// Locked.
    Locked(LockId),
    /// No window is open; when one opens, if that is seen.
    WindowClosed {
        /// Why, where somebody said.
        reason: Option<String>,
        /// When that changes next.
        opens_at: Option<Moment>,
    },
    /// Approvals are missing.
    NotApproved(Vec<Missing>),
    /// It goes then, unless somebody rejects it before.
    Veto(Moment),
    /// Nobody knows what runs there.
    HealthUnknown,
    /// Another deployment has the stage.
    Busy(DeploymentId),
    /// Another deployment is under way to a stage that must not be deployed to at the same time.
    GroupBusy(DeploymentId),
}

impl Gate {
    /// A stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoStage => "stage.unknown",
            Self::CandidatePending => "candidate.pending",
            Self::CandidateNotReleasable(_) => "candidate.not-releasable",
            Self::CandidateTampered(_) => "tag.intact",
            Self::CandidateRejected(_) => "candidate.rejected",
            Self::NotNewer(_) => "order.descendant",
            Self::NotVerified(_) => "upstream.verified",
            Self::NeverVerifiedHere => "target.verified",
            Self::Held(_) => "hold",
            Self::Locked(_) => "lock",
            Self::WindowClosed { .. } => "window",
            Self::NotApproved(_) => "approval",
            Self::Veto(_) => "veto",
            Self::HealthUnknown => "health",
            Self::Busy(_) => "slot",
            Self::GroupBusy(_) => "group",
        }
    }

    /// When time alone opens it.
    pub fn opens_at(&self) -> Option<Moment> {
        match self {
            Self::WindowClosed { opens_at, .. } => *opens_at,
            Self::Veto(at) => Some(*at),
            Self::NoStage
            | Self::CandidatePending
            | Self::CandidateNotReleasable(_)
            | Self::CandidateTampered(_)
            | Self::CandidateRejected(_)
            | Self::NotNewer(_)
            | Self::NotVerified(_)
            | Self::NeverVerifiedHere
            | Self::Held(_)
            | Self::Locked(_)
            | Self::NotApproved(_)
            | Self::HealthUnknown
            | Self::Busy(_)
            | Self::GroupBusy(_) => None,
        }
    }

    /// It is about the stage being free, not about whether the deployment may be.
    pub fn is_slot(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::GroupBusy(_))
    }
}

/// Every gate that is closed for a deployment, in the order in which one would mend them.
pub fn closed(state: &State, deployment: &Deployment, now: Moment) -> Vec<Gate> {
    let Some(stage) = state.policy.stage(&deployment.stage) else { return vec![Gate::NoStage] };
    let Some(candidate) = state.candidates.get(&deployment.candidate) else { return vec![Gate::NoStage] };
    let mut gates = candidate_gates(state, deployment, stage, candidate);
    gates.extend(standing_gates(state, deployment, stage, now));
    gates.extend(people_gates(state, deployment, stage, now));
    gates.extend(slot(state, deployment, stage));
    gates
}

/// What the candidate itself is.
fn candidate_gates(state: &State, deployment: &Deployment, stage: &Stage, candidate: &Candidate) -> Vec<Gate> {
    let mut gates = Vec::new();
    let rollback = deployment.kind.is_rollback();
    match &candidate.state {
        Readiness::Ready => {}
        Readiness::Pending => gates.push(Gate::CandidatePending),
        // What was verified here before may be gone back to, whatever became of it since.
        Readiness::NotReleasable { .. } if rollback => {}
        Readiness::NotReleasable { failed } => gates.push(Gate::CandidateNotReleasable(failed.clone())),
        Readiness::Tampered { seen, .. } => gates.push(Gate::CandidateTampered(*seen)),
    }
    if let Some(rejection) = candidate.rejected.get(&stage.name) {
        gates.push(Gate::CandidateRejected(rejection.reason.clone()));
    }
    let current = state.stage(&stage.name).current;
    match deployment.kind {
        Kind::Forward | Kind::Hotfix => {
            gates.extend(current.filter(|current| *current >= candidate.seq).map(Gate::NotNewer));
        }
        Kind::Rollback { .. } => {
            let verified = candidate.passes.contains_key(&stage.name) || deployment.overrides.is_some();
            gates.extend((!verified).then_some(Gate::NeverVerifiedHere));
        }
        // What was replaced since does not come back by the way of being looked at again.
        Kind::Redeploy => gates.extend(current.filter(|current| *current != candidate.seq).map(Gate::NotNewer)),
    }
    if matches!(deployment.kind, Kind::Forward | Kind::Hotfix) && deployment.overrides.is_none() {
        gates.extend(unverified(state, deployment.kind, stage, candidate).map(Gate::NotVerified));
    }
    gates
}

/// Stages before this one that have not verified a candidate, if that matters.
pub(super) fn unverified(state: &State, kind: Kind, stage: &Stage, candidate: &Candidate) -> Option<Vec<StageName>> {
    let short = kind == Kind::Hotfix;
    let needed = stage.after.iter().filter(|name| !short || state.policy.hotfix.through.contains(name));
    let (passed, open): (Vec<&StageName>, Vec<&StageName>) =
        needed.partition(|name| candidate.passes.contains_key(*name) && !candidate.rejected.contains_key(*name));
    let enough = match stage.need {
        Need::All => open.is_empty(),
        Need::Any => open.is_empty() || !passed.is_empty(),
    };
    (!enough).then(|| open.into_iter().cloned().collect())
}

/// How the stage stands: holds, locks, windows, health.
fn standing_gates(state: &State, deployment: &Deployment, stage: &Stage, now: Moment) -> Vec<Gate> {
    let mut gates = Vec::new();
    let known = state.stage(&stage.name);
    let urgent = matches!(deployment.kind, Kind::Hotfix | Kind::Rollback { .. });
    let by_itself = deployment.by.is_none() && !deployment.approvals.iter().any(|a| a.void.is_none());
    if let Some(hold) = &known.hold
        && deployment.kind == Kind::Forward
        && by_itself
    {
        gates.push(Gate::Held(hold.reason.clone()));
    }
    gates
        .extend(state.locks_on(&stage.name).filter(|(_, lock)| lock.strict || !urgent).map(|(id, _)| Gate::Locked(id)));
    if !urgent {
        gates.extend(window(stage, now));
    }
    // One that is tried again is itself why nobody knows.
    if known.health == Health::Unknown && deployment.kind == Kind::Forward && by_itself && deployment.attempt == 0 {
        gates.push(Gate::HealthUnknown);
    }
    gates
}

/// Whether a stage's windows keep it shut.
pub fn window(stage: &Stage, now: Moment) -> Option<Gate> {
    let of = |allows: bool| stage.windows.iter().filter(move |opening| opening.allows == allows);
    let next = calendar::at(stage.windows.iter().map(|opening| &opening.window), now).next;
    if let Some(denies) = of(false).find(|opening| opening.window.at(now).0) {
        let until = calendar::clear_from(&of(false).map(|o| &o.window).collect::<Vec<_>>(), now);
        return Some(Gate::WindowClosed { reason: Some(denies.reason.clone()), opens_at: until.or(next) });
    }
    let allowed = of(true).next().is_none() || of(true).any(|opening| opening.window.at(now).0);
    (!allowed).then(|| {
        let opens_at = of(true).filter_map(|opening| opening.window.at(now).1).min();
        Gate::WindowClosed { reason: None, opens_at }
    })
}

/// What people have to say.
fn people_gates(state: &State, deployment: &Deployment, stage: &Stage, now: Moment) -> Vec<Gate> {
    let mut gates = Vec::new();
    let missing = approval::missing(state, deployment, stage, now);
    if !missing.is_empty() {
        gates.push(Gate::NotApproved(missing));
    }
    let at = match state.promote(stage) {
        Promote::VetoAfter(ms) if deployment.kind == Kind::Forward => Some(deployment.requested_at.plus_ms(ms)),
        Promote::VetoAfter(_) | Promote::Manual | Promote::Approve | Promote::Auto => None,
    };
    let early = at.filter(|at| now < *at);
    gates.extend(early.map(Gate::Veto));
    gates
}

/// Whether the stage is free for it, and those that must not deploy at the same time are at rest.
fn slot(state: &State, deployment: &Deployment, stage: &Stage) -> Option<Gate> {
    let Some(active) = state.active(&deployment.stage).filter(|active| active.id != deployment.id) else {
        return group(state, deployment, stage);
    };
    // A rollback need not wait for what nobody knows anything of, nor for what is only being looked at.
    let yields = match active.phase {
        Phase::Unknown { .. } | Phase::Verifying | Phase::Confirming | Phase::Waiting | Phase::Ended(_) => true,
        Phase::Starting | Phase::Running | Phase::Stopping { .. } => false,
    };
    let passes = deployment.kind.is_rollback() && !active.kind.is_rollback() && yields;
    if passes { group(state, deployment, stage) } else { Some(Gate::Busy(active.id)) }
}

/// Another stage of the same group is being deployed to. What is only looked at there is in nobody's way.
fn group(state: &State, deployment: &Deployment, stage: &Stage) -> Option<Gate> {
    let group = stage.group.as_ref()?;
    let others = state.policy.stages.iter().filter(|s| s.name != stage.name && s.group.as_ref() == Some(group));
    let at_work = |active: &&Deployment| match active.phase {
        Phase::Confirming | Phase::Starting | Phase::Running | Phase::Stopping { .. } | Phase::Unknown { .. } => true,
        Phase::Waiting | Phase::Verifying | Phase::Ended(_) => false,
    };
    let active = others.filter_map(|other| state.active(&other.name)).find(at_work)?;
    (active.id != deployment.id).then_some(Gate::GroupBusy(active.id))
}
