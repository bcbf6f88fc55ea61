//! What the forge shows people of deliveries: records of deployments with their states, and releases. It is a view; what is so
//! stands in our own state and in the refs.

use super::deploy::Order;
use super::{Outcome, Trouble};
use crate::ids::{Login, Moment, RecordId, ReleaseId, Sha};
use std::collections::BTreeMap;

/// A record of a deployment, to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// What is deployed.
    pub sha: Sha,
    /// The forge's name of where to.
    pub environment: String,
    /// Ours for the deployment: by it the record is found again.
    pub key: String,
    /// `deploy`, or with a kind behind it: `deploy:rollback`.
    pub task: String,
    /// It is what people use.
    pub production: bool,
    /// A line for people; cut to what the forge takes.
    pub description: String,
    /// More that whoever listens may want to know: the candidate, its tag, what ran there before.
    pub about: BTreeMap<String, String>,
}

impl NewRecord {
    /// The record of an order, whichever driver carries it out.
    pub fn of(order: &Order, environment: &str) -> Self {
        let mut about = BTreeMap::from([
            ("candidate".to_owned(), order.tag.clone()),
            ("kind".to_owned(), order.kind.to_owned()),
            ("stage".to_owned(), order.stage.to_string()),
        ]);
        about.extend(order.version.iter().map(|version| ("version".to_owned(), version.clone())));
        if let Some((tag, commit)) = &order.from {
            about.extend([("from".to_owned(), tag.clone()), ("from_commit".to_owned(), commit.to_string())]);
        }
        Self {
            sha: order.commit,
            environment: environment.to_owned(),
            key: order.key.clone(),
            task: if order.kind == "forward" { "deploy".to_owned() } else { format!("deploy:{}", order.kind) },
            production: order.production,
            description: order.reason.clone(),
            about,
        }
    }
}

/// How a deployment stands, in the forge's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordState {
    /// Waits for its turn.
    Queued,
    /// Waits for something else.
    Pending,
    /// At work.
    InProgress,
    /// Done.
    Success,
    /// It failed.
    Failure,
    /// It broke, or nobody knows.
    Error,
    /// Something else runs there now.
    Inactive,
    /// A word that we do not know; it says nothing.
    Unrecognised,
}

/// A state to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecordStatus {
    /// Which. `Unrecognised` is refused.
    pub state: RecordState,
    /// A line for people; cut to what the forge takes.
    pub description: String,
    /// Where more can be read.
    pub log_url: Option<String>,
    /// Where people see the stage.
    pub environment_url: Option<String>,
}

/// A state that somebody posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordStatus {
    /// Which.
    pub state: RecordState,
    /// Who; `None` when their account is gone.
    pub by: Option<Login>,
    /// We did, so it is no news.
    pub ours: bool,
    /// When.
    pub at: Option<Moment>,
    /// A line for people.
    pub description: Option<String>,
    /// Where more can be read.
    pub log_url: Option<String>,
}

/// A release as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    /// The short name of its tag, which is pushed before the release is published.
    pub tag: String,
    /// Its commit.
    pub target: Sha,
    /// Its title.
    pub title: String,
    /// Its notes, in Markdown.
    pub notes: String,
    /// Not shown to people yet.
    pub draft: bool,
    /// Not meant for everybody.
    pub prerelease: bool,
}

/// A release as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The forge's.
    pub id: ReleaseId,
    /// The short name of its tag.
    pub tag: String,
    /// Not shown to people yet.
    pub draft: bool,
    /// Not meant for everybody.
    pub prerelease: bool,
    /// Its page.
    pub url: Option<String>,
}

/// Records of deployments and releases of one repository.
pub trait Records: Send + Sync + 'static {
    /// Makes a record. Look for it first: the forge makes a second one under the same key.
    fn record(&self, new: &NewRecord) -> impl Future<Output = Result<Outcome<RecordId>, Trouble>> + Send;
    /// The record of this commit and environment that carries the key, if there is one; of several the first.
    fn recorded(
        &self,
        sha: Sha,
        environment: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<RecordId>, Trouble>> + Send;
    /// The states of a record, newest first; `None` if there is no such record.
    fn record_statuses(&self, id: RecordId) -> impl Future<Output = Result<Option<Vec<RecordStatus>>, Trouble>> + Send;
    /// Shows a state. The record stays the only one that says so: others of the environment are left as they are.
    fn record_status(
        &self,
        id: RecordId,
        status: &NewRecordStatus,
    ) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
    /// The release of a tag, drafts included; a published one before a draft, and of several drafts the first made.
    fn release(&self, tag: &str) -> impl Future<Output = Result<Option<Release>, Trouble>> + Send;
    /// Makes a release. Look for it first: the forge makes any number of drafts for a tag.
    fn make_release(&self, new: &NewRelease) -> impl Future<Output = Result<Outcome<ReleaseId>, Trouble>> + Send;
    /// Makes a release be as given; a draft is published by `draft: false`. `Rejected` when it is gone.
    fn change_release(
        &self,
        id: ReleaseId,
        to: &NewRelease,
    ) -> impl Future<Output = Result<Outcome<()>, Trouble>> + Send;
}
