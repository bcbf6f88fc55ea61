//! What of a repository's state those who read the world need to know: where to look, and what was seen already.

use super::state::RepoState;
use crate::facts::Pull;
use crate::ids::{BranchName, CheckName, CommentId, Moment, PrNumber, RunId, Sha};
use crate::queue::{Phase, Trunk, TrunkVerdict};
use std::collections::{BTreeMap, BTreeSet};

/// A red trunk is tested again after this long even if nothing speaks for it.
const DOUBT_TRUNK_MS: i64 = 30 * 60_000;

/// Where to look, and what was seen already.
#[derive(Debug, Clone)]
pub struct View {
    /// The branch the queue lands on.
    pub trunk: BranchName,
    /// Where trunk was last.
    pub tip: Option<Sha>,
    /// The label that asks for landing.
    pub label: String,
    /// Pull requests in the queue, and those held back from it.
    pub queued: BTreeSet<PrNumber>,
    /// Runs whose verdict is waited for, with their commits.
    pub runs: Vec<(RunId, Sha)>,
    /// Comments before this moment have been looked at.
    pub heard_until: Moment,
    /// Trunk, if it is red.
    pub red_trunk: Option<RedTrunk>,
    /// It has been red for so long that it is tested again.
    pub doubt_trunk: bool,
    /// Labelled pull requests whose label was acted on, with the change it was seen at.
    acted: BTreeMap<PrNumber, Moment>,
    /// Comments that were acted on.
    comments: BTreeMap<PrNumber, BTreeSet<CommentId>>,
}

/// A red trunk, and by what it was judged.
#[derive(Debug, Clone)]
pub struct RedTrunk {
    /// The commit.
    pub sha: Sha,
    /// Names of the required checks.
    pub required: BTreeSet<CheckName>,
    /// Checks it was judged by.
    pub spent: BTreeSet<u64>,
}

impl View {
    /// What a state says about where to look.
    pub fn of(state: &RepoState, now: Moment) -> Self {
        let queue = &state.queue;
        let records = state.desk.pulls.iter();
        Self {
            trunk: state.trunk().clone(),
            tip: queue.trunk.map(|trunk| trunk.tip),
            label: state.config().queue.label,
            queued: queue.order.iter().chain(&queue.aside).map(|entry| entry.id.pr).collect(),
            runs: waited_for(state).collect(),
            heard_until: state.heard_until,
            red_trunk: red_trunk(state),
            doubt_trunk: state.trunk_red_at.is_some_and(|red_at| now.since_ms(red_at) > DOUBT_TRUNK_MS),
            acted: records.clone().filter_map(|(pr, record)| Some((*pr, record.label_judged?))).collect(),
            comments: records.map(|(pr, record)| (*pr, record.comments.clone())).collect(),
        }
    }

    /// The pull request is queued, or its label asks for it.
    pub fn concerns(&self, pull: &Pull) -> bool {
        self.queued.contains(&pull.number) || self.asks(pull)
    }

    /// The pull request carries the label, is not queued, and changed since its label was last acted on.
    pub fn asks(&self, pull: &Pull) -> bool {
        let labelled = pull.labels.iter().any(|label| label.eq_ignore_ascii_case(&self.label));
        let acted = self.acted.get(&pull.number).is_some_and(|at| *at >= pull.updated_at);
        labelled && !acted && !self.queued.contains(&pull.number)
    }

    /// The comment was acted on already.
    pub fn answered(&self, pr: PrNumber, comment: CommentId) -> bool {
        self.comments.get(&pr).is_some_and(|comments| comments.contains(&comment))
    }

    /// Something waits for the checks on this commit.
    pub fn waits_for(&self, sha: Sha) -> bool {
        self.runs.iter().any(|(_, own)| *own == sha) || self.red_trunk.as_ref().is_some_and(|red| red.sha == sha)
    }
}

/// Runs that CI was asked for and whose verdict is waited for, with their commits.
pub(super) fn waited_for(state: &RepoState) -> impl Iterator<Item = (RunId, Sha)> {
    let trunk = state.queue.trunk.and_then(|trunk| match trunk.verdict {
        TrunkVerdict::Testing { run, .. } => Some((run, trunk.tip)),
        TrunkVerdict::Green | TrunkVerdict::Unknown { .. } | TrunkVerdict::Red => None,
    });
    let testing = state.queue.tree.iter().filter_map(|(_, node)| match node.phase {
        Phase::Testing(sha, run) => Some((run, sha)),
        Phase::Wanted
        | Phase::Composing { .. }
        | Phase::Composed(_)
        | Phase::Green(_)
        | Phase::Red(..)
        | Phase::Unfit(_)
        | Phase::Landing(..)
        | Phase::Revoking(..)
        | Phase::Ejecting(..) => None,
    });
    testing.chain(trunk).filter(|(run, _)| state.runs.get(run).is_some_and(|run| run.asked_at.is_some()))
}

fn red_trunk(state: &RepoState) -> Option<RedTrunk> {
    let Some(Trunk { tip, verdict: TrunkVerdict::Red }) = state.queue.trunk else { return None };
    let required = state.required().into_iter().map(|check| check.name).collect();
    Some(RedTrunk { sha: tip, required, spent: state.spent.get(&tip).cloned().unwrap_or_default() })
}
