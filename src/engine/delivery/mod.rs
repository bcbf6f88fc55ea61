//! Delivery within a queue's loop: what lands is handed to the core, what the core decides is written into the ledger before it
//! is done, and what is owed becomes jobs. Everything here is bookkeeping; decisions are in `crate::delivery`.

mod answers;
pub mod job;
pub mod owed;
pub mod pace;
pub mod record;
pub mod take;

pub use answers::ask;
pub use job::{DeliveryJob, DeliveryKey};
pub use record::{Entry, Record};

use crate::delivery::State;
use crate::ids::Moment;
use crate::text::Told;
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
    /// What wishes were answered, by their ids: only within a turn.
    #[serde(skip)]
    pub told: BTreeMap<String, (bool, &'static str, Told)>,
}

/// When time alone changes something next.
pub(super) fn next_change(delivery: &Delivery, now: Moment) -> Option<Moment> {
    crate::delivery::next_change(&delivery.value, now)
}
