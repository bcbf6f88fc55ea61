//! Who may stop the queue, or one pull request, and go on again; and what is closed at a moment, for whom. Pure.
//!
//! A freeze is a person's word or a window of the calendar. Of commands the one written last counts, in whatever order they
//! are heard. A person's freeze can be thawed by a person; the calendar stands in a file on trunk, and is changed there.
//! While several hold at once, only what each of them exempts may land.
//!
//! A hold is about one pull request: it leaves the queue's order with its approval, stands in a list of its own, and takes
//! its old place again when it is released. It outlives pushes and approvals, until somebody releases it.

use super::desk::{Answer, Decision, Record, Refusal};
use super::latest::Latest;
use super::{Heard, Terms};
use crate::calendar::{self, Spoken, Window, Zone};
use crate::command::{Class, Command, Stop};
use crate::config::freeze::{Exempt, FreezeConfig};
use crate::facts::{Comment, Permission, Person, PullState};
use crate::ids::{Login, Moment};
use crate::queue::{Event, Priority};
use serde::{Deserialize, Serialize};

/// A person's word that nothing lands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Who said so.
    pub by: Person,
    /// When it was said.
    pub at: Moment,
    /// Until when; until somebody thaws, if nothing is said.
    pub until: Option<Moment>,
    /// Why.
    pub reason: String,
}

/// A person's word that one pull request does not land.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who said so.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// Why, if they said it.
    pub reason: Option<String>,
}

/// Something that keeps trunk where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// Who froze the queue; nobody, if it is the calendar.
    pub by: Option<Person>,
    /// Why.
    pub reason: String,
    /// Until when, as far as that is known.
    pub until: Option<Moment>,
    /// By which clocks that is told.
    pub zone: Zone,
    /// What lands all the same.
    pub exempt: Exempt,
}

/// What a command to stop or to go on has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing lands from now on but what is exempt.
    Frozen(Closure),
    /// A person's freeze is over; the calendar may still close.
    Thawed(Vec<Closure>),
    /// Nobody had frozen it; the calendar may close.
    NotFrozen(Vec<Closure>),
    /// The moment it was to last until is over, or more than a year away.
    NoEnd,
    /// They may not stop everybody.
    NeedsAdmin {
        /// Who.
        login: String,
    },
    /// Held; it was not queued.
    Held,
    /// Released; it was not queued.
    Released,
    /// It was not held.
    NotHeld,
}

impl Stopped {
    /// It is as was asked.
    pub fn is_as_asked(&self) -> bool {
        match self {
            Self::Frozen(_) | Self::Thawed(_) | Self::Held | Self::Released | Self::NotHeld => true,
            Self::NotFrozen(closed) => closed.is_empty(),
            Self::NoEnd | Self::NeedsAdmin { .. } => false,
        }
    }
}

/// What is closed at a moment, and why.
pub fn closures(freeze: Option<&Freeze>, config: &FreezeConfig, now: Moment) -> Vec<Closure> {
    let person = freeze.filter(|freeze| freeze.until.is_none_or(|until| now < until));
    let person = person.map(|freeze| by_person(freeze, config));
    let outlook = calendar::at(config.windows.iter().map(|window| &window.window), now);
    let windows = outlook.inside.iter().filter_map(|at| config.windows.get(*at));
    let calendar = windows.map(|window| {
        // The same reason in several windows that follow each other is one freeze to whoever waits.
        let same: Vec<&Window> =
            config.windows.iter().filter(|other| other.reason == window.reason).map(|w| &w.window).collect();
        Closure {
            by: None,
            reason: window.reason.clone(),
            until: calendar::clear_from(&same, now),
            zone: window.window.zone.clone(),
            exempt: window.exempt.clone(),
        }
    });
    person.into_iter().chain(calendar).collect()
}

fn by_person(freeze: &Freeze, config: &FreezeConfig) -> Closure {
    Closure {
        by: Some(freeze.by.clone()),
        reason: freeze.reason.clone(),
        until: freeze.until,
        zone: config.zone.clone(),
        exempt: config.exempt.clone(),
    }
}

/// When what is closed changes next, by time alone.
pub fn changes_at(freeze: Option<&Freeze>, config: &FreezeConfig, now: Moment) -> Option<Moment> {
    let person = freeze.and_then(|freeze| freeze.until).filter(|until| *until > now);
    let calendar = calendar::at(config.windows.iter().map(|window| &window.window), now).next;
    person.into_iter().chain(calendar).min()
}

/// A pull request may land although these hold.
pub fn passes(closures: &[Closure], record: &Record, priority: Priority) -> bool {
    let asked_by = record.approval.as_ref().map(|approval| &approval.by.login);
    closures.iter().all(|Closure { exempt, .. }| {
        let user = |login: &Login| asked_by.is_some_and(|by| by.is(login));
        (exempt.hotfix && priority == Priority::HOTFIX)
            || exempt.priority.is_some_and(|least| priority >= Priority(least))
            || exempt.labels.iter().any(|label| record.pull.carries(label))
            || exempt.users.iter().any(user)
    })
}

/// Follows or refuses `freeze` and `thaw`, said by somebody with that permission; nothing if it is another command.
pub(super) fn obey(
    standing: &mut Latest<Freeze>,
    command: &Command,
    (comment, permission): (&Comment, Permission),
    now: Moment,
    terms: &Terms,
) -> Option<Answer> {
    if command.class() != Class::Stops {
        return None;
    }
    let wanted = if let Command::Freeze(stop) = command { Some(stop) } else { None };
    let word = command.word();
    let login = comment.by.login.to_string();
    Some(if permission < Permission::Write {
        Answer::Refused { word, why: Refusal::NeedsWrite { login } }
    } else if permission < terms.freeze.by {
        Answer::Stop { word, came: Stopped::NeedsAdmin { login } }
    } else {
        match wanted {
            Some(stop) => freeze(standing, stop, comment, now, &terms.freeze),
            None => thaw(standing, comment, now, &terms.freeze),
        }
    })
}

fn freeze(standing: &mut Latest<Freeze>, stop: &Stop, comment: &Comment, now: Moment, config: &FreezeConfig) -> Answer {
    let word = "freeze";
    let said = comment.created_at;
    let until = stop.until.map(|until| until.resolve(&config.zone, said));
    if until.is_some_and(|until| until <= now || until.since_ms(said) > Spoken::LONGEST_MS) {
        return Answer::Stop { word, came: Stopped::NoEnd };
    }
    let freeze = Freeze { by: comment.by.clone(), at: said, until, reason: stop.reason.clone() };
    let closure = by_person(&freeze, config);
    if !standing.take(comment, Some(freeze)) {
        return Answer::Refused { word, why: Refusal::SaidOtherwise };
    }
    Answer::Stop { word, came: Stopped::Frozen(closure) }
}

fn thaw(standing: &mut Latest<Freeze>, comment: &Comment, now: Moment, config: &FreezeConfig) -> Answer {
    let word = "thaw";
    let stood = standing.standing.is_some();
    if !standing.take(comment, None) {
        return Answer::Refused { word, why: Refusal::SaidOtherwise };
    }
    let closed = closures(None, config, now);
    let came = if stood { Stopped::Thawed(closed) } else { Stopped::NotFrozen(closed) };
    Answer::Stop { word, came }
}

/// Keeps a pull request back; its author may do that, too.
pub(super) fn hold(
    record: &mut Record,
    reason: Option<&String>,
    heard: &Heard,
    decisions: &mut Vec<Decision>,
) -> Answer {
    let (word, comment) = ("hold", &heard.comment);
    let by = comment.by.clone();
    if heard.permission < Permission::Write && record.pull.author.id != by.id {
        return Answer::Refused { word, why: Refusal::NeedsWrite { login: by.login.to_string() } };
    }
    if record.pull.state != PullState::Open {
        return Answer::Refused { word, why: Refusal::NotOpen };
    }
    let hold = Hold { by, at: comment.created_at, reason: reason.cloned() };
    if !record.hold.take(comment, Some(hold)) {
        return Answer::Refused { word, why: Refusal::SaidOtherwise };
    }
    decisions.push(Decision::Queue(Event::Held { pr: record.pull.number }));
    let queued = record.approval.as_ref().is_some_and(|approval| approval.waits.is_empty());
    if queued { Answer::Done } else { Answer::Stop { word, came: Stopped::Held } }
}

/// Lets a pull request go on; whoever held it may do that, too.
pub(super) fn release(record: &mut Record, heard: &Heard, decisions: &mut Vec<Decision>) -> Answer {
    let (word, comment) = ("release", &heard.comment);
    let own = record.hold.standing.as_ref().is_some_and(|hold| hold.by.id == comment.by.id);
    if heard.permission < Permission::Write && !own {
        return Answer::Refused { word, why: Refusal::NeedsWrite { login: comment.by.login.to_string() } };
    }
    let stood = record.hold.standing.is_some();
    if !record.hold.take(comment, None) {
        return Answer::Refused { word, why: Refusal::SaidOtherwise };
    }
    if !stood {
        return Answer::Stop { word, came: Stopped::NotHeld };
    }
    decisions.push(Decision::Queue(Event::Released { pr: record.pull.number }));
    if record.approval.is_some() { Answer::Done } else { Answer::Stop { word, came: Stopped::Released } }
}
