//! The judge: what it sees at every write, and what must be true when all is over.

pub mod blame;
mod delivered;
mod ledger;
pub mod oracle;
pub mod rules;
pub mod traces;
pub mod verdict;
