//! One step: something happened, the value changes, and everything that follows by itself follows. The same events in the same
//! order give the same value; time comes in with them.

use super::approval::Void;
use super::ask;
use super::candidate::{Readiness, Tag};
use super::deployment::{End, Phase, StopWhy};
use super::event::{Event, Report, StartAnswer};
use super::gate;
use super::moves::{self, set};
use super::notice::{News, Notice};
use super::plan;
use super::state::State;
use super::sweep::sweep;
use super::trunk;
use crate::ids::{CandidateSeq, DeploymentId, Login, Moment, Sha};

/// Moves that follow from one event, at the most: each uses something up, so more of them would be an endless circle.
const MOVES_MAX: usize = 10_000;

/// Takes an event in; what somebody hears of it.
pub fn step(mut state: State, at: Moment, event: &Event) -> (State, Vec<Notice>) {
    let now = state.now.map_or(at, |before| before.max(at));
    state.now = Some(now);
    let mut notices = take(&mut state, event, now);
    for _ in 0..MOVES_MAX {
        let Some(next) = plan::next(&state, now) else {
            sweep(&mut state);
            return (state, notices);
        };
        notices.extend(moves::make(&mut state, next, now).into_iter().map(Notice::News));
    }
    panic!("the planner goes round in circles: {:?}", plan::next(&state, now));
}

fn take(state: &mut State, event: &Event, now: Moment) -> Vec<Notice> {
    let news = match event {
        Event::Asked(asked) => return ask::ask(state, asked, now),
        Event::Ticked => Vec::new(),
        Event::Adopted(policy) => {
            state.policy = (**policy).clone();
            Vec::new()
        }
        Event::Landed { commit, candidate, changes } => {
            trunk::landed(state, (*commit, candidate.clone()), changes.clone(), now)
        }
        Event::ChangeRead { pr, authors, first_commit_at, opened_at } => {
            let tagged = state.candidates.values_mut().flat_map(|candidate| &mut candidate.changes);
            let changes = tagged.chain(state.uncut.iter_mut().flat_map(|uncut| &mut uncut.changes));
            for change in changes.filter(|change| change.pr == *pr) {
                change.authors = Some(authors.clone());
                change.first_commit_at = *first_commit_at;
                change.opened_at = opened_at.or(change.opened_at);
            }
            Vec::new()
        }
        Event::Judged { commit, verdict } => trunk::judged(state, *commit, verdict, now),
        Event::Cut { commit, seq, tag } => cut(state, *commit, *seq, tag, now),
        Event::TagMoved { candidate, seen } => tampered(state, *candidate, *seen, now),
        Event::TagRestored { candidate } => restored(state, *candidate),
        Event::Confirmed { deployment, lost } => confirmed(state, *deployment, lost, now),
        Event::Started { deployment, attempt, answer } => started(state, (*deployment, *attempt), answer, now),
        Event::Reported { deployment, attempt, report } => reported(state, (*deployment, *attempt), report, now),
        Event::Sampled { deployment, check, sample, note } => {
            let verifying = |phase: &Phase| *phase == Phase::Verifying;
            set(state, *deployment, |deployment| {
                let check = deployment.checks.get_mut(*check).filter(|_| verifying(&deployment.phase));
                if let Some(check) = check {
                    check.sampled(*sample, note, now);
                }
            });
            vec![News::Deployment(*deployment)]
        }
    };
    news.into_iter().map(Notice::News).collect()
}

fn cut(state: &mut State, commit: Sha, seq: CandidateSeq, tag: &Tag, now: Moment) -> Vec<News> {
    if state.candidates.contains_key(&seq) { Vec::new() } else { trunk::cut(state, commit, seq, tag.clone(), now) }
}

/// A candidate's tag is not what was made: it goes nowhere until somebody puts that right.
fn tampered(state: &mut State, seq: CandidateSeq, seen: Option<Sha>, now: Moment) -> Vec<News> {
    let Some(candidate) = state.candidates.get_mut(&seq) else { return Vec::new() };
    candidate.state = Readiness::Tampered { seen };
    let confirming: Vec<DeploymentId> = state
        .deployments
        .values()
        .filter(|deployment| deployment.candidate == seq && deployment.phase == Phase::Confirming)
        .map(|deployment| deployment.id)
        .collect();
    let mut news = vec![News::Tampered(seq)];
    for id in confirming {
        news.extend(moves::end(state, id, End::Cancelled("its tag is not what was made".into()), now));
    }
    news
}

fn restored(state: &mut State, seq: CandidateSeq) -> Vec<News> {
    let Some(candidate) = state.candidates.get_mut(&seq) else { return Vec::new() };
    let tampered = matches!(candidate.state, Readiness::Tampered { .. });
    if tampered {
        candidate.state = Readiness::Ready;
    }
    tampered.then_some(News::Restored(seq)).into_iter().collect()
}

/// What it rests on was read once more; every gate is judged again before the driver is asked.
fn confirmed(state: &mut State, id: DeploymentId, lost: &[Login], now: Moment) -> Vec<News> {
    let Some(deployment) = state.deployments.get_mut(&id).filter(|d| d.phase == Phase::Confirming) else {
        return Vec::new();
    };
    for approval in deployment.approvals.iter_mut().filter(|approval| approval.void.is_none()) {
        if lost.iter().any(|login| login.is(&approval.by)) {
            approval.void = Some(Void::LostRight);
        }
    }
    let deployment = deployment.clone();
    if gate::closed(state, &deployment, now).is_empty() {
        return moves::start(state, id, now);
    }
    moves::give_back(state, id)
}

fn started(state: &mut State, (id, attempt): (DeploymentId, u16), answer: &StartAnswer, now: Moment) -> Vec<News> {
    let known = state.deployments.get(&id);
    if !known.is_some_and(|known| known.phase == Phase::Starting && known.attempt == attempt) {
        return Vec::new();
    }
    match answer {
        StartAnswer::Running(handle) => {
            set(state, id, |deployment| {
                deployment.phase = Phase::Running;
                deployment.handle = Some(handle.clone());
                deployment.news_at = Some(now);
            });
            vec![News::Deployment(id)]
        }
        StartAnswer::Done => moves::arrived(state, id, now, now),
        StartAnswer::Refused(why) => moves::fail(state, id, End::Failed { why: why.clone(), unchanged: true }, now),
        StartAnswer::Unknown(why) => moves::lose(state, id, why.clone()),
    }
}

fn reported(state: &mut State, (id, attempt): (DeploymentId, u16), report: &Report, now: Moment) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id).filter(|d| d.attempt == attempt) else { return Vec::new() };
    let phase = deployment.phase.clone();
    let listens = matches!(phase, Phase::Starting | Phase::Running | Phase::Stopping { .. } | Phase::Unknown { .. });
    if !listens {
        return Vec::new();
    }
    match report {
        Report::Running { note, log } => {
            set(state, id, |deployment| {
                deployment.news_at = Some(now);
                deployment.note.clone_from(note);
                deployment.log = log.clone().or(deployment.log.take());
                if matches!(phase, Phase::Starting | Phase::Unknown { .. }) {
                    deployment.phase = Phase::Running;
                }
            });
            vec![News::Deployment(id)]
        }
        Report::Succeeded(at) => moves::arrived(state, id, at.unwrap_or(now).min(now), now),
        Report::Failed { why, passing, unchanged } => failed(state, id, (why, *passing, *unchanged), now),
        Report::Stopped => {
            let why = match phase {
                Phase::Stopping { why: StopWhy::TimedOut, .. } => End::TimedOut,
                Phase::Stopping { why: StopWhy::Asked(by), .. } => End::Aborted(format!("@{by} stopped it")),
                Phase::Stopping { why: StopWhy::RolledBack(by), .. } => {
                    End::Aborted(format!("deployment {by} needed the stage"))
                }
                Phase::Waiting
                | Phase::Confirming
                | Phase::Starting
                | Phase::Running
                | Phase::Unknown { .. }
                | Phase::Verifying
                | Phase::Ended(_) => End::Aborted("the driver stopped it".into()),
            };
            moves::fail(state, id, why, now)
        }
        Report::CannotStop(why) => {
            set(state, id, |deployment| {
                deployment.news_at = Some(now);
                deployment.note = Some(why.clone());
                if let Phase::Stopping { waits, .. } = &mut deployment.phase {
                    *waits = true;
                }
            });
            vec![News::Deployment(id)]
        }
        // Its key is known to nobody: it may be asked again under the same one.
        Report::NotBegun => {
            set(state, id, |deployment| {
                deployment.news_at = Some(now);
                if matches!(deployment.phase, Phase::Running | Phase::Unknown { .. }) {
                    deployment.phase = Phase::Starting;
                }
            });
            vec![News::Deployment(id)]
        }
        Report::Lost(why) => moves::lose(state, id, why.clone()),
    }
}

/// The driver failed: once more, where that may help, or over.
fn failed(
    state: &mut State,
    id: DeploymentId,
    (why, passing, unchanged): (&str, bool, bool),
    now: Moment,
) -> Vec<News> {
    let Some(deployment) = state.deployments.get(&id) else { return Vec::new() };
    let retries = state.policy.stage(&deployment.stage).map_or(0, |stage| stage.retries);
    let stopping = matches!(deployment.phase, Phase::Stopping { .. });
    if passing && !stopping && deployment.attempt <= u16::from(retries) {
        return moves::start(state, id, now);
    }
    moves::fail(state, id, End::Failed { why: why.to_owned(), unchanged }, now)
}
