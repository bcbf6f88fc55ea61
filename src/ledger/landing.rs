//! What the ledger says of a landing: enough to judge it from outside, with nothing but a clone. Plain data.

use crate::facts::{CheckState, InnerMerges, RequiredCheck, Strategy};
use crate::ids::{AppId, BranchName, CheckName, CommentId, Login, Moment, PrNumber, RequestId, Sha, UserId};
use serde::{Deserialize, Serialize};

/// Trunk was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// Which branch.
    pub trunk: BranchName,
    /// Where it was.
    pub from: Sha,
    /// Where it is since.
    pub to: Sha,
    /// The committer date of `to`. No clock is asked: whoever tries again writes the same.
    pub at: Moment,
    /// The commit of trunk whose settings it was judged by.
    pub settings_at: Sha,
    /// The candidate that was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
    /// The checks that had to pass.
    pub required: Vec<RequiredCheck>,
    /// Those that had passed on exactly `to`.
    pub green: Vec<Green>,
    /// What landed, in order.
    pub members: Vec<Member>,
}

/// A candidate tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its short name.
    pub tag: String,
    /// The id of the tag object, which never changes.
    pub object: Sha,
}

/// A check that had passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Green {
    /// Its name.
    pub name: CheckName,
    /// The App that reported it; none for a commit status.
    pub app: Option<AppId>,
    /// The forge's id of it.
    pub id: u64,
    /// How it ended: settings may let some pass that were skipped or neutral.
    pub state: CheckState,
    /// A page that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// One pull request of a landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its number.
    pub pr: PrNumber,
    /// Its title when it was approved.
    pub title: String,
    /// Who opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Login>,
    /// The head that landed.
    pub head: Sha,
    /// What it was composed on.
    pub onto: Sha,
    /// What came of it.
    pub tip: Sha,
    /// The tree of that.
    pub tree: Sha,
    /// How its commits became commits on trunk.
    pub strategy: Strategy,
    /// What became of merge commits inside it.
    pub inner_merges: InnerMerges,
    /// By whose word.
    pub approved: Approved,
    /// Its head branch could not be moved, so the forge shows it as closed instead of merged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unmoved: bool,
}

/// A person's word that exactly this may land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The head it was about.
    pub head: Sha,
    /// Who gave it.
    pub by: Login,
    /// The forge's id of them, which renaming does not change.
    pub id: UserId,
    /// Whose permission it rests on, where they may not push themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_the_word_of: Option<Login>,
    /// When.
    pub at: Moment,
    /// By what.
    pub via: Via,
}

/// By what somebody gave their word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A label; the forge's id of the event that put it on.
    Label(u64),
    /// A comment.
    Comment(CommentId),
    /// An approving review; the forge's id of it.
    Review(u64),
    /// A request through the API.
    Request(RequestId),
}
