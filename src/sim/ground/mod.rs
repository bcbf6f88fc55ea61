//! The ground truth: time, commits, refs, pull requests, CI and settings as they truly are, and what goes wrong by seed. Nothing in
//! here judges, and nothing in here is the bot's.

pub mod ci;
pub mod delivered;
pub mod dice;
pub mod faults;
pub mod ledger;
pub mod pulls;
pub mod settings;
pub mod trunks;
pub mod truth;
pub mod world;
