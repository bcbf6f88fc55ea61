//! Speculation: each entry on top of those ahead of it, stepping over those that do not work out there.

use crate::queue::order::EntryId;
use crate::queue::state::State;

/// Up to `depth` groups: `[a] [ab] [abc] …`; an entry that is red or does not compose where it would stand is left out of those behind it.
pub(super) fn plan(state: &State, depth: usize) -> Vec<Vec<EntryId>> {
    let mut wants = Vec::new();
    let mut path = Vec::new();
    let mut parent = None;
    // Once a node is not made yet, nothing on top of it is either.
    let mut known = true;
    for entry in &state.order {
        if wants.len() >= depth {
            break;
        }
        let node = if known { state.tree.child(parent, entry.id) } else { None };
        if node.is_some_and(|id| state.tree.get(id).bad()) {
            continue;
        }
        path.push(entry.id);
        wants.push(path.clone());
        known = node.is_some();
        parent = node;
    }
    wants
}
