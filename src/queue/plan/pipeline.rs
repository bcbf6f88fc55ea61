//! Speculation: each entry on top of those ahead of it, stepping over those that do not work out there.

use super::Chain;
use crate::queue::state::State;

/// Up to `depth` groups: `[a] [ab] [abc] …`; an entry that is red or does not compose where it would stand is left out of those behind it.
pub(super) fn plan(state: &State, depth: usize) -> Chain {
    let mut members = Vec::new();
    let mut parent = None;
    // Once a node is not made yet, nothing on top of it is either.
    let mut known = true;
    for entry in &state.order {
        if members.len() >= depth {
            break;
        }
        let node = if known { state.tree.child(parent, entry.id) } else { None };
        if node.is_some_and(|id| state.tree.get(id).bad()) {
            continue;
        }
        members.push(entry.id);
        known = node.is_some();
        parent = node;
    }
    Chain { members, shortest: 1 }
}
