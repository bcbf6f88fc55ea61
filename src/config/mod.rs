//! Settings: `bot.toml` for the service, `.github/greenline.toml` for a repository. Reads text, never files or the network.

pub mod repo;
pub mod service;

mod duration;
mod problem;
mod read;
mod repo_file;
mod service_file;
mod tag;
mod tree;
mod url;

pub use duration::written as length_of_time;
pub use problem::Problem;
pub use repo::RepoConfig;
pub use service::ServiceConfig;
pub use service_file::{SecretFile, Surroundings};
pub use tree::{BYTES_MAX, ENV_PREFIX};
