//! One step: an event is taken in, then the rules are applied until nothing changes. The only way a queue changes.

use super::effect::{Effect, outstanding};
use super::event::{Composition, Event, LeaveWhy};
use super::order::{self, Entry, EntryId, Priority};
use super::policy::Policy;
use super::state::{State, TrunkVerdict};
use super::tree::{Phase, Unfit};
use super::{invariant, runs, settle, verdict};
use crate::ids::{PrNumber, Reading, Sha};
use std::collections::BTreeSet;

/// Rounds of the rules within one step, far more than they need: each brings every node nearer to its end or changes nothing.
const ROUNDS: u32 = 100;

/// Takes in what happened; says the queue afterwards and what it newly wants done.
///
/// # Panics
/// When an invariant of the queue does not hold afterwards: then nothing must be written, and nobody may act on it.
pub fn step(state: State, event: Event, policy: &Policy) -> (State, Vec<Effect>) {
    let before: BTreeSet<Effect> = outstanding(&state).into_iter().collect();
    let slots = state.slots();
    let mut state = state;
    take_in(&mut state, event, policy);
    for round in 0.. {
        assert!(round < ROUNDS, "the queue's rules do not come to rest");
        let seen = state.clone();
        settle::settle(&mut state);
        order::arrange(&mut state, policy);
        runs::grow(&mut state, policy);
        settle::land(&mut state, policy);
        settle::eject(&mut state);
        runs::schedule(&mut state, policy);
        if state == seen {
            break;
        }
    }
    let sound = invariant::check(&state)
        .and_then(|()| invariant::within_budget(&state, slots, policy))
        .and_then(|()| invariant::in_order(&state, policy));
    if let Err(broken) = sound {
        panic!("the queue broke an invariant: {broken}");
    }
    let wanted = outstanding(&state).into_iter().filter(|effect| !before.contains(effect)).collect();
    (state, wanted)
}

fn take_in(state: &mut State, event: Event, policy: &Policy) {
    match event {
        Event::TrunkRead { reading, tip } => settle::hear(state, reading, tip),
        Event::Arrived { entry, priority, alone } => arrive(state, entry, priority, alone),
        Event::Ranked { entry, priority } => order::rank(state, entry, priority),
        Event::Left { pr, rev, why } => leave(state, pr, rev, &why),
        Event::Held { pr } => hold(state, pr),
        Event::Released { pr } => release(state, pr),
        Event::Gated(gate) => state.gate = gate,
        Event::Gathered(entries) => {
            let ripe = |entry: &&mut Entry| entries.contains(&entry.id);
            state.order.iter_mut().chain(&mut state.aside).filter(ripe).for_each(|entry| entry.gathered = true);
        }
        Event::Composed { onto, entry, result } => composed(state, onto, entry, &result),
        Event::RunFinished { run, verdict } => verdict::finished(state, run, &verdict, policy),
        Event::RunCancelled { run } => {
            state.cancelling.remove(&run);
        }
        Event::LandingAnswered { attempt, reading, trunk, landed } => {
            settle::landing_answered(state, attempt, (reading, trunk), landed);
        }
        Event::Revoked { attempt, reading, trunk, landed } => {
            settle::revoked(state, attempt, (reading, trunk), landed, policy);
        }
        Event::EjectAnswered { entry, reading, trunk } => settle::eject_answered(state, entry, (reading, trunk)),
        Event::Told { entry } => {
            if let Some(i) = state.untold.iter().position(|(e, _)| *e == entry) {
                state.untold.remove(i);
            }
        }
        Event::TrunkDoubted => {
            if let Some(trunk) = &mut state.trunk
                && trunk.verdict == TrunkVerdict::Red
            {
                trunk.verdict = TrunkVerdict::Unknown { reds: 0 };
            }
        }
        Event::Reshaped => state.reshape = true,
        Event::Reconsidered => {}
    }
}

fn arrive(state: &mut State, entry: EntryId, priority: Priority, alone: bool) {
    // Heard of already: what has landed or left must not come back by the same approval.
    if state.knows(entry.pr, entry.rev) {
        return;
    }
    state.learn(entry.pr, entry.rev);
    let old: Vec<_> = state.order.iter().chain(&state.aside).map(|e| e.id).filter(|e| e.pr == entry.pr).collect();
    for old in old {
        depart(state, old, LeaveWhy::Replaced);
    }
    state.arrivals += 1;
    let entry = Entry::new(entry, priority, alone, state.arrivals);
    order::join(&mut state.order, entry);
}

fn leave(state: &mut State, pr: PrNumber, rev: Reading, why: &LeaveWhy) {
    state.learn(pr, rev);
    let all = state.order.iter().chain(&state.aside);
    let gone: Vec<_> = all.filter(|e| e.id.pr == pr && e.id.rev <= rev).map(|e| e.id).collect();
    for entry in gone {
        depart(state, entry, why.clone());
    }
}

/// Sets a pull request's entry aside now, or marks it if a landing or ejection that it is part of is unanswered.
fn hold(state: &mut State, pr: PrNumber) {
    let Some(entry) = state.order.iter().find(|e| e.id.pr == pr && e.leaving.is_none()).map(|e| e.id) else { return };
    if settles(state, entry) {
        state.order.iter_mut().filter(|e| e.id == entry).for_each(|e| e.held = true);
    } else {
        state.set_aside(entry);
    }
}

/// Puts a pull request's entry back among the others.
fn release(state: &mut State, pr: PrNumber) {
    state.order.iter_mut().filter(|e| e.id.pr == pr).for_each(|e| e.held = false);
    let (back, aside) = std::mem::take(&mut state.aside).into_iter().partition(|e| e.id.pr == pr);
    state.aside = aside;
    state.order.extend::<Vec<Entry>>(back);
}

/// A landing, a revocation or an ejection that this entry is part of is unanswered.
fn settles(state: &State, entry: EntryId) -> bool {
    let settling = state.tree.settling().map(|id| state.tree.path(id)).unwrap_or_default();
    settling.iter().any(|(_, member)| *member == entry)
}

/// Takes an entry out now, or marks it if a landing or ejection that it is part of is unanswered.
fn depart(state: &mut State, entry: EntryId, why: LeaveWhy) {
    if settles(state, entry) {
        if let Some(marked) = state.order.iter_mut().find(|e| e.id == entry) {
            marked.leaving.get_or_insert(why);
        }
    } else {
        state.dismiss(entry, why);
    }
}

fn composed(state: &mut State, onto: Sha, entry: EntryId, result: &Composition) {
    let waiting: Vec<_> = state
        .tree
        .iter()
        .filter(|(_, node)| node.entry == entry && node.phase == Phase::Composing { onto })
        .map(|(id, _)| id)
        .collect();
    for id in waiting {
        state.tree.get_mut(id).phase = match result {
            Composition::Tip(tip) if *tip == onto => Phase::Unfit(Unfit::Nothing),
            Composition::Tip(tip) => Phase::Composed(*tip),
            Composition::Conflict(paths) => Phase::Unfit(Unfit::Conflict(paths.clone())),
            Composition::Nothing => Phase::Unfit(Unfit::Nothing),
            Composition::Refused(why) => Phase::Unfit(Unfit::Refused(why.clone())),
            Composition::HeadMissing => Phase::Unfit(Unfit::HeadMissing(entry.head)),
        };
    }
}
