//! The bot as it runs in the world: one process of it, and its views of forge, git, database and clock.

pub mod deploy;
pub mod forge;
pub mod gate;
pub mod git;
pub mod process;
pub mod records;
pub mod store;
