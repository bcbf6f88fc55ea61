//! Whether trunk may move now, by people's word and by the calendar: told to the queue at each turn, and when it changes next.

use super::state::RepoState;
use crate::admission::{changes_at, closures, passes};
use crate::ids::Moment;
use crate::queue::{Event, Gate};
use std::collections::BTreeSet;

/// Reads what is closed now; what the queue has to be told, if that is news to it.
pub(super) fn look(state: &mut RepoState, now: Moment) -> Option<Event> {
    let freeze = &mut state.desk.freeze.standing;
    freeze.take_if(|freeze| freeze.until.is_some_and(|until| until <= now));
    let config = state.config();
    let freeze = state.desk.freeze.standing.as_ref();
    state.closed = closures(freeze, &config.freeze, now);
    let gate = if state.repository.archived {
        // GitHub takes no push there, and who is refused one thrice would be sent back for nothing of their own.
        Gate::Shut { passes: BTreeSet::new() }
    } else if state.closed.is_empty() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Freeze;
    use crate::engine::fact::Fact;
    use crate::engine::job::Job;
    use crate::engine::owed::jobs;
    use crate::engine::take::{Around, take_in};
    use crate::facts::{Person, Repository};
    use crate::ids::{PrNumber, Reading, RepoId, RunId, Sha, UserId};
    use crate::queue::{Composition, EntryId, Priority, Verdict};

    /// A repository whose only entry is about to land.
    fn landing() -> RepoState {
        let sha = |digit: &str| digit.repeat(40).parse::<Sha>().expect("forty hex digits");
        let (name, default_branch) = ("acme/widget".parse().expect("a name"), "main".parse().expect("a branch"));
        let repository = Repository { id: RepoId::new(1), name, default_branch, archived: false };
        let entry = EntryId { pr: PrNumber::new(1), head: sha("a"), rev: Reading::new(2) };
        let mut state = RepoState::new(repository, Moment::from_ms(0));
        let facts = [
            Fact::Trunk { reading: Reading::new(1), tip: sha("b") },
            Fact::Queue(Event::Arrived { entry, priority: Priority::default(), alone: false }),
            Fact::Queue(Event::Composed { onto: sha("b"), entry, result: Composition::Tip(sha("c")) }),
            Fact::Queue(Event::RunFinished { run: RunId::new(1), verdict: Verdict::Passed }),
        ];
        take_in(&mut state, &facts, Around { now: Moment::from_ms(0), page: None });
        state.settings.read_at = Some(sha("b"));
        take_in(&mut state, &[], Around { now: Moment::from_ms(0), page: None });
        state
    }

    /// Whether the landing that is owed may happen, and when the gate moves next.
    fn at(state: &mut RepoState, ms: i64) -> (Vec<bool>, Option<Moment>) {
        let now = Moment::from_ms(ms);
        take_in(state, &[], Around { now, page: None });
        let stopped = |job: Job| if let Job::Land(landing) = job { Some(landing.stopped) } else { None };
        (jobs(state).into_iter().filter_map(stopped).collect(), next_change(state, now))
    }

    #[test]
    fn nothing_begins_to_land_in_an_archived_repository() {
        let mut state = landing();
        state.repository.archived = true;
        assert_eq!(at(&mut state, 0), (vec![true], None));
        state.repository.archived = false;
        assert_eq!(at(&mut state, 1), (vec![false], None));
    }

    #[test]
    fn what_has_not_begun_when_a_freeze_begins_is_called_off_and_the_freeze_ends_to_the_moment() {
        let mut state = landing();
        assert_eq!(at(&mut state, 0), (vec![false], None));
        let by = Person { id: UserId::new(1), login: "ann".parse().expect("a login"), bot: false };
        let until = Some(Moment::from_ms(60_000));
        state.desk.freeze.standing = Some(Freeze { by, at: Moment::from_ms(0), until, reason: "it burns".into() });
        assert_eq!(at(&mut state, 1), (vec![true], until));
        assert_eq!(at(&mut state, 59_999), (vec![true], until));
        assert_eq!(at(&mut state, 60_000), (vec![false], None));
        assert_eq!((&state.closed, &state.desk.freeze.standing), (&Vec::new(), &None));
    }
}
