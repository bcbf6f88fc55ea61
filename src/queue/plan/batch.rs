//! Many entries as one group; a red group is halved until the culprit stands first.

use super::Chain;
use crate::queue::order::{Entry, Priority};
use crate::queue::policy::Policy;
use crate::queue::state::State;
use crate::queue::tree::{Phase, Why};

/// One group: the longest allowed prefix of the order, or the middle between the longest green and the shortest red one.
pub(super) fn plan(state: &State, policy: &Policy, size: usize) -> Chain {
    let mut end = limit(state, policy, size);
    let mut green = 0;
    let mut running = None;
    for (i, id) in state.front().into_iter().enumerate().take(end) {
        let node = state.tree.get(id);
        match node.phase {
            Phase::Green(_) | Phase::Landing(..) | Phase::Revoking(..) => green = i + 1,
            Phase::Testing(..) => running = running.or(Some(i + 1)),
            Phase::Wanted | Phase::Composing { .. } | Phase::Composed(_) => {}
            Phase::Unfit(_) | Phase::Ejecting(Why::Unfit(_)) => {
                end = i;
                break;
            }
            Phase::Red(..) | Phase::Ejecting(Why::Red(..)) => {
                end = green.midpoint(i + 1);
                break;
            }
        }
    }
    let wanted = running.unwrap_or(end);
    let wanted = if wanted <= green { 0 } else { wanted };
    Chain::one(state.order.iter().take(wanted).map(|e| e.id).collect())
}

/// Nothing is known of the entries behind what is green, others may still join them, and none of them has a reason not to
/// wait: it was asked to go ahead, or has waited long enough. While a group is tested nothing waits, for nothing would begin.
pub(super) fn gathers(state: &State, policy: &Policy, size: usize) -> bool {
    let end = limit(state, policy, size);
    let mut green = 0;
    for (i, id) in state.front().into_iter().enumerate().take(end) {
        match state.tree.get(id).phase {
            Phase::Green(_) | Phase::Landing(..) | Phase::Revoking(..) => green = i + 1,
            Phase::Wanted | Phase::Composing { .. } | Phase::Composed(_) => {}
            Phase::Testing(..) | Phase::Red(..) | Phase::Unfit(_) | Phase::Ejecting(_) => return false,
        }
    }
    let group = &state.order[green.min(end)..end];
    let joinable = end == state.order.len() && end < size;
    let hurries = |entry: &Entry| entry.alone || entry.priority > Priority::default() || entry.gathered;
    joinable && !group.is_empty() && !group.iter().any(hurries)
}

/// How many entries may be grouped: up to the batch size, and up to the first cut.
fn limit(state: &State, policy: &Policy, size: usize) -> usize {
    let most = size.min(state.order.len());
    (1..most).find(|prefix| state.cut(*prefix, policy)).unwrap_or(most)
}
