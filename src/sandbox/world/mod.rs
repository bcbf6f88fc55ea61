//! The state of the look-alike and the rules by which it changes: who may what, and how pull requests follow pushes.
//! It reads and writes bare repositories, and knows nothing of HTTP.

mod access;
mod birth;
mod checks;
pub mod ci;
mod deploy;
mod dispatch;
mod edit;
mod follow;
mod gate;
pub mod git;
pub mod issue;
mod issues;
mod labels;
mod merge;
pub mod model;
mod people;
mod protect;
mod pulls;
mod push;
mod reactions;
mod reviews;
mod rulesets;
mod settings;
mod sign_in;
mod tell;
mod threads;
pub mod time;

pub use birth::{guid, secret};
pub use checks::{CheckChange, NewCheck, NewStatus};
pub use deploy::{NewDeployment, NewDeploymentStatus};
pub use dispatch::NewDispatch;
pub use edit::FileChange;
pub use labels::LabelChange;
pub use merge::Method;
pub use protect::rules_for;
pub use pulls::PullChange;
pub use push::is_forced;
pub use reactions::Target;
pub use reviews::PENDING;
pub use sign_in::{Asked, Redeeming, TOKEN_S};
pub use tell::{Outbox, Outgoing};

use super::types::{Actor, Refused, RepoSummary, Tokens};
use issue::Issue;
use model::{Account, App, Code, Hook, Installation, Kind, Repo, Team, Token};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The standard people and Apps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cast {
    pub tokens: Tokens,
    pub app: u64,
    pub ci_app: u64,
    pub installation: u64,
    pub ci_installation: u64,
    pub admin: u64,
    pub maintainer: u64,
    pub user: u64,
    pub outsider: u64,
}

/// Who acts: an account, and the App it acts through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    pub user: u64,
    pub app: Option<u64>,
}

/// Everything there is.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    next: u64,
    pub cast: Cast,
    pub accounts: BTreeMap<u64, Account>,
    #[serde(default)]
    pub teams: Vec<Team>,
    pub apps: BTreeMap<u64, App>,
    pub installations: BTreeMap<u64, Installation>,
    pub tokens: BTreeMap<String, Token>,
    /// By what Apps may learn who somebody is, once.
    #[serde(default)]
    pub codes: BTreeMap<String, Code>,
    pub repos: BTreeMap<u64, Repo>,
    /// Former names, lower case, of repositories.
    pub renames: BTreeMap<String, u64>,
    pub hook: Hook,
    /// `http://127.0.0.1:PORT`, no trailing slash.
    #[serde(skip)]
    pub base: String,
    /// Where the bare repositories are (`DIR/git`).
    #[serde(skip)]
    pub git_root: PathBuf,
    /// What is to be told once the lock is released.
    #[serde(skip)]
    pub out: Outbox,
}

impl World {
    /// A fresh id; greater than all before it.
    pub fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.values().find(|a| a.login.eq_ignore_ascii_case(login))
    }

    pub fn login(&self, id: u64) -> &str {
        self.accounts.get(&id).map_or("ghost", |a| &a.login)
    }

    /// `owner/name` as it is now.
    pub fn full_name(&self, repo: &Repo) -> String {
        format!("{}/{}", self.login(repo.owner), repo.name)
    }

    /// By present name only.
    pub fn repo_named(&self, owner: &str, name: &str) -> Option<&Repo> {
        self.repos
            .values()
            .find(|r| r.name.eq_ignore_ascii_case(name) && self.login(r.owner).eq_ignore_ascii_case(owner))
    }

    /// The bare repository's directory. It follows the present name.
    pub fn git_dir(&self, repo: &Repo) -> PathBuf {
        self.git_root.join(self.login(repo.owner)).join(format!("{}.git", repo.name))
    }

    pub fn open_git(&self, repo: u64) -> Result<git2::Repository, Refused> {
        Ok(git::open(&self.git_dir(self.repo(repo)?))?)
    }

    pub fn summary(&self, repo: &Repo) -> RepoSummary {
        RepoSummary { id: repo.id, full_name: self.full_name(repo), dir: self.git_dir(repo) }
    }

    pub fn repo(&self, id: u64) -> Result<&Repo, Refused> {
        self.repos.get(&id).ok_or_else(Refused::not_found)
    }

    pub fn repo_mut(&mut self, id: u64) -> Result<&mut Repo, Refused> {
        self.repos.get_mut(&id).ok_or_else(Refused::not_found)
    }

    pub fn issue(&self, repo: u64, number: u64) -> Result<&Issue, Refused> {
        self.repo(repo)?.issues.get(&number).ok_or_else(Refused::not_found)
    }

    pub fn issue_mut(&mut self, repo: u64, number: u64) -> Result<&mut Issue, Refused> {
        self.repo_mut(repo)?.issues.get_mut(&number).ok_or_else(Refused::not_found)
    }

    /// The account and App behind an actor; anonymous callers are nobody.
    pub fn by(&self, actor: &Actor) -> By {
        match actor {
            Actor::Anonymous => By { user: 0, app: None },
            Actor::User(id) => By { user: *id, app: None },
            Actor::App(app) | Actor::Installation { app, .. } => {
                By { user: self.apps.get(app).map_or(0, |a| a.bot), app: Some(*app) }
            }
            Actor::Admin => By { user: self.cast.admin, app: None },
        }
    }

    /// The account by that login, as an actor of in-process calls.
    pub fn by_login(&self, login: &str) -> Result<By, Refused> {
        let account = self.account(login).ok_or_else(Refused::not_found)?;
        let app = (account.kind == Kind::Bot)
            .then(|| self.apps.values().find(|a| a.bot == account.id).map(|a| a.id))
            .flatten();
        Ok(By { user: account.id, app })
    }
}

impl Refused {
    /// A refusal without `errors`.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new() }
    }

    /// 404: there is none, or the caller may not know.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 422 with one entry in `errors`; code is `missing`, `missing_field`, `invalid`, `already_exists`.
    pub fn invalid(resource: &str, field: &str, code: &str) -> Self {
        Self {
            status: 422,
            message: "Validation Failed".into(),
            errors: vec![serde_json::json!({"resource": resource, "field": field, "code": code})],
        }
    }

    /// 422 with a sentence in `errors` (code `custom`).
    pub fn custom(resource: &str, message: &str) -> Self {
        Self {
            status: 422,
            message: "Validation Failed".into(),
            errors: vec![serde_json::json!({"resource": resource, "code": "custom", "message": message})],
        }
    }
}

impl From<git2::Error> for Refused {
    fn from(trouble: git2::Error) -> Self {
        match trouble.code() {
            git2::ErrorCode::NotFound | git2::ErrorCode::Invalid => Self::not_found(),
            _ => Self::new(500, format!("Server Error: git says: {}", trouble.message())),
        }
    }
}
