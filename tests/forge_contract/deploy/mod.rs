//! The contract of `port::Deploy`, driver by driver: what is begun under a key is begun once, is found again by whoever starts
//! anew over the same folder, and ends as it says. Real git, real processes, real sockets.

mod github;
mod listener;
mod programs;
mod push;
mod web;

use crate::hub::{Hub, refused};
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Repository, Signature};
use greenline::adapter::deploy::{Allowed, Drivers};
use greenline::adapter::git::{CacheOptions, GitCache, Identity, TimeLimits};
use greenline::adapter::github::GithubForge;
use greenline::delivery::policy::Driver;
use greenline::ids::{Moment, Sha};
use greenline::port::Deploy;
use greenline::port::deploy::{Order, Progress};
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A wait that has not ended by now never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// A repository with one commit, and everything drivers need.
pub struct Ground {
    pub dir: tempfile::TempDir,
    pub commit: Sha,
    pub hub: Hub,
    git: Arc<GitCache>,
}

impl Ground {
    /// With these files, of which those that begin with `#!` can be run; GitHub answers nothing.
    pub async fn with(files: &[(&str, &str)]) -> Self {
        Self::on(files, Hub::open(|_, _| refused(404, "Not Found")).await)
    }

    pub fn on(files: &[(&str, &str)], hub: Hub) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let repo = Repository::init_bare(dir.path().join("remotes/o/r.git")).expect("a new repository");
        let commit = commit(&repo, files);
        let options = CacheOptions {
            dir: dir.path().join("cache.git"),
            git_url: dir.path().join("remotes").display().to_string(),
            repo: "o/r".parse().expect("a name"),
            identity: Identity::new("Greenline", "greenline@example.com"),
            token: None,
            limits: TimeLimits::default(),
        };
        let git = Arc::new(GitCache::open(options).expect("a cache"));
        Self { dir, commit, hub, git }
    }

    /// Drivers as a service has them that has just been started.
    pub fn drivers(&self, allowed: Allowed) -> Drivers<GithubForge> {
        let dir = self.dir.path().join("deployments");
        Drivers::new(Arc::new(self.hub.forge()), Arc::clone(&self.git), dir, allowed)
    }

    pub fn order(&self, driver: Driver, number: u8) -> Order {
        let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        Order {
            driver,
            key: format!("{number:02x}").repeat(32),
            kind: "forward",
            stage: "staging".parse().expect("a stage's name"),
            production: false,
            tag: "candidate/000123".into(),
            commit: self.commit,
            version: None,
            from: Some(("candidate/000122".into(), self.commit)),
            reason: "it's \"green\"; $(touch oops) \n".into(),
            url: None,
            begun_at: Moment::from_ms(i64::try_from(began.as_millis()).expect("it is before the year 292 million")),
        }
    }
}

pub fn commit(repo: &Repository, files: &[(&str, &str)]) -> Sha {
    let empty = repo.treebuilder(None).and_then(|tree| tree.write()).expect("the empty tree");
    let mut update = TreeUpdateBuilder::new();
    for (path, text) in files {
        let mode = if text.starts_with("#!") { FileMode::BlobExecutable } else { FileMode::Blob };
        update.upsert(*path, repo.blob(text.as_bytes()).expect("a blob"), mode);
    }
    let base = repo.find_tree(empty).expect("a tree");
    let tree = repo.find_tree(update.create_updated(repo, &base).expect("a tree")).expect("just written");
    let who = Signature::now("Ann", "ann@example.org").expect("a signature");
    let made = repo.commit(Some("refs/heads/main"), &who, &who, "one", &tree, &[]).expect("a commit");
    made.to_string().parse().expect("a commit id")
}

/// Asks until the answer is what is waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it comes to that")
}

/// How a deployment ends.
pub async fn end(drivers: &Drivers<GithubForge>, order: &Order) -> Progress {
    until(|| async {
        match drivers.progress(order, None).await.expect("it can be read") {
            Progress::Running { .. } => None,
            ended => Some(ended),
        }
    })
    .await
}

/// A path as an argument.
pub fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("temporary paths are text")
}
