//! A red trunk: what failed is run again once before it counts, then landings are locked, whoever may have brought it is named,
//! and a change that takes it back is proposed, until a later commit is green.

use super::candidate::{Change, PostMerge, Readiness};
use super::notice::News;
use super::state::{Lock, Red, Rerun, Revert, Scope, State};
use crate::ids::{DeploymentId, LockId, Login, Moment, PrNumber, Sha};

/// Proposals that were made and are remembered.
const REVERTS_KEPT: usize = 20;

/// What a verdict after a landing means at first.
pub(super) enum First {
    /// It counts; and what failed at first and did not when it ran again was flaky.
    Counts(PostMerge, Vec<String>),
    /// What failed is run once more.
    Again,
}

/// The first red of a commit is not the last word, if the settings say so.
pub(super) fn first(state: &mut State, commit: Sha, verdict: &PostMerge) -> First {
    let uncut = state.uncut.iter().any(|uncut| uncut.commit == commit && uncut.verdict == PostMerge::Pending);
    let tagged = |c: &super::candidate::Candidate| c.commit == commit && *c.state.made() == Readiness::Pending;
    let waits = uncut || state.candidates.values().any(tagged);
    let known = state.reruns.iter().position(|rerun| rerun.commit == commit);
    match (verdict, known) {
        (PostMerge::Red(failed), None) if waits && state.policy.red.rerun_once => {
            state.reruns.push(Rerun { commit, failed: failed.clone(), asked: false });
            First::Again
        }
        // The same red, told twice.
        (PostMerge::Red(_), Some(place)) if !state.reruns[place].asked => First::Again,
        (PostMerge::Pending, Some(_)) => First::Again,
        // It was red, and nothing else came of it.
        (PostMerge::Silent, Some(place)) => {
            First::Counts(PostMerge::Red(state.reruns.remove(place).failed), Vec::new())
        }
        (PostMerge::Green, Some(place)) => First::Counts(verdict.clone(), state.reruns.remove(place).failed),
        (PostMerge::Red(_), Some(place)) => {
            state.reruns.remove(place);
            First::Counts(verdict.clone(), Vec::new())
        }
        (PostMerge::Red(_) | PostMerge::Green | PostMerge::Pending | PostMerge::Silent, None) => {
            First::Counts(verdict.clone(), Vec::new())
        }
    }
}

/// What failed was asked to run again: from here on its verdict counts.
pub(super) fn rerun(state: &mut State, commit: Sha) {
    for rerun in state.reruns.iter_mut().filter(|rerun| rerun.commit == commit) {
        rerun.asked = true;
    }
}

/// A change is to be taken back by a pull request; each once.
pub(super) fn propose(state: &mut State, pr: PrNumber, rollback: Option<DeploymentId>) {
    if state.reverts.iter().any(|revert| revert.pr == pr) {
        return;
    }
    state.reverts.push(Revert { pr, rollback, proposed: false });
    let excess = state.reverts.len().saturating_sub(REVERTS_KEPT);
    state.reverts.drain(..excess);
}

/// The pull request that takes a change back was made, or could not be.
pub(super) fn proposed(state: &mut State, pr: PrNumber) {
    for revert in state.reverts.iter_mut().filter(|revert| revert.pr == pr) {
        revert.proposed = true;
    }
}

/// Somebody mends it: nothing is proposed in the meantime.
pub(super) fn fixing(state: &mut State, by: &Login) -> bool {
    let Some(red) = state.red.as_mut().filter(|red| red.fixing.is_none()) else { return false };
    red.fixing = Some(by.clone());
    state.reverts.retain(|revert| revert.rollback.is_some() || revert.proposed);
    true
}

/// Trunk is red: nothing lands but what mends it, if the settings say so.
pub(super) fn red(state: &mut State, commit: Sha, failed: &[String], suspects: Vec<Change>, now: Moment) -> Vec<News> {
    let known = |red: &Red| red.commit == commit || landed_before(state, commit, red.commit);
    if state.red.as_ref().is_some_and(known) {
        return Vec::new();
    }
    let before = state.red.take().and_then(|red| red.lock);
    let mut news = vec![News::TrunkRed(commit)];
    let lock = before.or_else(|| {
        state.policy.red.lock.then(|| {
            state.last_lock += 1;
            let id = LockId::new(state.last_lock);
            let reason = format!("{} failed on {} after it landed", failed.join(", "), commit.short());
            let lock = Lock { scope: Scope::Merges, reason, by: None, since: now, until: None, strict: false };
            state.locks.insert(id, lock);
            news.push(News::Locked(id));
            id
        })
    });
    state.reverts.retain(|revert| revert.rollback.is_some() || revert.proposed);
    if let ([only], true) = (suspects.as_slice(), state.policy.red.revert) {
        propose(state, only.pr, None);
    }
    let fixing = None;
    state.red = Some(Red { commit, failed: failed.to_vec(), suspects, since: now, lock, fixing });
    news
}

/// Trunk is green on this commit: whatever was red before it is over.
pub(super) fn green(state: &mut State, commit: Sha) -> Vec<News> {
    let Some(red) = state.red.take() else { return Vec::new() };
    if landed_before(state, commit, red.commit) {
        state.red = Some(red);
        return Vec::new();
    }
    state.reverts.retain(|revert| revert.rollback.is_some() || revert.proposed);
    let mut news = vec![News::TrunkGreen(commit)];
    if let Some(lock) = red.lock
        && state.locks.remove(&lock).is_some()
    {
        news.push(News::Unlocked(lock));
    }
    news
}

/// Trunk is known to be green on a later commit, by checks that ran there.
pub(super) fn green_after(state: &State, commit: Sha) -> bool {
    let tagged = state.candidates.values().filter(|c| *c.state.made() == Readiness::Ready).map(|c| c.commit);
    let uncut = state.uncut.iter().filter(|uncut| uncut.verdict == PostMerge::Green).map(|uncut| uncut.commit);
    tagged.chain(uncut).any(|green| landed_before(state, commit, green))
}

/// One commit landed before another, as far as both are known.
fn landed_before(state: &State, one: Sha, other: Sha) -> bool {
    let tagged = state.candidates.values().map(|candidate| candidate.commit);
    let order: Vec<Sha> = tagged.chain(state.uncut.iter().map(|uncut| uncut.commit)).collect();
    let place = |sha: Sha| order.iter().position(|known| *known == sha);
    place(one).zip(place(other)).is_some_and(|(one, other)| one < other)
}
