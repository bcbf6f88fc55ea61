//! `bot.toml`: how this service is reached, who it is on GitHub, and where it keeps things.

pub use super::service_deploy::{DeployConfig, DeployTarget};
use crate::ids::{AppId, Login, RepoName};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The service's settings, checked; secrets already read from where the file says they are.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// `[server]`
    pub server: ServerConfig,
    /// `[github]`
    pub github: GithubConfig,
    /// `[store]`
    pub store: StoreConfig,
    /// `[git]`
    pub git: GitConfig,
    /// `[engine]`
    pub engine: EngineConfig,
    /// `[deploy]`
    pub deploy: DeployConfig,
    /// `[log]`
    pub log: LogConfig,
    /// `[[api.token]]`
    pub api: ApiConfig,
}

/// `[api]`: who may write through the API; nobody without a token.
#[derive(Debug, Clone, Default)]
pub struct ApiConfig {
    /// The tokens that are accepted.
    pub tokens: Vec<ApiToken>,
}

/// A token of the API, known by its digest only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// The program that has it.
    pub name: String,
    /// The person in whose name it speaks. What they may do is read of the forge for each request, as for a commenter.
    pub login: Login,
    /// SHA-256 of the token, 64 lower-case hex digits.
    pub sha256: String,
    /// The only repositories it is good for; none, all that are served.
    pub repositories: Option<Vec<RepoName>>,
}

/// `[server]`
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Address and port for webhooks, the page, health and metrics.
    pub listen: SocketAddr,
    /// How people reach the page, for links in comments; none, no links.
    pub public_url: Option<String>,
}

/// `[github]`
#[derive(Debug, Clone)]
pub struct GithubConfig {
    /// REST base URL: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server.
    pub api_url: String,
    /// Base of clone URLs: `https://github.com`; follows from `api_url` unless given.
    pub git_url: String,
    /// The App's id.
    pub app_id: AppId,
    /// The App's private key, PEM.
    pub private_key: SecretString,
    /// Webhook secrets that are accepted now: one, or two while rotating.
    pub webhook_secrets: Vec<SecretString>,
    /// The App's slug, learned from the API when absent; our own comments are `slug[bot]`.
    pub slug: Option<Login>,
    /// `client_id` and `client_secret_file`: by what people sign in on the page; none, nobody does.
    pub sign_in: Option<SignInConfig>,
}

/// As what the App asks people who they are. There is a `public_url` that is safe for it wherever this is set.
#[derive(Debug, Clone)]
pub struct SignInConfig {
    /// The App's client id, which is not its number.
    pub client_id: String,
    /// The App's client secret.
    pub client_secret: SecretString,
}

/// `[store]`
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The SQLite database file.
    pub path: PathBuf,
}

/// `[git]`
#[derive(Debug, Clone)]
pub struct GitConfig {
    /// Where the bare caches live, one per repository.
    pub cache_dir: PathBuf,
    /// Name in the committer field of composed commits and the tagger field of tags.
    pub name: String,
    /// Address in the same fields.
    pub email: String,
    /// The private SSH key that signs commits and tags, as `ssh-keygen` writes it; none, they are not signed.
    pub signing_key: Option<SecretString>,
    /// Pushes a minute and repository; none for no limit.
    pub pushes_per_minute: Option<u32>,
}

/// `[engine]`
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Milliseconds between two reconciliations of a repository with the forge.
    pub reconcile_ms: u64,
    /// How long a landing waits for the forge to notice a moved head branch, in milliseconds.
    pub head_seen_ms: u64,
}

/// `[log]`
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// A tracing filter (`info`, `greenline=debug`).
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}
