//! Settings: `bot.toml` for the service, `.github/greenline.toml` for a repository. Reads text, never files or the network.

pub mod repo;
pub mod service;

mod api;
mod duration;
mod places;
mod problem;
mod read;
mod repo_file;
mod service_file;
mod tag;
mod tree;
mod url;

pub use places::{Place, Places, places};
pub use problem::Problem;
pub use repo::RepoConfig;
pub use service::ServiceConfig;
pub use service_file::{SecretFile, Surroundings};
pub use tree::{BYTES_MAX, ENV_PREFIX};
pub use url::service_url;
