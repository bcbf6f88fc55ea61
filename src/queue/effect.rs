//! What a queue wants done. Effects are data; `outstanding` computes all that are owed from the state alone.

use super::event::LeaveWhy;
use super::order::EntryId;
use super::state::{State, Trunk, TrunkVerdict};
use super::tree::{NodeId, Phase, Why};
use super::verdict::Tested;
use crate::ids::{Attempt, RunId, Sha};
use serde::{Deserialize, Serialize};

/// A member of a group with the commit it became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// Which entry.
    pub entry: EntryId,
    /// What it was composed on.
    pub onto: Sha,
    /// What came of it.
    pub tip: Sha,
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq, PartialOrd, Ord, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Compose an entry on a commit.
    Compose {
        /// On what.
        onto: Sha,
        /// What.
        entry: EntryId,
    },
    /// Have CI check exactly this commit.
    StartRun {
        /// Under this number.
        run: RunId,
        /// This commit.
        sha: Sha,
    },
    /// Stop CI on a commit that is no longer wanted.
    CancelRun {
        /// Which run.
        run: RunId,
        /// Its commit.
        sha: Sha,
    },
    /// Move trunk.
    Land {
        /// From here, and from nowhere else.
        from: Sha,
        /// To this tested commit.
        to: Tested,
        /// The run that tested it.
        run: RunId,
        /// Under this number.
        attempt: Attempt,
        /// Who lands, in order.
        members: Vec<Member>,
    },
    /// Make sure that no push of this attempt can succeed any more.
    Revoke {
        /// The commit that was to land.
        to: Tested,
        /// The attempt.
        attempt: Attempt,
    },
    /// Read trunk again before this entry is ejected.
    ConfirmEject {
        /// Which entry.
        entry: EntryId,
        /// What it failed on.
        onto: Sha,
        /// Why.
        why: Why,
    },
    /// Tell somebody.
    Tell {
        /// Whose pull request.
        entry: EntryId,
        /// What.
        notice: Notice,
    },
}

/// The last word to a pull request's people; each departure from the queue has exactly one.
#[derive(Debug, Clone, PartialEq, PartialOrd, Ord, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It landed.
    Landed {
        /// As this commit.
        tip: Sha,
        /// Trunk moved to this one with it.
        trunk: Sha,
    },
    /// It was tested, or tried to be, and does not land.
    Ejected(Why),
    /// It was taken out before that.
    Left(LeaveWhy),
}

/// Everything that is owed, from the state alone: in-flight compositions, runs, cancels, settlements and notices.
pub fn outstanding(state: &State) -> Vec<Effect> {
    let mut owed: Vec<Effect> = state.tree.iter().filter_map(|(id, _)| node_effect(state, id)).collect();
    if let Some(Trunk { tip, verdict: TrunkVerdict::Testing { run, .. } }) = state.trunk {
        owed.push(Effect::StartRun { run, sha: tip });
    }
    owed.extend(state.cancelling.iter().map(|(run, sha)| Effect::CancelRun { run: *run, sha: *sha }));
    owed.extend(state.untold.iter().map(|(entry, notice)| Effect::Tell { entry: *entry, notice: notice.clone() }));
    owed
}

/// The effect a node waits for, if it waits for one.
pub(super) fn node_effect(state: &State, id: NodeId) -> Option<Effect> {
    let node = state.tree.get(id);
    Some(match &node.phase {
        Phase::Composing { onto } => Effect::Compose { onto: *onto, entry: node.entry },
        Phase::Testing(sha, run) => Effect::StartRun { run: *run, sha: *sha },
        Phase::Landing(to, attempt) => Effect::Land {
            from: state.trunk?.tip,
            to: *to,
            run: node.run?,
            attempt: *attempt,
            members: members(state, id),
        },
        Phase::Revoking(to, attempt) => Effect::Revoke { to: *to, attempt: *attempt },
        Phase::Ejecting(why) => Effect::ConfirmEject { entry: node.entry, onto: state.trunk?.tip, why: why.clone() },
        Phase::Wanted | Phase::Composed(_) | Phase::Green(_) | Phase::Red(..) | Phase::Unfit(_) => return None,
    })
}

/// The members of a group that became this commit; of several any one, for a commit follows from what is in it.
pub fn members_of(state: &State, tip: Sha) -> Option<Vec<Member>> {
    let (id, _) = state.tree.iter().find(|(_, node)| node.tip() == Some(tip))?;
    Some(members(state, id))
}

/// The members of a composed group with the commit each became.
pub(super) fn members(state: &State, id: NodeId) -> Vec<Member> {
    let mut onto = state.trunk.map(|trunk| trunk.tip);
    let path = state.tree.path(id);
    path.into_iter()
        .map_while(|(id, entry)| {
            let tip = state.tree.get(id).tip()?;
            Some(Member { entry, onto: onto.replace(tip)?, tip })
        })
        .collect()
}
