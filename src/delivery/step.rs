//! One step: something happened, the value changes, and everything that follows by itself follows. The same events in the same
//! order give the same value; time comes in with them.

use super::event::Event;
use super::moves;
use super::notice::Notice;
use super::state::{Release, State};
use super::sweep::sweep;
use super::{answers, ask, history, invariant, plan, red, tags, trunk, version};
use crate::ids::Moment;

/// Moves that follow from one event, at the most: each uses something up, so more of them would be an endless circle.
const MOVES_MAX: usize = 10_000;

/// Takes an event in; what somebody hears of it.
///
/// # Panics
/// When an invariant does not hold afterwards: then nothing must be written, and nobody may act on it.
pub fn step(mut state: State, at: Moment, event: &Event) -> (State, Vec<Notice>) {
    let now = state.now.map_or(at, |before| before.max(at));
    state.now = Some(now);
    let begun = invariant::begun(&state);
    let mut notices = take(&mut state, event, now);
    // What is forgotten is forgotten before anything is judged by it.
    sweep(&mut state);
    for _ in 0..MOVES_MAX {
        let Some(next) = plan::next(&state, now) else {
            history::keep(&mut state, now);
            let sound = invariant::check(&state, now).and_then(|()| invariant::rightly_begun(&state, &begun, now));
            if let Err(broken) = sound {
                panic!("a delivery broke an invariant: {broken}");
            }
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
            version::assign(state);
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
        Event::Rerun { commit } => {
            red::rerun(state, *commit);
            Vec::new()
        }
        Event::RevertProposed { pr, .. } => {
            red::proposed(state, *pr);
            Vec::new()
        }
        Event::ReleaseFound(version) => {
            state.released.get_or_insert_with(|| Release { version: version.clone(), candidate: None });
            version::assign(state);
            Vec::new()
        }
        Event::Cut { commit, seq, tag } => trunk::cut(state, *commit, *seq, tag.clone(), now),
        Event::TagMoved { candidate, seen } => tags::tampered(state, *candidate, *seen, now),
        Event::TagRestored { candidate } => tags::restored(state, *candidate),
        Event::Confirmed { deployment, lost } => answers::confirmed(state, *deployment, lost, now),
        Event::Started { deployment, attempt, answer } => answers::started(state, (*deployment, *attempt), answer, now),
        Event::Reported { deployment, attempt, report } => {
            answers::reported(state, (*deployment, *attempt), report, now)
        }
        Event::Sampled { deployment, check, due, sample, note } => {
            answers::sampled(state, (*deployment, *check, *due), (*sample, note), now)
        }
    };
    news.into_iter().map(Notice::News).collect()
}
