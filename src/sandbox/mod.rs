//! An embedded GitHub look-alike: REST, webhooks, git over HTTP and a CI runner on this machine. Held to GitHub's contract,
//! not to our convenience; it knows nothing of the queue, and no credential of it is good anywhere else.

mod client;
pub mod example;
mod git_http;
mod git_program;
mod happening;
mod lookalike;
mod play;
mod process_group;
mod runner;
mod service;
mod story;
mod trouble;
mod types;
mod world;

pub use git_http::GitHttp;
pub use happening::Happening;
pub use lookalike::{Lookalike, Options};
pub use play::{Goal, Settings, play};
pub use runner::{CHECK_NAME, Runner, RunnerSettings};
pub use trouble::SandboxTrouble;
pub use types::{
    Actor, AppIdentity, GitAccess, Identities, NewPull, RefChange, RefVerdict, Refused, RepoSummary, RunStarted,
    SandboxEvent, Tokens,
};
