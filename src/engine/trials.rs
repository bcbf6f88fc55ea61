//! Trials around the machine of `trial`: what they need of the state, what they owe the world, and what is told of them. No I/O.

use super::board::TrialRow;
use super::job::{Descent, Job, trial_branch};
use super::owed;
use super::recipe;
use super::state::RepoState;
use crate::checks::{Evidence, Judgement, Named, judge, unended, unpassed, unseen};
use crate::facts::{Check, Pull, PullState};
use crate::ids::{Moment, PrNumber, RefName, Sha, TrialNumber};
use crate::port::git::Recipe;
use crate::queue::{self, Composition, Silence};
use crate::text;
use crate::trial::{Asked, End, Phase, Room, Sight, Trial, Verdict, Want};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// Something about a trial was read or done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialFact {
    /// A head was composed, or cannot be.
    Composed {
        /// Whose.
        pr: PrNumber,
        /// On this.
        onto: Sha,
        /// Which.
        head: Sha,
        /// What came of it.
        result: Composition,
    },
    /// Checks that were stopped before CI was asked again.
    Spent {
        /// Of which trial.
        number: TrialNumber,
        /// Their ids.
        checks: BTreeSet<u64>,
    },
    /// The commit cannot be made again.
    Lost {
        /// Of which trial.
        number: TrialNumber,
    },
    /// CI was asked, or is at it already.
    Begun {
        /// About which trial.
        number: TrialNumber,
    },
    /// The checks on its commit were read.
    Checks {
        /// Of which trial.
        number: TrialNumber,
        /// Everything seen.
        seen: Vec<Check>,
    },
    /// A run that was called off is no more.
    Stopped {
        /// Which.
        number: TrialNumber,
    },
}

/// Something that is owed to a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialJob {
    /// Compose a head on trunk.
    Compose {
        /// Whose.
        pr: PrNumber,
        /// How.
        recipe: Recipe,
    },
    /// Have CI check a commit.
    Start {
        /// Under this number.
        number: TrialNumber,
        /// The commit.
        tip: Sha,
        /// How it came about.
        descent: Descent,
        /// The branch to push it to.
        branch: RefName,
        /// What green means: what is green or red already is not checked again.
        bar: super::job::Bar,
        /// The commit may have been checked before, so its checks are read first.
        seen_before: bool,
    },
    /// Stop that.
    Stop {
        /// Under this number.
        number: TrialNumber,
        /// Its branch.
        branch: RefName,
        /// The commit, if nobody else wants it checked.
        ends: Option<Sha>,
    },
}

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialKey {
    /// A composition of this head.
    Compose(PrNumber, Sha),
    /// Asking CI.
    Start(TrialNumber),
    /// Stopping CI.
    Stop(TrialNumber),
}

impl TrialJob {
    /// What it is about.
    pub fn key(&self) -> TrialKey {
        match self {
            Self::Compose { pr, recipe } => TrialKey::Compose(*pr, recipe.head),
            Self::Start { number, .. } => TrialKey::Start(*number),
            Self::Stop { number, .. } => TrialKey::Stop(*number),
        }
    }
}

/// Somebody asks for a trial.
pub(super) fn ask(state: &mut RepoState, pr: PrNumber, asked: Asked, now: Moment) {
    state.count("greenline_trials_total");
    state.trials.ask(pr, asked, now);
}

/// Takes a fact in.
pub(super) fn take(state: &mut RepoState, fact: &TrialFact, now: Moment) {
    match fact {
        TrialFact::Composed { pr, onto, head, result } => state.trials.composed(*pr, (*onto, *head), result, now),
        TrialFact::Spent { number, checks } => state.trials.spend(*number, checks),
        TrialFact::Lost { number } => state.trials.lost(*number, now),
        TrialFact::Begun { number } => state.trials.begun(*number, now),
        TrialFact::Checks { number, seen } => checks(state, *number, seen, now),
        TrialFact::Stopped { number } => state.trials.stopped(*number),
    }
}

fn checks(state: &mut RepoState, number: TrialNumber, seen: &[Check], now: Moment) {
    let Some((_, sha, asked_at)) = state.trials.awaited().find(|(own, ..)| *own == number) else { return };
    let (required, config) = (state.required(), state.config());
    let spent = state.trials.numbered(number).map(|trial| trial.spent.clone()).unwrap_or_default();
    let evidence = Evidence { sha, seen, spent: &spent, asked_at: Some(asked_at), now };
    let passed = |checks: &[Named]| checks.iter().map(|check| check.name.to_string()).collect::<Vec<_>>();
    let verdict = match judge(required, &config.checks, evidence) {
        Judgement::Pending { .. } => return,
        Judgement::Passed(green) => Verdict::Passed(passed(&green)),
        Judgement::Failed(failed) => Verdict::Failed(unpassed(&failed)),
        Judgement::Cancelled(cancelled) => Verdict::Silent(Silence::Cancelled(unpassed(&cancelled))),
        Judgement::NeverStarted(missing) => Verdict::Silent(Silence::NeverStarted(unseen(&missing, required, seen))),
        Judgement::NeverFinished(open) => Verdict::Silent(Silence::NeverFinished(unended(&open, seen))),
    };
    state.trials.judged(number, verdict, seen.iter().map(|check| check.id).collect(), now);
}

/// A pull request goes to another queue's branch now.
pub(super) fn sent_elsewhere(state: &mut RepoState, pull: &Pull, now: Moment) {
    let sight = Sight { head: pull.head, open: true, other_base: Some(pull.base.as_str()) };
    state.trials.seen(pull.number, sight, now);
}

/// Ends what is void, and gives trials the runs that the queue has no use for; at each turn, after the queue's own step.
pub(super) fn settle(state: &mut RepoState, now: Moment) {
    let trunk = state.trunk().to_string();
    let live: Vec<PrNumber> =
        state.trials.by_pull.iter().filter(|(_, trial)| trial.live()).map(|(pr, _)| *pr).collect();
    for pr in live {
        let Some(record) = state.desk.pulls.get(&pr) else { continue };
        let (base, head) = (record.pull.base.as_str(), record.pull.head);
        let Some(trial) = state.trials.live(pr) else { continue };
        let sight = Sight {
            // That we move it is no push: it is about to land.
            head: if record.moves.contains(&head) { trial.asked.head } else { head },
            open: record.pull.state == PullState::Open && !record.has_landed(),
            other_base: (base != trunk).then_some(base),
        };
        state.trials.seen(pr, sight, now);
    }
    if !state.configured() || state.required().is_empty() {
        state.trials.unjudgeable(now);
    }
    let policy = state.policy();
    let budget = usize::try_from(policy.budget).unwrap_or(usize::MAX);
    let free = budget.saturating_sub(queue::demand(&state.queue, &policy));
    // While something lands trunk is about to move, and a trial is of trunk as it is.
    let still = state.queue.tree.settling().is_none() && !state.repository.archived;
    let trunk = state.queue.trunk.map(|trunk| trunk.tip).filter(|_| still);
    state.trials.settle(Room { free, trunk, now });
    // Before a branch is made it is written down that we do it.
    let made: Vec<RefName> = branches(state).collect();
    state.refs.extend(made);
}

/// The branches that trials need, those of called-off runs included.
pub(super) fn branches(state: &RepoState) -> impl Iterator<Item = RefName> {
    let testing = state.trials.by_pull.keys().filter_map(|pr| state.trials.number(*pr));
    testing.chain(state.trials.stopping.keys().copied()).map(|number| trial_branch(state.trunk(), number))
}

/// What trials owe the world.
pub(super) fn jobs(state: &RepoState) -> impl Iterator<Item = Job> {
    state.trials.wants().into_iter().filter_map(|want| job(state, want)).map(Job::Trial)
}

fn job(state: &RepoState, want: Want) -> Option<TrialJob> {
    let asked = |pr: PrNumber| state.trials.by_pull.get(&pr).map(|trial| &trial.asked);
    Some(match want {
        Want::Compose(pr, onto) => TrialJob::Compose { pr, recipe: recipe::tried(state, onto, pr, asked(pr)?) },
        Want::Start(pr, number, on) => {
            let tip = on.tip.sha();
            let descent = Descent { from: on.onto, recipes: vec![recipe::tried(state, on.onto, pr, asked(pr)?)] };
            let mut bar = owed::bar(state, tip);
            bar.spent.extend(state.trials.by_pull.get(&pr).into_iter().flat_map(|trial| &trial.spent));
            let branch = trial_branch(state.trunk(), number);
            TrialJob::Start { number, tip, descent, branch, bar, seen_before: owed::seen_before(state, tip) }
        }
        Want::Stop(number, tip) => {
            let ends = (!wanted_by_others(state, tip.sha())).then_some(tip.sha());
            TrialJob::Stop { number, branch: trial_branch(state.trunk(), number), ends }
        }
    })
}

/// The same commit is a tip of the queue, trunk, a head, or on trial anew: what checks it there must not be stopped.
fn wanted_by_others(state: &RepoState, sha: Sha) -> bool {
    state.runs.values().any(|run| run.sha == sha)
        || queue::members_of(&state.queue, sha).is_some()
        || state.queue.trunk.is_some_and(|trunk| trunk.tip == sha)
        || state.desk.pulls.values().any(|record| record.pull.head == sha)
        || state.trials.by_pull.values().any(|trial| trial.live() && trial.on().is_some_and(|on| on.tip.sha() == sha))
}

/// Writes anew what is told of trials, where it changed.
pub(super) fn refresh(state: &mut RepoState, page: Option<&str>) {
    let told: Vec<_> = state.trials.by_pull.keys().copied().collect();
    for pr in told {
        let Some(about) = about(state, pr) else { continue };
        if state.trial_posts.get(&pr).is_some_and(|post| post.about == about) {
            continue;
        }
        let Some(told) = told_of(state, pr) else { continue };
        let body = text::comment(text::trial::MARKER, told.headline, &told.sentence, page);
        let post = state.trial_posts.entry(pr).or_default();
        (post.about, post.body) = (about, Some(body));
    }
    // Only now: what ended in this very turn is to be told first.
    let open = |pr: PrNumber| state.desk.pulls.get(&pr).is_some_and(|record| record.pull.state == PullState::Open);
    let untold = |pr: PrNumber| state.trial_posts.get(&pr).is_none_or(|post| post.body.is_some());
    state.trials.forget(|pr| !open(pr) && !untold(pr));
    let kept = &state.trials.by_pull;
    state.trial_posts.retain(|pr, post| post.body.is_some() || kept.contains_key(pr));
}

/// What a trial's comment is about; `None` for passing moments that nobody need be told.
fn about(state: &RepoState, pr: PrNumber) -> Option<String> {
    let trial = state.trials.by_pull.get(&pr)?;
    let (head, since) = (trial.asked.head, trial.since.ms());
    Some(match &trial.phase {
        Phase::Composing { .. } | Phase::Testing { asked_at: None, .. } => return None,
        Phase::Waiting { .. } => {
            format!("waits {head} {since} {} {}", trial.put_off, ahead(state, pr).min(text::trial::PLACES_TOLD + 1))
        }
        Phase::Testing { number, .. } => format!("testing {number}"),
        Phase::Over { at, .. } => format!("over {head} {since} {}", at.ms()),
    })
}

/// How many trials have waited for longer.
fn ahead(state: &RepoState, pr: PrNumber) -> usize {
    state.trials.waiting().iter().position(|other| *other == pr).unwrap_or(0)
}

fn told_of(state: &RepoState, pr: PrNumber) -> Option<text::trial::Told> {
    let trial = state.trials.by_pull.get(&pr)?;
    let branch = state.trials.number(pr).map(|number| trial_branch(state.trunk(), number));
    let branch = branch.as_ref().map_or("", |branch| branch.as_str().trim_start_matches("refs/heads/"));
    Some(text::trial::told(trial, state.trunk().as_str(), ahead(state, pr), branch))
}

/// What is told of a pull request's trial beside where it stands in the queue, if it was tried.
pub(super) fn standing(state: &RepoState, pr: PrNumber) -> Option<String> {
    told_of(state, pr).map(|told| format!("{} {}", told.headline, told.sentence))
}

/// Trials for the board, those that asked first first.
pub(super) fn rows(state: &RepoState) -> Vec<TrialRow> {
    let row = |(pr, trial): (&PrNumber, &Trial)| {
        let record = state.desk.pulls.get(pr)?;
        Some(TrialRow {
            pull: *pr,
            title: record.pull.title.clone(),
            by: trial.asked.by.clone(),
            head: trial.asked.head,
            tip: trial.on().map(|on| on.tip.sha()),
            phase: word(trial).to_owned(),
            status: told_of(state, *pr)?.sentence,
            since: trial.since,
        })
    };
    let mut rows: Vec<_> = state.trials.by_pull.iter().filter_map(row).collect();
    rows.sort_by_key(|row| (row.since, row.pull));
    rows
}

fn word(trial: &Trial) -> &'static str {
    match &trial.phase {
        Phase::Waiting { .. } => "waiting",
        Phase::Composing { .. } => "composing",
        Phase::Testing { .. } => "testing",
        Phase::Over { end, .. } => match end {
            End::Green(..) => "green",
            End::Red(..) => "red",
            End::Silent(..) => "silent",
            End::Unfit(..) => "not-composable",
            End::Cancelled { .. } => "cancelled",
            End::NewHead(_) => "new-head",
            End::OtherBase(_) => "base-changed",
            End::Closed => "closed",
            End::NotAsked => "not-asked",
            End::NoRoom | End::Crowded => "no-room",
            End::NoChecks => "not-configured",
        },
    }
}
