//! A look-alike that listens on loopback, with one repository and a working clone beside it. It tests nothing itself.

use greenline::sandbox::{GitHttp, Happening, Lookalike, Options, RepoSummary, Runner, RunnerSettings};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

/// A look-alike that listens, with one repository and a working clone.
pub struct Stand {
    pub dir: tempfile::TempDir,
    pub forge: Lookalike,
    pub base: String,
    pub repo: RepoSummary,
    pub news: broadcast::Sender<Happening>,
}

pub const PATIENCE: Duration = Duration::from_mins(1);

impl Stand {
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (forge, base) = Self::serve(dir.path()).await;
        let repo = forge.create_repository("acme", "demo", "main").expect("a new name");
        let stand = Self { dir, forge, base, repo, news: broadcast::channel(1_000).0 };
        let work = stand.work();
        std::fs::create_dir(&work).expect("a new directory");
        stand.git(&["init", "--quiet", "--initial-branch=main"]);
        stand.commit("first", "README", "hello\n");
        assert!(stand.push(&stand.maintainer(), &["main"]).status.success());
        stand
    }

    pub async fn serve(dir: &Path) -> (Lookalike, String) {
        let forge = Lookalike::open(dir, Options::default()).expect("a new state");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("is bound"));
        forge.set_base_url(&base);
        let door = GitHttp::new(forge.clone(), dir).await.expect("git is there").router();
        let app = forge.router().merge(door);
        tokio::spawn(async move { axum::serve(listener, app).await });
        (forge, base)
    }

    pub fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    pub fn maintainer(&self) -> String {
        self.forge.identities().tokens.maintainer
    }

    pub fn url(&self, token: &str) -> String {
        self.base.replace("http://", &format!("http://x-access-token:{token}@")) + "/acme/demo.git"
    }

    pub fn try_git(&self, args: &[&str]) -> Output {
        git_at(&self.work(), args)
    }

    pub fn git(&self, args: &[&str]) -> String {
        said(self.try_git(args))
    }

    pub fn commit(&self, message: &str, path: &str, text: &str) -> String {
        std::fs::write(self.work().join(path), text).expect("a writable tree");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn push(&self, token: &str, refs: &[&str]) -> Output {
        let url = self.url(token);
        let mut args = vec!["push", url.as_str()];
        args.extend(refs);
        self.try_git(&args)
    }

    pub fn remote(&self, name: &str) -> String {
        said(git_at(&self.repo.dir, &["for-each-ref", "--format=%(objectname)", name]))
    }

    pub fn runner(&self, command: &str, limit: Duration) -> Runner {
        let logs = self.dir.path().join("runs");
        std::fs::create_dir_all(&logs).expect("a writable directory");
        let settings = RunnerSettings { repo: self.repo.clone(), command: command.into(), slots: 2, limit, logs };
        Runner::start(self.forge.clone(), settings, self.forge.subscribe(), self.news.clone())
    }
}

pub fn git_at(dir: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .current_dir(dir)
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
        .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
        .output()
        .expect("git is there")
}

pub fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

pub fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "was let through");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until an event answers, for a bounded time.
pub async fn wait_for<E: Clone, T>(events: &mut broadcast::Receiver<E>, mut wanted: impl FnMut(E) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = wanted(events.recv().await.expect("the sender lives")) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("it happens in time")
}
