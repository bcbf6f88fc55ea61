//! Trunk as delivery sees it: what lands becomes a candidate, its checks after the landing say whether it may be delivered, and
//! a red trunk locks landings until it is green.

use super::candidate::{Candidate, Change, HOTFIX_LABEL, PostMerge, Readiness, Tag, Uncut};
use super::notice::News;
use super::state::{Lock, Red, Scope, State};
use crate::ids::{CandidateSeq, LockId, Moment, Sha};
use std::collections::{BTreeMap, BTreeSet};

/// Trunk moved to a tested commit.
pub(super) fn landed(
    state: &mut State,
    (commit, candidate): (Sha, Option<(CandidateSeq, Tag)>),
    changes: Vec<Change>,
    now: Moment,
) -> Vec<News> {
    let known = state.uncut.iter().any(|uncut| uncut.commit == commit)
        || state.candidates.values().any(|candidate| candidate.commit == commit);
    if known {
        return Vec::new();
    }
    let checked = !state.policy.cut.post_merge.is_empty();
    let verdict = if checked { PostMerge::Pending } else { PostMerge::Green };
    let landed_at = changes.iter().map(|change| change.landed_at).max().unwrap_or(now);
    state.uncut.push(Uncut { commit, changes, landed_at, verdict, asked: false, cutting: false });
    match candidate {
        Some((seq, tag)) => cut(state, commit, seq, tag, now),
        None => Vec::new(),
    }
}

/// A candidate was made of a commit: everything that landed up to it goes with it.
pub(super) fn cut(state: &mut State, commit: Sha, seq: CandidateSeq, tag: Tag, now: Moment) -> Vec<News> {
    if state.candidates.contains_key(&seq) {
        return Vec::new();
    }
    let Some(place) = state.uncut.iter().position(|uncut| uncut.commit == commit) else { return Vec::new() };
    let gone: Vec<Uncut> = state.uncut.drain(..=place).collect();
    let Some(last) = gone.last() else { return Vec::new() };
    let (landed_at, verdict) = (last.landed_at, last.verdict.clone());
    let changes: Vec<Change> = gone.into_iter().flat_map(|uncut| uncut.changes).collect();
    let hotfix = changes.iter().any(|change| change.has(HOTFIX_LABEL));
    let state_now = match verdict {
        PostMerge::Pending => Readiness::Pending,
        PostMerge::Green => Readiness::Ready,
        PostMerge::Red(failed) => Readiness::NotReleasable { failed },
        PostMerge::Silent => Readiness::NotReleasable { failed: Vec::new() },
    };
    let ready = state_now == Readiness::Ready;
    let (passes, rejected, offered, version) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new(), None);
    let candidate = Candidate {
        seq,
        commit,
        tag,
        changes,
        landed_at,
        cut_at: now,
        hotfix,
        state: state_now,
        passes,
        offered,
        rejected,
        version,
    };
    state.candidates.insert(seq, candidate);
    state.cut_at = Some(now);
    ready.then_some(News::Ready(seq)).into_iter().collect()
}

/// The checks after a landing came to something.
pub(super) fn judged(state: &mut State, commit: Sha, verdict: &PostMerge, now: Moment) -> Vec<News> {
    let mut news = Vec::new();
    let mut suspects: Vec<Change> = Vec::new();
    let mut known = false;
    if let Some(uncut) = state.uncut.iter_mut().find(|uncut| uncut.commit == commit && uncut.verdict != *verdict) {
        uncut.verdict = verdict.clone();
        suspects.clone_from(&uncut.changes);
        known = true;
    }
    let waits = |candidate: &&mut Candidate| {
        candidate.commit == commit
            && matches!(candidate.state.made(), Readiness::Pending | Readiness::NotReleasable { .. })
    };
    if let Some(candidate) = state.candidates.values_mut().find(waits) {
        suspects.clone_from(&candidate.changes);
        known = true;
        let seq = candidate.seq;
        let (made, hears) = match verdict {
            PostMerge::Pending => (Readiness::Pending, None),
            PostMerge::Green => (Readiness::Ready, Some(News::Ready(seq))),
            PostMerge::Red(failed) => {
                (Readiness::NotReleasable { failed: failed.clone() }, Some(News::NotReleasable(seq)))
            }
            PostMerge::Silent => (Readiness::NotReleasable { failed: Vec::new() }, Some(News::NotReleasable(seq))),
        };
        if *candidate.state.made() != made {
            *candidate.state.made_mut() = made;
            news.extend(hears);
        }
    }
    match verdict {
        PostMerge::Red(_) if known && green_after(state, commit) => {}
        PostMerge::Red(failed) if known => news.extend(red(state, commit, failed, suspects, now)),
        PostMerge::Green if known => news.extend(green(state, commit)),
        PostMerge::Red(_) | PostMerge::Green | PostMerge::Pending | PostMerge::Silent => {}
    }
    news
}

/// Trunk is red: nothing lands but what mends it, if the settings say so.
fn red(state: &mut State, commit: Sha, failed: &[String], suspects: Vec<Change>, now: Moment) -> Vec<News> {
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
    state.red = Some(Red { commit, failed: failed.to_vec(), suspects, since: now, lock });
    news
}

/// Trunk is green on this commit: whatever was red before it is over.
fn green(state: &mut State, commit: Sha) -> Vec<News> {
    let Some(red) = state.red.take() else { return Vec::new() };
    if landed_before(state, commit, red.commit) {
        state.red = Some(red);
        return Vec::new();
    }
    let mut news = vec![News::TrunkGreen(commit)];
    if let Some(lock) = red.lock
        && state.locks.remove(&lock).is_some()
    {
        news.push(News::Unlocked(lock));
    }
    news
}

/// Trunk is known to be green on a later commit, by checks that ran there.
fn green_after(state: &State, commit: Sha) -> bool {
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
