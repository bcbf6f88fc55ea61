//! The sandbox from outside: its git door, runner and example with real git, and GitHub's rules over REST. No service takes part.

#[path = "../support/openapi.rs"]
#[expect(dead_code, reason = "records and coverage are for other tests; here it judges exchanges")]
mod openapi;

mod api;
mod deploying;
mod door;
mod files;
mod git_door;
mod merging;
mod reviews;
mod runner;
mod scenes;
mod sign_in;
mod stand;
mod transitions;
