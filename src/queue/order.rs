//! Who waits, and in which order: priority first, then arrival. It never looks at tests.

use super::event::LeaveWhy;
use crate::ids::{PrNumber, Reading, Sha};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A pull request at one exact, approved head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryId {
    /// Its number.
    pub pr: PrNumber,
    /// The approved head.
    pub head: Sha,
    /// The reading that let it in; of two entries of one pull request the higher is newer.
    pub rev: Reading,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}@{}", self.pr, self.head.short())
    }
}

/// Higher goes first; 0 unless somebody said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Priority(pub i32);

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub id: EntryId,
    /// Its rank.
    pub priority: Priority,
    /// Tested and landed in no group with others.
    pub alone: bool,
    /// It is to go as soon as the landing or ejection it is part of has been answered.
    pub leaving: Option<LeaveWhy>,
}

/// Puts `entry` behind all others of its priority or a higher one.
pub(super) fn insert(order: &mut Vec<Entry>, entry: Entry) {
    let place = order.iter().rposition(|e| e.priority >= entry.priority).map_or(0, |i| i + 1);
    order.insert(place, entry);
}
