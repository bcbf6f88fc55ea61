//! A person's comment: each command in it is followed or refused, and the comment has exactly one visible answer.

use super::deliver::{self, Asker};
use super::desk::{Answer, Approval, Decision, Desk, Record, Refusal, Via};
use super::pulls::{Permitted, approve, pushed_after, renew, weigh_again, withdraw};
use super::rules::{Terms, against, unfit};
use super::said;
use super::stop;
use super::tries;
use crate::command::{self, Class, Command, Wish};
use crate::delivery::approval as delivery;
use crate::facts::{Comment, Permission, Pull, PullState, Rolls, Since};
use crate::ids::{Moment, PrNumber, Reading, RequestId};
use crate::queue::LeaveWhy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A comment with what was read to judge it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When the reading began.
    pub reading: Reading,
    /// The comment.
    pub comment: Comment,
    /// The pull request as it is.
    pub pull: Pull,
    /// What the commenter may do.
    pub permission: Permission,
    /// In which of the teams that decide whether they may ask they are; read where the comment asks for landing.
    #[serde(default)]
    pub rolls: Rolls,
    /// What was changed about the pull request after the comment.
    pub since: Since,
    /// The request through the API that it is instead of a comment; then the comment only stands for what was asked.
    #[serde(default)]
    pub request: Option<RequestId>,
    /// The pull request is being tried; known when the comment is judged.
    #[serde(default)]
    pub on_trial: bool,
    /// Those that it is to depend on, and that the forge does not know.
    #[serde(default)]
    pub unknown: BTreeSet<PrNumber>,
}

impl Heard {
    /// By what it asks.
    fn via(&self) -> Via {
        self.request.map_or(Via::Comment(self.comment.id), Via::Request)
    }
}

/// Takes in a comment; nothing by bots, nothing edited, and nothing twice.
pub fn hear(desk: &mut Desk, heard: &Heard, now: Moment, terms: &Terms) -> Vec<Decision> {
    let comment = &heard.comment;
    if comment.by.bot || comment.edited {
        return Vec::new();
    }
    let commands = command::read(&comment.body, command::PREFIX);
    if commands.is_empty() {
        return Vec::new();
    }
    let pr = heard.pull.number;
    if desk.pulls.get(&pr).is_none_or(|known| known.reading < heard.reading) {
        renew(desk, heard.pull.clone(), heard.reading, now, terms);
    }
    if !desk.first_time(pr, comment.id) {
        return Vec::new();
    }
    let Some(record) = desk.pulls.get_mut(&pr) else { return Vec::new() };
    let mut decisions = Vec::new();
    let mut answers = Vec::new();
    for (n, command) in commands.into_iter().enumerate() {
        answers.push(match command {
            // What becomes of what landed is no matter of the branch that this one goes to.
            Ok(command) if command.class() == Class::Delivers => {
                let asker = Asker {
                    by: &comment.by,
                    permission: heard.permission,
                    rolls: &heard.rolls,
                    via: delivery::Via::Comment(comment.id),
                    id: format!("comment-{}-{n}", comment.id),
                    at: comment.created_at,
                };
                deliver::obey(&command, asker, now, terms, &mut decisions).unwrap_or(Answer::Done)
            }
            // It was said to the queue of the branch that it went to then.
            Ok(command) if heard.since == Since::Retargeted && !command.only_asks() && !stays(record, &command) => {
                Answer::Refused { word: command.word(), why: Refusal::Retargeted { base: heard.pull.base.to_string() } }
            }
            Ok(command) => stop::obey(&mut desk.freeze, &command, (comment, heard.permission), now, terms)
                .unwrap_or_else(|| obey(record, &command, heard, now, terms, &mut decisions)),
            Err(misread) => Answer::Misread(misread),
        });
    }
    desk.forget_landed(pr);
    decisions.push(Decision::Answer { comment: comment.id, pr, answers });
    decisions
}

/// Whether it is held back is no other question after we ourselves sent it to trunk, for what it stood on has landed.
fn stays(record: &Record, command: &Command) -> bool {
    let stack = record.approval.as_ref().and_then(|approval| approval.stack.as_ref());
    let sent = stack.is_some_and(|stack| stack.state == PullState::Merged);
    sent && matches!(command, Command::Hold(_) | Command::Release)
}

pub(super) fn obey(
    record: &mut Record,
    command: &Command,
    heard: &Heard,
    now: Moment,
    terms: &Terms,
    decisions: &mut Vec<Decision>,
) -> Answer {
    let refused = |why| Answer::Refused { word: command.word(), why };
    let by = &heard.comment.by;
    let may_push = heard.permission >= Permission::Write;
    let may = may_push || record.said.delegated(&by.login).is_some();
    let author = record.pull.author.id == by.id;
    let needs_write = Refusal::NeedsWrite { login: by.login.to_string() };
    match command {
        Command::Status => Answer::Status,
        Command::Ping => Answer::Here,
        Command::Help => Answer::Help,
        Command::Merge(wish) if may && already(record, &terms.wish(wish, &record.pull)) => Answer::Done,
        Command::Hold(reason) => stop::hold(record, reason.as_ref(), heard, decisions),
        Command::Release => stop::release(record, heard, decisions),
        Command::Try(trying) => tries::begin(record, trying, heard, terms, decisions),
        Command::TryCancel => tries::cancel(record, heard, terms, decisions),
        // Followed before; they are about everybody.
        Command::Freeze(_) | Command::Thaw | Command::Deliver(_) => Answer::Done,
        Command::Merge(wish) => {
            if let Some(why) = stands_against(record, wish, heard, terms) {
                return refused(why);
            }
            let on_the_word_of = record.said.delegated(&by.login).filter(|_| !may_push).cloned();
            let (via, wish) = (heard.via(), &terms.wish(wish, &record.pull));
            let (on_the_word_of, body) = (on_the_word_of.as_ref(), heard.pull.body.as_str());
            let asked = Permitted { by, on_the_word_of, via, wish, at: now, body };
            decisions.extend(approve(record, asked, None, terms));
            Answer::Done
        }
        Command::Cancel | Command::Depends(_) if !may && !author => refused(needs_write),
        Command::Cancel => cancel(record, heard, terms, decisions),
        Command::Approve(_) | Command::Unapprove | Command::Delegate(_) if !may_push => refused(needs_write),
        Command::Approve(_) | Command::Delegate(_) | Command::Depends(_) if record.pull.state != PullState::Open => {
            refused(Refusal::NotOpen)
        }
        Command::Approve(meant) => {
            let moved = moved(record, heard);
            note(record, terms, decisions, |record| said::approve(record, meant.as_ref(), &heard.comment, moved))
                .unwrap_or_else(refused)
        }
        Command::Unapprove => {
            note(record, terms, decisions, |record| said::unapprove(record, &heard.comment)).unwrap_or_else(refused)
        }
        Command::Delegate(to) => note(record, terms, decisions, |record| said::delegate(record, to, by)),
        Command::Depends(on) => {
            note(record, terms, decisions, |record| said::depends(record, on, heard)).unwrap_or_else(refused)
        }
    }
}

/// Takes back what was asked.
fn cancel(record: &mut Record, heard: &Heard, terms: &Terms, decisions: &mut Vec<Decision>) -> Answer {
    record.over_until = record.over_until.max(Some(heard.comment.created_at));
    let why = LeaveWhy::Cancelled { by: heard.comment.by.login.to_string() };
    let Some(left) = withdraw(record, why) else { return Answer::NotQueued };
    decisions.push(left);
    if terms.labelled(&record.pull) {
        decisions.push(Decision::RemoveLabel { pr: record.pull.number });
    }
    Answer::Done
}

/// Notes what is said beside asking for landing, and weighs anew what waits for that.
fn note<A>(record: &mut Record, terms: &Terms, decisions: &mut Vec<Decision>, say: impl FnOnce(&mut Record) -> A) -> A {
    let before = record.said.clone();
    let answer = say(record);
    if record.said.asks_anew(&before, record.waits().is_some()) {
        decisions.extend(weigh_again(record, None, terms));
    }
    answer
}

/// It is not certain that the head now is the one that the writer saw.
pub(super) fn moved(record: &Record, said: &Heard) -> bool {
    // A later reading may have found another head than the one this comment was weighed with.
    said.since != Since::Nothing || record.pull.head != said.pull.head || pushed_after(record, said.comment.created_at)
}

/// It is queued at the head and for the base that are meant, and nothing else is wished than what holds.
fn already(record: &Record, wish: &Wish) -> bool {
    record.approval.as_ref().is_some_and(|approval| {
        let sent_to_trunk = approval.stack.as_ref().is_some_and(|stack| stack.state == PullState::Merged);
        let base = approval.base == record.pull.base || sent_to_trunk;
        let meant = wish.head.as_ref().is_none_or(|named| named.is(approval.head)) && base;
        meant && (wish.is_plain() || Wish { head: None, ..wish.clone() } == approval.wish)
    })
}

/// What stands against landing what a comment asks for.
fn stands_against(record: &Record, wish: &Wish, said: &Heard, terms: &Terms) -> Option<Refusal> {
    let (written, head) = (said.comment.created_at, record.pull.head);
    let doubt = match &wish.head {
        Some(named) => (!named.is(head)).then_some(Refusal::OtherHead { head }),
        None => moved(record, said).then_some(Refusal::PushedSince { head }),
    };
    let by = &said.comment.by;
    let own = (said.permission >= Permission::Write).then_some(&by.login);
    let unfit = unfit(by, own.or_else(|| record.said.delegated(&by.login)), &record.pull, (terms, &said.rolls));
    if unfit.is_some() || record.has_landed() {
        return unfit.or(Some(Refusal::Landed));
    }
    let over = record.over_until.is_some_and(|over| written < over).then_some(Refusal::Overtaken);
    let newer = |approval: &Approval| matches!(approval.via, Via::Comment(later) if later > said.comment.id);
    let otherwise = said.request.is_none() && record.approval.as_ref().is_some_and(newer);
    against(record, terms).or(over).or(otherwise.then_some(Refusal::SaidOtherwise)).or(doubt)
}
