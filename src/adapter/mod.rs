//! The adapters: each knows how one part of the world is asked, and never what for.

pub mod clock;
pub mod deploy;
pub mod git;
pub mod github;
pub mod store;
