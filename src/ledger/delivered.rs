//! The line of something that happened to a delivery. All of a trunk's such lines, in order, make its delivery again.

use crate::delivery::Event;
use crate::ids::{BranchName, Moment};
use serde::{Deserialize, Serialize};

/// Something happened to the delivery of a trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// Which trunk's.
    pub trunk: BranchName,
    /// Its place in the order: every number once, none left out.
    pub n: u64,
    /// When.
    pub at: Moment,
    /// What.
    pub event: Event,
}
