//! Settings: `bot.toml` for the service, `.github/greenline.toml` for a repository. Reads text, never files or the network.

pub mod repo;
pub mod service;

pub use repo::RepoConfig;
pub use service::ServiceConfig;
