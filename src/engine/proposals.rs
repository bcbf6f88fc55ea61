//! Pull requests that edit the repository's settings: which heads are still to be looked at, and what is said about them. No I/O.
//!
//! It only tells. Settings count from trunk alone, and nothing here takes part in any judgement.

use super::job::Job;
use super::recipe::proposed;
use super::reports;
use super::state::RepoState;
use crate::admission::Via;
use crate::config::changes::{Change, changes};
use crate::config::repo::SETTINGS_PATH;
use crate::config::{Problem, RepoConfig};
use crate::facts::{Pull, PullState};
use crate::ids::{PrNumber, Sha};
use crate::port::report::{Ending, Note, Report, Topic};
use crate::text::{self, Touched};
use serde::{Deserialize, Serialize};

/// Open pull requests whose heads are kept in mind.
const KEPT: usize = 2_000;
/// Places marked in a file, at the most.
const NOTES: usize = 50;

/// The head of an open pull request, drafts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The commit.
    pub head: Sha,
    /// Its settings were looked at; `Some(true)` if it edits them.
    pub edits: Option<bool>,
}

/// What a head does to the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposed {
    /// Nothing.
    Same,
    /// With it on trunk they would be these.
    Valid(Box<RepoConfig>),
    /// With it on trunk they would be wrong.
    Wrong(Vec<Problem>),
}

/// A pull request's head was seen.
pub(super) fn seen(state: &mut RepoState, pull: &Pull) {
    if pull.state != PullState::Open || pull.base != *state.trunk() {
        state.proposals.remove(&pull.number);
        return;
    }
    head_is(state, pull.number, pull.head);
}

/// Heads of open pull requests were listed, and who is not open any more.
pub(super) fn heads(state: &mut RepoState, open: &[(PrNumber, Sha)], gone: &[PrNumber]) {
    state.proposals.retain(|pr, _| !gone.contains(pr));
    for (pr, head) in open {
        head_is(state, *pr, *head);
    }
}

/// The head of an open pull request onto trunk is this.
fn head_is(state: &mut RepoState, pr: PrNumber, head: Sha) {
    let known = state.proposals.entry(pr).or_insert(Proposal { head, edits: None });
    if known.head != head {
        *known = Proposal { head, edits: None };
    }
    if state.proposals.len() > KEPT {
        state.proposals.pop_first();
    }
}

/// Trunk's settings are others now: what was said about those who edit them is out of date.
pub(super) fn settings_changed(state: &mut RepoState) {
    for proposal in state.proposals.values_mut().filter(|proposal| proposal.edits == Some(true)) {
        proposal.edits = None;
    }
}

/// Heads that are still to be looked at.
pub(super) fn jobs(state: &RepoState) -> impl Iterator<Item = Job> {
    let onto = state.queue.trunk.map(|trunk| trunk.tip).filter(|tip| state.settings.read_at == Some(*tip));
    let open = state.proposals.iter().filter(|(_, proposal)| proposal.edits.is_none());
    open.filter_map(move |(pr, proposal)| {
        Some(Job::ReadProposal { pr: *pr, recipe: proposed(state, onto?, *pr, proposal.head) })
    })
}

/// What a head does to the settings was read.
pub(super) fn read(state: &mut RepoState, pr: PrNumber, head: Sha, proposed: &Proposed, page: Option<&str>) {
    let Some(proposal) = state.proposals.get_mut(&pr).filter(|proposal| proposal.head == head) else { return };
    proposal.edits = Some(*proposed != Proposed::Same);
    let said_before = state
        .reports
        .get(&pr)
        .is_some_and(|of_pull| of_pull.iter().any(|known| known.topic == Topic::Settings && known.head == head));
    let trunk = state.trunk().as_str().to_owned();
    let (ending, (title, words), notes) = match proposed {
        Proposed::Same if !said_before => return,
        Proposed::Same => (Ending::Success, text::settings_same(), Vec::new()),
        Proposed::Valid(new) => {
            let old = state.config();
            let changes = changes(old, new);
            let touched = touched(state, &changes);
            (Ending::Success, text::settings_change(old, new, &changes, &touched, &trunk), Vec::new())
        }
        Proposed::Wrong(problems) => {
            (Ending::Failure, text::settings_wrong(problems, &trunk), problems.iter().take(NOTES).map(note).collect())
        }
    };
    let summary = text::report(&words, page);
    let about = format!("{title}\n{summary}");
    let details = page.map(str::to_owned);
    let trunk = state.branch.clone();
    let report =
        Report { topic: Topic::Settings, pr, head, trunk, ending: Some(ending), title, summary, details, notes };
    reports::say(state, report, &about);
}

fn note(problem: &Problem) -> Note {
    let without_line = Problem { line: None, ..problem.clone() };
    Note { path: SETTINGS_PATH.to_owned(), line: problem.line.unwrap_or(1), message: without_line.to_string() }
}

/// Who of those queued now would notice.
fn touched(state: &RepoState, changes: &[Change]) -> Touched {
    let touches = |key: &str| changes.iter().any(|change| change.key.starts_with(key));
    let approval = |pr: &PrNumber| state.desk.pulls.get(pr).and_then(|record| record.approval.as_ref());
    let queued = || state.queue.order.iter().map(|entry| entry.id.pr);
    let only_strategy =
        changes.iter().filter(|change| change.key.starts_with("merge.")).all(|c| c.key == "merge.strategy");
    let has_own = |pr: &PrNumber| approval(pr).is_some_and(|approval| approval.wish.strategy.is_some());
    let by_label = |pr: &PrNumber| approval(pr).is_some_and(|approval| matches!(approval.via, Via::Label(_)));
    let mut noticed = Touched::default();
    if touches("merge.") {
        noticed.composed = queued().filter(|pr| !(only_strategy && has_own(pr))).collect();
    }
    if touches("rules.") || touches("checks.before") {
        noticed.weighed = queued().collect();
    }
    if touches("checks.required") || touches("checks.skipped_passes") || touches("checks.neutral_passes") {
        noticed.judged = queued().collect();
    }
    if touches("queue.label") {
        noticed.unlabelled = queued().filter(by_label).collect();
    }
    noticed
}
