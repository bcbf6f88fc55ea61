//! The world by seed: the real core and the real loop of a repository against a forge, a git, a database and people that
//! follow from one number, with faults; a judge sees every write. Nothing in here runs in the service.

mod blame;
mod branches;
mod bugs;
mod ci;
mod dice;
mod faults;
mod forge;
mod gate;
mod git;
mod intents;
mod opinions;
mod oracle;
mod outsiders;
mod owners;
mod process;
mod pulls;
mod rules;
mod saboteur;
mod script;
mod settings;
mod stacks;
mod stops;
mod store;
mod traces;
mod traffic;
mod trials;
mod trunks;
mod truth;
mod verdict;
mod wishes;
mod words;
mod world;

pub use bugs::Bug;
pub use oracle::Violation;
pub use script::{Order, Report, run};
