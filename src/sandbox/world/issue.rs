//! Issues and pull requests as data: comments, reviews, reactions and the timeline.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub author: u64,
    /// The App it was made through.
    pub via_app: Option<u64>,
    pub open: bool,
    pub state_reason: Option<String>,
    pub locked: bool,
    /// Ids of labels of the repository.
    pub labels: Vec<u64>,
    #[serde(default)]
    pub assignees: Vec<u64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub closed_at: Option<i64>,
    pub closed_by: Option<u64>,
    pub comments: Vec<Comment>,
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    pub timeline: Vec<Moment>,
    pub pull: Option<Pull>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comment {
    pub id: u64,
    pub author: u64,
    pub via_app: Option<u64>,
    pub body: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub reactions: Vec<Reaction>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reaction {
    pub id: u64,
    pub user: u64,
    pub content: String,
    pub created_at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Review {
    pub id: u64,
    pub author: u64,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
    pub state: String,
    pub body: String,
    pub commit_id: String,
    pub submitted_at: i64,
}

/// A conversation on a changed file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Thread {
    pub id: u64,
    /// The review it came with.
    pub review: u64,
    pub author: u64,
    pub path: String,
    pub resolved: bool,
}

/// One entry of the timeline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moment {
    pub id: u64,
    pub actor: u64,
    pub via_app: Option<u64>,
    pub at: i64,
    pub what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Labeled { name: String, color: String },
    Unlabeled { name: String, color: String },
    Renamed { from: String, to: String },
    Committed { sha: String },
    HeadRefForcePushed { after: String },
    HeadRefDeleted,
    BaseRefChanged,
    ConvertToDraft,
    ReadyForReview,
    Merged { commit: String },
    Closed,
    Reopened,
    Commented { comment: u64 },
    Reviewed { review: u64 },
    ReviewRequested { who: u64 },
    ReviewRequestRemoved { who: u64 },
    ReviewDismissed { review: u64, was: String, message: String },
    Assigned { who: u64 },
    Unassigned { who: u64 },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pull {
    pub id: u64,
    pub head_repo: Option<u64>,
    /// Whose `owner:branch` the head is called, also after the fork is gone.
    pub head_owner: u64,
    pub head_ref: String,
    pub head_sha: String,
    pub base_ref: String,
    /// The base's tip when the head last moved: GitHub does not keep it up with the base branch.
    pub base_sha: String,
    pub draft: bool,
    pub maintainer_can_modify: bool,
    pub merged_at: Option<i64>,
    pub merged_by: Option<u64>,
    pub merge_commit_sha: Option<String>,
    /// `None` until somebody asked and it was computed.
    pub mergeable: Option<bool>,
    pub reviews: Vec<Review>,
    #[serde(default)]
    pub threads: Vec<Thread>,
    /// Who was asked for a review and has not given one.
    #[serde(default)]
    pub requested: Vec<u64>,
}

impl Issue {
    /// Writes down what happened, and that the issue changed.
    pub fn note(&mut self, id: u64, (actor, via_app): (u64, Option<u64>), at: i64, what: What) {
        self.updated_at = at.max(self.updated_at);
        self.timeline.push(Moment { id, actor, via_app, at, what });
    }
}
