//! Whether trunk may move, and for whom. Why, and until when, is known elsewhere: the queue neither asks a clock nor weighs reasons.
//!
//! While the gate is shut nothing begins to land but what passes. Everything else goes on: entries keep their places and
//! approvals, groups are composed and tested, results are kept, so that what is green lands at once when the gate opens, and
//! nothing is tested twice for it. Who is red is still sent back. Those that pass stand ahead of all others, and are never
//! tested as one group with them only. A landing that has begun comes to its end: the refs say how it ended, not we.

use super::order::Entry;
use crate::ids::PrNumber;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whether trunk may move.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// For everybody.
    #[default]
    Open,
    /// For these only.
    Shut {
        /// Pull requests that may land all the same.
        passes: BTreeSet<PrNumber>,
    },
}

impl Gate {
    /// Trunk may move for this pull request.
    pub fn lets(&self, pr: PrNumber) -> bool {
        match self {
            Self::Open => true,
            Self::Shut { passes } => passes.contains(&pr),
        }
    }

    /// How many entries may land, counted from the first.
    pub(super) fn limit(&self, order: &[Entry]) -> usize {
        order.iter().take_while(|entry| self.lets(entry.id.pr)).count()
    }

    /// Between this prefix and the next entry the gate makes a difference.
    pub(super) fn cuts(&self, order: &[Entry], prefix: usize) -> bool {
        let lets = |i: usize| order.get(i).map(|entry| self.lets(entry.id.pr));
        prefix.checked_sub(1).and_then(lets).zip(lets(prefix)).is_some_and(|(before, after)| before != after)
    }
}
