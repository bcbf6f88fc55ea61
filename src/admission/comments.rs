//! A person's comment: each command in it is followed or refused, and the comment has exactly one visible answer.

use super::desk::{Answer, Decision, Desk, Record, Refusal, Via};
use super::pulls::{approve, pushed_after, renew};
use super::rules::{Terms, against};
use super::stop;
use crate::command::{self, Command, Wish};
use crate::facts::{Comment, Permission, Pull};
use crate::ids::{Moment, Reading};
use crate::queue::{Event, LeaveWhy};
use serde::{Deserialize, Serialize};

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
    /// The head moved after the comment, by the forge's timeline; read where it asks for landing.
    pub pushed_since: bool,
}

/// Takes in a comment; nothing by bots, nothing edited, and nothing twice.
pub fn hear(desk: &mut Desk, heard: &Heard, now: Moment, terms: Terms<'_>) -> Vec<Decision> {
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
        renew(desk, heard.pull.clone(), heard.reading, now);
    }
    if !desk.first_time(pr, comment.id) {
        return Vec::new();
    }
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
    decisions.push(Decision::Answer { comment: comment.id, pr, answers });
    decisions
}

fn obey(
    record: &mut Record,
    command: &Command,
    heard: &Heard,
    now: Moment,
    terms: Terms<'_>,
    decisions: &mut Vec<Decision>,
) -> Answer {
    let refused = |why| Answer::Refused { word: command.word(), why };
    let by = &heard.comment.by;
    let may = heard.permission >= Permission::Write;
    let needs_write = Refusal::NeedsWrite { login: by.login.to_string() };
    match command {
        Command::Status => Answer::Status,
        Command::Ping => Answer::Here,
        Command::Help => Answer::Help,
        Command::Hold(reason) => stop::hold(record, reason.as_ref(), heard, decisions),
        Command::Release => stop::release(record, heard, decisions),
        // Followed before; they are about everybody.
        Command::Freeze(_) | Command::Thaw => Answer::Done,
        Command::Merge(_) if !may => refused(needs_write),
        Command::Merge(wish) if already(record, &terms.wish(wish, &record.pull)) => Answer::Done,
        Command::Merge(wish) => {
            if let Some(why) = stands_against(record, wish, heard, terms) {
                return refused(why);
            }
            let wish = terms.wish(wish, &record.pull);
            decisions.push(approve(record, by.clone(), Via::Comment(heard.comment.id), &wish, now));
            Answer::Done
        }
        Command::Cancel if !may && record.pull.author.id != by.id => refused(needs_write),
        Command::Cancel => {
            record.over_until = record.over_until.max(Some(heard.comment.created_at));
            let Some(approval) = record.approval.take() else { return Answer::NotQueued };
            let why = LeaveWhy::Cancelled { by: by.login.to_string() };
            let pr = record.pull.number;
            decisions.push(Decision::Queue(Event::Left { pr, rev: approval.rev, why }));
            if terms.labelled(&record.pull) {
                decisions.push(Decision::RemoveLabel { pr });
            }
            Answer::Done
        }
    }
}

/// It is queued at the head that is meant, and nothing else is wished than what holds.
fn already(record: &Record, wish: &Wish) -> bool {
    record.approval.as_ref().is_some_and(|approval| {
        let meant = wish.head.as_ref().is_none_or(|named| named.is(approval.head));
        meant && (wish.is_plain() || Wish { head: None, ..wish.clone() } == approval.wish)
    })
}

/// What stands against landing what a comment asks for.
fn stands_against(record: &Record, wish: &Wish, said: &Heard, terms: Terms<'_>) -> Option<Refusal> {
    let (written, head) = (said.comment.created_at, record.pull.head);
    // A later reading may have found another head than the one this comment was weighed with.
    let moved = said.pushed_since || head != said.pull.head || pushed_after(record, written);
    let doubt = match &wish.head {
        Some(named) => (!named.is(head)).then_some(Refusal::OtherHead { head }),
        None => moved.then_some(Refusal::PushedSince { head }),
    };
    if record.has_landed() {
        return Some(Refusal::Landed);
    }
    let over = record.over_until.is_some_and(|over| written < over).then_some(Refusal::Overtaken);
    against(&record.pull, terms).or(over).or(doubt)
}
