//! Why an entry stands where it stands: the rule that holds it, as a value. `text` makes the sentence.

use super::order::EntryId;
use super::policy::Policy;
use super::state::{State, TrunkVerdict};
use super::tree::{Node, Phase, RedWhy};
use crate::ids::{PrNumber, RunId, Sha};
use serde::{Deserialize, Serialize};

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// 1 is first.
    pub position: usize,
    /// How many wait in all.
    pub of: usize,
    /// What is done with it, or what it waits for.
    pub doing: Doing,
}

/// What is done with an entry, or what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// Trunk has not been read yet.
    WaitsForTrunk,
    /// As many are ahead as are tested at once.
    WaitsForTurn,
    /// It is to be composed on those ahead.
    WaitsForThoseAhead,
    /// It is being composed.
    Composing,
    /// All CI slots are taken.
    WaitsForSlot,
    /// It is being tested.
    Testing {
        /// Together with these, in order, itself included.
        with: Vec<PrNumber>,
        /// As this commit.
        tip: Sha,
        /// In this run.
        run: RunId,
    },
    /// It is green, and waits for those ahead of it.
    GreenBehind {
        /// As this commit.
        tip: Sha,
    },
    /// It is red on those ahead; it is judged again when they have landed or left.
    RedBehind {
        /// As this commit.
        tip: Sha,
    },
    /// It conflicts with those ahead; it is judged again when they have landed or left.
    UnfitBehind,
    /// It is red on trunk, and trunk itself is being tested before anyone is blamed.
    TrunkTested,
    /// It is red, but so is trunk itself.
    TrunkRed,
    /// It is landing.
    Landing {
        /// As this commit.
        tip: Sha,
    },
    /// Its landing was not accepted and is being called off before the next try.
    Revoking,
    /// It is about to be sent back.
    Ejecting,
}

/// Where an entry stands, if it is queued.
pub fn explain(state: &State, policy: &Policy, entry: EntryId) -> Option<Standing> {
    let position = state.order.iter().position(|e| e.id == entry)? + 1;
    let settling = state.tree.settling().filter(|id| state.tree.path(*id).iter().any(|(_, e)| *e == entry));
    let doing = if let Some(id) = settling {
        settling_doing(state.tree.get(id))
    } else if state.trunk.is_none() {
        Doing::WaitsForTrunk
    } else {
        best_node(state, entry).map_or(Doing::WaitsForTurn, |id| {
            let with = state.tree.path(id).iter().map(|(_, e)| e.pr).collect();
            node_doing(state, policy, state.tree.get(id), with, position == 1)
        })
    };
    Some(Standing { position, of: state.order.len(), doing })
}

/// The node that says most about an entry: a group that contains it and runs or is green, else the one that ends in it.
fn best_node(state: &State, entry: EntryId) -> Option<super::tree::NodeId> {
    let ending = state.tree.iter().filter(|(_, node)| node.entry == entry).map(|(id, _)| id).last();
    let undecided = ending.is_none_or(|id| {
        matches!(state.tree.get(id).phase, Phase::Wanted | Phase::Composing { .. } | Phase::Composed(_))
    });
    let running = state.tree.iter().find(|(id, node)| {
        matches!(node.phase, Phase::Testing(..)) && state.tree.path(*id).iter().any(|(_, e)| *e == entry)
    });
    running.filter(|_| undecided).map(|(id, _)| id).or(ending)
}

fn settling_doing(node: &Node) -> Doing {
    match &node.phase {
        Phase::Landing(tested, _) => Doing::Landing { tip: tested.sha() },
        Phase::Revoking(..) => Doing::Revoking,
        _ => Doing::Ejecting,
    }
}

fn node_doing(state: &State, policy: &Policy, node: &Node, with: Vec<PrNumber>, first: bool) -> Doing {
    match &node.phase {
        Phase::Wanted => Doing::WaitsForThoseAhead,
        Phase::Composing { .. } => Doing::Composing,
        Phase::Composed(_) if u32::try_from(state.slots()).is_ok_and(|slots| slots >= policy.budget) => {
            Doing::WaitsForSlot
        }
        Phase::Composed(_) => Doing::WaitsForTurn,
        Phase::Testing(tip, run) => Doing::Testing { with, tip: *tip, run: *run },
        Phase::Green(tested) => Doing::GreenBehind { tip: tested.sha() },
        Phase::Red(_, RedWhy::Failed(_)) if first => match state.trunk.map(|trunk| trunk.verdict) {
            Some(TrunkVerdict::Red) => Doing::TrunkRed,
            _ => Doing::TrunkTested,
        },
        Phase::Red(tip, _) => Doing::RedBehind { tip: *tip },
        Phase::Unfit(_) => Doing::UnfitBehind,
        Phase::Landing(..) | Phase::Revoking(..) | Phase::Ejecting(_) => settling_doing(node),
    }
}
