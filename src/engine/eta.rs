//! When a pull request should land, learned from the last green runs. An estimate for people; nothing is decided by it. No I/O.

use super::gather;
use super::state::RepoState;
use crate::ids::Moment;
use crate::queue::{Ahead, EntryId, forecast};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lengths of each kind that are remembered.
const KEPT: usize = 20;
/// With fewer nothing is said.
const ENOUGH: usize = 3;

/// How long things took lately, oldest first, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// Green runs, from asking CI to its verdict.
    pub runs_ms: Vec<i64>,
    /// Landed pull requests, from their approval to their landing.
    pub waits_ms: Vec<i64>,
}

impl History {
    /// A run became green. One that was green already when CI was asked says nothing about how long a run takes.
    pub(super) fn run_passed(&mut self, ms: i64) {
        keep(&mut self.runs_ms, ms);
    }

    /// A pull request landed.
    pub(super) fn landed(&mut self, ms: i64) {
        keep(&mut self.waits_ms, ms);
    }

    /// How long a run takes, in milliseconds; `None` before there are enough to say so.
    pub fn run_ms(&self) -> Option<i64> {
        median(&self.runs_ms)
    }

    /// How long a pull request waits from approval to landing, in milliseconds; `None` before there are enough to say so.
    pub fn wait_ms(&self) -> Option<i64> {
        median(&self.waits_ms)
    }
}

fn keep(lengths: &mut Vec<i64>, ms: i64) {
    if ms > 0 {
        lengths.push(ms);
        lengths.drain(..lengths.len().saturating_sub(KEPT));
    }
}

fn median(lengths: &[i64]) -> Option<i64> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    if sorted.len() < ENOUGH { None } else { sorted.get(sorted.len() / 2).copied() }
}

/// How long until each queued pull request should land, in milliseconds; of whom nothing can be said is not in it.
pub(super) fn etas(state: &RepoState, now: Moment) -> BTreeMap<EntryId, i64> {
    let Some(run_ms) = state.history.run_ms() else { return BTreeMap::new() };
    let used_ms = |ahead: &Ahead| {
        let asked = ahead.run.and_then(|run| state.runs.get(&run)?.asked_at);
        asked.map_or(0, |asked| now.since_ms(asked).max(0))
    };
    let forecast = forecast(&state.queue, &state.policy());
    let gathers_ms = gather::ends(state).map_or(0, |until| until.since_ms(now).max(0));
    let begins_ms = |ahead: &Ahead| if ahead.run.is_none() && ahead.rounds > 0 { gathers_ms } else { 0 };
    // When a freeze ends is nobody's to learn from runs.
    let lands = |entry: &EntryId| state.queue.gate.lets(entry.pr);
    let forecast = forecast.into_iter().filter(|(entry, _)| lands(entry));
    let lands_ms = |ahead: &Ahead| begins_ms(ahead) + estimate_ms(run_ms, ahead.rounds, used_ms(ahead));
    forecast.map(|(entry, ahead)| (entry, lands_ms(&ahead))).collect()
}

/// So many runs of a usual length one after another, the first of which has used this much already.
fn estimate_ms(run_ms: i64, rounds: u32, used_ms: i64) -> i64 {
    let whole = run_ms.saturating_mul(i64::from(rounds));
    // A run that takes longer than usual says nothing about those after it.
    whole - used_ms.min(run_ms).min(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RepoConfig;
    use crate::engine::fact::Fact;
    use crate::engine::take::{Around, take_in};
    use crate::facts::Repository;
    use crate::ids::{PrNumber, Reading, RepoId, Sha};
    use crate::queue::{Event, Priority};

    #[test]
    fn the_usual_run_is_the_one_in_the_middle_of_the_last_twenty() {
        let mut history = History::default();
        history.run_passed(0);
        for ms in [600, 60_000] {
            history.run_passed(ms);
            assert_eq!(history.run_ms(), None, "too few to say anything");
        }
        history.run_passed(700);
        assert_eq!(history.run_ms(), Some(700), "one slow run changes little");
        (0..100).for_each(|_| history.run_passed(900));
        assert_eq!((history.runs_ms.len(), history.run_ms()), (KEPT, Some(900)));
    }

    #[test]
    fn who_gathers_waits_for_company_and_then_for_a_run() {
        let (name, default_branch) = ("acme/widget".parse().expect("a name"), "main".parse().expect("a branch"));
        let repository = Repository { id: RepoId::new(1), name, default_branch, archived: false };
        let mut state = RepoState::new(repository, Moment::from_ms(0));
        let text = "[queue]\nstrategy = \"batch\"\nbatch_size = 2\ngather = \"1m\"\n[checks]\nrequired = [{ name = \"ci\", app = 1 }]";
        state.settings.good = Some(RepoConfig::parse(text).expect("they are right"));
        state.history.runs_ms = vec![600_000; 3];
        let sha = |digit: &str| digit.repeat(40).parse::<Sha>().expect("forty hex digits");
        let arrival = |n: u64, digit: &str| {
            let entry = EntryId { pr: PrNumber::new(n), head: sha(digit), rev: Reading::new(1 + n) };
            (entry, Fact::Queue(Event::Arrived { entry, priority: Priority::default(), alone: false }))
        };
        let (first, came) = arrival(1, "a");
        let facts = [Fact::Trunk { reading: Reading::new(1), tip: sha("b") }, came];
        take_in(&mut state, &facts, Around { now: Moment::from_ms(0), page: None });
        assert_eq!(etas(&state, Moment::from_ms(20_000)).get(&first), Some(&640_000));
        let (_, joined) = arrival(2, "c");
        take_in(&mut state, &[joined], Around { now: Moment::from_ms(20_000), page: None });
        assert_eq!(etas(&state, Moment::from_ms(20_000)).get(&first), Some(&600_000), "the group is full");
    }

    #[test]
    fn what_a_run_has_used_is_taken_off_once() {
        assert_eq!(estimate_ms(600, 1, 0), 600);
        assert_eq!(estimate_ms(600, 3, 200), 1_600);
        assert_eq!(estimate_ms(600, 3, 9_000), 1_200, "it may end any moment, the others still take their time");
        assert_eq!(estimate_ms(600, 0, 50), 0);
    }
}
