//! Landing, revoking, ejecting, and trunk moving under us: at most one front node settles at a time, and trunk facts wait for it.
//! While the gate is shut no landing begins but of those it lets through.

use super::effect::{Notice, members};
use super::event::Refusal;
use super::order::EntryId;
use super::policy::Policy;
use super::state::{State, Trunk, TrunkVerdict};
use super::tree::{Node, NodeId, Phase, RedWhy, Why};
use super::verdict::Tested;
use crate::ids::{Attempt, Reading, Sha};
use std::collections::BTreeSet;

/// Where trunk was read to be, and by which reading.
type Fact = (Reading, Sha);

/// Takes in a reading of trunk; while something settles it waits, and only the newest waits.
pub(super) fn hear(state: &mut State, reading: Reading, tip: Sha) {
    if reading > state.applied && state.heard.is_none_or(|(known, _)| known < reading) {
        state.heard = Some((reading, tip));
    }
}

/// Applies what waited for the settlement: marked departures and holds, then trunk.
pub(super) fn settle(state: &mut State) {
    if state.tree.settling().is_some() {
        return;
    }
    let leaving: Vec<_> = state.order.iter().filter_map(|e| Some((e.id, e.leaving.clone()?))).collect();
    for (entry, why) in leaving {
        state.dismiss(entry, why);
    }
    let held: Vec<_> = state.order.iter().filter(|e| e.held).map(|e| e.id).collect();
    for entry in held {
        state.set_aside(entry);
    }
    if std::mem::take(&mut state.reshape) {
        let runs = state.tree.clear();
        state.owe_cancels(runs);
    }
    if let Some((reading, tip)) = state.heard.take()
        && reading > state.applied
    {
        state.applied = reading;
        if state.trunk.is_none_or(|trunk| trunk.tip != tip) {
            let runs = state.tree.clear();
            state.owe_cancels(runs);
            replace_trunk(state, Trunk { tip, verdict: TrunkVerdict::Unknown { reds: 0 } });
        }
    }
}

/// A commit that is trunk no longer needs no run of its own.
fn replace_trunk(state: &mut State, new: Trunk) {
    if let Some(Trunk { tip, verdict: TrunkVerdict::Testing { run, .. } }) = state.trunk.replace(new) {
        state.cancelling.insert(run, tip);
    }
}

/// Starts landing the longest green front node whose prefixes at cuts are green, as far as the gate lets it.
pub(super) fn land(state: &mut State, policy: &Policy) {
    if policy.unread || state.tree.settling().is_some() {
        return;
    }
    let open = state.gate.limit(&state.order);
    let Some(ready) = ready(state, policy, open).checked_sub(1) else { return };
    let Some(id) = state.front().get(ready).copied() else { return };
    if let Phase::Green(tested) = state.tree.get(id).phase {
        let attempt = state.next_attempt;
        state.next_attempt = attempt.next();
        state.tree.get_mut(id).phase = Phase::Landing(tested, attempt);
    }
}

/// How long the longest green front node is whose prefixes at cuts are green, among the first so many; 0 if there is none.
pub(super) fn ready(state: &State, policy: &Policy, most: usize) -> usize {
    let mut best = 0;
    for (i, id) in state.front().into_iter().enumerate().take(most) {
        match state.tree.get(id).phase {
            Phase::Green(_) => best = i + 1,
            Phase::Wanted
            | Phase::Composing { .. }
            | Phase::Composed(_)
            | Phase::Testing(..)
            | Phase::Red(..)
            | Phase::Unfit(_)
            | Phase::Landing(..)
            | Phase::Revoking(..)
            | Phase::Ejecting(_) => {
                if state.cut(i + 1, policy) {
                    break;
                }
            }
        }
    }
    best
}

/// Starts ejecting the front single if it does not compose on trunk, or is finally red while trunk is known green.
pub(super) fn eject(state: &mut State) {
    if state.tree.settling().is_some() {
        return;
    }
    let Some(first) = state.front().first().copied() else { return };
    let green = state.trunk.is_some_and(|trunk| trunk.verdict == TrunkVerdict::Green);
    let why = match &state.tree.get(first).phase {
        Phase::Unfit(unfit) => Why::Unfit(unfit.clone()),
        Phase::Red(sha, why @ (RedWhy::Silent(_) | RedWhy::Refused(_) | RedWhy::Unsound(_) | RedWhy::Unanswered)) => {
            Why::Red(*sha, why.clone())
        }
        Phase::Red(sha, why @ RedWhy::Failed(_)) if green => Why::Red(*sha, why.clone()),
        Phase::Red(_, RedWhy::Failed(_))
        | Phase::Wanted
        | Phase::Composing { .. }
        | Phase::Composed(_)
        | Phase::Testing(..)
        | Phase::Green(_)
        | Phase::Landing(..)
        | Phase::Revoking(..)
        | Phase::Ejecting(_) => return,
    };
    state.tree.get_mut(first).phase = Phase::Ejecting(why);
}

/// The node whose landing is unanswered, if it is this attempt.
fn landing(state: &State, attempt: Attempt) -> Option<(NodeId, Tested)> {
    let id = state.tree.settling()?;
    if let Phase::Landing(tested, own) = state.tree.get(id).phase {
        (own == attempt).then_some((id, tested))
    } else {
        None
    }
}

/// The node whose landing is being revoked, if it is this attempt.
fn revoking(state: &State, attempt: Attempt) -> Option<(NodeId, Tested)> {
    let id = state.tree.settling()?;
    if let Phase::Revoking(tested, own) = state.tree.get(id).phase {
        (own == attempt).then_some((id, tested))
    } else {
        None
    }
}

/// Takes in a landing's answer: landed, refused because trunk moved, or to be revoked first.
pub(super) fn landing_answered(state: &mut State, attempt: Attempt, fact: Fact, landed: Result<(), Refusal>) {
    let Some((id, tested)) = landing(state, attempt) else { return };
    match landed {
        Ok(()) => land_node(state, id, tested, fact),
        Err(_) if state.trunk.is_some_and(|trunk| trunk.tip != fact.1) => back_to_green(state, id, tested, fact),
        Err(refusal) => {
            let node = state.tree.get_mut(id);
            node.phase = Phase::Revoking(tested, attempt);
            node.refused = Some(refusal);
        }
    }
}

/// Takes in that an attempt can no longer succeed: it had landed after all, trunk moved, or the node may be tried again.
pub(super) fn revoked(state: &mut State, attempt: Attempt, fact: Fact, landed: bool, policy: &Policy) {
    let Some((id, tested)) = revoking(state, attempt) else { return };
    if landed {
        return land_node(state, id, tested, fact);
    }
    back_to_green(state, id, tested, fact);
    let slot_free = state.slots() < policy.slots();
    let node = state.tree.get_mut(id);
    match node.refused.take() {
        // It says nothing about the commit.
        Some(Refusal::TrunkMoved | Refusal::Lost | Refusal::Stopped) | None => {}
        // Its slot may have been given away meanwhile; then it waits for one, and for a run of its own.
        Some(Refusal::ChecksChanged) => {
            let same_run = node.run.filter(|_| slot_free);
            node.phase = same_run.map_or(Phase::Composed(tested.sha()), |run| Phase::Testing(tested.sha(), run));
        }
        Some(Refusal::NoAnswer) => {
            node.unanswered = node.unanswered.saturating_add(1);
            if node.unanswered >= policy.answer_tries() {
                node.phase = Phase::Red(tested.sha(), RedWhy::Unanswered);
            }
        }
        // The same commit would be found wanting again.
        Some(Refusal::Unsound(how)) => node.phase = Phase::Red(tested.sha(), RedWhy::Unsound(how)),
        Some(Refusal::MemberChanged) => refused(node, tested, "a pull request of the group changed".into(), policy),
        Some(Refusal::Refused(words)) => refused(node, tested, words, policy),
    }
}

/// Counts a refused landing, and gives the commit up after as many as are tried.
fn refused(node: &mut Node, tested: Tested, words: String, policy: &Policy) {
    node.refusals = node.refusals.saturating_add(1);
    if node.refusals >= policy.land_tries {
        node.phase = Phase::Red(tested.sha(), RedWhy::Refused(words));
    }
}

fn back_to_green(state: &mut State, id: NodeId, tested: Tested, (reading, trunk): Fact) {
    state.tree.get_mut(id).phase = Phase::Green(tested);
    hear(state, reading, trunk);
}

fn land_node(state: &mut State, id: NodeId, tested: Tested, (reading, trunk): Fact) {
    let landed = members(state, id);
    let runs = state.tree.reroot(id);
    state.owe_cancels(runs);
    replace_trunk(state, Trunk { tip: tested.sha(), verdict: TrunkVerdict::Green });
    // A newer approval of the same pull request goes too: what has landed cannot land again.
    let gone: BTreeSet<_> = landed.iter().map(|member| member.entry.pr).collect();
    state.drop_entries(|entry| gone.contains(&entry.pr));
    for member in landed {
        // So is an approval that was read before the landing was, but is heard of later.
        state.learn(member.entry.pr, reading);
        state.tell(member.entry, Notice::Landed { tip: member.tip, trunk: tested.sha() });
    }
    if trunk == tested.sha() {
        state.applied = state.applied.max(reading);
    } else {
        hear(state, reading, trunk);
    }
}

/// Takes in trunk read again: the entry goes only if trunk is the same and it is still first.
pub(super) fn eject_answered(state: &mut State, entry: EntryId, (reading, trunk): Fact) {
    let Some(id) = state.tree.settling() else { return };
    let node = state.tree.get(id);
    let Phase::Ejecting(why) = node.phase.clone() else { return };
    // An answer that is no newer than what we know was to an earlier question.
    if node.entry != entry || reading <= state.applied {
        return;
    }
    let same = state.trunk.is_some_and(|known| known.tip == trunk);
    let first = state.order.first().filter(|e| e.id == entry);
    match first {
        // What it was found by may not hold any more once settings have changed: it is composed anew first.
        Some(first)
            if same && !state.reshape && state.heard.is_none_or(|(known, tip)| known < reading || tip == trunk) =>
        {
            let notice = first.leaving.clone().map_or(Notice::Ejected(why), Notice::Left);
            state.applied = state.applied.max(reading);
            state.drop_entry(entry);
            state.tell(entry, notice);
        }
        Some(_) | None => {
            state.tree.get_mut(id).phase = why.phase();
            hear(state, reading, trunk);
        }
    }
}
