//! An embedded GitHub look-alike: REST, webhooks, git over HTTP and a CI runner on this machine. Held to GitHub's contract,
//! not to our convenience; it knows nothing of the queue, and no credential of it is good anywhere else.

mod lookalike;
mod types;
mod world;


pub use lookalike::{Lookalike, Options};
pub use types::{
    Actor, AppIdentity, GitAccess, Identities, NewPull, RefChange, RefVerdict, Refused, RepoSummary, RunStarted,
    SandboxEvent, Tokens,
};
