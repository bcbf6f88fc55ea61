//! What people say about a pull request beside asking for it: approvals by comment, delegates, dependencies. Pure.

use super::desk::{Answer, Record, Refusal};
use super::rules::Terms;
use crate::command::{Described, Named};
use crate::facts::{Opinion, Person, Review};
use crate::ids::{CommentId, Login, Moment, PrNumber, Sha, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Approvals by comment, and delegates, of one pull request, at the most; the oldest give way.
const KEPT: usize = 20;

/// Everything said that stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Approvals by comment, which count as approving reviews.
    pub approvals: Vec<Review>,
    /// Who may ask for landing although they may not push.
    pub delegates: Vec<Delegate>,
    /// What has to land before, by command.
    pub depends: BTreeSet<PrNumber>,
    /// What its description says.
    pub described: Described,
    /// When who last spoke of approving, for comments may be heard late.
    pub spoke: Vec<(UserId, Spoken)>,
    /// When somebody last spoke of what has to land before.
    pub depended: Option<Spoken>,
}

/// When something was said, and in which comment.
type Spoken = (Moment, CommentId);

/// Somebody who may ask for one pull request on somebody else's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// Who may ask.
    pub login: Login,
    /// Whose word that is: it holds as long as they may push.
    pub on_the_word_of: Login,
}

impl Said {
    /// Nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Everything that has to land before.
    pub fn awaited(&self) -> BTreeSet<PrNumber> {
        self.depends.union(&self.described.depends).copied().collect()
    }

    /// It has landed, whatever the forge still shows.
    pub(super) fn forget_dependency(&mut self, landed: PrNumber) {
        self.depends.remove(&landed);
        self.described.depends.remove(&landed);
    }

    /// On whose word this person may ask.
    pub fn delegated(&self, login: &Login) -> Option<&Login> {
        self.delegates.iter().find(|delegate| delegate.login.is(login)).map(|delegate| &delegate.on_the_word_of)
    }

    /// What was said since `before` may let in what waits, or keep out what is queued.
    pub(super) fn asks_anew(&self, before: &Self, waits: bool) -> bool {
        let lacks = |approvals: &[Review], word: &Review| {
            !approvals.iter().any(|known| (known.by.id, known.head) == (word.by.id, word.head))
        };
        let withdrawn = before.approvals.iter().any(|word| lacks(&self.approvals, word));
        let given = self.approvals.iter().any(|word| lacks(&before.approvals, word));
        self.awaited() != before.awaited() || withdrawn || (given && waits)
    }

    /// Notes that this person speaks of approving; false if a later word of theirs was heard already.
    fn hear(&mut self, word: &Word<'_>) -> bool {
        let (who, said) = (word.by.id, (word.at, word.comment));
        let later = self.spoke.iter().any(|(known, heard)| *known == who && *heard > said);
        if !later {
            self.spoke.retain(|(known, _)| *known != who);
            keep(&mut self.spoke, (who, said));
        }
        !later
    }

    fn forget_approval(&mut self, by: &Person) -> bool {
        let before = self.approvals.len();
        self.approvals.retain(|approval| approval.by.id != by.id);
        self.approvals.len() < before
    }
}

/// A person's word on the head that they mean.
pub(super) struct Word<'a> {
    pub by: &'a Person,
    pub comment: CommentId,
    pub at: Moment,
    /// It is not certain that the head now is the one they saw.
    pub moved: bool,
}

/// Counts a comment as an approving review.
pub(super) fn approve(record: &mut Record, meant: Option<&Named>, word: &Word<'_>) -> Result<Answer, Refusal> {
    let head = record.pull.head;
    if record.pull.author.id == word.by.id {
        return Err(Refusal::OwnApproval);
    }
    match meant {
        Some(named) if !named.is(head) => return Err(Refusal::OtherHead { head }),
        None if word.moved => return Err(Refusal::PushedSince { head }),
        Some(_) | None => {}
    }
    if !record.said.hear(word) {
        return Err(Refusal::SaidSince);
    }
    record.said.forget_approval(word.by);
    let review = Review { id: word.comment.get(), by: word.by.clone(), opinion: Opinion::Approves, head, at: word.at };
    keep(&mut record.said.approvals, review);
    Ok(Answer::Done)
}

/// Takes an approval by comment back.
pub(super) fn unapprove(record: &mut Record, word: &Word<'_>) -> Result<Answer, Refusal> {
    if !record.said.hear(word) {
        return Err(Refusal::SaidSince);
    }
    Ok(if record.said.forget_approval(word.by) { Answer::Done } else { Answer::NothingToTakeBack })
}

/// Lets somebody ask for this pull request.
pub(super) fn delegate(record: &mut Record, to: &Login, by: &Person) -> Answer {
    record.said.delegates.retain(|known| !known.login.is(to));
    keep(&mut record.said.delegates, Delegate { login: to.clone(), on_the_word_of: by.login.clone() });
    Answer::Delegated { login: to.to_string() }
}

/// Names what has to land before.
pub(super) fn depends(record: &mut Record, on: &BTreeSet<PrNumber>, word: &Word<'_>) -> Result<Answer, Refusal> {
    if on.contains(&record.pull.number) {
        return Err(Refusal::OnItself);
    }
    let said = Some((word.at, word.comment));
    if record.said.depended > said {
        return Err(Refusal::SaidSince);
    }
    record.said.depended = said;
    record.said.depends.clone_from(on);
    Ok(Answer::Done)
}

fn keep<T>(list: &mut Vec<T>, new: T) {
    list.push(new);
    let excess = list.len().saturating_sub(KEPT);
    list.drain(..excess);
}

/// What must be read to weigh a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The approved head.
    pub head: Sha,
    /// Who asked, if somebody did.
    pub by: Option<Login>,
    /// What was asked.
    pub wish: crate::command::Wish,
    /// What was said.
    pub said: Said,
}

impl Record {
    /// What must be read to weigh its request, if it has one.
    pub fn subject(&self) -> Option<Subject> {
        let approval = self.approval.as_ref()?;
        let (head, by) = (approval.head, Some(approval.by.login.clone()));
        Some(Subject { head, by, wish: approval.wish.clone(), said: self.said.clone() })
    }
}

impl Subject {
    /// Something beside the pull request itself must be read.
    pub fn asks(&self, terms: &Terms) -> bool {
        let by_team = self.by.as_ref().is_some_and(|by| terms.teams_for(by).next().is_some());
        let rules = terms.asks_reviews() || terms.rules.conversations_resolved || by_team;
        rules || terms.asks_head(&self.wish) || !self.said.awaited().is_empty()
    }
}
