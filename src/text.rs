//! The sentences that people read about their pull requests, and the tag's message. Words only; no decision is made here.
//! Why something cannot be composed is said where it is found (`adapter/git/lineage.rs`), and what is wrong with a command
//! in `command`; those sentences come in as they are.

mod checks;
mod eta;
mod excerpt;
mod report;
mod settings;
pub mod stop;
pub mod trial;
mod waiting;
pub mod why;

pub use checks::{check, unended, unpassed, unseen};
pub use eta::{about, eta};
pub use excerpt::excerpt;
pub use report::{departure_title, queued_title, report, waits_for_itself};
pub use settings::{Touched, settings_change, settings_same, settings_wrong};
pub use waiting::{obstacle_code, owners_trouble, waiting};

use crate::admission::{Answer, Refusal};
use crate::checks::Named;
use crate::command;
use crate::ids::{CheckName, PrNumber, RunId, Sha};
use crate::queue::{Doing, LeaveWhy, RedWhy, Silence, Standing, Unfit, Why};
use std::fmt::Write as _;

/// Characters of a foreign text that are shown.
const CODE_CHARS: usize = 200;

/// Marks our one status comment on a pull request, so that it is found again after an unanswered write.
pub const STATUS_MARKER: &str = "<!-- greenline:status -->";

/// The stable code of a departure, for machines.
pub fn eject_code(why: &Why) -> &'static str {
    match why {
        Why::Unfit(Unfit::Conflict(_)) => "conflict",
        Why::Unfit(Unfit::Nothing) => "already-in",
        Why::Unfit(Unfit::Refused(_)) => "not-composable",
        Why::Unfit(Unfit::HeadMissing(_)) => "head-missing",
        Why::Red(_, RedWhy::Failed(_)) => "checks-failed",
        Why::Red(_, RedWhy::Silent(Silence::NeverStarted(_))) => "ci-never-started",
        Why::Red(_, RedWhy::Silent(Silence::NeverFinished(_))) => "ci-never-finished",
        Why::Red(_, RedWhy::Silent(Silence::Cancelled(_))) => "ci-cancelled",
        Why::Red(_, RedWhy::Silent(Silence::Unpushed(_))) => "push-refused",
        Why::Red(_, RedWhy::Refused(_)) => "landing-refused",
        Why::Red(_, RedWhy::Unsound(_)) => "unsound",
        Why::Red(_, RedWhy::Unanswered) => "landing-unanswered",
    }
}

/// Why a pull request was sent back, and what to do about it.
pub fn eject(why: &Why, trunk: &str, label: &str) -> String {
    let again = format!("then put the label `{label}` on again or comment `{} merge`", command::PREFIX);
    match why {
        Why::Unfit(Unfit::Conflict(paths)) => format!(
            "It conflicts with `{trunk}` in {}. Rebase it onto `{trunk}`, {again}.",
            list(paths.iter().map(|path| code(path)))
        ),
        Why::Unfit(Unfit::Nothing) => {
            format!("Everything in it is on `{trunk}` already, so there is nothing to land. It can be closed.")
        }
        Why::Unfit(Unfit::Refused(why)) => {
            format!("It cannot be put on `{trunk}`: {} Change it, {again}.", sentence(why))
        }
        Why::Unfit(Unfit::HeadMissing(head)) => format!(
            "Its approved commit {head} cannot be fetched: its `refs/pull/…/head` is missing or leads elsewhere, although it was asked \
             for several times. Push its branch again, {again}."
        ),
        Why::Red(tip, RedWhy::Failed(checks)) => format!(
            "On top of `{trunk}` it became commit {tip}, and there {} did not pass, while `{trunk}` itself is green.{} Mend it, {again}.",
            checks::listed(checks),
            checks::passed_over(checks)
        ),
        Why::Red(tip, RedWhy::Silent(silence)) => {
            format!("{} Then {}.", silent(silence, *tip), again.trim_start_matches("then "))
        }
        Why::Red(tip, RedWhy::Refused(why)) => format!(
            "Commit {tip} was green, but the push to `{trunk}` was refused again and again: {} Somebody who may change the \
             repository's settings has to allow it, {again}.",
            sentence(why)
        ),
        Why::Red(tip, RedWhy::Unsound(how)) => format!(
            "Commit {tip} was green, but it does not land, because it is not what I was to make: {} That is a mistake of mine. \
             Please report it, and do not override it.",
            sentence(how)
        ),
        Why::Red(tip, RedWhy::Unanswered) => format!(
            "Commit {tip} was green, but none of the pushes that were to move `{trunk}` there was ever answered. See whether \
             GitHub has trouble, or what a hook does there, {again}."
        ),
    }
}

fn silent(silence: &Silence, tip: Sha) -> String {
    match silence {
        Silence::NeverStarted(checks) => format!(
            "CI never started: there was no sign of {} on commit {tip}. Check that the workflow runs on pushes to `greenline/**`, \
             and that the required name and App are right.",
            checks::listed(checks)
        ),
        Silence::NeverFinished(checks) => format!(
            "CI did not finish in time: {} did not end on commit {tip}. See what hangs, or raise `finish_deadline` under `[checks]`.",
            checks::listed(checks)
        ),
        Silence::Unpushed(why) => format!(
            "CI cannot test it: GitHub does not let me push commit {tip} to `greenline/**`, because of what is in it: {} Give the App \
             the repository permission \"Workflows: write\", or leave the workflow file as it is.",
            sentence(why)
        ),
        Silence::Cancelled(checks) => format!(
            "CI was cancelled by somebody else: {} on commit {tip}. See who stops runs on `greenline/**` (often a `concurrency` setting).",
            checks::listed(checks)
        ),
    }
}

/// The stable code of a departure before any verdict, for machines.
pub fn leave_code(why: &LeaveWhy) -> &'static str {
    match why {
        LeaveWhy::Cancelled { .. } => "cancelled",
        LeaveWhy::LabelRemoved => "label-removed",
        LeaveWhy::NewHead { .. } => "new-head",
        LeaveWhy::BaseChanged { .. } => "base-changed",
        LeaveWhy::Draft => "draft",
        LeaveWhy::Closed => "closed",
        LeaveWhy::MergedElsewhere => "merged-elsewhere",
        LeaveWhy::HeadGone => "head-repo-gone",
        LeaveWhy::PermissionLost { .. } => "permission-lost",
        LeaveWhy::MayNotAsk { .. } => "may-not-ask",
        LeaveWhy::NoQueue => "no-queue",
        LeaveWhy::SetAside => "set-aside",
        LeaveWhy::Replaced => "replaced",
    }
}

/// Why a pull request was taken out of the queue before any verdict.
pub fn leave(why: &LeaveWhy, approved: Sha, label: &str) -> String {
    let again = format!("put the label `{label}` on again or comment `{} merge`", command::PREFIX);
    match why {
        LeaveWhy::Cancelled { by } => format!("{} cancelled it.", code(by)),
        LeaveWhy::LabelRemoved => format!("The label `{label}` was taken off. If it shall land after all, {again}."),
        LeaveWhy::NewHead { head } => format!(
            "Commit {head} was pushed after {approved} had been approved. What was not approved does not land: when the new commit \
             is ready, {again}."
        ),
        LeaveWhy::BaseChanged { base } => {
            format!(
                "It goes to {} now, which is not what was approved. If that is right and that branch has a queue, {again}; if not, \
                 change its base back first.",
                code(base)
            )
        }
        LeaveWhy::Draft => format!("It was turned into a draft. When it is ready for review, {again}."),
        LeaveWhy::Closed => format!("It was closed. If it shall land after all, open it again, and {again}."),
        LeaveWhy::MergedElsewhere => "It was merged, but not by me.".into(),
        LeaveWhy::HeadGone => HEAD_GONE.into(),
        LeaveWhy::PermissionLost { by } => {
            format!("{} approved it and may no longer push here. Somebody with write permission can {again}.", code(by))
        }
        LeaveWhy::MayNotAsk { by } => format!(
            "{} asked for it, which the rules no longer allow (`mergers` or `no_self_merge` under `[rules]`). Somebody else can {again}.",
            code(by)
        ),
        LeaveWhy::NoQueue => "The branch it goes to has no queue any more: it is gone, or `trunks` under `[queue]` in the default branch's \
                              `.github/greenline.toml` does not name it now."
            .into(),
        LeaveWhy::SetAside => "Something that may pass keeps it out for now.".into(),
        LeaveWhy::Replaced => "A newer approval took its place.".into(),
    }
}

const HEAD_GONE: &str = "The branch or fork it comes from is gone. Restore it, or open a new pull request.";

/// Why a request to land was not followed, and what to do.
pub fn refusal(why: &Refusal) -> String {
    refused("merge", why)
}

/// Why a command was not followed, and what to do.
fn refused(word: &str, why: &Refusal) -> String {
    match why {
        Refusal::NeedsWrite { login } => {
            format!("{} would need write permission in this repository. Ask somebody who has it.", code(login))
        }
        Refusal::NotListed { login } => format!(
            "{} is not among `mergers` under `[rules]` in `.github/greenline.toml`. Ask somebody who is.",
            code(login)
        ),
        Refusal::TeamsUnread { login, teams } => format!(
            "Whether {} may ask depends on {} (`mergers` under `[rules]`), and GitHub does not show me who is in there. {}",
            code(login),
            list(teams.iter().map(|team| code(&format!("@{team}")))),
            waiting::TEAMS_NEXT
        ),
        Refusal::OwnWork { login } => format!(
            "{} wrote it, and here somebody else has to ask for landing (`no_self_merge` under `[rules]` in \
             `.github/greenline.toml`).",
            code(login)
        ),
        Refusal::OwnApproval => "Nobody's approval of their own work counts. Ask somebody else to look at it.".into(),
        Refusal::Draft => "It is a draft. Mark it as ready for review first.".into(),
        Refusal::NoSuchPull => "There is no pull request by this number in the repository.".into(),
        Refusal::NoQueue { branch } => format!(
            "No queue lands on {}: the branch is gone, or `trunks` under `[queue]` in the default branch's `.github/greenline.toml` \
              does not name it. `greenline queue list` shows those that have one.",
            code(branch)
        ),
        Refusal::Archived => {
            "The repository is archived, and GitHub takes no push there, so nothing can be tested or land. Unarchive it, and ask again."
                .into()
        }
        Refusal::NotOpen => "It is not open. If it was closed by mistake, open it again and ask anew.".into(),
        Refusal::OtherBase { base, trunk } => {
            format!(
                "It goes to {}, and this queue lands on {}. Change its base first; or, if that is the branch of another pull request, ask \
                 for that one first, and then for this one again.",
                code(base),
                code(trunk)
            )
        }
        Refusal::PushedSince { head } => {
            format!(
                "Commits were pushed since, so it is not certain which one was meant. {}",
                name_the_head(word, *head)
            )
        }
        Refusal::OtherHead { head } => other_head(word, *head),
        Refusal::Overtaken => {
            "It was taken out of the queue, or landed, after that was asked. Ask again if it shall land after all."
                .into()
        }
        Refusal::Retargeted { base } => {
            format!("It was sent to {} after that was said. Ask again if it is meant for that branch.", code(base))
        }
        Refusal::SaidOtherwise => {
            "A comment that was written after it says otherwise, and was heard first. Say it again if it holds after all.".into()
        }
        Refusal::Landed => "It has landed already, as its head is now.".into(),
        Refusal::OnItself => "It cannot depend on itself.".into(),
        Refusal::OnUnknown { on } => format!(
            "There is no pull request #{on} in this repository, so it could never land before this one. Say on which one it depends."
        ),
        Refusal::HeadGone => HEAD_GONE.into(),
    }
}

fn other_head(word: &str, head: Sha) -> String {
    format!(
        "The commit that was named is not its head; at least twelve digits of that are needed, in lower case. {}",
        name_the_head(word, head)
    )
}

fn name_the_head(word: &str, head: Sha) -> String {
    format!("The head is {head} now: if that is the one, comment `{} {word} {head}`.", command::PREFIX)
}

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

/// The answer to a comment's commands.
pub fn answers(answers: &[Answer], standing: &str) -> Option<String> {
    let said: Vec<String> = answers.iter().filter_map(|answer| one_answer(answer, standing)).collect();
    (!said.is_empty()).then(|| said.join("\n\n"))
}

/// What is said on a head in whose place another one was asked for: a title and a sentence.
pub fn replaced(asked: Sha) -> (String, String) {
    let title = format!("Asked for as {}", asked.short());
    (title, format!("It was asked for again as commit {asked}, and that is what counts now: see the check there."))
}

fn one_answer(answer: &Answer, standing: &str) -> Option<String> {
    match answer {
        Answer::Done => None,
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
        Answer::Refused { word, why } => Some(format!("`{word}` was not done. {}", refused(word, why))),
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
