//! A person's comment: each command in it is followed or refused, and the comment has exactly one visible answer.

use super::desk::{Answer, Decision, Desk, Record, Refusal, Via};
use super::pulls::{Permitted, approve, pushed_after, renew, weigh_again, withdraw};
use super::rules::{Terms, against, unfit};
use super::said::{self, Word};
use super::stop;
use super::tries;
use crate::command::{self, Command, Misread, Wish};
use crate::facts::{Comment, Permission, Pull, Rolls};
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
    /// The head moved after the comment, by the forge's timeline; read where it asks for landing.
    pub pushed_since: bool,
    /// The request through the API that it is instead of a comment; then the comment only stands for what was asked.
    #[serde(default)]
    pub request: Option<RequestId>,
    /// The pull request is being tried; known when the comment is judged.
    #[serde(default)]
    pub tried: bool,
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
    let landed = landed_already(desk, &commands);
    let Some(record) = desk.pulls.get_mut(&pr) else { return Vec::new() };
    let mut decisions = Vec::new();
    let mut answers = Vec::new();
    for command in commands {
        answers.push(match command {
            Ok(command) => stop::obey(&mut desk.freeze, &command, heard, now, terms)
                .unwrap_or_else(|| obey(record, &command, heard, now, terms, &mut decisions)),
            Err(misread) => Answer::Misread(misread),
        });
    }
    // A forge may show them as closed for ever, for their branches could not be moved.
    record.said.depends.retain(|on| !landed.contains(on));
    decisions.push(Decision::Answer { comment: comment.id, pr, answers });
    decisions
}

/// What is named as having to land before, and has landed.
fn landed_already(desk: &Desk, commands: &[Result<Command, Misread>]) -> BTreeSet<PrNumber> {
    let named = commands.iter().flatten().filter_map(|command| match command {
        Command::Depends(on) => Some(on),
        Command::Merge(_)
        | Command::Cancel
        | Command::Approve(_)
        | Command::Unapprove
        | Command::Delegate(_)
        | Command::Status
        | Command::Hold(_)
        | Command::Release
        | Command::Freeze(_)
        | Command::Thaw
        | Command::Try(_)
        | Command::TryCancel
        | Command::Ping
        | Command::Help => None,
    });
    let landed = |on: &&PrNumber| desk.pulls.get(on).is_some_and(|record| record.landed.is_some());
    named.flatten().filter(landed).copied().collect()
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
        Command::Freeze(_) | Command::Thaw => Answer::Done,
        Command::Merge(wish) => {
            if let Some(why) = stands_against(record, wish, heard, terms) {
                return refused(why);
            }
            let on_the_word_of = record.said.delegated(&by.login).filter(|_| !may_push).cloned();
            let (via, wish) = (heard.via(), &terms.wish(wish, &record.pull));
            let asked = Permitted { by, on_the_word_of: on_the_word_of.as_ref(), via, wish, at: now };
            decisions.extend(approve(record, asked, None, terms));
            record.describe(Some(&heard.pull));
            Answer::Done
        }
        Command::Cancel | Command::Depends(_) if !may && !author => refused(needs_write),
        Command::Cancel => {
            record.over_until = record.over_until.max(Some(heard.comment.created_at));
            let why = LeaveWhy::Cancelled { by: by.login.to_string() };
            let Some(left) = withdraw(record, why) else { return Answer::NotQueued };
            decisions.push(left);
            if terms.labelled(&record.pull) {
                decisions.push(Decision::RemoveLabel { pr: record.pull.number });
            }
            Answer::Done
        }
        Command::Approve(_) | Command::Unapprove | Command::Delegate(_) if !may_push => refused(needs_write),
        Command::Approve(_) | Command::Unapprove | Command::Delegate(_) | Command::Depends(_) => {
            let before = record.said.clone();
            let answer = note(record, command, heard).unwrap_or_else(refused);
            if record.said.asks_anew(&before, record.waits().is_some()) {
                decisions.extend(weigh_again(record, None, terms));
            }
            answer
        }
    }
}

/// Notes what is said beside asking for landing.
fn note(record: &mut Record, command: &Command, heard: &Heard) -> Result<Answer, Refusal> {
    let comment = &heard.comment;
    let moved = moved(record, heard);
    let word = Word { by: &comment.by, comment: comment.id, at: comment.created_at, moved };
    match command {
        Command::Approve(meant) => said::approve(record, meant.as_ref(), &word),
        Command::Unapprove => said::unapprove(record, &word),
        Command::Delegate(to) => Ok(said::delegate(record, to, word.by)),
        Command::Depends(on) => said::depends(record, on, &word),
        Command::Merge(_)
        | Command::Cancel
        | Command::Try(_)
        | Command::TryCancel
        | Command::Hold(_)
        | Command::Release
        | Command::Freeze(_)
        | Command::Thaw
        | Command::Status
        | Command::Ping
        | Command::Help => Ok(Answer::Done),
    }
}

/// It is not certain that the head now is the one that the writer saw.
fn moved(record: &Record, said: &Heard) -> bool {
    // A later reading may have found another head than the one this comment was weighed with.
    said.pushed_since || record.pull.head != said.pull.head || pushed_after(record, said.comment.created_at)
}

/// It is queued at the head that is meant, and nothing else is wished than what holds.
fn already(record: &Record, wish: &Wish) -> bool {
    record.approval.as_ref().is_some_and(|approval| {
        let meant = wish.head.as_ref().is_none_or(|named| named.is(approval.head));
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
    against(record, terms).or(over).or(doubt)
}
