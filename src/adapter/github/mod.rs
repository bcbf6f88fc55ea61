//! GitHub over REST: who we are there, what we read, the little we write. It decides nothing about a queue.
//!
//! octocrab carries the bytes and signs the App's tokens; everything it would do on top (retries, redirects, pages,
//! caching, installation tokens, models) is done here, because its own answers to these lose effects or credentials.

mod answer;
mod app;
mod cache;
mod checkup;
mod client;
mod forge;
mod host;
mod limits;
mod log;
pub(crate) mod model;
mod sign_in;
mod tokens;

pub use app::{App, FailedDelivery, Installation};
pub use forge::GithubForge;
pub use sign_in::SignIn;
