//! The sentences about trials: what a pull request's head would become on trunk, and what CI says of it.

use super::departure::silent;
use super::{checks, code, list, sentence};
use crate::admission::TrialAnswer;
use crate::command::PREFIX;
use crate::config::repo::TryBy;
use crate::ids::Sha;
use crate::queue::Unfit;
use crate::trial::{End, On, Phase, Trial};
use std::fmt::Write as _;

/// Marks the comment about a pull request's trials, so that it is found again after an unanswered write.
pub const MARKER: &str = "<!-- greenline:trial -->";

/// Of trials that wait so many are told how many have waited for longer: to tell all each time would be many edits.
pub const PLACES_TOLD: usize = 3;

const AGAIN: &str = "comment `@greenline try`";

/// Why a trial was not begun, or not ended.
pub fn came(word: &str, came: &TrialAnswer) -> String {
    let why = match came {
        TrialAnswer::MayNot { login, by } => {
            let who = match by {
                TryBy::Write => "whoever has write permission",
                TryBy::Author => "its author and whoever has write permission",
                TryBy::Read => "whoever may read the repository",
            };
            format!(
                "{} may not, because a trial runs what the pull request contains, mostly with the repository's secrets. Here {who} \
                 may (`try_by` under `[queue]` in `.github/greenline.toml`): ask one of them.",
                code(login)
            )
        }
        TrialAnswer::OtherHead { head } => super::refusal::other_head("try", *head).to_string(),
        TrialAnswer::NoChecks => {
            "No check has to pass here, or nothing says which, so a trial could say nothing. Name them under \
                            `[checks] required` in `.github/greenline.toml`, or require them in branch protection."
                .to_owned()
        }
        TrialAnswer::Nothing => "It is not being tried, so there is nothing to end.".to_owned(),
    };
    format!("`{word}` was not done. {why}")
}

/// Where a trial stands, for its comment: a headline and a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// A word or two.
    pub headline: &'static str,
    /// The paragraph.
    pub sentence: String,
}

/// What is told of a trial that goes to `trunk`; `ahead` is how many waited for longer, and `branch` where CI checks it.
pub fn told(trial: &Trial, trunk: &str, ahead: usize, branch: &str) -> Told {
    let (headline, sentence) = match &trial.phase {
        Phase::Waiting { .. } | Phase::Composing { .. } => ("Trial: waits.", waits(trial, trunk, ahead)),
        Phase::Testing { .. } => {
            let on = trial.on().map_or_else(String::new, |on| tried(trial, trunk, on));
            let more = format!("CI checks that on `{branch}`. Nothing lands by it. `{PREFIX} try cancel` ends it.");
            ("Trial: under way.", format!("{on}. {more}"))
        }
        Phase::Over { end, .. } => over(trial, end, trunk),
    };
    Told { headline, sentence }
}

fn waits(trial: &Trial, trunk: &str, ahead: usize) -> String {
    let begun = match trial.put_off {
        0 => String::new(),
        _ => "It had begun, and gave its CI run up to the queue, which goes first. ".to_owned(),
    };
    let place = match ahead {
        0 => String::new(),
        1..=PLACES_TOLD => format!(" It is {} of those that wait.", super::ordinal(ahead + 1)),
        _ => format!(" More than {PLACES_TOLD} have waited for longer."),
    };
    format!(
        "{begun}Commit {} is put on `{trunk}` and checked as soon as there is a CI run that the queue has no use for (`budget` \
         under `[queue]`).{place} If there is none within an hour, you are told so here.",
        trial.asked.head
    )
}

/// `Commit X, put on Y, became Z`, without a full stop.
fn tried(trial: &Trial, trunk: &str, on: On) -> String {
    let (head, onto, tip) = (trial.asked.head, on.onto, on.tip.sha());
    let shape = trial.asked.strategy.map_or_else(String::new, |strategy| format!(" by {}", strategy.word()));
    if tip == head {
        format!("Commit {head} stands on `{trunk}` as that is at commit {onto}, so it is tried as it is")
    } else {
        format!("Commit {head}, put{shape} on `{trunk}` at commit {onto}, became commit {tip}")
    }
}

fn over(trial: &Trial, end: &End, trunk: &str) -> (&'static str, String) {
    let head = trial.asked.head;
    match end {
        End::Green(on, checks) => {
            let (tried, checks) = (tried(trial, trunk, *on), checks::names(checks));
            let then = format!("Nothing has landed: to land it, comment `{PREFIX} merge`.");
            ("Trial: green.", format!("{tried}, and there {checks} passed. {then}"))
        }
        End::Red(on, checks) => {
            let (tried, checks) = (tried(trial, trunk, *on), checks::listed(checks));
            let then = format!(
                "Whether `{trunk}` itself is green there was not tried. Mend it and push, or run the check again in CI; then {AGAIN}."
            );
            ("Trial: not green.", format!("{tried}, and there {checks} did not pass. {then}"))
        }
        End::Silent(on, silence) => {
            let told = silent(silence, on.tip.sha());
            ("Trial: no verdict.", format!("{}. {told} Then {AGAIN}.", tried(trial, trunk, *on)))
        }
        End::Unfit(onto, unfit) => ("Trial: not possible.", not_possible(head, *onto, unfit, trunk)),
        End::Cancelled { by } => ("Trial: ended.", format!("{} ended the trial of commit {head}.", code(by))),
        End::NewHead(new) => (
            "Trial: ended.",
            format!("Commit {new} was pushed, so commit {head} is tried no longer. To try the new one, {AGAIN}."),
        ),
        End::OtherBase(base) => {
            ("Trial: ended.", format!("It goes to {} now, and trials here are of what goes to `{trunk}`.", code(base)))
        }
        End::Closed => ("Trial: ended.", "It is not open any more.".to_owned()),
        End::NoRoom => ("Trial: no room now.", no_room(trial)),
        End::NotAsked => (
            "Trial: ended.",
            format!(
                "For an hour commit {head} could not be put on `{trunk}` and pushed to `greenline/**`, where CI would check it. The \
                 status page says what stands in the way; when that is mended, {AGAIN}."
            ),
        ),
        End::Crowded => (
            "Trial: no room now.",
            format!("As many trials as are kept wait already. When some of them have ended, {AGAIN}."),
        ),
        End::NoChecks => (
            "Trial: ended.",
            format!(
                "Nothing says any more which checks must pass, so a trial could say nothing. Name them under `[checks] required` in \
                 `.github/greenline.toml`; then {AGAIN}."
            ),
        ),
    }
}

fn not_possible(head: Sha, onto: Sha, unfit: &Unfit, trunk: &str) -> String {
    let at = format!("`{trunk}` at commit {onto}");
    match unfit {
        Unfit::Conflict(paths) => format!(
            "Commit {head} conflicts with {at} in {}. Rebase it onto `{trunk}` and push; then {AGAIN}.",
            list(paths.iter().map(|path| code(path)))
        ),
        Unfit::Nothing => format!("Everything in commit {head} is on {at} already, so there is nothing to try."),
        Unfit::Refused(why) => {
            format!("Commit {head} cannot be put on {at}: {} Change it and push; then {AGAIN}.", sentence(why))
        }
        Unfit::HeadMissing(_) => format!(
            "Commit {head} cannot be fetched: its `refs/pull/…/head` is missing or leads elsewhere, although it was asked for several \
             times. Push its branch again; then {AGAIN}."
        ),
    }
}

fn no_room(trial: &Trial) -> String {
    let mut text = format!("Commit {} was not checked to the end. ", trial.asked.head);
    if trial.put_off > 0 {
        let times = if trial.put_off == 1 { "time" } else { "times" };
        let _ = write!(text, "It was begun {} {times}, and gave its CI run up to the queue each time. ", trial.put_off);
    } else {
        text.push_str("For an hour the queue had use for every CI run. ");
    }
    let _ = write!(text, "The queue goes first: when fewer wait in it, {AGAIN}; or raise `budget` under `[queue]`.");
    text
}
