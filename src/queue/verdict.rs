//! From verdicts to `Tested`, the proof that landing asks for. The only maker of it.

use super::event::{Silence, Verdict};
use super::policy::Policy;
use super::state::{State, TrunkVerdict};
use super::tree::{NodeId, Phase, RedWhy};
use crate::ids::{RunId, Sha};
use serde::{Deserialize, Serialize};

/// A commit on which every required check passed: this exact commit, not one like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tested(Sha);

impl Tested {
    /// The commit.
    pub fn sha(self) -> Sha {
        self.0
    }
}

/// Takes in a run's verdict. A run that nobody waits for any more frees its slot and says nothing else.
pub(super) fn finished(state: &mut State, run: RunId, verdict: &Verdict, policy: &Policy) {
    if state.cancelling.remove(&run).is_some() {
        return;
    }
    if let Some(trunk) = &mut state.trunk
        && let TrunkVerdict::Testing { run: own, reds } = trunk.verdict
        && own == run
    {
        trunk.verdict = trunk_verdict(verdict, reds, policy);
        return;
    }
    if let Some((id, sha)) = state.tree.testing(run) {
        node_verdict(state, id, sha, verdict, policy);
    }
}

fn trunk_verdict(verdict: &Verdict, reds: u8, policy: &Policy) -> TrunkVerdict {
    let before = reds;
    let reds = reds.saturating_add(1);
    match verdict {
        Verdict::Passed => TrunkVerdict::Green,
        Verdict::Flaky(_) => TrunkVerdict::Unknown { reds: before },
        Verdict::Failed(_) if reds >= policy.tries => TrunkVerdict::Red,
        // Nobody can say whether trunk is green: then nobody is blamed either.
        Verdict::Silent(Silence::NeverFinished(_)) => TrunkVerdict::Red,
        Verdict::Silent(_) if reds >= policy.tries.max(policy.silent_tries) => TrunkVerdict::Red,
        Verdict::Failed(_) | Verdict::Silent(_) => TrunkVerdict::Unknown { reds },
    }
}

fn node_verdict(state: &mut State, id: NodeId, sha: Sha, verdict: &Verdict, policy: &Policy) {
    let node = state.tree.get_mut(id);
    node.phase = match verdict {
        Verdict::Passed => Phase::Green(Tested(sha)),
        Verdict::Flaky(_) if node.flakes < u8::MAX => {
            node.flakes += 1;
            Phase::Composed(sha)
        }
        Verdict::Failed(checks) | Verdict::Flaky(checks) => {
            node.reds = node.reds.saturating_add(1);
            if node.reds >= policy.tries {
                Phase::Red(sha, RedWhy::Failed(checks.clone()))
            } else {
                Phase::Composed(sha)
            }
        }
        Verdict::Silent(silence) => silent(node, sha, silence, policy),
    };
}

fn silent(node: &mut super::tree::Node, sha: Sha, silence: &Silence, policy: &Policy) -> Phase {
    node.silences = node.silences.saturating_add(1);
    let over = match silence {
        // It has waited for the longer deadline, and what hangs once mostly hangs again: a person has to look. What is refused
        // for what is in it is refused again.
        Silence::NeverFinished(_) | Silence::Unpushed(_) => true,
        Silence::NeverStarted(_) | Silence::Cancelled(_) => node.silences >= policy.silent_tries,
    };
    if over { Phase::Red(sha, RedWhy::Silent(silence.clone())) } else { Phase::Composed(sha) }
}
