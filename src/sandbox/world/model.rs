//! What exists on the look-alike besides issues and CI: accounts, Apps, tokens, repositories, hooks. Plain data, saved as it is.

use super::ci::{CheckRun, CheckSuite, Deployment, Status, WorkflowRun};
use super::issue::Issue;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    User,
    Bot,
    Organization,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pub id: u64,
    pub login: String,
    pub kind: Kind,
    pub name: String,
    pub email: String,
    pub created_at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct App {
    pub id: u64,
    pub slug: String,
    pub name: String,
    pub client_id: String,
    /// Empty in states from before people could sign in, until they are opened.
    #[serde(default)]
    pub client_secret: String,
    /// Where people may be sent back to.
    #[serde(default)]
    pub callback_urls: Vec<String>,
    pub owner: u64,
    /// The account `slug[bot]` that its installations act as.
    pub bot: u64,
    pub permissions: BTreeMap<String, String>,
    pub events: Vec<String>,
    pub created_at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Installation {
    pub id: u64,
    pub app: u64,
    pub account: u64,
    pub suspended_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// A team of an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Team {
    pub org: u64,
    pub slug: String,
    pub members: BTreeSet<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    pub actor: super::super::Actor,
    /// Milliseconds since 1970; `None` never ends.
    pub expires_at: Option<i64>,
}

/// A code that stands for a person who let an App know who they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    pub app: u64,
    pub user: u64,
    pub redirect_uri: String,
    /// What PKCE's verifier must fit, if the App asked so.
    pub challenge: Option<String>,
    pub expires_at: i64,
}

/// What a person may do, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    None,
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}

impl Role {
    /// The real role's name, as `role_name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The legacy level GitHub maps the role to, as `permission`.
    pub fn legacy(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
    pub description: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequiredCheck {
    pub context: String,
    pub app_id: Option<u64>,
}

/// Classic branch protection, as far as the look-alike enforces it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "GitHub's settings page has as many switches")]
pub struct Protection {
    /// Only these (and administrators, unless `enforce_admins`) may push. `None` lets every writer push.
    pub restrict_pushes: Option<Pushers>,
    pub required_checks: Option<Vec<RequiredCheck>>,
    pub strict: bool,
    pub enforce_admins: bool,
    pub allow_force_pushes: bool,
    pub allow_deletions: bool,
    pub required_linear_history: bool,
    /// A pull request is required, with so many approvals; `None` means no pull request is needed.
    pub required_approvals: Option<u64>,
    /// With a pull request required: one of the owners of what it changes has to approve.
    pub code_owner_reviews: bool,
    /// Every conversation has to be resolved.
    pub conversation_resolution: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pushers {
    pub users: Vec<String>,
    pub apps: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Release {
    pub id: u64,
    pub tag_name: String,
    pub target: String,
    pub name: Option<String>,
    pub body: Option<String>,
    pub draft: bool,
    pub prerelease: bool,
    pub author: u64,
    pub created_at: i64,
    pub published_at: Option<i64>,
}

/// Something that somebody did to a branch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Activity {
    pub id: u64,
    pub before: String,
    pub after: String,
    pub name: String,
    pub at: i64,
    /// GitHub's word for it.
    pub kind: String,
    pub actor: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Repo {
    pub id: u64,
    pub owner: u64,
    pub name: String,
    pub private: bool,
    pub description: Option<String>,
    pub fork_of: Option<u64>,
    pub default_branch: String,
    pub archived: bool,
    pub created_at: i64,
    pub updated_at: i64,
    pub pushed_at: i64,
    pub collaborators: BTreeMap<u64, Role>,
    pub labels: Vec<Label>,
    pub next_number: u64,
    pub issues: BTreeMap<u64, Issue>,
    pub suites: BTreeMap<u64, CheckSuite>,
    pub check_runs: BTreeMap<u64, CheckRun>,
    pub statuses: Vec<Status>,
    pub runs: BTreeMap<u64, WorkflowRun>,
    pub deployments: BTreeMap<u64, Deployment>,
    pub releases: Vec<Release>,
    pub protection: BTreeMap<String, Protection>,
    /// Rulesets in GitHub's own form.
    pub rulesets: Vec<Value>,
    /// What happened to branches, oldest first.
    #[serde(default)]
    pub activities: Vec<Activity>,
    /// Branches and tags as last seen, so that a push finished just before a crash is noticed at the next start.
    pub refs: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Hook {
    pub id: u64,
    pub url: Option<String>,
    pub secret: String,
}

/// One webhook sent or lost, with all that is needed to send it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    pub id: u64,
    pub guid: String,
    pub event: String,
    pub action: Option<String>,
    pub installation: Option<u64>,
    pub repository: Option<u64>,
    pub delivered_at: i64,
    pub duration_ms: u64,
    pub redelivery: bool,
    /// 0 until it is sent and when nothing answered.
    pub status_code: u16,
    pub status: String,
    pub url: String,
    pub request_headers: BTreeMap<String, String>,
    /// The raw body that is signed.
    pub payload: String,
    pub response_headers: BTreeMap<String, String>,
    pub response_body: String,
}
