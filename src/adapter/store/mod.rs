//! Durable storage: in SQLite for the service, in memory for tests and simulations. Both pass one contract suite.
//! It keeps what it is given and never looks inside a state or a journal line.

mod memory;
mod sqlite;

pub use memory::MemoryStore;
pub use sqlite::SqliteStore;

/// Journal rows kept per repository; the oldest go first.
pub const JOURNAL_ROWS: u64 = 10_000;

/// How long a delivery id is known, from its arrival, in milliseconds: two weeks. GitHub redelivers for three days.
/// Nothing is forgotten that came after the oldest row still waiting, so a long outage makes it longer.
pub const DELIVERIES_KNOWN_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// How long the body of an unreadable delivery is kept, in milliseconds: 30 days.
pub const UNREAD_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;
