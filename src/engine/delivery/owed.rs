//! What delivery owes the world, as jobs. Whatever begins something outside waits until the ledger has it; what only looks does
//! not. Nothing is done here.

use super::job::{DeliveryJob, Recording, StageMove};
use crate::delivery::deployment::{Deployment, Phase};
use crate::delivery::event::Report;
use crate::delivery::policy::{Driver, Stage, Tier};
use crate::delivery::{self, Effect};
use crate::engine::state::RepoState;
use crate::ids::{CandidateSeq, DeploymentId, Moment, RefName, Sha, TeamName};
use crate::port::deploy::{Handle, Look, Order};
use std::collections::BTreeSet;

/// What nothing waits for is written into the ledger after this long, together with what came meanwhile.
const LAZY_MS: i64 = 5_000;

/// Everything that delivery owes now.
pub fn jobs(state: &RepoState) -> Vec<DeliveryJob> {
    let own = &state.delivery;
    let moves = moves(state);
    let recorded = own.record.is_whole();
    let effects = delivery::outstanding(&own.value);
    let mut jobs: Vec<DeliveryJob> = effects.iter().filter_map(|effect| job(state, effect)).collect();
    let waited_for = !moves.is_empty() || jobs.iter().any(DeliveryJob::begins);
    if !recorded {
        // What begins something outside waits for the ledger.
        jobs.retain(|job| !job.begins());
    }
    if !recorded || !moves.is_empty() {
        let first = own.record.pending.first().map_or(Moment::from_ms(0), |entry| entry.at);
        jobs.push(DeliveryJob::Record(Box::new(Recording {
            trunk: state.trunk().clone(),
            entries: own.record.pending.clone(),
            known: own.record.tip,
            snapshot: serde_json::to_vec_pretty(&own.value).unwrap_or_default(),
            moves,
            due: if waited_for { first } else { first.plus_ms(LAZY_MS) },
        })));
    }
    jobs
}

/// Stages whose ref is to go to a candidate. That is done in the very push that tells the ledger of it.
fn moves(state: &RepoState) -> Vec<StageMove> {
    let value = &state.delivery.value;
    let starting = value.deployments.values().filter(|deployment| deployment.phase == Phase::Starting);
    let by_ref = |deployment: &&Deployment| {
        value.policy.stage(&deployment.stage).is_some_and(|stage| matches!(stage.driver, Driver::Ref { .. }))
    };
    let to_move = |deployment: &Deployment| {
        let stage = value.policy.stage(&deployment.stage)?;
        let commit = |seq: CandidateSeq| value.candidates.get(&seq).map(|candidate| candidate.commit);
        Some(StageMove {
            deployment: deployment.id,
            attempt: deployment.attempt,
            name: stage.deploy_ref(),
            from: value.stage(&stage.name).current.and_then(commit),
            to: commit(deployment.candidate)?,
        })
    };
    starting.filter(by_ref).filter_map(to_move).collect()
}

fn job(state: &RepoState, effect: &Effect) -> Option<DeliveryJob> {
    let own = &state.delivery;
    match *effect {
        Effect::Judge(commit) => judge(state, commit),
        Effect::ReadChange(pr) => Some(DeliveryJob::ReadChange(pr)),
        Effect::Confirm(id) => confirm(state, id),
        Effect::Start { deployment, attempt } => {
            let (order, stage) = order(state, deployment)?;
            // Refs are moved with the record.
            let elsewhere = !matches!(stage.driver, Driver::Ref { .. });
            elsewhere.then(|| DeliveryJob::Start { deployment, attempt, order: Box::new(order) })
        }
        Effect::Watch { deployment, attempt } => watch(state, deployment, attempt),
        Effect::Stop { deployment, attempt } => {
            let (order, _) = order(state, deployment)?;
            let handle = handle(state, deployment);
            Some(DeliveryJob::Stop { deployment, attempt, order: Box::new(order), handle })
        }
        Effect::Sample { deployment, check, due } => {
            let (order, _) = order(state, deployment)?;
            let verify = &own.value.deployments.get(&deployment)?.checks.get(check)?.verify;
            let look = Box::new(Look { probe: verify.probe.clone(), order, timeout_ms: verify.timeout_ms });
            Some(DeliveryJob::Sample { deployment, check, due, look })
        }
        Effect::Cut(commit) => {
            let place = own.value.uncut.iter().position(|uncut| uncut.commit == commit)?;
            let changes = own.value.uncut[..=place].iter().flat_map(|uncut| &uncut.changes);
            Some(DeliveryJob::Cut {
                commit,
                template: state.config().candidate.tag.clone(),
                pulls: changes.map(|change| (change.pr, change.title.clone())).collect(),
                landed_at: own.value.uncut[place].landed_at,
            })
        }
        Effect::Restore(candidate) => {
            let tag = own.value.candidates.get(&candidate)?.tag.clone();
            Some(DeliveryJob::Restore { candidate, tag })
        }
        // Nobody asks CI again or opens pull requests yet: both are told as what could not be done.
        Effect::Rerun(_) | Effect::ProposeRevert(_) => None,
    }
}

fn judge(state: &RepoState, commit: Sha) -> Option<DeliveryJob> {
    let value = &state.delivery.value;
    let uncut = value.uncut.iter().find(|uncut| uncut.commit == commit).map(|uncut| uncut.landed_at);
    let tagged = value.candidates.values().find(|candidate| candidate.commit == commit).map(|c| c.landed_at);
    Some(DeliveryJob::Judge {
        commit,
        required: value.policy.cut.post_merge.clone(),
        rules: state.config().checks.clone(),
        landed_at: uncut.or(tagged)?,
    })
}

fn confirm(state: &RepoState, id: DeploymentId) -> Option<DeliveryJob> {
    let value = &state.delivery.value;
    let deployment = value.deployments.get(&id)?;
    let candidate = value.candidates.get(&deployment.candidate)?;
    let name: RefName = format!("refs/tags/{}", candidate.tag.name).parse().ok()?;
    let standing = deployment.approvals.iter().filter(|approval| approval.void.is_none());
    let approvers = standing.map(|approval| {
        let rests_on: BTreeSet<TeamName> = approval.teams.clone();
        (approval.by.clone(), rests_on)
    });
    let (candidate, tag) = (candidate.seq, (name, candidate.tag.object));
    Some(DeliveryJob::Confirm { deployment: id, candidate, tag, approvers: approvers.collect() })
}

fn watch(state: &RepoState, id: DeploymentId, attempt: u16) -> Option<DeliveryJob> {
    let (order, stage) = order(state, id)?;
    let deployment = state.delivery.value.deployments.get(&id)?;
    if matches!(stage.driver, Driver::Manual) {
        return None;
    }
    // So that it counts as heard of, the same is told once more after a third of the time in which it would be lost.
    let fresh =
        deployment.news_at.is_some_and(|at| state.delivery.value.now.unwrap_or(at).since_ms(at) < stage.lost_ms / 3);
    let running = deployment.phase == Phase::Running;
    let known =
        (fresh && running).then(|| Report::Running { note: deployment.note.clone(), log: deployment.log.clone() });
    let handle = handle(state, id);
    Some(DeliveryJob::Watch { deployment: id, attempt, order: Box::new(order), handle, known })
}

fn handle(state: &RepoState, id: DeploymentId) -> Option<Handle> {
    state.delivery.value.deployments.get(&id)?.handle.clone().map(Handle)
}

/// Everything a driver has to know.
fn order(state: &RepoState, id: DeploymentId) -> Option<(Order, &Stage)> {
    let value = &state.delivery.value;
    let deployment = value.deployments.get(&id)?;
    let stage = value.policy.stage(&deployment.stage)?;
    let candidate = value.candidates.get(&deployment.candidate)?;
    let from = deployment.from.and_then(|seq| value.candidates.get(&seq));
    let order = Order {
        driver: stage.driver.clone(),
        key: key(state, deployment, candidate.tag.object),
        kind: deployment.kind.word(),
        stage: stage.name.clone(),
        production: stage.tier == Tier::Production,
        tag: candidate.tag.name.clone(),
        commit: candidate.commit,
        version: candidate.version.clone(),
        from: from.map(|from| (from.tag.name.clone(), from.commit)),
        reason: deployment.reason.clone(),
        url: stage.url.clone(),
        begun_at: deployment.begun_at.unwrap_or(Moment::from_ms(0)),
    };
    Some((order, stage))
}

/// One for each deployment and attempt, in whatever repository; letters, digits and dashes.
fn key(state: &RepoState, deployment: &Deployment, tag: Sha) -> String {
    let Deployment { id, stage, attempt, .. } = deployment;
    format!("{}-{stage}-{id}-{attempt}-{tag}", state.repository.id)
}
