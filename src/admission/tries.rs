//! Who may have a pull request tried, or end that. A trial lands nothing, so much less stands against it than against landing. Pure.

use super::comments::{Heard, moved};
use super::desk::{Answer, Decision, Record, Refusal};
use super::rules::Terms;
use crate::command::Trying;
use crate::config::repo::TryBy;
use crate::facts::{Permission, PullState};
use crate::ids::Sha;
use crate::trial;

/// What came of asking for a trial, or for its end, where a thumbs-up does not say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialAnswer {
    /// They may not have this pull request tried.
    MayNot {
        /// Who.
        login: String,
        /// Who may.
        by: TryBy,
    },
    /// A commit was named, and it is not the head, or it was named by too few digits.
    OtherHead {
        /// The head now.
        head: Sha,
    },
    /// No check must pass, or nothing says which must: a trial could say nothing.
    NoChecks,
    /// Nothing is being tried that could be ended.
    Nothing,
}

fn may(record: &Record, heard: &Heard, by: TryBy) -> bool {
    let person = &heard.comment.by;
    // What CI runs may hold secrets: nobody else's word stands in for one's own here.
    let pushes = heard.permission >= Permission::Write;
    let author = record.pull.author.id == person.id;
    match by {
        TryBy::Write => pushes,
        TryBy::Author => pushes || author,
        TryBy::Read => pushes || author || heard.permission >= Permission::Read,
    }
}

/// Begins a trial of the head as read now.
pub(super) fn begin(
    record: &Record,
    trying: &Trying,
    heard: &Heard,
    terms: &Terms,
    decisions: &mut Vec<Decision>,
) -> Answer {
    let word = "try";
    let came = |came| Answer::Trial { word, came };
    let (by, pull) = (&heard.comment.by, &record.pull);
    if !may(record, heard, terms.try_by) {
        return came(TrialAnswer::MayNot { login: by.login.to_string(), by: terms.try_by });
    }
    let against = match () {
        () if record.has_landed() => Some(Refusal::Landed),
        () if pull.state != PullState::Open => Some(Refusal::NotOpen),
        () if pull.head_repo.is_none() => Some(Refusal::HeadGone),
        () if pull.base != terms.trunk => {
            Some(Refusal::OtherBase { base: pull.base.to_string(), trunk: terms.trunk.to_string() })
        }
        () => None,
    };
    if let Some(why) = against {
        return Answer::Refused { word, why };
    }
    match &trying.head {
        Some(named) if !named.is(pull.head) => return came(TrialAnswer::OtherHead { head: pull.head }),
        None if moved(record, heard) => {
            return Answer::Refused { word, why: Refusal::PushedSince { head: pull.head } };
        }
        Some(_) | None => {}
    }
    if !terms.configured || terms.required.is_empty() {
        return came(TrialAnswer::NoChecks);
    }
    let asked = trial::Asked { head: pull.head, strategy: trying.strategy, by: by.login.clone() };
    decisions.push(Decision::Try { pr: pull.number, asked });
    Answer::Done
}

/// Ends a trial; its author may do that, too.
pub(super) fn cancel(record: &Record, heard: &Heard, terms: &Terms, decisions: &mut Vec<Decision>) -> Answer {
    let word = "try cancel";
    let by = &heard.comment.by;
    if !may(record, heard, terms.try_by) && record.pull.author.id != by.id {
        return Answer::Trial { word, came: TrialAnswer::MayNot { login: by.login.to_string(), by: terms.try_by } };
    }
    if !heard.on_trial {
        return Answer::Trial { word, came: TrialAnswer::Nothing };
    }
    decisions.push(Decision::EndTrial { pr: record.pull.number, by: by.login.to_string() });
    Answer::Done
}
