//! Candidates: trunk commits that were green when they landed, tagged. What they are never changes; what is added is how far
//! they came. It decides nothing.

use crate::ids::{CandidateSeq, DeploymentId, Login, Moment, PrNumber, Sha, StageName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A trunk commit that may be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its number along trunk.
    pub seq: CandidateSeq,
    /// The commit: tested as exactly this one.
    pub commit: Sha,
    /// Its tag.
    pub tag: Tag,
    /// What landed since the candidate before.
    pub changes: Vec<Change>,
    /// When the last of them landed.
    pub landed_at: Moment,
    /// When the candidate was made.
    pub cut_at: Moment,
    /// It goes the short way.
    pub hotfix: bool,
    /// Whether it may be delivered.
    pub state: Readiness,
    /// Stages that verified it.
    pub passes: BTreeMap<StageName, Pass>,
    /// Stages that it was offered to, or asked for.
    pub offered: BTreeSet<StageName>,
    /// Stages that must not get it any more.
    pub rejected: BTreeMap<StageName, Rejection>,
    /// The release it became, or is to become.
    pub version: Option<String>,
}

/// A tag as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its short name.
    pub name: String,
    /// The tag object; another one under this name was not made by us.
    pub object: Sha,
}

/// What landed by one pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub pr: PrNumber,
    /// Its title; written by anyone.
    pub title: String,
    /// Everybody who wrote some of it; `None` before that was read.
    pub authors: Option<BTreeSet<Login>>,
    /// Its labels when it landed.
    pub labels: Vec<String>,
    /// The date of its first commit, before we rebased it.
    pub first_commit_at: Option<Moment>,
    /// When the pull request was opened.
    pub opened_at: Option<Moment>,
    /// When it was queued.
    pub queued_at: Option<Moment>,
    /// When it landed.
    pub landed_at: Moment,
}

/// A pull request with this label must not be taken back by itself.
pub const UNSAFE_LABEL: &str = "delivery:rollback-unsafe";
/// A pull request with this label goes the short way.
pub const HOTFIX_LABEL: &str = "delivery:hotfix";
/// A pull request with this label mends an incident.
pub const FIX_LABEL: &str = "delivery:incident-fix";

impl Change {
    /// Whoever takes it back must know what they do.
    pub fn is_unsafe(&self) -> bool {
        self.has(UNSAFE_LABEL)
    }

    /// It has a label.
    pub fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|known| known.eq_ignore_ascii_case(label))
    }
}

/// Whether a candidate may be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Its checks after the landing are not over.
    Pending,
    /// It may.
    Ready,
    /// It never will: these checks failed after the landing, or gave no result in time.
    NotReleasable {
        /// Which; empty if there was no result.
        failed: Vec<String>,
    },
    /// Its tag is gone, or another object.
    Tampered {
        /// What is there instead.
        seen: Option<Sha>,
        /// What it was, and is again once the tag is.
        was: Box<Readiness>,
        /// Somebody asked for the tag to be put back.
        restoring: bool,
    },
}

impl Readiness {
    /// What it is by its checks, whatever became of its tag.
    pub fn made(&self) -> &Self {
        match self {
            Self::Tampered { was, .. } => was,
            Self::Pending | Self::Ready | Self::NotReleasable { .. } => self,
        }
    }

    pub(super) fn made_mut(&mut self) -> &mut Self {
        match self {
            Self::Tampered { was, .. } => was,
            Self::Pending | Self::Ready | Self::NotReleasable { .. } => self,
        }
    }
}

/// A stage verified it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// When.
    pub at: Moment,
    /// In which deployment.
    pub deployment: DeploymentId,
}

/// A stage must not get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Whose word it was; `None` for a failed verification or a rollback by itself.
    pub by: Option<Login>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
}

/// A landed commit that is no candidate yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncut {
    /// The commit.
    pub commit: Sha,
    /// What landed with it, and before it since the last candidate.
    pub changes: Vec<Change>,
    /// When it landed.
    pub landed_at: Moment,
    /// Its checks after the landing.
    pub verdict: PostMerge,
    /// Somebody asked for a candidate.
    pub asked: bool,
    /// The tag is being made.
    pub cutting: bool,
}

/// How a commit fares on trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostMerge {
    /// Not over.
    Pending,
    /// Green, or nothing was to be checked.
    Green,
    /// Red, by these.
    Red(Vec<String>),
    /// No result came in time.
    Silent,
}
