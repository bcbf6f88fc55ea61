//! Whether trunk may move now, by people's word and by the calendar: told to the queue at each turn, and when it changes next.

use super::state::RepoState;
use crate::admission::{changes_at, closures, passes};
use crate::ids::Moment;
use crate::queue::{Event, Gate};

/// Reads what is closed now; what the queue has to be told, if that is news to it.
pub(super) fn look(state: &mut RepoState, now: Moment) -> Option<Event> {
    let freeze = &mut state.desk.freeze.standing;
    freeze.take_if(|freeze| freeze.until.is_some_and(|until| until <= now));
    let config = state.config();
    let freeze = state.desk.freeze.standing.as_ref();
    state.closed = closures(freeze, &config.freeze, now);
    let gate = if state.closed.is_empty() {
        Gate::Open
    } else {
        let exempt = state.queue.order.iter().filter(|entry| {
            let record = state.desk.pulls.get(&entry.id.pr);
            record.is_some_and(|record| passes(&state.closed, record, entry.priority))
        });
        Gate::Shut { passes: exempt.map(|entry| entry.id.pr).collect() }
    };
    (gate != state.queue.gate).then_some(Event::Gated(gate))
}

/// When what is closed changes by time alone.
pub(super) fn next_change(state: &RepoState, now: Moment) -> Option<Moment> {
    changes_at(state.desk.freeze.standing.as_ref(), &state.config().freeze, now)
}
