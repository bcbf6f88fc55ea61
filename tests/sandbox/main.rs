//! The sandbox from outside: its git door, runner and example with real git, and GitHub's rules over REST. No service takes part.

#[path = "../support/mod.rs"]
mod support;

mod api;
mod door;
mod files;
mod git_door;
mod merging;
mod reviews;
mod runner;
mod scenes;
mod stand;
mod transitions;
