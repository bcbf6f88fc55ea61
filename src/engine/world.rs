//! The world as one repository's jobs see it: forge, git, drivers and clock together, and the count of readings.

use super::memory::Memory;
use crate::ids::{Reading, RepoName};
use crate::port::{Clock, Deploy, Forge, Git, Records};
use std::sync::atomic::{AtomicU64, Ordering};

/// Everything outside that one repository's jobs may ask.
pub trait World: Send + Sync + 'static {
    /// The forge.
    type Forge: Forge + Records;
    /// Git.
    type Git: Git;
    /// Drivers and probes.
    type Deploy: Deploy;
    /// Time.
    type Clock: Clock;

    /// The forge.
    fn forge(&self) -> &Self::Forge;
    /// Git.
    fn git(&self) -> &Self::Git;
    /// Drivers and probes.
    fn deploy(&self) -> &Self::Deploy;
    /// Time.
    fn clock(&self) -> &Self::Clock;
    /// The count of readings.
    fn readings(&self) -> &Readings;
    /// What was read lately.
    fn memory(&self) -> &Memory;
    /// How long a landing waits for the forge to notice a moved head branch, in milliseconds.
    fn head_seen_ms(&self) -> u64;
    /// The repository is called this now; URLs are made from it.
    fn renamed(&self, name: &RepoName);
}

/// Counts readings: of two readings the one that began later has the higher number.
#[derive(Debug, Default)]
pub struct Readings(AtomicU64);

impl Readings {
    /// Goes on counting after `last`.
    pub fn after(last: Reading) -> Self {
        Self(AtomicU64::new(last.get()))
    }

    /// A number for a reading that begins now.
    pub fn begin(&self) -> Reading {
        Reading::new(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// The last number given out.
    pub fn last(&self) -> Reading {
        Reading::new(self.0.load(Ordering::SeqCst))
    }
}
