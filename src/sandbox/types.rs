//! The words other parts of the sandbox speak with the look-alike: who acts, what moved, what happened. Data only.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// No credentials were given: public things may be read.
    Anonymous,
    /// A person, by user id, with a personal access token.
    User(u64),
    /// An App as itself, by App id, with a JSON web token.
    App(u64),
    /// An installation of an App.
    Installation {
        /// The installation's id.
        installation: u64,
        /// The App's id.
        app: u64,
        /// The only repositories the token is good for; `None` means all of the installation.
        repositories: Option<Vec<u64>>,
        /// What the token may do: permission name to `read`, `write` or `admin`.
        permissions: std::collections::BTreeMap<String, String>,
    },
    /// The sandbox's own administrator, who may do everything everywhere.
    Admin,
}

/// The tokens that play the parts, by part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// A contributor who may read only (and owns forks).
    pub user: String,
    /// A person with maintain rights on every sandbox repository.
    pub maintainer: String,
    /// A person without any rights.
    pub outsider: String,
    /// The CI App's installation.
    pub ci: String,
    /// The administrator: `/_sandbox`, and everything else.
    pub admin: String,
}

/// An App's identity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AppIdentity {
    /// GitHub's number of the App.
    pub id: u64,
    /// Its name in URLs; its bot is called `slug[bot]`.
    pub slug: String,
}

/// Everything a client must know to play a part.
#[derive(Debug, Clone)]
pub struct Identities {
    /// Tokens by part.
    pub tokens: Tokens,
    /// The App under test.
    pub app: AppIdentity,
    /// The App that reports checks.
    pub ci_app: AppIdentity,
    /// The installation of the App under test.
    pub installation: u64,
    /// As what the App under test asks people who they are: its client id and client secret.
    pub client: (String, String),
    /// The secret webhooks are signed with.
    pub webhook_secret: String,
    /// The App's private key. It is published with the source, so it must never be trusted beyond loopback.
    pub private_key_pem: &'static str,
}

/// A repository, in short.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RepoSummary {
    /// Its id.
    pub id: u64,
    /// `owner/name`.
    pub full_name: String,
    /// The bare repository on disk.
    pub dir: PathBuf,
}

/// What a git request may do.
#[derive(Debug, Clone)]
pub enum GitAccess {
    /// No or bad credentials: answer 401 with `WWW-Authenticate: Basic realm="GitHub"`.
    Unauthorized,
    /// There is no such repository, or the caller may not see it.
    NotFound,
    /// The repository may be read, and perhaps written.
    Allowed {
        /// Who asks.
        actor: Actor,
        /// `git-receive-pack` may start; each ref is then judged by [`super::Lookalike::judge_push`].
        can_write: bool,
        /// The repository's id.
        repo: u64,
        /// The bare repository on disk.
        repo_dir: PathBuf,
    },
}

/// One ref that a push moves. Object ids are 40 hex digits; all zeros means "absent".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefChange {
    /// Full name, `refs/heads/main`.
    pub name: String,
    /// Before.
    pub old: String,
    /// After.
    pub new: String,
}

/// What protection says about one ref of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefVerdict {
    /// It may move.
    Allowed,
    /// It may move if `new` descends from `old`, else refuse with this text.
    FastForwardOnly(String),
    /// It must not move; the text is what git prints after `remote: `, a line per line.
    Refused(String),
}

/// What a new pull request is made of.
#[derive(Debug, Clone)]
pub struct NewPull {
    /// The repository it is for.
    pub repo: u64,
    /// The repository that has the head branch.
    pub head_repo: u64,
    /// The head branch, short.
    pub head: String,
    /// The base branch, short.
    pub base: String,
    /// Title.
    pub title: String,
    /// Description.
    pub body: String,
    /// Opened as a draft.
    pub draft: bool,
    /// Maintainers of the base may push to the head branch of a fork.
    pub maintainer_can_modify: bool,
}

/// A workflow run that began, and its check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RunStarted {
    /// The workflow run's id.
    pub run: u64,
    /// The id of the check run it reports by.
    pub check_run: u64,
}

/// A request the look-alike refuses, in GitHub's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {message}")]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// `message` of the body.
    pub message: String,
    /// `errors` of the body, for 422.
    pub errors: Vec<serde_json::Value>,
}

/// Something that happened, for the runner, the terminal and `--json`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SandboxEvent {
    /// A ref moved; absent is all zeros.
    Push {
        /// Repository id.
        repo: u64,
        /// `owner/name`.
        full_name: String,
        /// Full ref name.
        r#ref: String,
        /// Before.
        before: String,
        /// After.
        after: String,
        /// Login of who pushed.
        by: String,
    },
    /// A pull request was opened, labeled, unlabeled, synchronize, edited, closed, reopened … (the webhook's action).
    Pull {
        /// Repository id.
        repo: u64,
        /// Its number.
        number: u64,
        /// The webhook's action.
        action: String,
        /// Title.
        title: String,
        /// Head commit now.
        head: String,
        /// Base branch now.
        base: String,
        /// Shown as merged.
        merged: bool,
        /// The commit that brought it in.
        #[serde(skip_serializing_if = "Option::is_none")]
        merge_commit: Option<String>,
        /// The label put on or taken off.
        #[serde(skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// Login of who did it.
        by: String,
    },
    /// A comment was `created`, `edited` or `deleted`.
    Comment {
        /// Repository id.
        repo: u64,
        /// Issue or pull request.
        number: u64,
        /// Comment id.
        id: u64,
        /// The webhook's action.
        action: String,
        /// Its text.
        body: String,
        /// Login of who did it.
        by: String,
    },
    /// A check run was made or changed.
    Check {
        /// Repository id.
        repo: u64,
        /// Check run id.
        id: u64,
        /// Its name.
        name: String,
        /// The commit.
        sha: String,
        /// `queued`, `in_progress`, `completed`.
        status: String,
        /// Only when completed.
        conclusion: Option<String>,
        /// Slug of the App.
        app: String,
    },
    /// A commit status was posted.
    Status {
        /// Repository id.
        repo: u64,
        /// The commit.
        sha: String,
        /// Its context.
        context: String,
        /// `error`, `failure`, `pending`, `success`.
        state: String,
    },
    /// Somebody started a workflow; the runner must run it.
    Dispatched {
        /// Repository id.
        repo: u64,
        /// The run and its check run.
        started: RunStarted,
        /// The branch or tag it was started on, in full.
        r#ref: String,
        /// Its commit.
        sha: String,
        /// What it runs.
        command: String,
    },
    /// Somebody asked for a workflow run to be stopped; the runner must kill it and report `cancelled`.
    CancelRequested {
        /// Repository id.
        repo: u64,
        /// Workflow run id.
        run: u64,
    },
    /// Somebody asked for a check run (or all of a suite) to be run again.
    RerunRequested {
        /// Repository id.
        repo: u64,
        /// Check run id.
        check_run: u64,
        /// The commit.
        sha: String,
    },
    /// A webhook was sent, or was lost on purpose.
    Delivery {
        /// The delivery's GUID.
        guid: String,
        /// Event name (called `hook` because `event` names this object's kind).
        hook: String,
        /// Its action.
        action: Option<String>,
        /// The answer's status, 0 if there was none.
        status_code: u16,
        /// `OK`, or what went wrong.
        status: String,
        /// It is a redelivery.
        redelivery: bool,
    },
}
