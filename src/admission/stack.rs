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
    /// That one has landed.
    pub landed: bool,
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

/// Those that stand on what landed are sent to trunk.
pub(super) fn fell(desk: &mut Desk, landed: PrNumber, terms: &Terms) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for record in desk.pulls.values_mut() {
        let Some(stack) = record.approval.as_mut().and_then(|approval| approval.stack.as_mut()) else { continue };
        if stack.on == landed && !stack.landed {
            stack.landed = true;
            decisions.push(Decision::Retarget { pr: record.pull.number });
            decisions.extend(weigh_again(record, None, terms));
        }
    }
    decisions
}
