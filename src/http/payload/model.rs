//! The fields we read of GitHub's webhook bodies. Its published schemas are not used: a third of its own examples do not
//! fit them, so a field is only asked for where we cannot do without it.

use crate::adapter::github::model::Account;
use crate::ids::{Moment, Sha};
use crate::when;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
pub(super) struct PullEvent {
    pub(super) pull_request: Numbered,
}

#[derive(Debug, Deserialize)]
pub(super) struct Numbered {
    pub(super) number: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct CommentEvent {
    pub(super) action: String,
    pub(super) issue: Issue,
    pub(super) comment: Written,
    #[serde(default)]
    pub(super) sender: Option<Account>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    /// Only there when the issue is a pull request.
    #[serde(default)]
    pub(super) pull_request: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Written {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) user: Option<Account>,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(deserialize_with = "moment")]
    pub(super) created_at: Moment,
    #[serde(deserialize_with = "moment")]
    pub(super) updated_at: Moment,
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Moment, D::Error> {
    let text = String::deserialize(from)?;
    when::parse(&text).ok_or_else(|| serde::de::Error::custom("a timestamp that is not RFC 3339"))
}

#[derive(Debug, Deserialize)]
pub(super) struct OnCommit {
    pub(super) head_sha: Sha,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckRunEvent {
    pub(super) check_run: CheckRun,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckRun {
    #[serde(flatten)]
    pub(super) on: OnCommit,
    #[serde(default)]
    pub(super) external_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckSuiteEvent {
    pub(super) check_suite: OnCommit,
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRunEvent {
    pub(super) workflow_run: OnCommit,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusEvent {
    pub(super) sha: Sha,
}

#[derive(Debug, Deserialize)]
pub(super) struct PushEvent {
    #[serde(rename = "ref")]
    pub(super) name: String,
}

/// `create` and `delete`.
#[derive(Debug, Deserialize)]
pub(super) struct RefEvent {
    /// Short, unlike in `push`; null when the repository itself was created.
    #[serde(rename = "ref")]
    pub(super) name: Option<String>,
    pub(super) ref_type: String,
}
