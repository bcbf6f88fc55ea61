//! Introduces the GitHub and git adapters to the engine: which repositories there are, and the world of each.

use crate::adapter::clock::SystemClock;
use crate::adapter::git::{CacheOptions, GitCache, Identity, SigningKey, TimeLimits, TokenSource};
use crate::adapter::github::{App, GithubForge};
use crate::config::ServiceConfig;
use crate::engine::supervise::{Found, Site};
use crate::engine::world::{Readings, World};
use crate::ids::{Moment, RepoId, RepoName};
use crate::port::{Outcome, Trouble};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Failed deliveries asked for again at one time, at the most.
const REDELIVERED_AT_ONCE: usize = 200;

/// Between two tidyings of a repository's git cache.
const TIDY_EVERY: Duration = Duration::from_hours(6);

/// GitHub as this service's App sees it.
pub struct GithubSite {
    app: App,
    git_url: String,
    cache_dir: PathBuf,
    identity: Identity,
    head_seen_ms: u64,
    clock: SystemClock,
    /// The caches in use: the queues of a repository share one.
    caches: Mutex<BTreeMap<RepoId, Weak<GitCache>>>,
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
        let forge = self.app.forge(installation, id, name);
        Ok(GithubWorld { forge, git, clock: self.clock, readings, head_seen_ms: self.head_seen_ms })
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
        if let Some(git) = caches.get(&id).and_then(Weak::upgrade) {
            return Ok(git);
        }
        let app = self.app.clone();
        let token: TokenSource = Arc::new(move || {
            let app = app.clone();
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
        caches.insert(id, Arc::downgrade(&git));
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
    forge: GithubForge,
    git: Arc<GitCache>,
    clock: SystemClock,
    readings: Readings,
    head_seen_ms: u64,
}

impl World for GithubWorld {
    type Forge = GithubForge;
    type Git = GitCache;
    type Clock = SystemClock;

    fn forge(&self) -> &GithubForge {
        &self.forge
    }

    fn git(&self) -> &GitCache {
        &self.git
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn readings(&self) -> &Readings {
        &self.readings
    }

    fn head_seen_ms(&self) -> u64 {
        self.head_seen_ms
    }

    fn renamed(&self, name: &RepoName) {
        self.git.rename(name.clone());
    }
}
