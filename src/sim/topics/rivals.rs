//! Somebody else who writes to the ledger just before a landing of ours arrives there, as delivery or another trunk's queue
//! does. When, follows from the push alone: no other choice depends on it.

use crate::ledger;
use crate::port::git::LedgerCommit;
use crate::sim::ground::dice::mix;
use crate::sim::ground::world::{Ground, Push};
use std::collections::BTreeMap;

/// One push of so many comes too late.
const ONE_IN: u64 = 8;

impl Ground {
    /// A push is about to arrive that writes to the ledger, and somebody may have been faster.
    pub fn rival(&mut self, push: &Push) {
        let ours = push.updates.iter().find(|update| update.name == ledger::name()).and_then(|update| update.to);
        let Some(first) = ours.and_then(|to| to.as_bytes().first_chunk().copied()) else { return };
        if !mix(u64::from_be_bytes(first)).is_multiple_of(ONE_IN) {
            return;
        }
        let parent = self.refs.get(&ledger::name()).copied();
        let message = format!("Promoted\n\n{{\"promoted\":{}}}\n", self.ledger.len());
        let entry = self.ledger_commit(&LedgerCommit { parent, message, files: BTreeMap::new(), at: self.now });
        self.note(|| format!("== somebody else writes {entry:?} to the ledger"));
        self.refs.insert(ledger::name(), entry);
    }

    /// Counts pushes that only the ledger kept from arriving.
    pub fn overtaken(&mut self, push: &Push, held: &[bool]) {
        let mut refused = push.updates.iter().zip(held).filter(|(_, held)| !**held).map(|(update, _)| &update.name);
        if refused.all(|name| *name == ledger::name()) {
            self.oracle.sometimes("only the ledger had moved on");
        }
    }
}
