//! What was brought to people of late, short enough to be kept with the value: numbers and trust are computed from it alone. It
//! follows what happened, and decides nothing.

use super::candidate::{Change, FIX_LABEL};
use super::deployment::{Deployment, End, Kind};
use super::policy::Tier;
use super::state::State;
use super::verify::{CheckState, Verdict};
use crate::ids::{CandidateSeq, DeploymentId, Moment, StageName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Deployments that are kept, at the most.
const KEPT: usize = 400;
/// And for so many milliseconds: the longest time that numbers are asked for.
const KEPT_MS: i64 = 90 * 86_400_000;

/// A deployment to a stage of production that is over, or was refused by somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Which.
    pub id: DeploymentId,
    /// Where to.
    pub stage: StageName,
    /// What.
    pub candidate: CandidateSeq,
    /// What for.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
    /// When it was asked for.
    pub requested_at: Moment,
    /// When it would have begun had nobody been asked.
    pub shadow_at: Option<Moment>,
    /// When the last word that it needed was given.
    pub approved_at: Option<Moment>,
    /// When the driver was done.
    pub done_at: Option<Moment>,
    /// When it was over.
    pub ended_at: Moment,
    /// What else is to be said of it.
    pub remarks: BTreeSet<Remark>,
    /// Of each change that it brought first: from its first commit until it was there, in milliseconds.
    pub lead_ms: Vec<i64>,
    /// Where that time went, on the average of these changes.
    pub split: Split,
}

/// Something to be said of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// It was taken back, or brought an incident.
    Failed,
    /// It mends an incident.
    Mends,
    /// A person passed what was looked at.
    Overridden,
    /// Something that is looked at for trial only failed.
    FailedOnTrial,
}

impl Delivery {
    /// It needed somebody's hand at once.
    pub fn failed(&self) -> bool {
        self.remarks.contains(&Remark::Failed)
    }
}

/// What became of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is there and was as it should be.
    Succeeded,
    /// It was there, and was not.
    Bad,
    /// It did not get there.
    Undelivered,
    /// Somebody said no.
    Denied,
}

/// Where the time from the first commit went, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Split {
    /// Until the pull request was opened.
    pub coding_ms: i64,
    /// Until it was queued.
    pub review_ms: i64,
    /// Until it landed.
    pub queue_ms: i64,
    /// Until the candidate was made.
    pub post_merge_ms: i64,
    /// Until it was asked for on the stage: every stage before it had verified it.
    pub staging_ms: i64,
    /// Until the last word was given.
    pub word_ms: i64,
    /// Until it was there.
    pub deploy_ms: i64,
}

/// Takes down what is over by now.
pub(super) fn keep(state: &mut State, now: Moment) {
    let production = |d: &&Deployment| {
        state.policy.stage(&d.stage).is_some_and(|stage| stage.tier == Tier::Production) && outcome(d).is_some()
    };
    // What was forgotten here is not taken down again while its deployment is still known.
    let oldest = state.history.first().map(|known| known.ended_at).filter(|_| state.history.len() >= KEPT);
    let fresh = |d: &&Deployment| {
        d.ended_at.is_some_and(|at| oldest.is_none_or(|oldest| at >= oldest) && now.since_ms(at) <= KEPT_MS)
    };
    let over: Vec<DeploymentId> = state.deployments.values().filter(production).filter(fresh).map(|d| d.id).collect();
    for id in over {
        let Some(new) = state.deployments.get(&id).and_then(|deployment| taken_down(state, deployment)) else {
            continue;
        };
        match state.history.iter_mut().find(|known| known.id == id) {
            // Who looked again found another outcome; what it brought first stays what it was.
            Some(known) => {
                let remarks = known.remarks.union(&new.remarks).copied().collect();
                *known = Delivery { remarks, lead_ms: std::mem::take(&mut known.lead_ms), split: known.split, ..new };
            }
            None => state.history.push(new),
        }
    }
    state.history.sort_by_key(|known| (known.ended_at, known.id));
    state.history.retain(|known| now.since_ms(known.ended_at) <= KEPT_MS);
    let excess = state.history.len().saturating_sub(KEPT);
    state.history.drain(..excess);
}

fn outcome(deployment: &Deployment) -> Option<Outcome> {
    match deployment.end()? {
        End::Succeeded => Some(Outcome::Succeeded),
        End::VerifyFailed(_) => Some(Outcome::Bad),
        End::Aborted(_) if deployment.done_at.is_some() => Some(Outcome::Bad),
        End::Failed { .. } | End::TimedOut | End::Aborted(_) => Some(Outcome::Undelivered),
        End::Denied(_) => Some(Outcome::Denied),
        End::Superseded(_) | End::Cancelled(_) => None,
    }
}

fn taken_down(state: &State, deployment: &Deployment) -> Option<Delivery> {
    let outcome = outcome(deployment)?;
    let candidate = state.candidates.get(&deployment.candidate);
    let standing = deployment.approvals.iter().filter(|approval| approval.void.is_none());
    let changes = state.range(deployment.from, deployment.candidate);
    let incident = state.incidents.iter().any(|incident| incident.caused_by == deployment.id);
    let taken_back = deployment.rolled_back_by.is_some() || (incident && deployment.done_at.is_some());
    let on_trial = |check: &CheckState| check.verify.dry_run && check.verdict == Verdict::Failed;
    let remarks = [
        (outcome == Outcome::Bad || taken_back, Remark::Failed),
        (deployment.kind == Kind::Hotfix || changes.iter().any(|change| change.has(FIX_LABEL)), Remark::Mends),
        (deployment.judged.as_ref().is_some_and(|judged| judged.pass), Remark::Overridden),
        (deployment.checks.iter().any(on_trial), Remark::FailedOnTrial),
    ];
    let mut delivery = Delivery {
        id: deployment.id,
        stage: deployment.stage.clone(),
        candidate: deployment.candidate,
        kind: deployment.kind,
        outcome,
        requested_at: deployment.requested_at,
        shadow_at: deployment.shadow_at,
        approved_at: standing.map(|approval| approval.at).max(),
        done_at: deployment.done_at,
        ended_at: deployment.ended_at?,
        remarks: remarks.into_iter().filter(|(holds, _)| *holds).map(|(_, remark)| remark).collect(),
        lead_ms: Vec::new(),
        split: Split::default(),
    };
    if let (Outcome::Succeeded, Some(done), Some(candidate)) = (outcome, deployment.done_at, candidate) {
        let first: Vec<&Change> = brought_first(state, deployment);
        delivery.lead_ms = first.iter().filter_map(|c| Some(done.since_ms(c.first_commit_at?))).collect();
        delivery.split = split(&first, &delivery, candidate.cut_at, done);
    }
    Some(delivery)
}

/// Changes that no deployment before brought there.
fn brought_first<'s>(state: &'s State, deployment: &Deployment) -> Vec<&'s Change> {
    let before = state.history.iter().filter(|known| {
        known.stage == deployment.stage && known.id < deployment.id && known.outcome == Outcome::Succeeded
    });
    let highest = before.map(|known| known.candidate).chain(deployment.from).max();
    if highest.is_some_and(|highest| highest >= deployment.candidate) || deployment.kind.is_rollback() {
        return Vec::new();
    }
    state.range(highest, deployment.candidate)
}

fn split(changes: &[&Change], delivery: &Delivery, cut_at: Moment, done: Moment) -> Split {
    let mean = |of: &dyn Fn(&Change) -> Option<i64>| {
        let all: Vec<i64> = changes.iter().filter_map(|change| of(change)).collect();
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        if count == 0 { 0 } else { all.iter().sum::<i64>() / count }
    };
    let word = delivery.approved_at.unwrap_or(delivery.requested_at);
    Split {
        coding_ms: mean(&|c| Some(c.opened_at?.since_ms(c.first_commit_at?))),
        review_ms: mean(&|c| Some(c.queued_at?.since_ms(c.opened_at?))),
        queue_ms: mean(&|c| Some(c.landed_at.since_ms(c.queued_at?))),
        post_merge_ms: mean(&|c| Some(cut_at.since_ms(c.landed_at))),
        staging_ms: delivery.requested_at.since_ms(cut_at),
        word_ms: word.since_ms(delivery.requested_at),
        deploy_ms: done.since_ms(word),
    }
}
