//! Introduces the GitHub and git adapters to the engine: which repositories there are, and the world of each.

use crate::adapter::clock::SystemClock;
use crate::adapter::deploy::Drivers;
use crate::adapter::git::{CacheOptions, GitCache, Identity, SigningKey, TimeLimits, TokenSource};
use crate::adapter::github::{App, GithubForge};
use crate::cli::deploying;
use crate::config::ServiceConfig;
use crate::config::service::DeployConfig;
use crate::engine::memory::Memory;
use crate::engine::supervise::{Found, Site};
use crate::engine::world::{Readings, World};
use crate::ids::{InstallationId, Moment, RepoId, RepoName};
use crate::port::{Outcome, Trouble};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// Failed deliveries asked for again at one time, at the most.
const REDELIVERED_AT_ONCE: usize = 200;

/// Between two tidyings of a repository's git cache.
const TIDY_EVERY: Duration = Duration::from_hours(6);

/// GitHub as this service's App sees it.
pub struct GithubSite {
    app: App,
    git_url: String,
    cache_dir: PathBuf,
    deploy: DeployConfig,
    identity: Identity,
    head_seen_ms: u64,
    clock: SystemClock,
    /// The caches in use: the queues of a repository share one.
    caches: Mutex<BTreeMap<RepoId, Cached>>,
}

/// A cache in use. It stays the only one of its directory when the App is installed anew while an old loop still ends its work.
struct Cached {
    git: Weak<GitCache>,
    /// Whose token opens the remote: the last that gave us the repository.
    installation: watch::Sender<InstallationId>,
}

impl GithubSite {
    /// A site by the service's settings.
    pub fn new(config: &ServiceConfig) -> Result<Self, Trouble> {
        let key = config.git.signing_key.as_ref().map(SigningKey::parse).transpose()?;
        if let Some(key) = &key {
            tracing::info!(key = key.public_line(), "commits and tags are signed");
        }
        Ok(Self {
            app: App::new(&config.github)?,
            git_url: config.github.git_url.clone(),
            cache_dir: config.git.cache_dir.clone(),
            deploy: config.deploy.clone(),
            identity: Identity::new(&config.git.name, &config.git.email).signing(key),
            head_seen_ms: config.engine.head_seen_ms,
            clock: SystemClock,
            caches: Mutex::default(),
        })
    }
}

impl Site for GithubSite {
    type World = GithubWorld;
    type Clock = SystemClock;

    async fn repositories(&self) -> Result<Vec<Found>, Trouble> {
        let mut found = Vec::new();
        for installation in self.app.installations().await? {
            let repositories = match self.app.repositories(installation.id).await {
                // Suspended or removed since it was listed; the others' repositories are still to be had.
                Err(Trouble::Denied(why)) => {
                    tracing::warn!(account = installation.account, why, "an installation's repositories are left out");
                    continue;
                }
                listed => listed?,
            };
            found
                .extend(repositories.into_iter().map(|repository| Found { installation: installation.id, repository }));
        }
        Ok(found)
    }

    async fn redeliver(&self, since: Moment) -> Result<usize, Trouble> {
        let failed = self.app.failed_deliveries(since).await?;
        let mut asked = 0;
        for delivery in failed.iter().take(REDELIVERED_AT_ONCE) {
            asked += usize::from(self.app.redeliver(delivery.id).await? == Outcome::Done(()));
        }
        Ok(asked)
    }

    fn open(&self, found: &Found, readings: Readings) -> Result<GithubWorld, Trouble> {
        let (id, name, installation) = (found.repository.id, found.repository.name.clone(), found.installation);
        let git = self.cache(found)?;
        let forge = Arc::new(self.app.forge(installation, id, name));
        let (dir, allowed) =
            (self.deploy.dir.join(id.to_string()), deploying::allowed(&self.deploy, &found.repository.name));
        let deploy = Drivers::new(Arc::clone(&forge), Arc::clone(&git), dir, allowed);
        let (memory, head_seen_ms) = (Memory::default(), self.head_seen_ms);
        Ok(GithubWorld { forge, git, deploy, clock: self.clock, readings, memory, head_seen_ms })
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}

impl GithubSite {
    /// The repository's cache, opened unless it is in use already.
    fn cache(&self, found: &Found) -> Result<Arc<GitCache>, Trouble> {
        let (id, name, installation) = (found.repository.id, found.repository.name.clone(), found.installation);
        // Nothing between taking and leaving the lock can be left half-done by a panic.
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((cached, git)) = caches.get(&id).and_then(|cached| Some((cached, cached.git.upgrade()?))) {
            cached.installation.send_replace(installation);
            return Ok(git);
        }
        let (installation, now) = watch::channel(installation);
        let app = self.app.clone();
        let token: TokenSource = Arc::new(move || {
            let (app, installation) = (app.clone(), *now.borrow());
            Box::pin(async move { app.installation_token(installation).await })
        });
        let git = GitCache::open(CacheOptions {
            dir: self.cache_dir.join(format!("{id}.git")),
            git_url: self.git_url.clone(),
            repo: name,
            identity: self.identity.clone(),
            token: Some(token),
            limits: TimeLimits::default(),
        })?;
        let git = Arc::new(git);
        caches.insert(id, Cached { git: Arc::downgrade(&git), installation });
        tokio::spawn(tidy_now_and_then(Arc::downgrade(&git)));
        Ok(git)
    }
}

/// Keeps a cache small for as long as it is in use.
async fn tidy_now_and_then(git: Weak<GitCache>) {
    loop {
        tokio::time::sleep(TIDY_EVERY).await;
        let Some(git) = git.upgrade() else { return };
        if let Err(trouble) = git.tidy().await {
            tracing::warn!(%trouble, "a git cache could not be tidied; it only takes more room");
        }
    }
}

/// One repository on GitHub.
pub struct GithubWorld {
    forge: Arc<GithubForge>,
    git: Arc<GitCache>,
    deploy: Drivers<GithubForge>,
    clock: SystemClock,
    readings: Readings,
    memory: Memory,
    head_seen_ms: u64,
}

impl World for GithubWorld {
    type Forge = GithubForge;
    type Git = GitCache;
    type Deploy = Drivers<GithubForge>;
    type Clock = SystemClock;

    fn forge(&self) -> &GithubForge {
        &self.forge
    }

    fn git(&self) -> &GitCache {
        &self.git
    }

    fn deploy(&self) -> &Drivers<GithubForge> {
        &self.deploy
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn readings(&self) -> &Readings {
        &self.readings
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn head_seen_ms(&self) -> u64 {
        self.head_seen_ms
    }

    fn renamed(&self, name: &RepoName) {
        self.git.rename(name.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::service::GithubConfig;
    use crate::facts::Repository;
    use crate::ids::AppId;
    use crate::port::Git;
    use secrecy::SecretString;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A GitHub that has no installation to give tokens for.
    async fn bare_forge() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _asked = stream.read(&mut [0; 4096]).await;
                let none = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _told = stream.write_all(none).await;
            }
        });
        format!("http://{address}")
    }

    fn given_by(installation: u64) -> Found {
        let (name, default_branch) = ("octo/hello".parse().expect("a name"), "main".parse().expect("a branch"));
        let repository = Repository { id: RepoId::new(7), name, default_branch, archived: false };
        Found { installation: InstallationId::new(installation), repository }
    }

    #[tokio::test]
    async fn git_asks_by_the_installation_that_gave_the_repository_last() {
        let (url, dir) = (bare_forge().await, tempfile::tempdir().expect("a directory"));
        let settings = GithubConfig {
            api_url: url.clone(),
            git_url: url.clone(),
            app_id: AppId::new(1),
            private_key: SecretString::from(include_str!("../../tests/forge_contract/key.pem")),
            webhook_secrets: vec![],
            slug: None,
            sign_in: None,
        };
        let site = GithubSite {
            app: App::new(&settings).expect("the key is good"),
            git_url: url,
            cache_dir: dir.path().to_owned(),
            deploy: DeployConfig {
                dir: dir.path().join("deployments"),
                programs: vec![],
                private_addresses: false,
                webhooks: vec![],
                remotes: vec![],
            },
            identity: Identity::new("Greenline", "greenline@example.com"),
            head_seen_ms: 0,
            clock: SystemClock,
            caches: Mutex::default(),
        };
        let old = site.cache(&given_by(1)).expect("it opens");
        let asks_by =
            async |git: &GitCache| git.remote_refs(&["refs/heads/"]).await.expect_err("no token is given").to_string();
        assert!(asks_by(&old).await.contains("installation 1 "));
        let new = site.cache(&given_by(2)).expect("it is open");
        assert!(asks_by(&new).await.contains("installation 2 "), "although an old loop still ends its work by it");
        assert!(Arc::ptr_eq(&old, &new));
    }
}
