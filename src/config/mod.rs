//! Settings: `bot.toml` for the service, `.github/greenline.toml` for a repository. Reads text, never files or the network.

pub mod changes;
pub mod freeze;
pub mod reference;
pub mod repo;
pub mod service;

mod api;
mod branches;
mod delivery;
mod merging;
mod pattern;
mod places;
mod problem;
mod read;
mod repo_file;
mod rules_file;
mod service_deploy;
mod service_file;
mod sign_in;
mod tag;
mod tree;
mod url;

pub use branches::BranchPattern;
pub use pattern::Pattern;
pub use places::{Place, Places, places};
pub use problem::Problem;
pub use repo::RepoConfig;
pub use repo_file::GITHUB_ACTIONS;
pub use service::ServiceConfig;
pub use service_file::{SecretFile, Surroundings};
pub use tree::{BYTES_MAX, ENV_PREFIX};
pub use url::service_url;

use crate::calendar::duration;
pub use crate::calendar::duration::written as length_of_time;
