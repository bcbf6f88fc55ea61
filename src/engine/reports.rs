//! Our own check runs on the heads of pull requests: what each is to say now, and whether it says so already. No I/O.
//!
//! They say what the status comment says, and change when it does: see `posts`.

use super::state::RepoState;
use crate::facts::PullState;
use crate::ids::{BranchName, CheckRunId, PrNumber, Sha};
use crate::port::report::{Ending, Report, Topic};
use crate::queue::{EntryId, Standing};
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One check run of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Which of ours.
    pub topic: Topic,
    /// The commit it stands on.
    pub head: Sha,
    /// The check run, once it is there.
    pub id: Option<CheckRunId>,
    /// What it is to say; `None` when it says so already.
    pub wanted: Option<Report>,
    /// What it is about; it is written anew only when this changes.
    pub about: String,
    /// What it said last has no end yet.
    #[serde(default)]
    pub open: bool,
}

/// What is said of a queued pull request.
pub(super) fn queued(
    state: &RepoState,
    entry: EntryId,
    standing: &Standing,
    (words, page): (&str, Option<&str>),
) -> Report {
    let run =
        standing.doing.tested().and_then(|(run, _)| state.runs.get(&run)?.url.as_deref()).filter(|url| is_web(url));
    let said =
        report(state.branch.as_ref(), (entry.pr, entry.head), None, (&text::queued_title(standing), words), page);
    Report { details: run.or(page).map(str::to_owned), ..said }
}

fn report(
    trunk: Option<&BranchName>,
    (pr, head): (PrNumber, Sha),
    ending: Option<Ending>,
    (title, words): (&str, &str),
    page: Option<&str>,
) -> Report {
    Report {
        topic: Topic::Queue,
        pr,
        head,
        trunk: trunk.cloned(),
        ending,
        title: title.to_owned(),
        summary: text::report(words, page),
        details: page.map(str::to_owned),
        notes: Vec::new(),
    }
}

/// Says how it ended for an entry.
pub(super) fn ended(state: &mut RepoState, entry: EntryId, ending: Ending, words: (&str, &str), page: Option<&str>) {
    say(
        state,
        report(state.branch.as_ref(), (entry.pr, entry.head), Some(ending), words, page),
        &format!("{} {}", words.0, entry.rev),
    );
}

/// Says that it landed, also on a head it was moved to meanwhile and asked for again: nothing else is said there any more.
pub(super) fn landed(state: &mut RepoState, entry: EntryId, words: (&str, &str), page: Option<&str>) {
    let known = state.reports.get(&entry.pr).into_iter().flatten().filter(|known| known.topic == Topic::Queue);
    let heads: BTreeSet<Sha> = known.map(|known| known.head).chain([entry.head]).collect();
    for head in heads {
        ended(state, EntryId { head, ..entry }, Ending::Success, words, page);
    }
}

/// Says why it waits outside of the queue; neutral, for nothing is wrong with it.
pub(super) fn waits(state: &mut RepoState, entry: EntryId, about: &str, words: (&str, &str), page: Option<&str>) {
    say(state, report(state.branch.as_ref(), (entry.pr, entry.head), Some(Ending::Neutral), words, page), about);
}

/// The forge takes the addresses of pages only.
fn is_web(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace)
}

/// Has a check run say something; the last word before it is written wins.
pub(super) fn say(state: &mut RepoState, report: Report, about: &str) {
    let of_pull = state.reports.entry(report.pr).or_default();
    match of_pull.iter_mut().find(|known| known.topic == report.topic && known.head == report.head) {
        Some(known) if known.about == about => {}
        Some(known) => {
            about.clone_into(&mut known.about);
            known.open = report.ending.is_none();
            known.wanted = Some(report);
        }
        None => of_pull.push(Reported {
            topic: report.topic,
            head: report.head,
            id: None,
            open: report.ending.is_none(),
            wanted: Some(report),
            about: about.to_owned(),
        }),
    }
}

fn find<'a>(state: &'a mut RepoState, report: &Report) -> Option<&'a mut Reported> {
    let of_pull = state.reports.get_mut(&report.pr)?;
    of_pull.iter_mut().find(|known| known.topic == report.topic && known.head == report.head)
}

/// A check run says this now.
pub(super) fn written(state: &mut RepoState, report: &Report, id: CheckRunId) {
    state.reports_denied = None;
    if let Some(known) = find(state, report) {
        known.id = Some(id);
        known.wanted.take_if(|wanted| wanted == report);
    }
}

/// A check run cannot be written: one that was there is looked for once more, else it is let be. `denied` says what a person
/// must change; each next change of what is to be said tries again.
pub(super) fn refused(state: &mut RepoState, report: &Report, id: Option<CheckRunId>, denied: Option<&str>) {
    if let Some(why) = denied {
        state.reports_denied = Some(why.to_owned());
    }
    if let Some(known) = find(state, report) {
        if id.is_some() && denied.is_none() {
            known.id = None;
        } else {
            known.wanted.take_if(|wanted| wanted == report);
        }
    }
}

/// Ends what is said of a head in whose place another one of the pull request was asked for: somebody pushed, or a landing had
/// moved its branch.
fn end_replaced(state: &mut RepoState) {
    for (pr, of_pull) in &mut state.reports {
        let approved = || state.desk.pulls.get(pr)?.approval.as_ref().map(|approval| approval.head);
        let Some(asked) = state.queue.entry(*pr).map(|entry| entry.id.head).or_else(approved) else { continue };
        let replaced = |known: &&mut Reported| known.topic == Topic::Queue && known.open && known.head != asked;
        for known in of_pull.iter_mut().filter(replaced) {
            let (title, sentence) = text::replaced(asked);
            known.open = false;
            known.about.clone_from(&title);
            known.wanted = Some(report(
                state.branch.as_ref(),
                (*pr, known.head),
                Some(Ending::Neutral),
                (&title, &sentence),
                None,
            ));
        }
    }
}

/// Forgets what says what it has to and can change no more.
pub(super) fn sweep(state: &mut RepoState) {
    end_replaced(state);
    let (queue, desk) = (&state.queue, &state.desk);
    let open_at = |pr: &PrNumber| desk.pulls.get(pr).filter(|r| r.pull.state == PullState::Open).map(|r| r.pull.head);
    state.reports.retain(|pr, of_pull| {
        // A landing that was called off may have moved the branch away from the head that is asked for.
        let asked = desk.pulls.get(pr).and_then(|record| record.approval.as_ref()).map(|approval| approval.head);
        let heads = [open_at(pr), queue.entry(*pr).map(|entry| entry.id.head), asked];
        of_pull.retain(|known| known.wanted.is_some() || heads.contains(&Some(known.head)));
        !of_pull.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Heard;
    use crate::engine::fact::Fact;
    use crate::engine::take::{Around, take_in};
    use crate::facts::{Comment, HeadRepo, Permission, Person, Pull, Repository, Rolls, Since};
    use crate::ids::{CommentId, Moment, Reading, RepoId, UserId};
    use crate::queue::Doing;

    fn sha(digit: &str) -> Sha {
        digit.repeat(40).parse().expect("forty hex digits")
    }

    fn fresh() -> RepoState {
        let (name, default_branch) = ("acme/widget".parse().expect("a name"), "main".parse().expect("a branch"));
        let repository = Repository { id: RepoId::new(1), name, default_branch, archived: false };
        RepoState::new(repository, Moment::from_ms(0))
    }

    #[test]
    fn what_is_said_of_an_asked_head_is_said_once_wherever_a_landing_left_its_branch() {
        let (mut state, pr, now) = (fresh(), PrNumber::new(1), Moment::from_ms(0));
        let by = Person { id: UserId::new(1), login: "ann".parse().expect("a login"), bot: false };
        let (name, branch) = (state.repository.name.clone(), "topic".parse().expect("a branch"));
        let pull = Pull {
            number: pr,
            title: "A change".into(),
            author: by.clone(),
            state: PullState::Open,
            draft: false,
            base: state.trunk().clone(),
            head: sha("a"),
            head_repo: Some(HeadRepo { id: RepoId::new(1), name, branch }),
            maintainer_can_modify: false,
            labels: Vec::new(),
            body: String::new(),
            url: String::new(),
            updated_at: now,
        };
        let body = format!("{} merge", crate::command::PREFIX);
        let comment = Comment { id: CommentId::new(1), pull: pr, by, body, created_at: now, edited: false };
        let (reading, permission) = (Reading::new(1), Permission::Write);
        let rolls = Rolls::default();
        let heard = Heard {
            reading,
            comment,
            pull,
            permission,
            rolls,
            since: Since::Nothing,
            request: None,
            on_trial: false,
            unknown: BTreeSet::new(),
        };
        take_in(&mut state, &[Fact::Comment(heard)], Around { now, page: None });
        let record = state.desk.pulls.get_mut(&pr).expect("it was heard of");
        let entry = record.entry().expect("it was asked for");
        record.pull.head = sha("b");
        waits(&mut state, entry, "it waits", ("Waiting", "It waits."), None);
        let report = state.reports[&pr][0].wanted.clone().expect("it is to be said");
        written(&mut state, &report, CheckRunId::new(1));
        sweep(&mut state);
        waits(&mut state, entry, "it waits", ("Waiting", "It waits."), None);
        assert_eq!(state.reports[&pr][0].wanted, None, "that was said already");
    }

    #[test]
    fn what_landed_shows_as_queued_on_none_of_its_heads() {
        let mut state = fresh();
        let (pr, rev) = (PrNumber::new(1), Reading::new(1));
        let standing = Standing { position: 1, of: 1, doing: Doing::WaitsForTurn, frozen: false };
        // Its branch is moved to what it lands as, and somebody asks for that.
        for head in [sha("a"), sha("b")] {
            let report = queued(&state, EntryId { pr, head, rev }, &standing, ("It waits.", None));
            say(&mut state, report, "it waits");
        }
        landed(&mut state, EntryId { pr, head: sha("a"), rev }, ("Landed", "It landed."), None);
        let endings = state.reports[&pr].iter().map(|known| known.wanted.as_ref().and_then(|wanted| wanted.ending));
        assert_eq!(endings.collect::<Vec<_>>(), [Some(Ending::Success); 2]);
    }
}
