//! What people say about a pull request beside asking for it: approvals by comment, delegates, dependencies. Pure.

use super::comments::Heard;
use super::desk::{Answer, Record, Refusal};
use super::latest::Latest;
use super::rules::Terms;
use crate::command::{Described, Named};
use crate::facts::{Comment, Opinion, Person, Review};
use crate::ids::{Login, PrNumber, Sha, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// People with a word on its approval, and delegates, of one pull request, at the most; the oldest give way.
const KEPT: usize = 20;

/// Everything said that stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Each person's last word on its approval by comment; one that was taken back stays, so that what was written before it
    /// and is heard later counts for nothing.
    words: Vec<(UserId, Latest<Review>)>,
    /// Who may ask for landing although they may not push.
    pub delegates: Vec<Delegate>,
    /// What has to land before, by command.
    depends: Latest<BTreeSet<PrNumber>>,
    /// What its description says.
    pub described: Described,
}

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

    /// Approvals by comment, which count as approving reviews.
    pub fn approvals(&self) -> impl Iterator<Item = &Review> {
        self.words.iter().filter_map(|(_, word)| word.standing.as_ref())
    }

    /// Everything that has to land before.
    pub fn awaited(&self) -> BTreeSet<PrNumber> {
        self.depends.standing.iter().flatten().chain(&self.described.depends).copied().collect()
    }

    /// It has landed, whatever the forge still shows.
    pub(super) fn forget_dependency(&mut self, landed: PrNumber) {
        if let Some(depends) = &mut self.depends.standing {
            depends.remove(&landed);
        }
        self.described.depends.remove(&landed);
    }

    /// On whose word this person may ask.
    pub fn delegated(&self, login: &Login) -> Option<&Login> {
        self.delegates.iter().find(|delegate| delegate.login.is(login)).map(|delegate| &delegate.on_the_word_of)
    }

    /// What was said since `before` may let in what waits, or keep out what is queued.
    pub(super) fn asks_anew(&self, before: &Self, waits: bool) -> bool {
        let lacks = |said: &Self, word: &Review| {
            !said.approvals().any(|known| (known.by.id, known.head) == (word.by.id, word.head))
        };
        let withdrawn = before.approvals().any(|word| lacks(self, word));
        let given = self.approvals().any(|word| lacks(before, word));
        self.awaited() != before.awaited() || withdrawn || (given && waits)
    }

    /// Takes a person's word in; an error if they said something later, and it was heard first.
    fn take(&mut self, comment: &Comment, approval: Option<Review>) -> Result<(), Refusal> {
        let by = comment.by.id;
        let mut word = match self.words.iter().position(|(known, _)| *known == by) {
            Some(at) => self.words.remove(at).1,
            None => Latest::default(),
        };
        let taken = word.take(comment, approval);
        keep(&mut self.words, (by, word));
        if taken { Ok(()) } else { Err(Refusal::SaidOtherwise) }
    }
}

/// Counts a comment as an approving review of the commit that is `meant`; `moved` says that it is not certain that the head now is
/// the one that they saw.
pub(super) fn approve(
    record: &mut Record,
    meant: Option<&Named>,
    comment: &Comment,
    moved: bool,
) -> Result<Answer, Refusal> {
    let head = record.pull.head;
    if record.pull.author.id == comment.by.id {
        return Err(Refusal::OwnApproval);
    }
    match meant {
        Some(named) if !named.is(head) => return Err(Refusal::OtherHead { head }),
        None if moved => return Err(Refusal::PushedSince { head }),
        Some(_) | None => {}
    }
    let (id, by, at) = (comment.id.get(), comment.by.clone(), comment.created_at);
    record.said.take(comment, Some(Review { id, by, opinion: Opinion::Approves, head, at }))?;
    Ok(Answer::Done)
}

/// Takes an approval by comment back.
pub(super) fn unapprove(record: &mut Record, comment: &Comment) -> Result<Answer, Refusal> {
    let stood = record.said.approvals().any(|approval| approval.by.id == comment.by.id);
    record.said.take(comment, None)?;
    Ok(if stood { Answer::Done } else { Answer::NothingToTakeBack })
}

/// Lets somebody ask for this pull request.
pub(super) fn delegate(record: &mut Record, to: &Login, by: &Person) -> Answer {
    record.said.delegates.retain(|known| !known.login.is(to));
    keep(&mut record.said.delegates, Delegate { login: to.clone(), on_the_word_of: by.login.clone() });
    Answer::Delegated { login: to.to_string() }
}

/// Names what has to land before.
pub(super) fn depends(record: &mut Record, on: &BTreeSet<PrNumber>, heard: &Heard) -> Result<Answer, Refusal> {
    if on.contains(&record.pull.number) {
        return Err(Refusal::OnItself);
    }
    if let Some(on) = on.intersection(&heard.unknown).next() {
        return Err(Refusal::OnUnknown { on: *on });
    }
    let taken = record.said.depends.take(&heard.comment, Some(on.clone()));
    if taken { Ok(Answer::Done) } else { Err(Refusal::SaidOtherwise) }
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
    /// Whose permission to push that rests on.
    pub rests_on: Option<Login>,
    /// That is somebody else, whose permission was not read with the word.
    pub delegated: bool,
    /// What was asked.
    pub wish: crate::command::Wish,
    /// What was said.
    pub said: Said,
}

impl Record {
    /// What must be read to weigh its request, if it has one.
    pub fn subject(&self) -> Option<Subject> {
        self.approval.as_ref().map(|approval| approval.subject(&self.said))
    }
}

impl Subject {
    /// Of a head that nobody asked for yet.
    pub fn of_head(head: Sha) -> Self {
        let (wish, said) = (crate::command::Wish::default(), Said::default());
        Self { head, by: None, rests_on: None, delegated: false, wish, said }
    }

    /// Something beside the pull request itself must be read.
    pub fn asks(&self, terms: &Terms) -> bool {
        let by_team = self.by.as_ref().is_some_and(|by| terms.teams_for(by).next().is_some());
        let rules = terms.asks_reviews() || terms.rules.conversations_resolved || by_team;
        self.delegated || rules || terms.asks_head(&self.wish) || !self.said.awaited().is_empty()
    }
}
