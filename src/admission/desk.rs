//! What is known of each pull request: its last reading, its approval, which labels and comments were already acted on.

use super::latest::Latest;
use super::said::{Said, Subject};
use super::stack::Stack;
use super::stop::{Freeze, Hold, Stopped};
use super::tries::TrialAnswer;
use super::weigh::Obstacle;
use crate::command::{Misread, Request, Wish};
use crate::delivery::Ask;
use crate::facts::{Person, Pull};
use crate::ids::{BranchName, CommentId, Login, Moment, PrNumber, Reading, RequestId, Sha};
use crate::queue;
use crate::trial;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Comments per pull request that are remembered as acted on.
const COMMENTS_KEPT: usize = 200;
/// Commits per pull request that we ourselves moved its head to.
const MOVES_KEPT: usize = 20;

/// By what a person asked for landing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The label; the forge's id of the event that put it on.
    Label(u64),
    /// A comment.
    Comment(CommentId),
    /// An approving review; the forge's id of it.
    Review(u64),
    /// A request through the API.
    Request(RequestId),
}

/// A person's word that exactly this may land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The commit.
    pub head: Sha,
    /// The branch it goes to.
    pub base: BranchName,
    /// Who said so.
    pub by: Person,
    /// Whose permission it rests on, where they may not push themselves.
    #[serde(default)]
    pub on_the_word_of: Option<Login>,
    /// When.
    pub at: Moment,
    /// By what.
    pub via: Via,
    /// The title then, for messages of merge and squash commits.
    pub title: String,
    /// The pull request as it was read then: what lands follows from this, and not from what becomes of it.
    #[serde(default)]
    pub read: Option<Box<Pull>>,
    /// How it is to land; the commit is `head`.
    #[serde(default)]
    pub wish: Wish,
    /// Whose reviews approved exactly the head when it entered the queue, where its commits name them. What lands follows from
    /// this, so later ones are not added.
    #[serde(default)]
    pub reviewed_by: Vec<Person>,
    /// What it stands on, if it went to another's branch when it was asked for.
    #[serde(default)]
    pub stack: Option<Stack>,
    /// What keeps it out of the queue; nothing, and it is queued.
    #[serde(default)]
    pub waits: Vec<Obstacle>,
    /// Its number: later approvals of the pull request have higher ones.
    pub rev: Reading,
}

/// What is known of one pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its last reading, without the description.
    pub pull: Pull,
    /// When that reading began.
    pub reading: Reading,
    /// When that reading was taken in.
    pub read_at: Moment,
    /// When another head than this one was last seen there.
    pub other_head_at: Option<Moment>,
    /// The standing approval.
    pub approval: Option<Approval>,
    /// The number of its last approval.
    pub last_rev: Reading,
    /// The label event last acted on; the same event never counts twice.
    pub label_event: Option<u64>,
    /// The change of the pull request at which its label, or its reviews as requests, were last judged.
    pub label_judged: Option<Moment>,
    /// What was asked before this moment is over, however late it is heard: it was cancelled, or it landed.
    pub over_until: Option<Moment>,
    /// The approved head that landed last: the same one never lands again, whatever the forge still shows.
    #[serde(default)]
    pub landed: Option<Sha>,
    /// The approved pull request from the branch that it goes to, where that is not trunk.
    #[serde(default)]
    pub under: Option<PrNumber>,
    /// The review last acted on, or seen while an approval stood; none up to it asks for landing again.
    #[serde(default)]
    pub review: Option<u64>,
    /// What people said about it.
    #[serde(default)]
    pub said: Said,
    /// Comments acted on.
    pub comments: BTreeSet<CommentId>,
    /// Commits we moved its head branch to, or were about to: finding one there is not a push by somebody.
    pub moves: Vec<Sha>,
    /// Who keeps it back, if somebody does.
    #[serde(default)]
    pub hold: Latest<Hold>,
}

impl Approval {
    /// What must be read to weigh it, with what was said about its pull request.
    pub fn subject(&self, said: &Said) -> Subject {
        Subject {
            head: self.head,
            by: Some(self.by.login.clone()),
            rests_on: Some(self.rests_on().clone()),
            delegated: self.on_the_word_of.is_some(),
            wish: self.wish.clone(),
            said: said.clone(),
        }
    }

    /// Whose permission to push it rests on.
    pub fn rests_on(&self) -> &Login {
        self.on_the_word_of.as_ref().unwrap_or(&self.by.login)
    }
}

impl Record {
    /// What is at its head has landed.
    pub fn has_landed(&self) -> bool {
        self.landed.is_some_and(|landed| landed == self.pull.head || self.moves.contains(&self.pull.head))
    }

    /// The entry it is, or would be, in the queue.
    pub fn entry(&self) -> Option<queue::EntryId> {
        let approval = self.approval.as_ref()?;
        Some(queue::EntryId { pr: self.pull.number, head: approval.head, rev: approval.rev })
    }
}

/// All pull requests heard of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Desk {
    /// By number.
    pub pulls: BTreeMap<PrNumber, Record>,
    /// Who froze the queue, if somebody did.
    #[serde(default)]
    pub freeze: Latest<Freeze>,
}

impl Desk {
    /// What is at this pull request's head has landed.
    pub fn has_landed(&self, pr: PrNumber) -> bool {
        self.pulls.get(&pr).is_some_and(Record::has_landed)
    }

    /// What has landed is waited for no more: the forge may show it as closed for ever, for its branch could not be moved.
    pub(super) fn forget_landed(&mut self, pr: PrNumber) {
        let Some(record) = self.pulls.get(&pr) else { return };
        let landed: Vec<_> = record.said.awaited().into_iter().filter(|on| self.has_landed(*on)).collect();
        for on in landed {
            self.pulls.entry(pr).and_modify(|record| record.said.forget_dependency(on));
        }
    }

    /// Remembers that a comment was acted on; false if it was already.
    pub fn first_time(&mut self, pr: PrNumber, comment: CommentId) -> bool {
        let Some(record) = self.pulls.get_mut(&pr) else { return false };
        if record.comments.len() >= COMMENTS_KEPT && !record.comments.contains(&comment) {
            // Comment ids grow with time, so the smallest is the oldest; what is older than all kept ones was acted on.
            match record.comments.pop_first() {
                Some(oldest) if comment < oldest => {
                    record.comments.insert(oldest);
                    return false;
                }
                _ => {}
            }
        }
        record.comments.insert(comment)
    }

    /// Remembers, before it is done, that we are about to move a head branch.
    pub fn expect_move(&mut self, pr: PrNumber, tip: Sha) {
        if let Some(record) = self.pulls.get_mut(&pr)
            && !record.moves.contains(&tip)
        {
            record.moves.push(tip);
            let excess = record.moves.len().saturating_sub(MOVES_KEPT);
            record.moves.drain(..excess);
        }
    }

    /// Ends the approval of a pull request that left the queue or landed.
    pub fn close(&mut self, entry: queue::EntryId) {
        if let Some(record) = self.pulls.get_mut(&entry.pr)
            && record.entry() == Some(entry)
        {
            record.approval = None;
        }
    }

    /// A pull request landed at this head: whatever was asked of it until now is over.
    pub fn settle(&mut self, pr: PrNumber, head: Sha, now: Moment) {
        if let Some(record) = self.pulls.get_mut(&pr) {
            record.over_until = record.over_until.max(Some(now));
            record.landed = Some(head);
            // Even one that was set aside while this landed, under another number.
            record.approval.take_if(|approval| approval.head == head);
            record.hold.standing = None;
        }
    }

    /// Forgets pull requests that are over and were not read for long: the oldest readings beyond `keep`.
    pub fn forget(&mut self, keep: usize) {
        use crate::facts::PullState::{Closed, Merged};
        let mut over: Vec<_> = self
            .pulls
            .iter()
            .filter(|(_, r)| matches!(r.pull.state, Closed | Merged) && r.approval.is_none())
            .map(|(pr, r)| (r.reading, *pr))
            .collect();
        over.sort_unstable();
        for (_, pr) in over.iter().rev().skip(keep) {
            self.pulls.remove(pr);
        }
    }
}

/// Why somebody's request was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// They may not push to the repository.
    NeedsWrite {
        /// Who.
        login: String,
    },
    /// They signed in by this login, and it is somebody else's now.
    Renamed {
        /// Which.
        login: String,
    },
    /// The repository lists who may ask, and they are not among them.
    NotListed {
        /// Who.
        login: String,
    },
    /// They may be among those who may ask by a team, but the forge does not show us who is in it.
    TeamsUnread {
        /// Who.
        login: String,
        /// Which teams.
        teams: Vec<String>,
    },
    /// It is their own, and the repository wants somebody else to ask.
    OwnWork {
        /// Who.
        login: String,
    },
    /// Nobody's approval of their own work counts.
    OwnApproval,
    /// The pull request is a draft.
    Draft,
    /// The forge knows no pull request by this number.
    NoSuchPull,
    /// No queue lands on that branch.
    NoQueue {
        /// The branch that was named.
        branch: String,
    },
    /// The repository is archived: nothing is pushed there.
    Archived,
    /// The pull request is not open.
    NotOpen,
    /// It goes to a branch this queue does not land on.
    OtherBase {
        /// Its base.
        base: String,
        /// The queue's trunk.
        trunk: String,
    },
    /// Commits were pushed after the request, or so close to it that it is not clear which commit was meant.
    PushedSince {
        /// The head now.
        head: Sha,
    },
    /// A commit was named, and it is not the head, or it was named by too few digits.
    OtherHead {
        /// The head now.
        head: Sha,
    },
    /// The branch it goes to was changed after that was said.
    Retargeted {
        /// Where it goes now.
        base: String,
    },
    /// It was cancelled, or it landed, after that was asked; the two were only heard in another order.
    Overtaken,
    /// A comment that was written later says otherwise; the two were only heard in another order.
    SaidOtherwise,
    /// Exactly this has landed.
    Landed,
    /// The fork or branch it comes from is gone.
    HeadGone,
    /// It was to depend on itself.
    OnItself,
    /// It was to depend on one that the forge does not know.
    OnUnknown {
        /// Which.
        on: PrNumber,
    },
}

/// What a comment is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done as asked, or so already; a thumbs-up, and the status comment says the rest.
    Done,
    /// Where the pull request stands, in a comment of its own.
    Status,
    /// Somebody listens.
    Here,
    /// What can be asked.
    Help,
    /// It was not queued, so there is nothing to cancel.
    NotQueued,
    /// They had approved nothing.
    NothingToTakeBack,
    /// Somebody may ask for this pull request now.
    Delegated {
        /// Who.
        login: String,
    },
    /// Not done, and why.
    Refused {
        /// What was asked, by its word.
        word: &'static str,
        /// Why not.
        why: Refusal,
    },
    /// About stopping and going on.
    Stop {
        /// What was asked, by its word.
        word: &'static str,
        /// What came of it.
        came: Stopped,
    },
    /// About a trial.
    Trial {
        /// What was asked, by its word.
        word: &'static str,
        /// What came of it.
        came: TrialAnswer,
    },
    /// About a delivery: what its wish, by this id, was answered.
    Deliver {
        /// The id.
        id: String,
    },
    /// Not understood.
    Misread(Misread),
}

/// What a reading or a comment leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The queue is told.
    Queue(queue::Event),
    /// Somebody wishes something of a delivery.
    Deliver(Box<Ask>),
    /// A comment is answered, once.
    Answer {
        /// Which comment.
        comment: CommentId,
        /// On which pull request.
        pr: PrNumber,
        /// How; several commands of one comment have one answer each, in one visible answer.
        answers: Vec<Answer>,
    },
    /// A request through the API has its answer.
    Reply {
        /// The request.
        request: Box<Request>,
        /// How.
        answer: Answer,
    },
    /// The label asked for what may not be: the pull request's people are told, and the label goes.
    RefuseLabel {
        /// Which pull request.
        pr: PrNumber,
        /// Why.
        why: Refusal,
    },
    /// A request that waited outside of the queue no longer holds.
    Withdrawn {
        /// What it asked for.
        entry: queue::EntryId,
        /// Why.
        why: queue::LeaveWhy,
    },
    /// What it stood on has landed: it goes to trunk now.
    Retarget {
        /// Which pull request.
        pr: PrNumber,
    },
    /// The pull request is tried.
    Try {
        /// Which.
        pr: PrNumber,
        /// At which head, how, for whom.
        asked: trial::Asked,
    },
    /// Its trial ends.
    EndTrial {
        /// Which pull request's.
        pr: PrNumber,
        /// The login of whoever said so.
        by: String,
    },
    /// The label no longer says the truth and is taken off.
    RemoveLabel {
        /// Which pull request.
        pr: PrNumber,
    },
}
