//! How many runs must still end, one after another, before each entry can land, if all of them are green. It counts runs, knows
//! no time, and decides nothing.

use super::order::EntryId;
use super::policy::{Plan, Policy};
use super::state::{State, TrunkVerdict};
use super::tree::{Node, Phase};
use crate::ids::RunId;
use std::collections::BTreeMap;

/// What stands between an entry and its landing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// The run under way that ends first of these; `None` if the first of them has not begun.
    pub run: Option<RunId>,
    /// Runs that must end one after another, that one included. None are left where all is green.
    pub rounds: u32,
}

/// What stands between each entry and its landing. What is red, or behind a red trunk, has no forecast.
pub fn forecast(state: &State, policy: &Policy) -> BTreeMap<EntryId, Ahead> {
    let foreseeable = state.trunk.is_some_and(|trunk| match trunk.verdict {
        TrunkVerdict::Green | TrunkVerdict::Unknown { .. } | TrunkVerdict::Testing { .. } => true,
        TrunkVerdict::Red => false,
    });
    if !foreseeable {
        return BTreeMap::new();
    }
    let chain = chain(state);
    let mut ahead = begun(&chain);
    let begun = ahead.len();
    for at in begun..chain.len() {
        let before = match policy.plan {
            Plan::Serial => at.checked_sub(1),
            Plan::Pipeline(depth) => at.checked_sub(count(depth.min(policy.budget))),
            // The groups after those under way are filled one after another.
            Plan::Batch(size) => (begun + (at - begun) / count(size) * count(size)).checked_sub(1),
        };
        let before = before.map_or(Ahead { run: None, rounds: 0 }, |before| ahead[before]);
        ahead.push(Ahead { rounds: before.rounds + 1, ..before });
    }
    chain.into_iter().map(|(entry, _)| entry).zip(ahead).collect()
}

fn count(of: u32) -> usize {
    usize::try_from(of.max(1)).unwrap_or(usize::MAX)
}

/// The entries in order, each with its node on those before it; those that do not work out are stepped over.
fn chain(state: &State) -> Vec<(EntryId, Option<&Node>)> {
    let (mut chain, mut parent, mut known) = (Vec::new(), None, true);
    for entry in &state.order {
        let id = if known { state.tree.child(parent, entry.id) } else { None };
        let node = id.map(|id| state.tree.get(id));
        if node.is_some_and(Node::bad) {
            continue;
        }
        chain.push((entry.id, node));
        (parent, known) = (id, id.is_some());
    }
    chain
}

/// The first of the chain up to the longest group under way: an entry lands with the first group at or behind it to be green.
fn begun(chain: &[(EntryId, Option<&Node>)]) -> Vec<Ahead> {
    let mut nearest: Option<Ahead> = None;
    let mut ahead: Vec<Ahead> = Vec::new();
    for (_, node) in chain.iter().rev() {
        let lands = nearest.filter(|nearest| nearest.rounds == 0);
        nearest = match node.map(|node| &node.phase) {
            Some(Phase::Testing(_, run)) => lands.or(Some(Ahead { run: Some(*run), rounds: 1 })),
            Some(Phase::Green(_) | Phase::Landing(..) | Phase::Revoking(..)) => Some(Ahead { run: None, rounds: 0 }),
            Some(
                Phase::Wanted
                | Phase::Composing { .. }
                | Phase::Composed(_)
                | Phase::Red(..)
                | Phase::Unfit(_)
                | Phase::Ejecting(_),
            )
            | None => nearest,
        };
        ahead.extend(nearest);
    }
    ahead.reverse();
    ahead
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PrNumber, Reading, Sha};
    use crate::queue::{Composition, Effect, Event, Priority, Verdict, outstanding, step};

    fn sha(n: u64) -> Sha {
        format!("{n:040x}").parse().expect("forty hex digits")
    }

    /// So many entries, everything composed, and the runs that fit are going.
    fn queue(entries: u64, policy: &Policy) -> State {
        let mut state = heard(State::default(), Event::TrunkRead { reading: Reading::new(1), tip: sha(1) }, policy);
        for n in 1..=entries {
            let entry = EntryId { pr: PrNumber::new(n), head: sha(100 + n), rev: Reading::new(1 + n) };
            state = heard(state, Event::Arrived { entry, priority: Priority::default(), alone: false }, policy);
        }
        state
    }

    fn heard(state: State, event: Event, policy: &Policy) -> State {
        let mut state = step(state, event, policy).0;
        let wanted = |effect: &Effect| {
            if let Effect::Compose { onto, entry } = effect { Some((*onto, *entry)) } else { None }
        };
        while let Some((onto, entry)) = outstanding(&state).iter().find_map(wanted) {
            let tip = sha(1_000 * entry.pr.get() + u64::from(onto.as_bytes()[19]));
            let composed = Event::Composed { onto, entry, result: Composition::Tip(tip) };
            state = step(state, composed, policy).0;
        }
        state
    }

    /// Run (0 for none) and rounds of each entry, in order.
    fn seen(state: &State, policy: &Policy) -> Vec<(u64, u32)> {
        let ahead = forecast(state, policy);
        let of = |entry: EntryId| ahead.get(&entry).map(|a| (a.run.map_or(0, RunId::get), a.rounds));
        state.order.iter().filter_map(|entry| of(entry.id)).collect()
    }

    fn policy(plan: Plan) -> Policy {
        Policy { plan, budget: 2, ..Policy::default() }
    }

    #[test]
    fn each_strategy_has_its_own_rounds() {
        let serial = policy(Plan::Serial);
        assert_eq!(seen(&queue(3, &serial), &serial), [(1, 1), (1, 2), (1, 3)]);
        let pipeline = policy(Plan::Pipeline(2));
        assert_eq!(seen(&queue(5, &pipeline), &pipeline), [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3)]);
        // The first came alone and is tested alone; those behind it fill the next groups.
        let batch = policy(Plan::Batch(2));
        assert_eq!(seen(&queue(6, &batch), &batch), [(1, 1), (1, 2), (1, 2), (1, 3), (1, 3), (1, 4)]);
    }

    #[test]
    fn what_is_green_lands_at_once_and_what_is_red_has_no_forecast() {
        let policy = policy(Plan::Pipeline(2));
        let green =
            heard(queue(3, &policy), Event::RunFinished { run: RunId::new(2), verdict: Verdict::Passed }, &policy);
        assert_eq!(seen(&green, &policy)[..2], [(0, 0), (0, 0)], "both land with the second");
        let red = Event::RunFinished { run: RunId::new(1), verdict: Verdict::Failed(Vec::new()) };
        let red = heard(queue(3, &policy), red, &policy);
        assert_eq!(seen(&red, &policy).len(), 2, "the first of three is red");
    }
}
