//! The tree of groups: an arena of nodes under trunk. It keeps facts together; it decides nothing.

use super::event::{Refusal, Silence};
use super::order::EntryId;
use super::verdict::Tested;
use crate::facts::Culprit;
use crate::ids::{Attempt, RunId, Sha};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A node's place in the arena; never used again for another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(u64);

/// How far a group has come. Each in-flight phase names the one effect it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for the tip it is to stand on.
    Wanted,
    /// Waits for its composition.
    Composing {
        /// On this commit.
        onto: Sha,
    },
    /// Is this commit; untested.
    Composed(Sha),
    /// Waits for this run.
    Testing(Sha, RunId),
    /// May land.
    Green(Tested),
    /// Will not land as it is.
    Red(Sha, RedWhy),
    /// Cannot be composed here.
    Unfit(Unfit),
    /// Waits for the answer to a landing.
    Landing(Tested, Attempt),
    /// Waits until no push of that landing can succeed any more.
    Revoking(Tested, Attempt),
    /// Waits for trunk to be read again before its one entry is ejected.
    Ejecting(Why),
}

/// Why a composed tip will not land.
#[derive(Debug, Clone, PartialEq, PartialOrd, Ord, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedWhy {
    /// Required checks failed.
    Failed(Vec<Culprit>),
    /// CI never gave a verdict.
    Silent(Silence),
    /// The landing was refused as often as it is tried; the forge's words.
    Refused(String),
    /// What was composed does not stand on trunk, or git computes another result than we did: how they differ.
    Unsound(String),
    /// No push that was to land it was answered.
    Unanswered,
}

/// Why an entry cannot be composed on a commit.
#[derive(Debug, Clone, PartialEq, PartialOrd, Ord, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// It conflicts in these paths.
    Conflict(Vec<String>),
    /// It changes nothing there.
    Nothing,
    /// It is of a kind we do not compose.
    Refused(String),
    /// The remote does not hand out its head, which is this commit.
    HeadMissing(Sha),
}

/// Why an entry is ejected.
#[derive(Debug, Clone, PartialEq, PartialOrd, Ord, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It does not compose on trunk.
    Unfit(Unfit),
    /// Alone on trunk it does not become green, or does not land.
    Red(Sha, RedWhy),
}

impl Why {
    /// The phase an ejection came from, to go back to when it is called off.
    pub(super) fn phase(self) -> Phase {
        match self {
            Self::Unfit(unfit) => Phase::Unfit(unfit),
            Self::Red(sha, why) => Phase::Red(sha, why),
        }
    }
}

/// A group: its last entry, on the group its parent stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The group without its last entry; `None` is trunk.
    pub parent: Option<NodeId>,
    /// Its last entry.
    pub entry: EntryId,
    /// How far it has come.
    pub phase: Phase,
    /// The run that made it green, or the last one started.
    pub run: Option<RunId>,
    /// Red runs so far.
    pub reds: u8,
    /// Runs so far that were red only by checks that may fail.
    #[serde(default)]
    pub flakes: u8,
    /// Runs without a verdict so far.
    pub silences: u8,
    /// Refused landings so far.
    pub refusals: u8,
    /// Landings without an answer so far.
    #[serde(default)]
    pub unanswered: u8,
    /// Why the landing that is being revoked was refused.
    pub refused: Option<Refusal>,
    /// Groups with one entry more.
    pub children: Vec<NodeId>,
}

impl Node {
    /// The commit it composed to, if it did.
    pub fn tip(&self) -> Option<Sha> {
        match &self.phase {
            Phase::Composed(sha) | Phase::Testing(sha, _) | Phase::Red(sha, _) | Phase::Ejecting(Why::Red(sha, _)) => {
                Some(*sha)
            }
            Phase::Green(tested) | Phase::Landing(tested, _) | Phase::Revoking(tested, _) => Some(tested.sha()),
            Phase::Wanted | Phase::Composing { .. } | Phase::Unfit(_) | Phase::Ejecting(Why::Unfit(_)) => None,
        }
    }

    /// Nothing more is to be learned about it.
    pub fn decided(&self) -> bool {
        match self.phase {
            Phase::Wanted | Phase::Composing { .. } | Phase::Composed(_) | Phase::Testing(..) => false,
            Phase::Green(_)
            | Phase::Red(..)
            | Phase::Unfit(_)
            | Phase::Landing(..)
            | Phase::Revoking(..)
            | Phase::Ejecting(_) => true,
        }
    }

    /// It waits for the answer to a landing, a revocation or an ejection.
    pub fn settling(&self) -> bool {
        matches!(self.phase, Phase::Landing(..) | Phase::Revoking(..) | Phase::Ejecting(_))
    }

    /// It will not land, or cannot be composed, where it stands.
    pub fn bad(&self) -> bool {
        matches!(self.phase, Phase::Red(..) | Phase::Unfit(_) | Phase::Ejecting(_))
    }
}

/// All groups under trunk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tree {
    nodes: BTreeMap<NodeId, Node>,
    roots: Vec<NodeId>,
    next: u64,
}

impl Tree {
    /// Every node with its id, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// The groups of one entry.
    pub fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// A node that is known to be there.
    pub fn get(&self, id: NodeId) -> &Node {
        &self.nodes[&id]
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> &mut Node {
        self.nodes
            .get_mut(&id)
            .expect("node ids come from this tree, and nodes go only with everything that names them")
    }

    pub(super) fn contains(&self, id: NodeId) -> bool {
        self.nodes.contains_key(&id)
    }

    /// The group that adds `entry` to `parent`.
    pub fn child(&self, parent: Option<NodeId>, entry: EntryId) -> Option<NodeId> {
        let siblings = parent.map_or(self.roots.as_slice(), |p| self.get(p).children.as_slice());
        siblings.iter().copied().find(|id| self.get(*id).entry == entry)
    }

    /// The group that adds `entry` to `parent`, made if it is not there.
    pub(super) fn grow(&mut self, parent: Option<NodeId>, entry: EntryId) -> NodeId {
        if let Some(id) = self.child(parent, entry) {
            return id;
        }
        let id = NodeId(self.next);
        self.next += 1;
        let children = Vec::new();
        let node = Node {
            parent,
            entry,
            phase: Phase::Wanted,
            run: None,
            reds: 0,
            flakes: 0,
            silences: 0,
            refusals: 0,
            unanswered: 0,
            refused: None,
            children,
        };
        self.nodes.insert(id, node);
        match parent {
            Some(parent) => self.get_mut(parent).children.push(id),
            None => self.roots.push(id),
        }
        id
    }

    /// The entries of a group in order, with the node each prefix stands for.
    pub fn path(&self, id: NodeId) -> Vec<(NodeId, EntryId)> {
        let mut path: Vec<_> =
            std::iter::successors(Some(id), |id| self.get(*id).parent).map(|id| (id, self.get(id).entry)).collect();
        path.reverse();
        path
    }

    /// The node that waits for this run, and the commit it tests.
    pub(super) fn testing(&self, run: RunId) -> Option<(NodeId, Sha)> {
        self.iter().find_map(|(id, node)| {
            if let Phase::Testing(sha, own) = node.phase { (own == run).then_some((id, sha)) } else { None }
        })
    }

    /// The node that is landing, revoking or ejecting.
    pub fn settling(&self) -> Option<NodeId> {
        self.iter().find(|(_, node)| node.settling()).map(|(id, _)| id)
    }

    /// Takes out a node and everything on top of it; the runs that were going there.
    pub(super) fn prune(&mut self, id: NodeId) -> Vec<(RunId, Sha)> {
        let parent = self.get(id).parent;
        match parent {
            Some(parent) => self.get_mut(parent).children.retain(|child| *child != id),
            None => self.roots.retain(|root| *root != id),
        }
        let mut runs = Vec::new();
        let mut doomed = vec![id];
        while let Some(id) = doomed.pop() {
            if let Some(node) = self.nodes.remove(&id) {
                doomed.extend(node.children);
                if let Phase::Testing(sha, run) = node.phase {
                    runs.push((run, sha));
                }
            }
        }
        runs.sort_unstable();
        runs
    }

    /// Takes out every node that contains one of these entries.
    pub(super) fn prune_entries(&mut self, gone: impl Fn(EntryId) -> bool) -> Vec<(RunId, Sha)> {
        let holders: Vec<_> = self.iter().filter(|(_, node)| gone(node.entry)).map(|(id, _)| id).collect();
        holders.into_iter().flat_map(|id| if self.contains(id) { self.prune(id) } else { Vec::new() }).collect()
    }

    /// Makes a landed node the root: what stood on it stands on trunk, everything else goes.
    pub(super) fn reroot(&mut self, landed: NodeId) -> Vec<(RunId, Sha)> {
        let heirs = std::mem::take(&mut self.get_mut(landed).children);
        for heir in &heirs {
            self.get_mut(*heir).parent = None;
        }
        let old = std::mem::replace(&mut self.roots, heirs);
        old.into_iter().flat_map(|root| self.prune(root)).collect()
    }

    /// Takes out everything.
    pub(super) fn clear(&mut self) -> Vec<(RunId, Sha)> {
        let roots = self.roots.clone();
        roots.into_iter().flat_map(|root| self.prune(root)).collect()
    }
}
