//! When who came into the queue, and who has waited for others long enough: told to the queue at each turn, and when the next has.

use super::state::RepoState;
use crate::config::repo::PlanConfig;
use crate::ids::{Moment, PrNumber, Reading};
use crate::queue::{self, Doing, Entry, Event, Standing};
use crate::{text, when};

/// When an entry of this revision came.
pub type Came = (Reading, Moment);

/// How long groups wait for others, in milliseconds, if they do.
fn wait_ms(state: &RepoState) -> Option<i64> {
    let queue = &state.config().queue;
    match queue.plan {
        PlanConfig::Batch { .. } => Some(queue.gather_ms).filter(|ms| *ms > 0),
        PlanConfig::Serial | PlanConfig::Pipeline { .. } => None,
    }
}

/// Notes who is there; what the queue has to be told, if somebody has waited long enough.
pub(super) fn look(state: &mut RepoState, now: Moment) -> Option<Event> {
    let Some(wait_ms) = wait_ms(state) else {
        state.came.clear();
        return None;
    };
    let came = std::mem::take(&mut state.came);
    let entries = state.queue.order.iter().chain(&state.queue.aside);
    let since =
        |entry: &Entry| came.get(&entry.id.pr).filter(|(rev, _)| *rev == entry.id.rev).map_or(now, |came| came.1);
    state.came = entries.map(|entry| (entry.id.pr, (entry.id.rev, since(entry)))).collect();
    let due = |pr: PrNumber| state.came.get(&pr).is_some_and(|(_, at)| now.since_ms(*at) >= wait_ms);
    let ripe: Vec<_> =
        state.queue.order.iter().filter(|entry| !entry.gathered() && due(entry.id.pr)).map(|entry| entry.id).collect();
    (!ripe.is_empty()).then_some(Event::Gathered(ripe))
}

/// When somebody has waited long enough by time alone.
pub(super) fn next_change(state: &RepoState) -> Option<Moment> {
    let wait_ms = wait_ms(state)?;
    let waits = state.queue.order.iter().filter(|entry| !entry.gathered());
    waits.filter_map(|entry| Some(state.came.get(&entry.id.pr)?.1.plus_ms(wait_ms))).min()
}

/// When the group that gathers stops waiting, at the latest, if one does.
pub(super) fn ends(state: &RepoState) -> Option<Moment> {
    let wait_ms = wait_ms(state)?;
    let standings = queue::explain_all(&state.queue, &state.policy());
    let gathers = standings.into_iter().filter(|(_, standing)| standing.doing == Doing::Gathers);
    gathers.filter_map(|(entry, _)| Some(state.came.get(&entry.pr)?.1.plus_ms(wait_ms))).min()
}

/// A sentence about an entry, and until when it waits for others if it does.
pub(super) fn with_end(state: &RepoState, standing: &Standing, sentence: String) -> String {
    match next_change(state).filter(|_| standing.doing == Doing::Gathers) {
        Some(until) => format!("{sentence} {}", text::gathers_until(&when::print(until))),
        None => sentence,
    }
}
