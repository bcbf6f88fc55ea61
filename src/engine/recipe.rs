//! How an entry is to be composed, from the settings and from what was read when it was approved. A recipe must not change while
//! its entry is queued: what was tested could not be made again. No I/O.

use super::state::RepoState;
use crate::admission::Approval;
use crate::config::repo::{Forks, MergeConfig};
use crate::facts::{Pull, Reach, Strategy};
use crate::ids::{PrNumber, Sha};
use crate::message::{About, Place};
use crate::port::git::Recipe;
use crate::queue::EntryId;
use crate::trial;

/// How an entry becomes a commit on `onto`.
pub(super) fn recipe(state: &RepoState, onto: Sha, entry: EntryId) -> Recipe {
    let record = state.desk.pulls.get(&entry.pr);
    let approval = record.and_then(|record| record.approval.as_ref()).filter(|approval| approval.rev == entry.rev);
    let read = approval.and_then(|approval| approval.read.as_deref()).or_else(|| Some(&record?.pull));
    let wished = approval.and_then(|approval| approval.wish.strategy);
    whole(state, (onto, entry.head), wished, approval, read)
}

/// How the head that a trial is about becomes a commit on `onto`: as it would if it were queued now, so as the very commit
/// that is queued where somebody approved that head.
pub(super) fn tried(state: &RepoState, onto: Sha, pr: PrNumber, asked: &trial::Asked) -> Recipe {
    let record = state.desk.pulls.get(&pr);
    let approval = record.and_then(|record| record.approval.as_ref()).filter(|approval| approval.head == asked.head);
    let read = approval.and_then(|approval| approval.read.as_deref()).or_else(|| Some(&record?.pull));
    let wished = asked.strategy.or_else(|| approval.and_then(|approval| approval.wish.strategy));
    whole(state, (onto, asked.head), wished, approval, read)
}

fn whole(
    state: &RepoState,
    (onto, head): (Sha, Sha),
    wished: Option<Strategy>,
    approval: Option<&Approval>,
    read: Option<&Pull>,
) -> Recipe {
    let merge = &state.config().merge;
    let strategy = strategy(state, merge, wished, read);
    let pull = read.map(|read| about(merge, strategy, approval, read));
    Recipe { onto, head, pull, strategy, inner_merges: merge.inner_merges, messages: merge.messages.clone() }
}

/// How a head that nobody approved would become a commit on `onto`: to look at its files, not to land it.
pub(super) fn proposed(state: &RepoState, onto: Sha, pr: PrNumber, head: Sha) -> Recipe {
    let merge = &state.config().merge;
    let pull = About {
        number: pr,
        title: "Settings".to_owned(),
        body: String::new(),
        author: "ghost".parse().expect("it is a login"),
        url: String::new(),
        approved_by: None,
        reviewed_by: Vec::new(),
    };
    let (strategy, inner_merges, messages) = (merge.strategy, merge.inner_merges, merge.messages.clone());
    Recipe { onto, head, pull: Some(pull), strategy, inner_merges, messages }
}

/// What is wished, else what is usual; a head that cannot be moved may have to land as it is to be shown as merged.
fn strategy(state: &RepoState, merge: &MergeConfig, wished: Option<Strategy>, read: Option<&Pull>) -> Strategy {
    let wished = wished.unwrap_or(merge.strategy);
    let fixed = || read.is_some_and(|read| is_fixed_fork(state, read));
    match merge.forks {
        Forks::MergeCommit if !wished.keeps_head() && fixed() => Strategy::Merge,
        Forks::MergeCommit | Forks::Close => wished,
    }
}

/// It comes from a fork that lets nobody of ours push to its branch.
fn is_fixed_fork(state: &RepoState, read: &Pull) -> bool {
    let foreign = read.head_repo.as_ref().is_some_and(|head| head.id != state.repository.id);
    foreign && read.reach(&state.repository, &state.trunks()) == Reach::Nowhere
}

fn about(merge: &MergeConfig, strategy: Strategy, approval: Option<&Approval>, read: &Pull) -> About {
    let template = match strategy {
        Strategy::Merge | Strategy::RebaseMerge => Some(&merge.messages.merge),
        Strategy::Squash => Some(&merge.messages.squash),
        Strategy::Rebase | Strategy::FastForward => None,
    };
    // Recipes are made often and descriptions are long.
    let body =
        if template.is_some_and(|template| template.uses(Place::Body)) { read.body.clone() } else { String::new() };
    About {
        number: read.number,
        title: approval.map_or_else(|| read.title.clone(), |approval| approval.title.clone()),
        body,
        author: read.author.login.clone(),
        url: read.url.clone(),
        approved_by: approval.map(|approval| approval.by.clone()),
        reviewed_by: approval.map(|approval| approval.reviewed_by.clone()).unwrap_or_default(),
    }
}
