//! Which release a candidate is to become: by what changed since the last one. It is settled once the candidate is verified where
//! people are; until then a newer release moves it on.

use super::candidate::Change;
use super::policy::VersionScheme;
use super::state::{Release, State};
use crate::ids::{CandidateSeq, Moment};
use crate::when;

/// What a change does to whoever uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bump {
    None,
    Patch,
    Minor,
    /// It breaks something, as its title says: below 1.0.0 that is a minor one.
    Breaking,
    /// As its label says, whatever the version.
    Major,
}

/// Titles that say by convention that nobody who uses it sees a change.
const UNSEEN: [&str; 7] = ["build", "chore", "ci", "docs", "refactor", "style", "test"];

/// Names the release of each candidate that is newer than the last release.
pub(super) fn assign(state: &mut State) {
    let last = state.released.clone();
    let since = last.as_ref().and_then(|release| release.candidate);
    let scheme = state.policy.version;
    let newer = state.candidates.values_mut().filter(|candidate| since.is_none_or(|since| candidate.seq > since));
    let before = last.as_ref().map(|release| release.version.as_str());
    let mut most = Bump::None;
    for candidate in newer {
        most = candidate.changes.iter().map(bump).chain([most]).max().unwrap_or(most);
        candidate.version = next(scheme, before, most, candidate.cut_at);
    }
}

/// A candidate reached people: its version is settled.
pub(super) fn settle(state: &mut State, seq: CandidateSeq) -> bool {
    let newest = state.released.as_ref().and_then(|release| release.candidate).is_none_or(|last| seq > last);
    let version = state.candidates.get(&seq).and_then(|candidate| candidate.version.clone()).filter(|_| newest);
    let Some(version) = version else { return false };
    state.released = Some(Release { version, candidate: Some(seq) });
    assign(state);
    true
}

fn next(scheme: VersionScheme, last: Option<&str>, bump: Bump, cut_at: Moment) -> Option<String> {
    let numbers: Vec<u64> = last
        .unwrap_or_default()
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    if bump == Bump::None {
        return None;
    }
    match scheme {
        VersionScheme::None => None,
        VersionScheme::Semver => {
            let [major, minor, patch] = <[u64; 3]>::try_from(numbers).unwrap_or_default();
            Some(match bump {
                Bump::Major => format!("v{}.0.0", major + 1),
                Bump::Breaking if major > 0 => format!("v{}.0.0", major + 1),
                Bump::Breaking | Bump::Minor => format!("v{major}.{}.0", minor + 1),
                Bump::Patch | Bump::None => format!("v{major}.{minor}.{}", patch + 1),
            })
        }
        VersionScheme::Calver => {
            let date = when::print(cut_at);
            let (year, month) = (date.get(..4)?.parse().ok()?, date.get(5..7)?.parse().ok()?);
            let count = match numbers.as_slice() {
                [y, m, count] if (*y, *m) == (year, month) => count + 1,
                _ => 1,
            };
            Some(format!("v{year}.{month}.{count}"))
        }
        VersionScheme::Sequence => Some(format!("release/{}", numbers.first().unwrap_or(&0) + 1)),
    }
}

/// What a change does: its label says, else its title by the convention of `feat:`, `fix:` and `feat!:`.
fn bump(change: &Change) -> Bump {
    let labels = [
        ("release:major", Bump::Major),
        ("release:minor", Bump::Minor),
        ("release:patch", Bump::Patch),
        ("release:none", Bump::None),
    ];
    if let Some((_, bump)) = labels.iter().find(|(label, _)| change.has(label)) {
        return *bump;
    }
    let Some((head, _)) = change.title.split_once(':') else { return Bump::Patch };
    let kind = head.split('(').next().unwrap_or(head).trim_end_matches('!').trim().to_ascii_lowercase();
    if head.trim_end().ends_with('!') {
        Bump::Breaking
    } else if kind == "feat" {
        Bump::Minor
    } else if UNSEEN.contains(&kind.as_str()) {
        Bump::None
    } else {
        Bump::Patch
    }
}
