//! What of a delivery the ledger does not know yet. Nothing is begun outside that is not in the ledger first, so that a lost
//! database can be made again from it.

use crate::delivery::Event;
use crate::ids::{Moment, Sha};
use serde::{Deserialize, Serialize};

/// Something that happened, with its place in the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place: every number once, none left out.
    pub n: u64,
    /// When.
    pub at: Moment,
    /// What.
    pub event: Event,
}

/// How far the ledger knows a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The last commit of the ledger that was seen.
    pub tip: Option<Sha>,
    /// The number of the last entry, written or not.
    pub last: u64,
    /// Entries that the ledger does not have yet, in order.
    pub pending: Vec<Entry>,
}

impl Record {
    /// Notes something that changed the value.
    pub fn note(&mut self, at: Moment, event: Event) {
        self.last += 1;
        self.pending.push(Entry { n: self.last, at, event });
    }

    /// The ledger has everything up to this entry now.
    pub fn written(&mut self, tip: Sha, upto: u64) {
        self.tip = Some(tip);
        self.pending.retain(|entry| entry.n > upto);
    }

    /// The ledger knows everything: what was decided may be done.
    pub fn is_whole(&self) -> bool {
        self.pending.is_empty()
    }
}
