//! Settings: `bot.toml` for the service, `.github/greenline.toml` for a repository. Reads text, never files or the network.

pub mod freeze;
pub mod repo;
pub mod service;

mod problem;
mod read;
mod repo_file;
mod service_file;
mod tag;
mod tree;
mod url;

use crate::calendar::duration;

pub use problem::Problem;
pub use repo::RepoConfig;
pub use service::ServiceConfig;
pub use service_file::{SecretFile, Surroundings};
pub use tree::{BYTES_MAX, ENV_PREFIX};
