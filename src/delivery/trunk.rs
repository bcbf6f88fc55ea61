//! Trunk as delivery sees it: what lands becomes a candidate, its checks after the landing say whether it may be delivered, and
//! a red trunk locks landings until it is green.

use super::candidate::{Candidate, Change, HOTFIX_LABEL, PostMerge, Readiness, Tag, Uncut};
use super::notice::News;
use super::red::{self, First};
use super::state::State;
use super::version;
use crate::ids::{CandidateSeq, Moment, Sha};
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
    version::assign(state);
    ready.then_some(News::Ready(seq)).into_iter().collect()
}

/// The checks after a landing came to something.
pub(super) fn judged(state: &mut State, commit: Sha, verdict: &PostMerge, now: Moment) -> Vec<News> {
    let (verdict, checks) = match red::first(state, commit, verdict) {
        First::Counts(verdict, flaky) => (verdict, flaky),
        First::Again => return Vec::new(),
    };
    let mut news = Vec::new();
    if !checks.is_empty() {
        news.push(News::Flaky { commit, checks });
    }
    let mut suspects: Vec<Change> = Vec::new();
    let mut known = false;
    if let Some(uncut) = state.uncut.iter_mut().find(|uncut| uncut.commit == commit && uncut.verdict != verdict) {
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
        let (made, hears) = match &verdict {
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
    match &verdict {
        PostMerge::Red(_) if known && red::green_after(state, commit) => {}
        PostMerge::Red(failed) if known => news.extend(red::red(state, commit, failed, suspects, now)),
        PostMerge::Green if known => news.extend(red::green(state, commit)),
        PostMerge::Red(_) | PostMerge::Green | PostMerge::Pending | PostMerge::Silent => {}
    }
    news
}
