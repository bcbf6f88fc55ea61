//! What a delivery owes the world, computed from its value alone: after a crash the unfinished work is the same.

use super::candidate::{PostMerge, Readiness};
use super::deployment::Phase;
use super::state::State;
use super::verify::Verdict;
use crate::ids::{CandidateSeq, DeploymentId, Moment, PrNumber, Sha};

/// Something that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make a candidate's tag.
    Cut(Sha),
    /// Read how a landed commit's checks fare.
    Judge(Sha),
    /// Ask a commit's failed checks to run again.
    Rerun(Sha),
    /// Propose a pull request that takes a change back.
    ProposeRevert(PrNumber),
    /// Read who wrote a change.
    ReadChange(PrNumber),
    /// Read once more what a deployment rests on: its tag, and what its approvers may.
    Confirm(DeploymentId),
    /// Ask the driver to begin.
    Start {
        /// What.
        deployment: DeploymentId,
        /// Which time; with the number it makes the key.
        attempt: u16,
    },
    /// Ask the driver how it stands.
    Watch {
        /// What.
        deployment: DeploymentId,
        /// Which time.
        attempt: u16,
    },
    /// Ask the driver to stop.
    Stop {
        /// What.
        deployment: DeploymentId,
        /// Which time.
        attempt: u16,
    },
    /// Look at something on a stage.
    Sample {
        /// Of which deployment.
        deployment: DeploymentId,
        /// Its place in the list.
        check: usize,
        /// Not before.
        due: Moment,
    },
    /// Put a candidate's tag back.
    Restore(CandidateSeq),
}

/// Everything that is owed now.
pub fn outstanding(state: &State) -> Vec<Effect> {
    let mut effects = Vec::new();
    for uncut in &state.uncut {
        if uncut.cutting {
            effects.push(Effect::Cut(uncut.commit));
        }
        // A result that came too late, or a run that was repeated, still counts.
        let red = state.red.as_ref().is_some_and(|red| red.commit == uncut.commit);
        if uncut.verdict == PostMerge::Pending || red {
            effects.push(Effect::Judge(uncut.commit));
        }
    }
    effects.extend(state.reruns.iter().filter(|rerun| !rerun.asked).map(|rerun| Effect::Rerun(rerun.commit)));
    effects.extend(state.reverts.iter().filter(|r| !r.proposed).map(|revert| Effect::ProposeRevert(revert.pr)));
    for candidate in state.candidates.values() {
        let red = state.red.as_ref().is_some_and(|red| red.commit == candidate.commit);
        if *candidate.state.made() == Readiness::Pending || red {
            effects.push(Effect::Judge(candidate.commit));
        }
        if matches!(candidate.state, Readiness::Tampered { restoring: true, .. }) {
            effects.push(Effect::Restore(candidate.seq));
        }
        let unread = candidate.changes.iter().filter(|change| change.authors.is_none());
        effects.extend(unread.map(|change| Effect::ReadChange(change.pr)));
    }
    for deployment in state.deployments.values() {
        let (id, attempt) = (deployment.id, deployment.attempt);
        match &deployment.phase {
            Phase::Waiting | Phase::Ended(_) => {}
            Phase::Confirming => effects.push(Effect::Confirm(id)),
            Phase::Starting => effects.push(Effect::Start { deployment: id, attempt }),
            Phase::Running | Phase::Unknown { .. } | Phase::Stopping { waits: true, .. } => {
                effects.push(Effect::Watch { deployment: id, attempt });
            }
            Phase::Stopping { waits: false, .. } => effects.push(Effect::Stop { deployment: id, attempt }),
            Phase::Verifying => {
                let open = deployment.checks.iter().enumerate().filter(|(_, c)| c.verdict == Verdict::Running);
                effects.extend(open.map(|(check, c)| Effect::Sample { deployment: id, check, due: c.next_at }));
            }
        }
    }
    effects
}
