//! What of a repository's state those who read the world need to know: where to look, and what was seen already.

use super::state::RepoState;
use crate::admission::{Approval, Obstacle, Subject, Terms};
use crate::config::BranchPattern;
use crate::facts::{Pull, PullState};
use crate::ids::{BranchName, CheckName, CommentId, Moment, PrNumber, RefName, RunId, Sha, TrialNumber};
use crate::queue::{Phase, Trunk, TrunkVerdict};
use std::collections::{BTreeMap, BTreeSet};

/// A red trunk is tested again after this long even if nothing speaks for it.
const DOUBT_TRUNK_MS: i64 = 30 * 60_000;

/// Where to look, and what was seen already.
#[derive(Debug, Clone)]
pub struct View {
    /// The branch the queue lands on.
    pub trunk: BranchName,
    /// It is another branch than the default one.
    pub further: bool,
    /// Branches whose pull requests other queues answer, where this is the default branch.
    pub others: BTreeSet<BranchName>,
    /// What the settings name as such, where this is the default branch.
    pub named: Vec<BranchPattern>,
    /// Where trunk was last.
    pub tip: Option<Sha>,
    /// Pull requests in the queue, and those held back from it.
    pub queued: BTreeSet<PrNumber>,
    /// Approved pull requests outside of it, with their heads.
    pub waiting: BTreeMap<PrNumber, Sha>,
    /// Of these, the ones that could not be read or composed. Each is read by itself: a list may show what cannot be read.
    pub lost: BTreeSet<PrNumber>,
    /// The rules requests are weighed by.
    pub terms: Terms,
    /// The commit of trunk that these rules are from.
    pub settings_at: Option<Sha>,
    /// Approved pull requests, with what must be read to weigh their requests.
    pub approved: BTreeMap<PrNumber, Subject>,
    /// When they were asked for.
    pub asked_at: BTreeMap<PrNumber, Moment>,
    /// What approved pull requests stand on, as long as it has not landed: it is looked at whether anybody asks for it or not.
    pub below: BTreeSet<PrNumber>,
    /// Heads of open pull requests that are known.
    pub heads: BTreeMap<PrNumber, Sha>,
    /// Runs whose verdict is waited for, with their commits.
    pub runs: Vec<(RunId, Sha)>,
    /// Trials whose checks are waited for, with their commits.
    pub trials: Vec<(TrialNumber, Sha)>,
    /// Pull requests that are being tried.
    pub on_trial: BTreeSet<PrNumber>,
    /// Comments before this moment have been looked at.
    pub heard_until: Moment,
    /// But not those written on these since then.
    pub unheard: BTreeMap<PrNumber, Moment>,
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
            further: state.branch.is_some(),
            others: state.others(),
            named: if state.branch.is_none() { state.config().queue.trunks.clone() } else { Vec::new() },
            tip: queue.trunk.map(|trunk| trunk.tip),
            queued: queue.order.iter().chain(&queue.aside).map(|entry| entry.id.pr).collect(),
            waiting: waiting(state).map(|(pr, approval)| (pr, approval.head)).collect(),
            lost: waiting(state).filter(|(_, approval)| is_lost(approval)).map(|(pr, _)| pr).collect(),
            terms: state.terms(),
            settings_at: state.settings.read_at,
            approved: records.clone().filter_map(|(pr, record)| Some((*pr, record.subject()?))).collect(),
            asked_at: records.clone().filter_map(|(pr, record)| Some((*pr, record.approval.as_ref()?.at))).collect(),
            below: below(state),
            heads: state.proposals.iter().map(|(pr, proposal)| (*pr, proposal.head)).collect(),
            runs: waited_for(state).collect(),
            trials: state.trials.awaited().map(|(number, sha, _)| (number, sha)).collect(),
            on_trial: state.trials.by_pull.iter().filter(|(_, trial)| trial.live()).map(|(pr, _)| *pr).collect(),
            heard_until: state.heard_until,
            unheard: state.unheard.clone(),
            red_trunk: red_trunk(state),
            doubt_trunk: state.trunk_red_at.is_some_and(|red_at| now.since_ms(red_at) > DOUBT_TRUNK_MS),
            acted: records.clone().filter_map(|(pr, record)| Some((*pr, record.label_judged?))).collect(),
            comments: records.map(|(pr, record)| (*pr, record.comments.clone())).collect(),
        }
    }

    /// Pull requests to this branch are this queue's to answer.
    pub fn answers_for(&self, base: &BranchName) -> bool {
        if self.further { self.trunk == *base } else { !self.others.contains(base) }
    }

    /// The pull request is approved, or its label asks for that, or it is being tried, or something stands on it.
    pub fn concerns(&self, pull: &Pull) -> bool {
        let number = &pull.number;
        let known = self.approved.contains_key(number) || self.on_trial.contains(number) || self.below.contains(number);
        known || self.asks(pull)
    }

    /// The pull request is not approved, may ask for landing by its label or a review, and changed since that was last judged.
    pub fn asks(&self, pull: &Pull) -> bool {
        let acted = self.acted.get(&pull.number).is_some_and(|at| *at >= pull.updated_at);
        (self.terms.labelled(pull) || self.terms.review_asks) && !acted && !self.approved.contains_key(&pull.number)
    }

    /// Of all open pull requests, this one may be this queue's: it goes to its trunk, or, where this is the default branch, to the
    /// branch of another one, and the label asks for it or that other one is there to wait for.
    pub fn looks_at(&self, pull: &Pull, open: &[Pull]) -> bool {
        if pull.base == self.trunk || self.approved.contains_key(&pull.number) || self.on_trial.contains(&pull.number) {
            return true;
        }
        let below = |other: &Pull| {
            let head = other.head_repo.as_ref();
            head.is_some_and(|head| head.id == self.terms.repository && head.branch == pull.base)
        };
        let nobodys = !self.further && self.answers_for(&pull.base);
        nobodys && (self.terms.labelled(pull) || open.iter().any(below))
    }

    /// Pull requests that may wait for the checks on their head, and whose head this is.
    pub fn waiting_at(&self, sha: Sha) -> impl Iterator<Item = PrNumber> {
        self.waiting.iter().filter(move |(pr, head)| **head == sha && !self.lost.contains(pr)).map(|(pr, _)| *pr)
    }

    /// The comment was acted on already.
    pub fn answered(&self, pr: PrNumber, comment: CommentId) -> bool {
        self.comments.get(&pr).is_some_and(|comments| comments.contains(&comment))
    }

    /// Where this ref moved, it may be another branch that has a queue, or one that has none any more.
    pub fn decides_trunks(&self, name: &RefName) -> bool {
        name.branch().is_some_and(|branch| self.named.iter().any(|pattern| pattern.matches(&branch)))
    }

    /// Something waits for the checks on this commit.
    pub fn waits_for(&self, sha: Sha) -> bool {
        let heads = self.waiting_at(sha).next().is_some();
        heads
            || self.runs.iter().any(|(_, own)| *own == sha)
            || self.trials.iter().any(|(_, own)| *own == sha)
            || self.red_trunk.as_ref().is_some_and(|red| red.sha == sha)
    }
}

fn approved(state: &RepoState) -> impl Iterator<Item = (PrNumber, &Approval)> {
    state.desk.pulls.iter().filter_map(|(pr, record)| Some((*pr, record.approval.as_ref()?)))
}

fn below(state: &RepoState) -> BTreeSet<PrNumber> {
    let stacks = approved(state).filter_map(|(_, approval)| approval.stack.as_ref());
    stacks.filter(|stack| stack.state != PullState::Merged).map(|stack| stack.on).collect()
}

fn waiting(state: &RepoState) -> impl Iterator<Item = (PrNumber, &Approval)> {
    approved(state).filter(|(_, approval)| !approval.waits.is_empty())
}

fn is_lost(approval: &Approval) -> bool {
    approval.waits.iter().any(|obstacle| matches!(obstacle, Obstacle::OutOfReach(_)))
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
    let required = state.required().iter().map(|check| check.name.clone()).collect();
    Some(RedTrunk { sha: tip, required, spent: state.spent.get(&tip).cloned().unwrap_or_default() })
}
