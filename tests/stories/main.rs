//! Whole stories with the real binary: its sandbox, its service as a process, real git, and people who act from outside.
//! Each looks at refs, pull requests, tags and comments only, and each exchange is judged by GitHub's own description.

mod api;
mod branches;
mod cases;
mod checks;
mod commands;
mod deaths;
mod delivering;
mod doctor;
mod driver;
mod example;
mod faults;
mod given;
mod landing;
mod leaving;
mod ledger;
#[path = "../support/openapi.rs"]
#[expect(dead_code, reason = "what the referee offers beyond a record is for other tests")]
mod openapi;
mod order;
mod people;
mod play;
mod proposals;
mod reports;
mod rules;
mod sent_back;
mod settings;
mod signing_in;
mod stopping;
mod strategies;
mod trial;
mod trunks;
