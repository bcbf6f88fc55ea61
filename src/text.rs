//! The sentences that people read about their pull requests, and the tag's message. Words only; no decision is made here.
//! Why something cannot be composed is said where it is found (`adapter/git/lineage.rs`), and what is wrong with a command
//! in `command`; those sentences come in as they are.

mod checks;
pub mod delivery;
mod departure;
mod eta;
mod excerpt;
mod laxer;
mod refusal;
mod report;
mod settings;
pub mod stop;
mod told;
pub mod trial;
mod waiting;
pub mod why;

pub use checks::check;
pub use departure::{eject, eject_code, leave, leave_code};
pub use eta::{about, eta};
pub use excerpt::excerpt;
pub use refusal::refusal;
pub use report::{departure_title, queued_title, report, waits_for_itself};
pub use settings::{Touched, settings_change, settings_same, settings_wrong};
pub use told::Told;
pub use waiting::{obstacle_code, owners_trouble, waiting, waits};

use crate::admission::Answer;
use crate::checks::Named;
use crate::command;
use crate::ids::{CheckName, PrNumber, RunId, Sha};
use crate::queue::{Doing, Standing};
use std::fmt::Write as _;

/// Characters of a foreign text that are shown.
const CODE_CHARS: usize = 200;

/// Marks our one status comment on a pull request, so that it is found again after an unanswered write.
pub const STATUS_MARKER: &str = "<!-- greenline:status -->";

/// Where a queued pull request stands: one sentence.
pub fn standing(standing: &Standing, trunk: &str) -> String {
    let place = place(standing, trunk);
    match &standing.doing {
        Doing::WaitsForTrunk => format!("{place}; `{trunk}` has not been read yet."),
        Doing::WaitsForTurn => format!("{place}; as many as are tested at once are ahead of it."),
        Doing::Gathers => format!("{place}; waits a while for others to be tested together with."),
        Doing::WaitsForThoseAhead => format!("{place}; it is put on top of those ahead as soon as they are composed."),
        Doing::Composing => format!("{place}; it is being put on top of those ahead."),
        Doing::WaitsForSlot => format!("{place}; all CI slots are taken."),
        Doing::Testing { with, tip, run } if !with.is_empty() => format!(
            "{place}; being tested as commit {tip} (run {run}) together with {}.",
            list(with.iter().map(|pr| format!("#{pr}")))
        ),
        Doing::Testing { tip, run, .. } => format!("{place}; being tested as commit {tip} (run {run})."),
        Doing::GreenBehind { tip } => format!("{place}; green as commit {tip}, and waits for those ahead."),
        Doing::GreenFrozen { tip } => format!("{place}; green as commit {tip}."),
        Doing::RedBehind { tip } => {
            format!("{place}; red as commit {tip} together with those ahead; judged when they have landed or left.")
        }
        Doing::UnfitBehind => {
            format!("{place}; does not apply on top of those ahead; judged when they have landed or left.")
        }
        Doing::TrunkTested => {
            format!("{place}; red on `{trunk}`, so `{trunk}` itself is tested before anybody is blamed.")
        }
        Doing::TrunkRed => {
            format!(
                "{place}; red, but `{trunk}` itself is red too, or its CI gives no answer: nobody in the queue is blamed until \
                 `{trunk}` is green."
            )
        }
        Doing::Landing { tip } => format!("{place}; landing as commit {tip}."),
        Doing::Revoking => {
            format!("{place}; its landing was not accepted and is being called off before the next try.")
        }
        Doing::Ejecting => format!("{place}; about to be sent back."),
    }
}

/// Where a queued pull request stands whose run has not been asked of CI yet.
pub fn waits_for_branch(standing: &Standing, run: RunId, trunk: &str) -> String {
    format!("{}; waits for its CI branch `greenline/{trunk}/run-{run}` to be pushed.", place(standing, trunk))
}

/// Until when a group waits for others.
pub fn gathers_until(moment: &str) -> String {
    format!("It gathers until {moment} at the latest (`gather` under `[queue]`), or until the group is full.")
}

fn place(standing: &Standing, trunk: &str) -> String {
    format!("{} of {} in the queue for `{trunk}`", ordinal(standing.position), standing.of)
}

/// What a landed pull request's people are told.
pub fn landed(tip: Sha, trunk: &str, candidate: Option<&str>, checks: &[String]) -> String {
    let mut text = format!("It is on `{trunk}` as commit {tip}");
    if let Some(candidate) = candidate {
        let _ = write!(text, ", candidate `{candidate}`");
    }
    if !checks.is_empty() {
        let _ = write!(text, "; green on exactly the commit `{trunk}` moved to: {}", list(checks.iter().cloned()));
    }
    text.push('.');
    text
}

/// Which checks had failed on a commit before, each with how often.
pub fn retried(reds: &[String]) -> String {
    format!("Before that {} on it, which may happen (`retries` under `[checks]`).", list(reds.iter().cloned()))
}

/// A check that failed so many times.
pub fn times(name: &CheckName, times: u8) -> String {
    let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    format!("{} failed {often}", code(name.as_str()))
}

/// Why a landed pull request shows as closed, not as merged.
pub fn closed_not_merged(tip: Sha, trunk: &str) -> String {
    format!(
        "It is closed and not shown as merged because its branch could not be moved to commit {tip}; everything in it is on `{trunk}`."
    )
}

/// Why a landed pull request is still open.
pub fn left_open(head: Sha, trunk: &str, label: &str) -> String {
    format!(
        "It stays open because commit {head} was pushed to it just then, and that is not on `{trunk}`: when it is ready, put the \
         label `{label}` on again or comment `{} merge`.",
        command::PREFIX
    )
}

/// The status comment around one paragraph.
pub fn status_comment(headline: &str, body: &str, page: Option<&str>) -> String {
    comment(STATUS_MARKER, headline, body, page)
}

/// A comment of ours around one paragraph, with a mark by which it is found again.
pub fn comment(mark: &str, headline: &str, body: &str, page: Option<&str>) -> String {
    let mut text = format!("{mark}\n**{headline}** {body}\n");
    if let Some(page) = page {
        let _ = write!(text, "\n[The whole queue]({page})\n");
    }
    text
}

/// The answer to a comment's commands; `delivered` says what came of a wish about a delivery.
pub fn answers(answers: &[Answer], standing: &str, delivered: impl Fn(&str) -> Option<String>) -> Option<String> {
    let said = answers.iter().filter_map(|answer| match answer {
        Answer::Deliver { id } => delivered(id),
        answer => one_answer(answer, standing),
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join("\n\n"))
}

/// What is said on a head in whose place another one was asked for: a title and a sentence.
pub fn replaced(asked: Sha) -> (String, String) {
    let title = format!("Asked for as {}", asked.short());
    (title, format!("It was asked for again as commit {asked}, and that is what counts now: see the check there."))
}

fn one_answer(answer: &Answer, standing: &str) -> Option<String> {
    match answer {
        // What came of a wish about a delivery is put in its place before.
        Answer::Done | Answer::Deliver { .. } => None,
        Answer::Status => Some(standing.to_owned()),
        Answer::NotQueued => Some("It is not in the queue, so there is nothing to cancel.".into()),
        Answer::NothingToTakeBack => {
            Some("You have not approved it by comment, so there is nothing to take back.".into())
        }
        Answer::Delegated { login } => Some(format!(
            "{} may now ask for landing of this pull request with `{} merge`: of this one only, and as long as whoever said so may \
             push here.",
            code(login),
            command::PREFIX
        )),
        Answer::Here => Some(format!("Greenline {} listens. {standing}", env!("CARGO_PKG_VERSION"))),
        Answer::Help => Some(format!("This can be asked:\n\n{}", command::help(command::PREFIX))),
        Answer::Stop { word, came } => Some(stop::came(word, came)),
        Answer::Trial { word, came } => Some(trial::came(word, came)),
        Answer::Refused { word, why } => Some(format!("`{word}` was not done. {}", refusal::refused(word, why))),
        Answer::Misread(misread) => Some(format!("{misread} `{} help` lists what can be asked.", command::PREFIX)),
    }
}

/// The message of a candidate tag.
pub fn candidate(name: &str, previous: Option<&str>, pulls: &[(PrNumber, String)], checks: &[Named]) -> String {
    let changes = if pulls.len() == 1 { "change" } else { "changes" };
    let since = previous.map_or_else(String::new, |previous| format!(" since {previous}"));
    let mut text = format!("{name}: {} {changes}{since}\n", pulls.len());
    for (number, title) in pulls {
        let _ = write!(text, "\n#{number} {}", one_line(title));
    }
    text.push_str("\n\nGreen on exactly this commit:\n");
    for named in checks {
        let app = named.app.map_or_else(|| "status".to_owned(), |app| format!("app {app}"));
        let _ = writeln!(text, "- {} ({app}, id {})", named.name, named.id);
    }
    let _ = write!(text, "\nPrevious-Candidate: {}\n", previous.unwrap_or("none"));
    text
}

/// Text by others as inline code: no markup, no mention, one line, bounded.
pub fn code(text: &str) -> String {
    code_of(text, CODE_CHARS)
}

/// The same, with another bound.
fn code_of(text: &str, most: usize) -> String {
    format!("`{}`", plain(text, most).replace('`', "'"))
}

fn one_line(text: &str) -> String {
    plain(text, CODE_CHARS)
}

fn plain(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c }).take(most).collect()
}

/// Characters that turn the reading direction, and so can make text look like other text.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn sentence(words: &str) -> String {
    let words = words.trim();
    if words.ends_with(['.', '!', '?']) { words.to_owned() } else { format!("{words}.") }
}

/// `a, b and c`; beyond ten the rest is counted.
fn list(items: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 10;
    let mut items: Vec<String> = items.collect();
    if items.len() > SHOWN {
        let more = items.len() - SHOWN;
        items.truncate(SHOWN);
        items.push(format!("{more} more"));
    }
    match items.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".into(),
    }
}

fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}
