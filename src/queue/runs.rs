//! Which nodes are there, composed and tested: grows what the planner wants, and spends the CI budget on it, best first.

use super::order::EntryId;
use super::plan;
use super::policy::Policy;
use super::state::{State, Trunk, TrunkVerdict};
use super::tree::{NodeId, Phase, RedWhy};
use crate::ids::RunId;

/// Makes the wanted nodes and their ancestors, and starts every composition that has something to stand on.
pub(super) fn grow(state: &mut State, policy: &Policy) {
    let Some(trunk) = state.trunk else { return };
    for members in wants(state, policy) {
        let mut parent = None;
        for entry in members {
            parent = Some(state.tree.grow(parent, entry));
        }
    }
    let ids: Vec<NodeId> = state.tree.iter().map(|(id, _)| id).collect();
    for id in ids {
        let node = state.tree.get(id);
        let onto = node.parent.map_or(Some(trunk.tip), |parent| state.tree.get(parent).tip());
        if node.phase == Phase::Wanted
            && let Some(onto) = onto
        {
            state.tree.get_mut(id).phase = Phase::Composing { onto };
        }
    }
}

/// Cancels what is no longer wanted, starts what is, within the budget; trunk's own run first, then the first undecided front node.
pub(super) fn schedule(state: &mut State, policy: &Policy) {
    if state.trunk.is_none() {
        return;
    }
    let wants = wants(state, policy);
    let wanted: Vec<NodeId> = wants.iter().filter_map(|members| find(state, members)).collect();
    cancel_unwanted(state, &wanted);
    let budget = usize::try_from(policy.budget.max(1)).unwrap_or(usize::MAX);
    if trunk_run_wanted(state) && state.slots() < budget {
        let run = take_run(state);
        if let Some(trunk) = &mut state.trunk
            && let TrunkVerdict::Unknown { reds } = trunk.verdict
        {
            trunk.verdict = TrunkVerdict::Testing { run, reds };
        }
    }
    let front = state.front();
    let (first, others): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|id| front.contains(id) && !state.tree.get(*id).decided());
    for id in first.into_iter().chain(others) {
        if let Phase::Composed(sha) = state.tree.get(id).phase
            && state.slots() < budget
        {
            let run = take_run(state);
            let node = state.tree.get_mut(id);
            node.phase = Phase::Testing(sha, run);
            node.run = Some(run);
        }
    }
}

fn take_run(state: &mut State) -> RunId {
    let run = state.next_run;
    state.next_run = run.next();
    run
}

/// The planner's wants, with the shortest undecided front node put first if no undecided front node is among them.
fn wants(state: &State, policy: &Policy) -> Vec<Vec<EntryId>> {
    let mut wants = plan::plan(state, policy);
    let undecided = |members: &Vec<EntryId>| {
        members.iter().zip(&state.order).all(|(member, entry)| *member == entry.id)
            && find(state, members).is_none_or(|id| !state.tree.get(id).decided())
    };
    if !wants.iter().any(undecided)
        && let Some(missing) = shortest_undecided(state)
    {
        wants.insert(0, missing);
    }
    wants
}

/// The shortest prefix of the order that is not decided and can be composed. Beyond what is red on trunk it looks only
/// while trunk itself is red: then somebody behind may be the cure.
fn shortest_undecided(state: &State) -> Option<Vec<EntryId>> {
    let trunk_red = state.trunk.is_some_and(|trunk| trunk.verdict == TrunkVerdict::Red);
    let mut prefix = 0;
    for id in state.front() {
        let node = state.tree.get(id);
        if !node.decided() {
            break;
        }
        if node.tip().is_none() || (node.bad() && !trunk_red) {
            return None;
        }
        prefix += 1;
    }
    (prefix < state.order.len()).then(|| state.order.iter().take(prefix + 1).map(|e| e.id).collect())
}

fn find(state: &State, members: &[EntryId]) -> Option<NodeId> {
    let mut parent = None;
    for entry in members {
        parent = Some(state.tree.child(parent, *entry)?);
    }
    parent
}

/// The front single is red, and whether trunk is green is not known.
fn trunk_run_wanted(state: &State) -> bool {
    let unknown = matches!(state.trunk, Some(Trunk { verdict: TrunkVerdict::Unknown { .. }, .. }));
    unknown
        && state.front().first().is_some_and(|id| matches!(state.tree.get(*id).phase, Phase::Red(_, RedWhy::Failed(_))))
}

/// Stops runs that nobody wants; a running front node is never stopped for rank. Then forgets unwanted nodes that know nothing.
fn cancel_unwanted(state: &mut State, wanted: &[NodeId]) {
    let front = state.front();
    let ids: Vec<NodeId> = state.tree.iter().map(|(id, _)| id).collect();
    for id in ids.into_iter().rev() {
        let node = state.tree.get(id);
        if wanted.contains(&id) || front.contains(&id) {
            continue;
        }
        match node.phase {
            Phase::Testing(sha, run) => {
                state.cancelling.insert(run, sha);
                state.tree.get_mut(id).phase = Phase::Composed(sha);
            }
            Phase::Wanted | Phase::Composing { .. } | Phase::Composed(_) if node.children.is_empty() => {
                state.tree.prune(id);
            }
            _ => {}
        }
    }
}
