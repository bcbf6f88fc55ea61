//! An embedded GitHub look-alike: REST, webhooks, git over HTTP and a CI runner on this machine. Held to GitHub's contract,
//! not to our convenience; it knows nothing of the queue, and no credential of it is good anywhere else.

mod admin;
mod client;
mod dispatch;
pub mod example;
mod git_http;
mod git_program;
mod happening;
mod lookalike;
mod play;
mod process_group;
mod record;
mod render;
mod rest;
mod runner;
mod service;
mod sign_in;
mod story;
mod trouble;
mod types;
mod webhooks;
mod world;

pub use git_http::GitHttp;
pub use happening::Happening;
pub use lookalike::{Lookalike, Options, UnfinishedRun};
pub use play::{Goal, Settings, play};
pub use record::Exchange;
pub use rest::routes;
pub use runner::{CHECK_NAME, Runner, RunnerSettings};
pub use trouble::SandboxTrouble;
pub use types::{
    Actor, AppIdentity, GitAccess, Identities, NewPull, RefChange, RefVerdict, Refused, RepoSummary, RunStarted,
    SandboxEvent, Tokens,
};
