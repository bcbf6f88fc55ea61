//! Delivery within a queue's loop: what lands is handed to the core, what the core decides is written into the ledger before it
//! is done, and what is owed becomes jobs. Everything here is bookkeeping; decisions are in `crate::delivery`.

mod answers;
mod ask;
pub mod job;
pub mod owed;
pub mod pace;
pub mod record;
pub mod take;

pub use ask::{Asker, Waiting};
pub use job::{DeliveryJob, DeliveryKey};
pub use record::{Entry, Record};

use crate::delivery::{State, Wish};
use crate::ids::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The delivery of one trunk, and how far the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivery {
    /// The core's value.
    pub value: State,
    /// How far the ledger knows it.
    pub record: Record,
    /// People's wishes for which it is still being read what they may do.
    pub asks: BTreeMap<String, Waiting>,
    /// Who waits for the answer to a wish that the core has: only within a turn.
    #[serde(skip)]
    pub askers: BTreeMap<String, (Asker, Wish)>,
}

/// When time alone changes something next.
pub(super) fn next_change(delivery: &Delivery, now: Moment) -> Option<Moment> {
    crate::delivery::next_change(&delivery.value, now)
}
