//! Why an entry stands where it stands: the rule that holds it, as a value. `text` makes the sentence.

use super::order::EntryId;
use super::plan;
use super::policy::Policy;
use super::state::{State, TrunkVerdict};
use super::tree::{Node, NodeId, Phase, RedWhy};
use crate::ids::{PrNumber, RunId, Sha};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// 1 is first.
    pub position: usize,
    /// How many wait in all.
    pub of: usize,
    /// What is done with it, or what it waits for.
    pub doing: Doing,
    /// It may not land now, whatever its tests say.
    pub frozen: bool,
}

/// What is done with an entry, or what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// Trunk has not been read yet.
    WaitsForTrunk,
    /// As many are ahead as are tested at once.
    WaitsForTurn,
    /// It waits a while for others to be tested with.
    Gathers,
    /// It is to be composed on those ahead.
    WaitsForThoseAhead,
    /// It is being composed.
    Composing,
    /// All CI slots are taken.
    WaitsForSlot,
    /// It is being tested.
    Testing {
        /// Together with these others, in order.
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
    /// It is green, and nothing lands now but what the gate lets through.
    GreenFrozen {
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

impl Doing {
    /// The run it is tested in, and the commit, if it is being tested.
    pub fn tested(&self) -> Option<(RunId, Sha)> {
        match self {
            Self::Testing { run, tip, .. } => Some((*run, *tip)),
            Self::WaitsForTrunk
            | Self::WaitsForTurn
            | Self::Gathers
            | Self::WaitsForThoseAhead
            | Self::Composing
            | Self::WaitsForSlot
            | Self::GreenBehind { .. }
            | Self::GreenFrozen { .. }
            | Self::RedBehind { .. }
            | Self::UnfitBehind
            | Self::TrunkTested
            | Self::TrunkRed
            | Self::Landing { .. }
            | Self::Revoking
            | Self::Ejecting => None,
        }
    }

    /// The commit it would land as, if that is known and not red.
    pub fn candidate(&self) -> Option<Sha> {
        match self {
            Self::GreenBehind { tip } | Self::GreenFrozen { tip } | Self::Landing { tip } => Some(*tip),
            other => other.tested().map(|(_, tip)| tip),
        }
    }
}

/// Where an entry stands, if it is queued.
pub fn explain(state: &State, policy: &Policy, entry: EntryId) -> Option<Standing> {
    let position = state.order.iter().position(|e| e.id == entry)?;
    Some(Sight::of(state, policy).standing(entry, position))
}

/// Where every entry stands, in order.
pub fn explain_all(state: &State, policy: &Policy) -> Vec<(EntryId, Standing)> {
    let sight = Sight::of(state, policy);
    state.order.iter().enumerate().map(|(i, e)| (e.id, sight.standing(e.id, i))).collect()
}

/// The nodes that say most about each entry, found in one walk over the tree.
struct Sight<'a> {
    state: &'a State,
    full: bool,
    gathers: bool,
    settling: Option<NodeId>,
    settled: BTreeSet<EntryId>,
    ending: BTreeMap<EntryId, NodeId>,
    running: BTreeMap<EntryId, NodeId>,
}

impl<'a> Sight<'a> {
    fn of(state: &'a State, policy: &Policy) -> Self {
        let mut ending = BTreeMap::new();
        let mut running = BTreeMap::new();
        let mut walked = BTreeSet::new();
        for (id, node) in state.tree.iter() {
            ending.insert(node.entry, id);
            let mut up = matches!(node.phase, Phase::Testing(..)).then_some(id);
            while let Some(member) = up.filter(|member| walked.insert(*member)) {
                running.entry(state.tree.get(member).entry).or_insert(id);
                up = state.tree.get(member).parent;
            }
        }
        let settling = state.tree.settling();
        let settled = settling.map(|id| state.tree.path(id)).unwrap_or_default().into_iter().map(|(_, e)| e).collect();
        let full = u32::try_from(state.slots()).is_ok_and(|slots| slots >= policy.budget);
        let gathers = plan::gathers(state, policy);
        Self { state, full, gathers, settling, settled, ending, running }
    }

    fn standing(&self, entry: EntryId, index: usize) -> Standing {
        let doing = match self.settling {
            Some(id) if self.settled.contains(&entry) => settling_doing(self.state.tree.get(id)),
            _ if self.state.trunk.is_none() => Doing::WaitsForTrunk,
            _ => match self.best(entry) {
                Some(id) => self.doing(id, entry, index == 0),
                None if self.gathers => Doing::Gathers,
                None => Doing::WaitsForTurn,
            },
        };
        let frozen = !self.state.gate.lets(entry.pr);
        Standing { position: index + 1, of: self.state.order.len(), doing, frozen }
    }

    /// A running group that contains the entry, while the node that ends in it says nothing itself; else that node.
    fn best(&self, entry: EntryId) -> Option<NodeId> {
        let ending = self.ending.get(&entry).copied();
        let undecided = ending.is_none_or(|id| {
            matches!(self.state.tree.get(id).phase, Phase::Wanted | Phase::Composing { .. } | Phase::Composed(_))
        });
        self.running.get(&entry).copied().filter(|_| undecided).or(ending)
    }

    fn doing(&self, id: NodeId, entry: EntryId, first: bool) -> Doing {
        let node = self.state.tree.get(id);
        match &node.phase {
            Phase::Wanted => Doing::WaitsForThoseAhead,
            Phase::Composing { .. } => Doing::Composing,
            Phase::Composed(_) if self.full => Doing::WaitsForSlot,
            Phase::Composed(_) => Doing::WaitsForTurn,
            Phase::Testing(tip, run) => {
                let others = self.state.tree.path(id).into_iter().filter(|(_, e)| *e != entry);
                let with = others.map(|(_, e)| e.pr).collect();
                Doing::Testing { with, tip: *tip, run: *run }
            }
            Phase::Green(tested) if !self.state.gate.lets(entry.pr) => Doing::GreenFrozen { tip: tested.sha() },
            Phase::Green(tested) => Doing::GreenBehind { tip: tested.sha() },
            Phase::Red(_, RedWhy::Failed(_)) if first => match self.state.trunk.map(|trunk| trunk.verdict) {
                Some(TrunkVerdict::Red) => Doing::TrunkRed,
                Some(TrunkVerdict::Green | TrunkVerdict::Unknown { .. } | TrunkVerdict::Testing { .. }) | None => {
                    Doing::TrunkTested
                }
            },
            Phase::Red(tip, _) => Doing::RedBehind { tip: *tip },
            Phase::Unfit(_) => Doing::UnfitBehind,
            Phase::Landing(..) | Phase::Revoking(..) | Phase::Ejecting(_) => settling_doing(node),
        }
    }
}

fn settling_doing(node: &Node) -> Doing {
    match &node.phase {
        Phase::Landing(tested, _) => Doing::Landing { tip: tested.sha() },
        Phase::Revoking(..) => Doing::Revoking,
        Phase::Ejecting(_)
        | Phase::Wanted
        | Phase::Composing { .. }
        | Phase::Composed(_)
        | Phase::Testing(..)
        | Phase::Green(_)
        | Phase::Red(..)
        | Phase::Unfit(_) => Doing::Ejecting,
    }
}
