//! What must be true of a queue after every step, in release builds too.

use super::policy::Policy;
use super::state::{State, Trunk, TrunkVerdict};
use super::tree::{Node, NodeId, Phase};
use std::collections::BTreeSet;

/// Says which invariant does not hold, if one does not.
pub fn check(state: &State, policy: &Policy) -> Result<(), String> {
    order(state)?;
    let settling = state.tree.iter().filter(|(_, node)| node.settling()).count();
    expect(settling <= 1, || format!("{settling} nodes settle at once"))?;
    for (id, node) in state.tree.iter() {
        structure(state, id, node)?;
        phase(state, node)?;
    }
    runs(state)?;
    let _ = policy;
    Ok(())
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn order(state: &State) -> Result<(), String> {
    let mut staying = BTreeSet::new();
    for entry in &state.order {
        let first = entry.leaving.is_some() || staying.insert(entry.id.pr);
        expect(first, || format!("#{} is queued twice", entry.id.pr))?;
        expect(entry.leaving.is_none() || state.tree.settling().is_some(), || {
            format!("{} is marked as leaving while nothing settles", entry.id)
        })?;
    }
    let sorted = state.order.windows(2).all(|pair| pair[0].priority >= pair[1].priority);
    expect(sorted, || "the order is not by priority".into())
}

fn structure(state: &State, id: NodeId, node: &Node) -> Result<(), String> {
    expect(state.order.iter().any(|e| e.id == node.entry), || {
        format!("a group holds {}, which is not queued", node.entry)
    })?;
    let siblings = node.parent.map_or(state.tree.roots(), |parent| state.tree.get(parent).children.as_slice());
    expect(siblings.contains(&id), || format!("the group ending in {} is not among its parent's", node.entry))?;
    let path = state.tree.path(id);
    let distinct: BTreeSet<_> = path.iter().map(|(_, entry)| entry.pr).collect();
    expect(distinct.len() == path.len(), || format!("a group holds a pull request twice, ending in {}", node.entry))
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
