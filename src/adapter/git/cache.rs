//! The port `Git` for one repository: what is asked goes to the composer on a blocking thread or to the remote by the git
//! program. It decides nothing about the queue.

use super::composer::{Composer, Identity};
use super::objects::{oid, sha};
use super::remote::{Remote, TimeLimits, TokenSource};
use super::{files, ledger, program, push};
use crate::facts::OwnersFile;
use crate::ids::{Moment, RefName, RepoName, Sha};
use crate::port::git::{
    Composed, LedgerCommit, LedgerPage, PullHead, Pushed, Recipe, Recomputed, RefUpdate, RemoteRef, TagObject,
};
use crate::port::{Git, Trouble};
use git2::{ObjectType, Repository};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Packing everything anew may take so long; it is then tried again the next time.
const TIDY_LIMIT: Duration = Duration::from_mins(30);

/// What a cache needs to know.
pub struct CacheOptions {
    /// The bare repository's directory; made on first use.
    pub dir: PathBuf,
    /// Base of clone URLs (`https://github.com`), without the last slash.
    pub git_url: String,
    /// The repository's name now.
    pub repo: RepoName,
    /// Who composes and tags.
    pub identity: Identity,
    /// Where tokens come from; none, the remote is asked without.
    pub token: Option<TokenSource>,
    /// How long calls to the remote may take.
    pub limits: TimeLimits,
}

/// Git for one repository.
pub struct GitCache {
    remote: Remote,
    repo: RwLock<RepoName>,
    limits: TimeLimits,
    composer: Arc<Mutex<Composer>>,
    /// One fetch at a time: two would fight over the same refs of the cache.
    fetching: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for GitCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitCache")
            .field("dir", &self.remote.git_dir)
            .field("repo", &self.repo())
            .finish_non_exhaustive()
    }
}

impl GitCache {
    /// Opens the cache, or makes an empty one. Touches only the directory; `Denied` if that cannot be.
    pub fn open(options: CacheOptions) -> Result<Self, Trouble> {
        let CacheOptions { dir, git_url, repo, identity, token, limits } = options;
        if !dir.join("HEAD").exists() {
            let cannot = |why: &str| Trouble::Denied(format!("no git cache can be made in {}: {why}", dir.display()));
            Repository::init_bare(&dir).map_err(|error| cannot(error.message()))?;
            // Made now, so that no composition has to make one of the 256 directories of loose objects.
            for fan in 0..=255 {
                std::fs::create_dir_all(dir.join(format!("objects/{fan:02x}")))
                    .map_err(|error| cannot(&error.to_string()))?;
            }
        }
        let git_dir = dir
            .canonicalize()
            .map_err(|error| Trouble::Denied(format!("the git cache {} cannot be reached: {error}", dir.display())))?;
        let composer = Composer::open(&git_dir, identity)?;
        let git_url = git_url.trim_end_matches('/').to_owned();
        Ok(Self {
            remote: Remote { git_dir, git_url, token },
            repo: RwLock::new(repo),
            limits,
            composer: Arc::new(Mutex::new(composer)),
            fetching: tokio::sync::Mutex::new(()),
        })
    }

    /// The repository is called so from now on; the cache stays.
    pub fn rename(&self, repo: RepoName) {
        *self.repo.write().unwrap_or_else(PoisonError::into_inner) = repo;
    }

    /// Packs the loose objects that compositions and fetches leave behind, and small packs together; worth doing every few
    /// hours. Unlike `git gc` it drops nothing: no ref holds what was composed. Composing goes on meanwhile.
    pub async fn tidy(&self) -> Result<(), Trouble> {
        let _one = self.fetching.lock().await;
        let mut git = program::command(&self.remote.git_dir);
        git.args(["repack", "-d", "--geometric=2", "--no-write-bitmap-index", "--quiet"]);
        let ran = program::run(git, TIDY_LIMIT).await?;
        if ran.ok() { Ok(()) } else { Err(Trouble::busy(format!("the cache was not packed: {}", ran.complaint()))) }
    }

    /// Where it is.
    pub(super) fn dir(&self) -> &Path {
        &self.remote.git_dir
    }

    /// How long calls to a remote may take.
    pub(super) fn limits(&self) -> TimeLimits {
        self.limits
    }

    fn repo(&self) -> RepoName {
        self.repo.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs work on the local repository where it may block.
    async fn local<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Composer) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let composer = Arc::clone(&self.composer);
        // After a panic the caches inside are still good: each of their writes is one insertion.
        let job = move || work(&mut composer.lock().unwrap_or_else(PoisonError::into_inner));
        match tokio::task::spawn_blocking(job).await {
            Ok(result) => result,
            Err(error) => Err(Trouble::Bug(format!("work on the git cache broke off: {error}"))),
        }
    }

    async fn missing(&self, wanted: Vec<Sha>) -> Result<Vec<Sha>, Trouble> {
        self.local(move |composer| {
            let mut missing = Vec::new();
            for sha in wanted {
                if !composer.objects.has(oid(sha))? {
                    missing.push(sha);
                }
            }
            Ok(missing)
        })
        .await
    }
}

impl Git for GitCache {
    async fn remote_refs(&self, prefixes: &[&str]) -> Result<BTreeMap<RefName, RemoteRef>, Trouble> {
        self.remote.refs(&self.repo(), prefixes, self.limits.list).await
    }

    async fn fetch(&self, commits: &[Sha], heads: &[PullHead]) -> Result<(), Trouble> {
        let all: Vec<Sha> = commits.iter().copied().chain(heads.iter().map(|pull| pull.head)).collect();
        if self.missing(all.clone()).await?.is_empty() {
            return Ok(());
        }
        let _one = self.fetching.lock().await;
        let missing = self.missing(all).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let commits: Vec<Sha> = commits.iter().copied().filter(|sha| missing.contains(sha)).collect();
        let heads: Vec<PullHead> = heads.iter().copied().filter(|pull| missing.contains(&pull.head)).collect();
        self.remote.fetch(&self.repo(), &commits, &heads, self.limits.fetch).await?;
        let Some(gone) = self.missing(missing).await?.first().copied() else { return Ok(()) };
        Err(Trouble::Bug(match heads.iter().find(|pull| pull.head == gone) {
            Some(pull) => format!(
                "refs/pull/{}/head no longer leads to {gone}; the pull request has moved on and must be read again",
                pull.number
            ),
            None => format!("the remote no longer has the commit {gone}; read the refs again"),
        }))
    }

    async fn compose(&self, recipe: &Recipe) -> Result<Composed, Trouble> {
        let recipe = recipe.clone();
        self.local(move |composer| composer.compose(&recipe)).await
    }

    async fn recompute(&self, recipe: &Recipe, tip: Sha) -> Result<Recomputed, Trouble> {
        let recipe = recipe.clone();
        self.local(move |composer| composer.recompute(&recipe, tip)).await
    }

    async fn is_ancestor(&self, ancestor: Sha, descendant: Sha) -> Result<bool, Trouble> {
        self.local(move |composer| composer.objects.is_ancestor(oid(ancestor), oid(descendant))).await
    }

    async fn file(&self, commit: Sha, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let path = path.to_owned();
        self.local(move |composer| files::file(&mut composer.objects, commit, &path)).await
    }

    async fn owners(&self, commit: Sha) -> Result<Option<OwnersFile>, Trouble> {
        self.local(move |composer| files::owners(&mut composer.objects, commit)).await
    }

    async fn committed_at(&self, commit: Sha) -> Result<Moment, Trouble> {
        self.local(move |composer| {
            let seconds = composer.objects.commit(oid(commit))?.committed_s;
            Ok(Moment::from_ms(seconds.saturating_mul(1000)))
        })
        .await
    }

    async fn tree(&self, commit: Sha) -> Result<Sha, Trouble> {
        self.local(move |composer| composer.tree_of(commit)).await
    }

    async fn tag_object(&self, tag: &TagObject) -> Result<Sha, Trouble> {
        let tag = tag.clone();
        self.local(move |composer| {
            composer.store(tag.target)?;
            let mut raw = format!("object {}\ntype commit\ntag {}\ntagger ", tag.target, tag.name).into_bytes();
            raw.extend_from_slice(&composer.identity.line(tag.at.ms().div_euclid(1000)));
            raw.extend_from_slice(b"\n\n");
            raw.extend_from_slice(tag.message.trim_end().as_bytes());
            raw.push(b'\n');
            if let Some(key) = composer.identity.key() {
                let signature = key.sign(&raw);
                raw.extend_from_slice(signature.as_bytes());
                raw.push(b'\n');
            }
            composer.objects.write(ObjectType::Tag, &raw).map(sha)
        })
        .await
    }

    async fn ledger_commit(&self, commit: &LedgerCommit) -> Result<Sha, Trouble> {
        let commit = commit.clone();
        self.local(move |composer| composer.ledger_commit(&commit)).await
    }

    async fn ledger_page(&self, id: Sha) -> Result<Option<LedgerPage>, Trouble> {
        self.local(move |composer| ledger::page(&composer.objects, id)).await
    }

    async fn ledger_pages(&self, tip: Sha, known: Option<Sha>) -> Result<Option<Vec<LedgerPage>>, Trouble> {
        self.local(move |composer| ledger::pages(&composer.objects, tip, known)).await
    }

    async fn push(&self, fork: Option<&RepoName>, updates: &[RefUpdate], atomic: bool) -> Result<Vec<Pushed>, Trouble> {
        push::check(updates)?;
        if updates.is_empty() {
            return Ok(Vec::new());
        }
        let tips: Vec<Sha> = updates.iter().filter_map(|update| update.to).collect();
        self.local(move |composer| tips.into_iter().try_for_each(|tip| composer.store(tip))).await?;
        let url = self.remote.url(fork.unwrap_or(&self.repo()));
        let mut git = self.remote.command().await?;
        git.args(push::arguments(&url, updates, atomic));
        push::outcome(program::run(git, self.limits.push).await, updates)
    }
}
