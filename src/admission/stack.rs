//! A pull request onto another's branch: it may be asked for while that one is, waits until that has landed, and is then sent to
//! trunk. Pure.

use super::desk::{Decision, Desk, Record};
use super::pulls::weigh_again;
use super::rules::Terms;
use crate::facts::{Pull, PullState};
use crate::ids::PrNumber;
use serde::{Deserialize, Serialize};

/// What a pull request stands on that goes to another's branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The pull request from that branch.
    pub on: PrNumber,
    /// How that one is: `Merged` when it has landed.
    pub state: PullState,
}

/// The approved pull request from the branch that this one goes to. A fork's branch is nobody's base.
pub(super) fn parent(desk: &Desk, pull: &Pull, terms: &Terms) -> Option<PrNumber> {
    let from = |record: &&Record| {
        let open = record.pull.state == PullState::Open && record.approval.is_some();
        let head = record.pull.head_repo.as_ref();
        open && head.is_some_and(|head| head.id == terms.repository && head.branch == pull.base)
    };
    let from = desk.pulls.values().find(from).map(|record| record.pull.number);
    from.filter(|_| pull.base != terms.trunk)
}

/// What became of a pull request is noted by those that stand on it: when it has landed they are sent to trunk.
pub(super) fn note(desk: &mut Desk, below: PrNumber, state: PullState, terms: &Terms) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for record in desk.pulls.values_mut() {
        let Some(stack) = record.approval.as_mut().and_then(|approval| approval.stack.as_mut()) else { continue };
        if stack.on != below || [PullState::Merged, state].contains(&stack.state) {
            continue;
        }
        stack.state = state;
        if state == PullState::Merged {
            decisions.push(Decision::Retarget { pr: record.pull.number });
        }
        decisions.extend(weigh_again(record, None, terms));
    }
    decisions
}
