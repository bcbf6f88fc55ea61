//! The queue's settings, as values the rules read. They never change what is safe, only what is tried.

use serde::{Deserialize, Serialize};

/// Which groups are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// The first entry alone.
    Serial,
    /// Each entry on top of those ahead of it, up to so many at once.
    Pipeline(u32),
    /// Up to so many entries as one group, halved when red.
    Batch(u32),
}

/// Whether whoever goes ahead of others ends the runs that these have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interrupt {
    /// Everybody of a higher rank does.
    #[default]
    Higher,
    /// A hotfix does; others of a higher rank go behind what is being tested.
    Hotfix,
    /// Nobody does.
    Never,
}

/// The queue's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Which groups are wanted.
    pub plan: Plan,
    /// Runs at once, at the most: running, being cancelled, and trunk's own. At least 1.
    pub budget: u32,
    /// Red runs of one tip before it counts as red. At least 1.
    pub tries: u8,
    /// Runs of one tip that never start or are cancelled by others before it counts as one that cannot be tested. At least
    /// 1. A run that starts and does not finish counts at once: trying again would wait for the longer deadline again.
    pub silent_tries: u8,
    /// Refused landings of one tip before it is no longer tried. At least 1.
    pub land_tries: u8,
    /// Every commit on trunk that ends an entry was itself tested.
    pub every_tip: bool,
    /// A batch that others may still join waits for them, until one of its entries has waited long enough ([`super::Event::Gathered`]).
    #[serde(default)]
    pub gather: bool,
    /// What trunk itself says about landing has not been read yet: nothing begins to land.
    #[serde(default)]
    pub unread: bool,
    /// Whether whoever goes ahead of others ends the runs that these have.
    pub interrupt: Interrupt,
}

impl Policy {
    /// CI slots to spend.
    pub(super) fn slots(&self) -> usize {
        usize::try_from(self.budget.max(1)).unwrap_or(usize::MAX)
    }

    /// Landings of one tip without an answer before it is no longer tried. Trouble on the way mostly passes, so there are
    /// more of them than refusals; but what swallows every answer must not hold up the queue for good.
    pub(super) fn answer_tries(&self) -> u8 {
        self.land_tries.saturating_mul(10)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            plan: Plan::Pipeline(4),
            budget: 4,
            tries: 1,
            silent_tries: 2,
            land_tries: 3,
            every_tip: false,
            gather: false,
            unread: false,
            interrupt: Interrupt::Higher,
        }
    }
}
