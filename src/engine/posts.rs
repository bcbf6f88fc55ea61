//! Our comments on pull requests: what the status comment is to say now, and which of them do not say yet what they are to. No
//! I/O.

use super::eta::etas;
use super::job::Job;
use super::present;
use super::reports;
use super::retries;
use super::state::{File, OwnComment, Post, RepoState};
use super::take::Around;
use super::trials;
use crate::admission::{Obstacle, Record};
use crate::facts::{Pull, PullState};
use crate::ids::{CommentId, Moment, PrNumber, Sha};
use crate::queue::{self, Doing, Standing};
use crate::text;
use std::collections::BTreeMap;

/// Positions up to this one are told exactly as they change; further back a change of place alone is not worth an edit.
const EXACT_POSITIONS: usize = 3;

/// Where a pull request stands, and when it should land.
pub(super) fn standing(state: &RepoState, pr: PrNumber, now: Moment) -> String {
    let stands = in_queue(state, pr, now);
    trials::standing(state, pr).map_or(stands.clone(), |trial| format!("{stands}\n\n{trial}"))
}

fn in_queue(state: &RepoState, pr: PrNumber, now: Moment) -> String {
    let policy = state.policy();
    let queued = state.queue.entry(pr).map(|entry| entry.id);
    let queued = queued.and_then(|entry| Some((entry, queue::explain(&state.queue, &policy, entry)?)));
    let record = state.desk.pulls.get(&pr);
    let waits = record.and_then(Record::waits);
    let hold = record.filter(|record| record.pull.state == PullState::Open).and_then(|r| r.hold.standing.as_ref());
    match (queued, waits) {
        (Some((entry, standing)), _) => {
            with_eta(present::sentence(state, &standing), etas(state, now).get(&entry).copied(), now)
        }
        (None, Some(obstacles)) => format!("It waits outside of the queue. {}", text::waiting(obstacles)),
        (None, None) => {
            let outside = standing_outside(state, pr);
            let ended = record.is_some_and(|record| record.pull.state != PullState::Open || record.has_landed());
            match hold {
                Some(hold) => text::stop::held(hold, state.queue.entry_aside(pr).is_some()),
                None if ended => outside,
                None => format!("It is not in the queue. {outside}"),
            }
        }
    }
}

/// How it ended for a pull request that is not queued; if it never was, how it gets in.
pub(super) fn standing_outside(state: &RepoState, pr: PrNumber) -> String {
    let landing = state.landings.iter().find(|row| row.pulls.contains(&pr));
    let departure = state.departures.iter().find(|row| row.pull == pr);
    let shown = state.desk.pulls.get(&pr).map(|record| record.pull.state);
    match (landing, departure, shown) {
        (Some(landed), left, _) if left.is_none_or(|left| left.at <= landed.at) => {
            let sentence = text::landed(landed.commit, state.trunk().as_str(), landed.candidate.as_deref(), &[]);
            retries::with(sentence, &landed.retried)
        }
        (_, Some(left), _) => left.sentence.clone(),
        (_, None, Some(PullState::Merged)) => "It is merged.".to_owned(),
        (_, None, Some(PullState::Closed)) => "It is closed.".to_owned(),
        (_, None, Some(PullState::Open) | None) => {
            format!("Put the label `{}` on, or comment `{} merge`.", state.config().queue.label, crate::command::PREFIX)
        }
    }
}

fn with_eta(sentence: String, eta_ms: Option<i64>, now: Moment) -> String {
    match eta_ms {
        Some(ms) => format!("{sentence} {}", text::eta(ms, now)),
        None => sentence,
    }
}

/// Writes anew what queued pull requests are told, where that is worth an edit.
pub(super) fn refresh(state: &mut RepoState, around: Around<'_>) {
    let Around { now, page } = around;
    let policy = state.policy();
    let mut known_etas = None;
    for (entry, standing) in queue::explain_all(&state.queue, &policy) {
        let Some(about) = about(state, &standing) else { continue };
        let shut = if standing.frozen { text::stop::about(&state.closed) } else { String::new() };
        let about = format!("{} {about}{shut}", entry.rev);
        if state.posts.get(&entry.pr).is_some_and(|post| post.about == about) {
            continue;
        }
        let eta_ms = known_etas.get_or_insert_with(|| etas(state, now)).get(&entry).copied();
        let sentence = present::with_closures(state, &standing, text::standing(&standing, state.trunk().as_str()));
        let sentence = with_eta(sentence, eta_ms, now);
        let report = reports::queued(state, entry, &standing, (&sentence, page));
        reports::say(state, report, &about);
        say(state, entry.pr, about, text::status_comment("Queued.", &sentence, page));
    }
    refresh_waiting(state, page);
    held(state, page);
    let queue = &state.queue;
    let over = |pr: &PrNumber| queue.entry(*pr).is_none() && queue.entry_aside(*pr).is_none();
    let open = |pr: &PrNumber| state.desk.pulls.get(pr).is_some_and(|r| r.pull.state == PullState::Open);
    let over = |pr: &PrNumber| over(pr) && state.desk.pulls.get(pr).is_none_or(|record| record.approval.is_none());
    state.posts.retain(|pr, post| post.body.is_some() || !over(pr) || open(pr) || state.closings.contains_key(pr));
}

/// What approved pull requests outside of the queue wait for. What was only not read yet is no news to anybody.
fn refresh_waiting(state: &mut RepoState, page: Option<&str>) {
    if state.settings.file == File::Unread {
        return;
    }
    let told = state.desk.pulls.values().filter_map(|record| {
        let waits = record.waits().filter(|waits| !waits.contains(&Obstacle::Unread))?;
        let hold = record.hold.standing.as_ref();
        let by_whom = hold.map_or_else(String::new, |hold| format!(" {}", text::stop::held(hold, false)));
        let title = format!("Waiting: {}", waits.first().map_or("", text::obstacle_code));
        let about = format!("waits {} {waits:?} {:?}", record.approval.as_ref()?.head, hold.map(|hold| hold.at));
        Some((record.entry()?, about, title, text::waiting(waits) + &by_whom))
    });
    for (entry, about, title, sentence) in told.collect::<Vec<_>>() {
        reports::waits(state, entry, &about, (&title, &sentence), page);
        say(state, entry.pr, about, text::status_comment("Waiting.", &sentence, page));
    }
}

/// Those who are held back are told by whom, once.
fn held(state: &mut RepoState, page: Option<&str>) {
    let record = |pr: PrNumber| state.desk.pulls.get(&pr);
    let holds =
        state.queue.aside.iter().filter_map(|entry| Some((entry.id, record(entry.id.pr)?.hold.standing.clone()?)));
    for (entry, hold) in holds.collect::<Vec<_>>() {
        let about = format!("{} held {}", entry.rev, hold.at.ms());
        let sentence = text::stop::held(&hold, true);
        reports::waits(state, entry, &about, ("Held", &sentence), page);
        say(state, entry.pr, about, text::status_comment("Held.", &sentence, page));
    }
}

/// A pull request that is held here goes to a branch with a queue of its own, which cannot know of that: its people are told, once.
pub(super) fn held_here_only(state: &mut RepoState, pull: &Pull, page: Option<&str>) {
    let known = state.desk.pulls.get(&pull.number).filter(|record| record.pull.base != pull.base);
    let Some(hold) = known.and_then(|record| record.hold.standing.as_ref()) else { return };
    let about = format!("held here only {} {}", hold.at.ms(), pull.base);
    let sentence = text::stop::held_here_only(hold, state.trunk().as_str(), pull.base.as_str());
    say(state, pull.number, about, text::status_comment("No longer held.", &sentence, page));
}

/// What is told of that to one that leaves the queue for it.
pub(super) fn hold_that_stays(state: &RepoState, pr: PrNumber) -> Option<String> {
    let record = state.desk.pulls.get(&pr).filter(|record| !state.answers_for(&record.pull.base))?;
    let hold = record.hold.standing.as_ref()?;
    Some(text::stop::held_here_only(hold, state.trunk().as_str(), record.pull.base.as_str()))
}

/// What a standing is about; `None` for passing moments that nobody need be told.
fn about(state: &RepoState, standing: &Standing) -> Option<String> {
    let asked = |run| state.runs.get(run).is_some_and(|run| run.asked_at.is_some());
    let place = if standing.position <= EXACT_POSITIONS { standing.position } else { 0 };
    Some(match &standing.doing {
        Doing::Composing | Doing::WaitsForThoseAhead | Doing::Landing { .. } | Doing::Revoking | Doing::Ejecting => {
            return None;
        }
        Doing::Testing { run, .. } if !asked(run) => return None,
        Doing::WaitsForTrunk => "waits for trunk".to_owned(),
        Doing::WaitsForTurn => format!("waits {place}"),
        Doing::Gathers => format!("gathers {place}"),
        Doing::WaitsForSlot => format!("slot {place}"),
        Doing::Testing { run, .. } => format!("testing {run} {place}"),
        Doing::GreenBehind { tip } => format!("green {tip} {place}"),
        Doing::GreenFrozen { tip } => format!("frozen {tip} {place}"),
        Doing::RedBehind { tip } => format!("red {tip} {place}"),
        Doing::UnfitBehind => format!("unfit {place}"),
        Doing::TrunkTested => "trunk tested".to_owned(),
        Doing::TrunkRed => "trunk red".to_owned(),
    })
}

/// Has a pull request told something; the last word before it is written wins.
pub(super) fn say(state: &mut RepoState, pr: PrNumber, about: String, body: String) {
    let post = state.posts.entry(pr).or_default();
    if post.about != about {
        post.about = about;
        post.body = Some(body);
    }
}

/// Everything that is to be written into comments.
pub(super) fn jobs(state: &RepoState) -> impl Iterator<Item = Job> {
    let of = |which, posts: &BTreeMap<PrNumber, Post>| {
        let owed = posts.iter().filter_map(move |(pr, post)| Some((*pr, post.comment, post.body.clone()?)));
        owed.map(move |(pr, comment, body)| Job::Post { which, pr, comment, body }).collect::<Vec<_>>()
    };
    of(OwnComment::Status, &state.posts).into_iter().chain(of(OwnComment::Trial, &state.trial_posts))
}

fn find(state: &mut RepoState, which: OwnComment, pr: PrNumber) -> Option<&mut Post> {
    match which {
        OwnComment::Status => state.posts.get_mut(&pr),
        OwnComment::Trial => state.trial_posts.get_mut(&pr),
    }
}

/// A comment was written.
pub(super) fn written(state: &mut RepoState, (which, pr): (OwnComment, PrNumber), comment: CommentId, body: &str) {
    if let Some(post) = find(state, which, pr) {
        post.comment = Some(comment);
        post.body.take_if(|wanted| wanted == body);
    }
}

/// A comment cannot be written: if it is gone a new one is made, else it is let be.
pub(super) fn refused(
    state: &mut RepoState,
    (which, pr): (OwnComment, PrNumber),
    comment: Option<CommentId>,
    body: &str,
) {
    if let Some(post) = find(state, which, pr) {
        if comment.is_some() {
            post.comment = None;
        } else {
            post.body.take_if(|wanted| wanted == body);
        }
    }
}

/// Adds why a landed pull request shows as closed.
pub(super) fn closed_not_merged(state: &mut RepoState, pr: PrNumber, tip: Sha, page: Option<&str>) {
    let more = text::closed_not_merged(tip, state.trunk().as_str());
    say_landed(state, pr, format!("closed {tip}"), (tip, &more), page);
}

/// Adds why a landed pull request is still open.
pub(super) fn left_open(state: &mut RepoState, pr: PrNumber, (tip, head): (Sha, Sha), page: Option<&str>) {
    let more = text::left_open(head, state.trunk().as_str(), &state.config().queue.label);
    say_landed(state, pr, format!("open {tip} {head}"), (tip, &more), page);
}

fn say_landed(state: &mut RepoState, pr: PrNumber, about: String, (tip, more): (Sha, &str), page: Option<&str>) {
    let row = state.landings.iter().find(|row| row.pulls.contains(&pr));
    let candidate = row.and_then(|row| row.candidate.clone());
    let checks = row.map(|row| row.checks.clone()).unwrap_or_default();
    let landed = text::landed(tip, state.trunk().as_str(), candidate.as_deref(), &checks);
    let landed = retries::with(landed, &row.map(|row| row.retried.clone()).unwrap_or_default());
    say(state, pr, about, text::status_comment("Landed.", &format!("{landed} {more}"), page));
}
