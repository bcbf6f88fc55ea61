//! The table of faults: which are on, and how often, drawn by seed. It never makes one happen.

use crate::sim::ground::dice::Dice;

/// How often each thing goes wrong: once in so many times; 0 is never.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// An answer is trouble, and nothing was done.
    pub before: u64,
    /// A write is done, and its answer is lost.
    pub after: u64,
    /// A push is not answered, and done only later.
    pub late_push: u64,
    /// The forge asks to wait.
    pub rate_limit: u64,
    /// An answer takes seconds.
    pub slow: u64,
    /// The process dies between two steps.
    pub crash: u64,
    /// The database is busy.
    pub store: u64,
    /// Readings of pull requests and checks are old.
    pub stale: u64,
    /// How old they are, at most, in milliseconds.
    pub stale_ms: u64,
    /// A delivery is lost.
    pub hook_lost: u64,
    /// A delivery comes twice.
    pub hook_twice: u64,
    /// A delivery comes minutes later.
    pub hook_late: u64,
    /// CI never starts, or never ends.
    pub ci_silent: u64,
    /// CI is red though nothing is wrong.
    pub ci_flaky: u64,
    /// Somebody stops CI.
    pub ci_cancelled: u64,
}

impl Faults {
    /// Each fault is on in about half of all seeds, at its own rate.
    pub fn draw(dice: &mut Dice) -> Self {
        let mut rate = |low: u64, high: u64| if dice.one_in(2) { low + dice.roll(high - low + 1) } else { 0 };
        let mut faults = Self {
            before: rate(8, 60),
            after: rate(6, 40),
            late_push: rate(4, 20),
            rate_limit: rate(40, 200),
            slow: rate(10, 80),
            crash: rate(40, 400),
            store: rate(10, 60),
            stale: rate(3, 12),
            stale_ms: 0,
            hook_lost: rate(1, 8),
            hook_twice: rate(3, 12),
            hook_late: rate(2, 10),
            ci_silent: rate(4, 20),
            ci_flaky: rate(3, 12),
            ci_cancelled: rate(4, 20),
        };
        faults.stale_ms = if faults.stale > 0 { 500 + dice.roll(2_500) } else { 0 };
        faults
    }
}
