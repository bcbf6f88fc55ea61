//! What must be true of a queue after every step, in release builds too.

use super::order;
use super::policy::Policy;
use super::state::{State, Trunk, TrunkVerdict};
use super::tree::{Node, NodeId, Phase};
use crate::ids::PrNumber;
use std::collections::BTreeSet;

/// Says which invariant does not hold, if one does not. It holds whatever the policy is: settings may change under a queue.
///
/// # Errors
/// The first thing that is wrong, in words for whoever mends the queue.
pub fn check(state: &State) -> Result<(), String> {
    entries(state)?;
    let settling = state.tree.iter().filter(|(_, node)| node.settling()).count();
    expect(settling <= 1, || format!("{settling} nodes settle at once"))?;
    structure(state)?;
    for (_, node) in state.tree.iter() {
        phase(state, node)?;
    }
    runs(state)
}

/// Says so if more CI slots are taken than there are. A budget that was lowered under running groups may be exceeded
/// until they end, but by no more than it was before the step.
pub(super) fn within_budget(state: &State, before: usize, policy: &Policy) -> Result<(), String> {
    let (now, most) = (state.slots(), before.max(policy.slots()));
    expect(now <= most, || format!("{now} CI slots are taken of {most}"))
}

/// Says so if somebody stands where somebody else should by the settings.
pub(super) fn in_order(state: &State, policy: &Policy) -> Result<(), String> {
    expect(order::arranged(state, policy), || "the order is not by rank and arrival".into())
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn entries(state: &State) -> Result<(), String> {
    let settling = state.tree.settling().is_some();
    let mut staying = BTreeSet::new();
    for entry in &state.order {
        let first = entry.leaving.is_some() || staying.insert(entry.id.pr);
        expect(first, || format!("#{} is queued twice", entry.id.pr))?;
        expect((entry.leaving.is_none() && !entry.held) || settling, || {
            format!("{} is marked as leaving while nothing settles", entry.id)
        })?;
    }
    let mut aside = BTreeSet::new();
    let once = state.aside.iter().all(|e| aside.insert(e.id.pr) && e.leaving.is_none() && !e.held);
    expect(once, || "a pull request is set aside twice, or while it leaves".into())
}

/// Every node hangs under its parent, holds a queued entry, and no group holds a pull request twice.
fn structure(state: &State) -> Result<(), String> {
    let queued: BTreeSet<_> = state.order.iter().map(|e| e.id).collect();
    let mut above: BTreeSet<PrNumber> = BTreeSet::new();
    let mut reached = 0;
    // A node is met twice: going down, and (marked) coming back up.
    let mut stack: Vec<(Option<NodeId>, NodeId, bool)> =
        state.tree.roots().iter().map(|id| (None, *id, false)).collect();
    while let Some((parent, id, done)) = stack.pop() {
        let node = state.tree.get(id);
        if done {
            above.remove(&node.entry.pr);
            continue;
        }
        reached += 1;
        expect(node.parent == parent, || format!("the group ending in {} is not its parent's", node.entry))?;
        expect(queued.contains(&node.entry), || format!("a group holds {}, which is not queued", node.entry))?;
        expect(above.insert(node.entry.pr), || {
            format!("a group holds a pull request twice, ending in {}", node.entry)
        })?;
        stack.push((parent, id, true));
        stack.extend(node.children.iter().map(|child| (Some(id), *child, false)));
    }
    let nodes = state.tree.iter().count();
    expect(reached == nodes, || format!("{nodes} groups are kept, {reached} stand on trunk"))
}

fn phase(state: &State, node: &Node) -> Result<(), String> {
    let base = node.parent.map_or(state.trunk.map(|trunk| trunk.tip), |parent| state.tree.get(parent).tip());
    match &node.phase {
        Phase::Composing { onto } => {
            expect(base == Some(*onto), || format!("{} is composed on what is not below it", node.entry))
        }
        Phase::Testing(_, run) => {
            expect(node.run == Some(*run), || format!("{} waits for another run than its own", node.entry))
        }
        Phase::Green(_) | Phase::Landing(..) | Phase::Revoking(..) => {
            expect(node.run.is_some() && base.is_some(), || format!("{} is green without a run or a base", node.entry))
        }
        Phase::Ejecting(_) => expect(node.parent.is_none(), || format!("{} is ejected off trunk", node.entry)),
        Phase::Wanted | Phase::Composed(_) | Phase::Red(..) | Phase::Unfit(_) => Ok(()),
    }
}

fn runs(state: &State) -> Result<(), String> {
    let mut seen: BTreeSet<_> = state.cancelling.keys().copied().collect();
    if let Some(Trunk { verdict: TrunkVerdict::Testing { run, .. }, .. }) = state.trunk {
        expect(seen.insert(run), || format!("run {run} is both cancelled and trunk's"))?;
    }
    for (_, node) in state.tree.iter() {
        if let Phase::Testing(_, run) = node.phase {
            expect(seen.insert(run), || format!("run {run} stands for two things"))?;
        }
    }
    expect(seen.iter().all(|run| *run < state.next_run), || "a run has a number not given out yet".into())
}
