//! Which nodes are there, composed and tested: grows what the planner wants, and spends the CI budget on it, best first.

use super::gate::Gate;
use super::plan::{self, Chain};
use super::policy::Policy;
use super::settle;
use super::state::{State, Trunk, TrunkVerdict};
use super::tree::{NodeId, Phase, RedWhy};
use crate::ids::RunId;
use std::collections::BTreeSet;

/// Makes the wanted nodes and their ancestors, and starts every composition that has something to stand on.
pub(super) fn grow(state: &mut State, policy: &Policy) {
    let Some(trunk) = state.trunk else { return };
    for chain in wants(state, policy) {
        let mut parent = None;
        for entry in chain.members {
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
    let wanted: Vec<NodeId> = wants(state, policy).iter().flat_map(|chain| nodes(state, chain)).collect();
    let front: BTreeSet<NodeId> = state.front().into_iter().collect();
    let keep = wanted.iter().chain(&front).copied().collect();
    cancel_unwanted(state, &keep);
    let heirs = heirs(state);
    let mut free = policy.slots().saturating_sub(state.slots());
    if free > 0 && heirs.is_none() && trunk_run_wanted(state) {
        start_trunk(state);
        free -= 1;
    }
    let (first, others): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|id| front.contains(id));
    let ready = |id: &NodeId| {
        matches!(state.tree.get(*id).phase, Phase::Composed(_)) && heirs.as_ref().is_none_or(|heirs| heirs.contains(id))
    };
    let next: Vec<NodeId> = first.into_iter().chain(others).filter(ready).take(free).collect();
    for id in next {
        start(state, id);
    }
}

/// CI runs that the queue takes, or would take if it had them: what is beyond that it leaves to others.
pub fn demand(state: &State, policy: &Policy) -> usize {
    let wanted = |chain: &Chain| {
        let served = |id: &NodeId| {
            let node = state.tree.get(*id);
            node.decided() || matches!(node.phase, Phase::Testing(..))
        };
        let groups = chain.members.len() + 1 - chain.shortest;
        groups - nodes(state, chain).iter().filter(|id| served(id)).count()
    };
    let wants: usize = wants(state, policy).iter().map(wanted).sum();
    let soon = usize::from(plan::gathers(state, policy)) + usize::from(trunk_run_wanted(state));
    state.slots() + wants + soon
}

/// While a landing is unanswered, what stands on it: nothing else is worth a run, for the landing's success would end it.
fn heirs(state: &State) -> Option<BTreeSet<NodeId>> {
    let landing = state.tree.settling().map(|id| state.tree.get(id)).filter(|node| !node.bad())?;
    let mut heirs = BTreeSet::new();
    let mut next = landing.children.clone();
    while let Some(id) = next.pop() {
        heirs.insert(id);
        next.extend(&state.tree.get(id).children);
    }
    Some(heirs)
}

fn start(state: &mut State, id: NodeId) {
    let run = take_run(state);
    let node = state.tree.get_mut(id);
    if let Phase::Composed(sha) = node.phase {
        node.phase = Phase::Testing(sha, run);
        node.run = Some(run);
    }
}

fn start_trunk(state: &mut State) {
    let run = take_run(state);
    if let Some(trunk) = &mut state.trunk
        && let TrunkVerdict::Unknown { reds } = trunk.verdict
    {
        trunk.verdict = TrunkVerdict::Testing { run, reds };
    }
}

fn take_run(state: &mut State) -> RunId {
    let run = state.next_run;
    state.next_run = run.next();
    run
}

/// The planner's wants, with the shortest undecided front node put first if no undecided front node is among them. While
/// something settles that is not needed: the answer is the progress.
fn wants(state: &State, policy: &Policy) -> Vec<Chain> {
    if plan::gathers(state, policy) {
        return Vec::new();
    }
    let mut wants = plan::chains(state, policy);
    if state.tree.settling().is_none()
        && !wants.iter().any(|chain| wants_undecided_front(state, chain))
        && let Some(length) = shortest_undecided(state, policy)
    {
        wants.insert(0, Chain::one(state.order.iter().take(length).map(|e| e.id).collect()));
    }
    // The newer approval of a pull request that is just landing waits for the answer: the two never stand in one group.
    if state.order.iter().any(|e| e.leaving.is_some()) {
        wants.iter_mut().for_each(Chain::end_at_second);
    }
    wants
}

/// One of the chain's groups is a prefix of the order and not decided.
fn wants_undecided_front(state: &State, chain: &Chain) -> bool {
    let prefix = chain.members.iter().zip(&state.order).take_while(|(member, entry)| **member == entry.id).count();
    if prefix < chain.shortest {
        return false;
    }
    let made = walk(state, chain).take(prefix).collect::<Vec<_>>();
    made.len() < prefix || made.iter().skip(chain.shortest - 1).any(|id| !state.tree.get(*id).decided())
}

/// The length of the shortest prefix of the order that is not decided and could land. Beyond what is red on trunk it
/// looks only while trunk itself is red: then somebody behind may be the cure, unless a cut keeps the two apart.
fn shortest_undecided(state: &State, policy: &Policy) -> Option<usize> {
    let trunk_red = state.trunk.is_some_and(|trunk| trunk.verdict == TrunkVerdict::Red);
    // What only waits for the gate needs no test of its parts.
    let mut prefix = if state.gate == Gate::Open { 0 } else { settle::ready(state, policy, state.order.len()) };
    for id in state.front().into_iter().skip(prefix) {
        let node = state.tree.get(id);
        if !node.decided() {
            break;
        }
        prefix += 1;
        if node.tip().is_none() || (node.bad() && (!trunk_red || state.cut(prefix, policy))) {
            return None;
        }
    }
    (prefix < state.order.len()).then_some(prefix + 1)
}

/// The nodes of a chain from trunk up, as far as they are made.
fn walk(state: &State, chain: &Chain) -> impl Iterator<Item = NodeId> {
    chain.members.iter().scan(None, |parent, entry| {
        *parent = state.tree.child(*parent, *entry);
        *parent
    })
}

/// The nodes of a chain's wanted groups, as far as they are made.
fn nodes(state: &State, chain: &Chain) -> Vec<NodeId> {
    walk(state, chain).skip(chain.shortest - 1).collect()
}

/// The front single is red, and whether trunk is green is not known.
fn trunk_run_wanted(state: &State) -> bool {
    let unknown = matches!(state.trunk, Some(Trunk { verdict: TrunkVerdict::Unknown { .. }, .. }));
    unknown
        && state.front().first().is_some_and(|id| matches!(state.tree.get(*id).phase, Phase::Red(_, RedWhy::Failed(_))))
}

/// Stops runs that nobody wants; `keep` has the front nodes too, which are never stopped for rank. Then forgets unwanted nodes that know nothing.
fn cancel_unwanted(state: &mut State, keep: &BTreeSet<NodeId>) {
    let ids: Vec<NodeId> = state.tree.iter().map(|(id, _)| id).collect();
    for id in ids.into_iter().rev() {
        let node = state.tree.get(id);
        if keep.contains(&id) {
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
            Phase::Wanted
            | Phase::Composing { .. }
            | Phase::Composed(_)
            | Phase::Green(_)
            | Phase::Red(..)
            | Phase::Unfit(_)
            | Phase::Landing(..)
            | Phase::Revoking(..)
            | Phase::Ejecting(_) => {}
        }
    }
}
