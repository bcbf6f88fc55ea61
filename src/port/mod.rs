//! What we ask of the world: forge, git, store, drivers of deployments, who signs in, clock. Outcomes are values, trouble is an
//! error; nothing here does anything.

pub mod clock;
pub mod deploy;
pub mod forge;
pub mod git;
pub mod identity;
pub mod records;
pub mod report;
pub mod store;
pub mod workflows;

pub use clock::Clock;
pub use deploy::Deploy;
pub use forge::Forge;
pub use git::Git;
pub use identity::Identity;
pub use records::Records;
pub use store::Store;
pub use workflows::Workflows;

/// Why a question could not be answered at all. A refusal is not trouble, it is an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Worth asking again: network, rate limit, 5xx, lock.
    #[error("{what}; it is tried again")]
    Busy {
        /// What happened, for people.
        what: String,
        /// How long the other side asked us to wait, in milliseconds, if it said so.
        retry_after_ms: Option<u64>,
    },
    /// A person must change something first: a permission, a key, an installation.
    #[error("{0}")]
    Denied(String),
    /// The other side, or we, broke the contract: unparsable answer, missing object.
    #[error("{0}")]
    Bug(String),
}

impl Trouble {
    /// Trouble that may pass, with no word about when.
    pub fn busy(what: impl Into<String>) -> Self {
        Self::Busy { what: what.into(), retry_after_ms: None }
    }
}

/// What became of a write to the outside. `Unknown` is settled by reading, never by assuming.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an unlooked-at outcome is an assumption"]
pub enum Outcome<T> {
    /// The effect was seen to have happened.
    Done(T),
    /// The other side refused, and said why; nothing happened.
    Rejected(String),
    /// It may or may not have happened (time-out, connection lost, 5xx).
    Unknown(String),
}
