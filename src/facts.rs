//! Plain facts about the world, as read: pull requests, people, checks. It decides nothing and touches nothing.

use crate::ids::{AppId, BranchName, CheckName, CommentId, Login, Moment, PrNumber, RepoId, RepoName, Sha, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mod culprit;
mod reviewing;

pub use culprit::{Culprit, How, Instead};
pub use reviewing::{Changed, Membership, OWNERS_MAX, OwnersFile, Pusher, Rolls, Unresolved};

/// A person or bot as the forge names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Identity.
    pub id: UserId,
    /// The name to print.
    pub login: Login,
    /// An App or machine account marked as such by the forge.
    pub bot: bool,
}

/// What a person may do in the repository, by the forge's own levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Nothing, or not a collaborator.
    None,
    /// Read and triage.
    Read,
    /// Push and maintain.
    Write,
    /// Everything.
    Admin,
}

/// The repository as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Identity; survives renames.
    pub id: RepoId,
    /// Its present name.
    pub name: RepoName,
    /// The branch the forge calls default.
    pub default_branch: BranchName,
    /// Nothing can be written.
    pub archived: bool,
}

/// Open, closed without landing, or merged, as the forge shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullState {
    /// Open.
    Open,
    /// Closed without being merged.
    Closed,
    /// Shown as merged.
    Merged,
}

/// Where a pull request's head lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadRepo {
    /// Identity of the head's repository.
    pub id: RepoId,
    /// Its present name, for the push URL.
    pub name: RepoName,
    /// The branch in that repository.
    pub branch: BranchName,
}

/// Of a description so many bytes are read, at the most.
pub const BODY_MAX: usize = 32 << 10;

/// Where a head branch may be pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// In the repository itself.
    Here,
    /// In its author's fork.
    Fork(RepoName),
    /// Nowhere: it is not ours to move, or must not be moved.
    Nowhere,
}

/// One reading of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: PrNumber,
    /// Its title; written by anyone, so never trusted as markup.
    pub title: String,
    /// Who opened it.
    pub author: Person,
    /// Open, closed or merged.
    pub state: PullState,
    /// Marked as a draft.
    pub draft: bool,
    /// The branch it wants to go to.
    pub base: BranchName,
    /// The commit it proposes.
    pub head: Sha,
    /// Where that commit's branch lives; `None` when the fork is gone.
    pub head_repo: Option<HeadRepo>,
    /// The author lets maintainers push to the fork's branch.
    pub maintainer_can_modify: bool,
    /// Label names.
    pub labels: Vec<String>,
    /// Its description, at most [`BODY_MAX`] bytes of it. Kept with an approval only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Its page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// When the forge last changed anything about it.
    pub updated_at: Moment,
}

impl Pull {
    /// Where its head branch may be pushed to: never a trunk or the default branch, and of forks only the author's own, for
    /// GitHub lets nobody push to those of organizations.
    pub fn reach(&self, repository: &Repository, trunks: &BTreeSet<BranchName>) -> Reach {
        match &self.head_repo {
            Some(head) if head.id == repository.id => {
                let shared = trunks.contains(&head.branch) || head.branch == repository.default_branch;
                if shared { Reach::Nowhere } else { Reach::Here }
            }
            Some(head) if self.maintainer_can_modify && head.name.owner() == self.author.login.as_str() => {
                Reach::Fork(head.name.clone())
            }
            Some(_) | None => Reach::Nowhere,
        }
    }

    /// It carries the label, in whatever case of its letters, as GitHub compares them.
    pub fn carries(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own.eq_ignore_ascii_case(label))
    }
}

/// Who last put a label on a pull request, by the forge's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// The forge's id of the timeline event; a label taken off and put on again has a new one.
    pub event: u64,
    /// Who did it.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// What stands after it in the timeline.
    pub since: Since,
}

/// What was changed about a pull request since somebody's word, by the forge's timeline; the last one that is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// Nothing that matters.
    #[default]
    Nothing,
    /// Its head: a commit or a force push.
    Pushed,
    /// The branch it goes to, and perhaps its head as well.
    Retargeted,
}

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Identity.
    pub id: CommentId,
    /// The pull request it is on.
    pub pull: PrNumber,
    /// Who wrote it.
    pub by: Person,
    /// Its Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: Moment,
    /// It was changed after it was written.
    pub edited: bool,
}

/// How far a check has come, in the forge's own words for its conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// Announced, not begun.
    Queued,
    /// Running.
    InProgress,
    /// Ended well.
    Success,
    /// Ended, says neither.
    Neutral,
    /// Did not run by its own rule.
    Skipped,
    /// Ended badly.
    Failure,
    /// Ran out of its own time.
    TimedOut,
    /// Somebody, or something, stopped it.
    Cancelled,
    /// Waits for a person.
    ActionRequired,
    /// The forge gave up on it.
    Stale,
    /// A conclusion we have no word for; never a pass.
    Unrecognised,
}

/// One check run or commit status on one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The forge's id of the check run or status.
    pub id: u64,
    /// The App that reported it; `None` for a commit status, which any writer can set.
    pub app: Option<AppId>,
    /// Check run name or status context.
    pub name: CheckName,
    /// Its state.
    pub state: CheckState,
    /// The commit it is about, as the forge answered.
    pub sha: Sha,
    /// A page that shows it.
    pub url: Option<String>,
    /// When it last went on: ended, else began or was created; `None` if the forge did not say.
    pub moved_at: Option<Moment>,
}

/// What a check run says of itself; somebody else's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckOutput {
    /// One line.
    pub title: Option<String>,
    /// Markdown.
    pub summary: Option<String>,
    /// More Markdown.
    pub text: Option<String>,
    /// Failures with their places: `path:line: message`.
    pub annotations: Vec<String>,
    /// The lines of its log around the first error.
    pub log: Option<String>,
}

/// A check that must pass, from the repository's file or the forge's own rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequiredCheck {
    /// Name of the check run or context of the status.
    pub name: CheckName,
    /// The App that must have reported it; `None` accepts any reporter.
    pub app: Option<AppId>,
}

/// What a reviewer says of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// It may land.
    Approves,
    /// It has to change first.
    WantsChanges,
}

/// The latest opinion of one reviewer; a comment is none, and one that was dismissed is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The forge's id of the review.
    pub id: u64,
    /// The reviewer.
    pub by: Person,
    /// What they say.
    pub opinion: Opinion,
    /// The commit they looked at.
    pub head: Sha,
    /// When they said it.
    pub at: Moment,
}

/// What the forge's own rules (branch protection, rulesets) demand of a pull request onto a branch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Demands {
    /// Checks that must pass.
    pub checks: Vec<RequiredCheck>,
    /// Approving reviews by people with write permission.
    pub approvals: u8,
    /// Approving reviews by owners of what is changed.
    pub code_owners: bool,
    /// An approving review by somebody else than whoever pushed last.
    pub last_push: bool,
    /// Every conversation resolved.
    pub conversations: bool,
}

/// How a pull request's commits become commits on trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Each commit again on top, authors and dates kept, fixups squashed, empty ones dropped.
    #[default]
    Rebase,
    /// One merge commit: first parent trunk, second the head.
    Merge,
    /// One commit with everything in it.
    Squash,
    /// Rebased, and then one merge commit: first parent trunk, second the last of the rebased commits.
    RebaseMerge,
    /// The head itself, which must stand on trunk already: nothing is made, so signatures stay.
    FastForward,
}

impl Strategy {
    /// Each strategy by the word for it in settings and commands.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("rebase", Self::Rebase),
        ("merge", Self::Merge),
        ("squash", Self::Squash),
        ("rebase-merge", Self::RebaseMerge),
        ("fast-forward", Self::FastForward),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, strategy)| *strategy == self).map_or("rebase", |(word, _)| word)
    }

    /// The approved head itself stands in what lands, so the forge sees by itself that it is merged.
    pub fn keeps_head(self) -> bool {
        match self {
            Self::Merge | Self::FastForward => true,
            Self::Rebase | Self::Squash | Self::RebaseMerge => false,
        }
    }
}

/// What to do with merge commits inside a pull request when rebasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InnerMerges {
    /// Refuse the pull request and say why.
    #[default]
    Refuse,
    /// Leave the merge commits out and rebase the others in topological order, as `git rebase` does.
    Flatten,
}
