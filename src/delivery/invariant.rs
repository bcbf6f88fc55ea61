//! What must be true of a delivery after every step, in release builds too.

use super::candidate::Readiness;
use super::clock;
use super::deployment::{Deployment, Phase};
use super::gate;
use super::state::State;
use super::verify::{Together, Verdict, together};
use crate::ids::{DeploymentId, Moment};
use std::collections::BTreeMap;

/// How often each deployment was begun, and whether it was at work.
pub(super) type Begun = BTreeMap<DeploymentId, (u16, bool)>;

/// How often each deployment was begun, to be held against what it is after the step.
pub(super) fn begun(state: &State) -> Begun {
    let at_work = |phase: &Phase| matches!(phase, Phase::Starting | Phase::Running | Phase::Unknown { .. });
    state.deployments.values().map(|d| (d.id, (d.attempt, at_work(&d.phase)))).collect()
}

/// Says which invariant does not hold, if one does not.
///
/// # Errors
/// The first thing that is wrong, in words for whoever mends the delivery.
pub fn check(state: &State, now: Moment) -> Result<(), String> {
    stages(state)?;
    for deployment in state.deployments.values().filter(|deployment| !deployment.ended()) {
        let id = deployment.id;
        expect(id.get() <= state.last_deployment, || format!("deployment {id} has a number not given out yet"))?;
        let known = state.candidates.contains_key(&deployment.candidate);
        expect(known, || format!("deployment {id} is of a candidate that is forgotten"))?;
        let active = state.stage(&deployment.stage).active == Some(id);
        expect(active != deployment.waits(), || {
            format!("deployment {id} has a stage while it waits, or none at work")
        })?;
        moves_on(state, deployment, now)?;
    }
    Ok(())
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Whoever has a stage is at work there, and what was verified there last is not rejected.
fn stages(state: &State) -> Result<(), String> {
    for (name, known) in &state.stages {
        if let Some(id) = known.active {
            let there = state.deployments.get(&id).is_some_and(|active| active.stage == *name && !active.ended());
            expect(there, || format!("{name} belongs to deployment {id}, which is not on its way there"))?;
        }
        let stable = known.stable.and_then(|seq| state.candidates.get(&seq));
        let rejected = stable.is_some_and(|candidate| candidate.rejected.contains_key(name));
        expect(!rejected, || format!("what was verified last on {name} is rejected"))?;
    }
    Ok(())
}

/// Nothing stands still for ever: a gate is closed, somebody is asked for something, or time brings it on.
fn moves_on(state: &State, deployment: &Deployment, now: Moment) -> Result<(), String> {
    let id = deployment.id;
    match deployment.phase {
        Phase::Waiting => {
            let closed = !gate::closed(state, deployment, now).is_empty();
            expect(closed, || format!("deployment {id} waits with every gate open"))
        }
        Phase::Verifying => {
            let looked_at = deployment.checks.iter().any(|check| check.verdict == Verdict::Running);
            let asked = matches!(together(&deployment.checks), Together::Undecided(_)) && deployment.judged.is_none();
            let woken = clock::next_of(state, deployment, now).is_some();
            expect(looked_at || asked || woken, || format!("deployment {id} is verified, and nobody says so"))
        }
        // Whoever works on it is asked how it stands.
        Phase::Confirming
        | Phase::Starting
        | Phase::Running
        | Phase::Stopping { .. }
        | Phase::Unknown { .. }
        | Phase::Ended(_) => Ok(()),
    }
}

/// Nothing was begun in a step that a gate should have kept from it.
///
/// # Errors
/// What was begun, and what was closed.
pub(super) fn rightly_begun(state: &State, before: &Begun, now: Moment) -> Result<(), String> {
    let begun = |deployment: &&Deployment| {
        let attempt = before.get(&deployment.id).map_or(0, |(attempt, _)| *attempt);
        deployment.attempt > attempt
    };
    for deployment in state.deployments.values().filter(begun) {
        let id = deployment.id;
        let candidate = state.candidates.get(&deployment.candidate);
        let barred = candidate.is_none_or(|candidate| {
            matches!(candidate.state, Readiness::Tampered { .. }) || candidate.rejected.contains_key(&deployment.stage)
        });
        // A passing failure is tried again under the gates it was begun under.
        let again = before.get(&id).is_some_and(|(_, at_work)| *at_work);
        expect(!barred, || format!("deployment {id} was begun with a candidate that must not go there"))?;
        let closed = if again { Vec::new() } else { gate::closed(state, deployment, now) };
        expect(closed.is_empty(), || format!("deployment {id} was begun with closed gates: {closed:?}"))?;
    }
    Ok(())
}
