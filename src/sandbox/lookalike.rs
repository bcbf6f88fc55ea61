//! The look-alike as the rest of the sandbox holds it. (API first; bodies follow.)
#![allow(unused_variables, clippy::unused_self, reason = "bodies follow")]

use super::types::{
    Actor, GitAccess, Identities, NewPull, RefChange, RefVerdict, Refused, RepoSummary, RunStarted, SandboxEvent,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::broadcast;

/// How to open a look-alike.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Write every exchange under `/api/v3` to this file as JSON lines (for the referee).
    pub record: Option<PathBuf>,
}

/// The look-alike. Cheap to clone.
#[derive(Clone)]
pub struct Lookalike(Arc<()>);

impl Lookalike {
    /// Loads the state kept in `dir`, or makes the standard one. Must be called inside a tokio runtime (webhooks are sent from it).
    pub fn open(dir: &Path, options: Options) -> std::io::Result<Self> {
        todo!()
    }
    /// Where clients find us, `http://127.0.0.1:PORT` without a trailing slash.
    pub fn set_base_url(&self, base: &str) {
        todo!()
    }
    /// Where webhooks of the App go. `None` sends none (they are not even logged).
    pub fn set_webhook_url(&self, url: Option<&str>) {
        todo!()
    }
    /// REST under `/api/v3`, the administrator under `/_sandbox`.
    pub fn router(&self) -> axum::Router {
        todo!()
    }
    /// All tokens, Apps and secrets.
    pub fn identities(&self) -> Identities {
        todo!()
    }
    /// What happens from now on. A slow receiver loses the oldest (`Lagged`), nothing waits for it.
    pub fn subscribe(&self) -> broadcast::Receiver<SandboxEvent> {
        todo!()
    }
    /// Finds a repository by its present or a former name.
    pub fn repository(&self, full_name: &str) -> Option<RepoSummary> {
        todo!()
    }
    /// Makes an empty repository (bare, HEAD on `trunk`), with our App and the CI App installed on it and trunk protected:
    /// only the App, the maintainer and the administrator may push there, forward only.
    pub fn create_repository(&self, owner: &str, name: &str, trunk: &str) -> Result<RepoSummary, Refused> {
        todo!()
    }
    /// Forks a repository to a user's account, all branches copied.
    pub fn fork(&self, repo: u64, login: &str) -> Result<RepoSummary, Refused> {
        todo!()
    }
    /// Opens a pull request; answers its number.
    pub fn open_pull(&self, login: &str, new: &NewPull) -> Result<u64, Refused> {
        todo!()
    }
    /// Puts a label on (made when there is none by that name).
    pub fn add_label(&self, login: &str, repo: u64, number: u64, label: &str) -> Result<(), Refused> {
        todo!()
    }
    /// Writes a comment; answers its id.
    pub fn comment(&self, login: &str, repo: u64, number: u64, body: &str) -> Result<u64, Refused> {
        todo!()
    }
    /// The CI App announces a workflow run and its check run `name` on a commit, both queued.
    pub fn queue_run(&self, repo: u64, branch: &str, sha: &str, name: &str) -> Result<RunStarted, Refused> {
        todo!()
    }
    /// The run has a machine now (`in_progress`).
    pub fn begin_run(&self, repo: u64, run: RunStarted) -> Result<(), Refused> {
        todo!()
    }
    /// The run ended with a conclusion (`success`, `failure`, `cancelled`, `timed_out`); the summary is Markdown.
    pub fn end_run(&self, repo: u64, run: RunStarted, conclusion: &str, summary: &str) -> Result<(), Refused> {
        todo!()
    }
    /// Who a git request is (Basic auth, the password is a token) and what it may do with `owner/name` (without `.git`).
    pub fn git_access(&self, authorization: Option<&str>, full_name: &str) -> GitAccess {
        todo!()
    }
    /// What protection and permissions say about each ref of a push, in order. Ask before anything is written.
    pub fn judge_push(&self, repo: u64, actor: &Actor, changes: &[RefChange]) -> Vec<RefVerdict> {
        todo!()
    }
    /// Tells what a finished push moved (only refs that did move): pull requests follow, webhooks go out. Blocks on git work:
    /// call it in `spawn_blocking`, before the answer goes to the client.
    pub fn pushed(&self, repo: u64, actor: &Actor, changes: &[RefChange]) {
        todo!()
    }
}
