//! Runs that were red only by checks that may fail: counted by check, and told wherever their commit is spoken of. No I/O.

use super::state::RepoState;
use crate::checks::{Named, Reds, forgive};
use crate::ids::Sha;
use crate::queue::Standing;
use crate::text;

/// Counted for each check, with its name after a blank.
pub const COUNTER: &str = "greenline_check_retries_total";

/// Whether a red run of this commit is to be gone over; then that is counted.
pub(super) fn gone_over(state: &mut RepoState, sha: Sha, failed: &[Named]) -> bool {
    let mut reds = state.forgiven.get(&sha).cloned().unwrap_or_default();
    let again = forgive(failed, &state.config().checks.retries, &mut reds);
    if again {
        let names: std::collections::BTreeSet<_> = failed.iter().map(|check| check.name.to_string()).collect();
        for name in names {
            state.count(&format!("{COUNTER} {name}"));
        }
        state.forgiven.insert(sha, reds);
    }
    again
}

/// Which checks failed on a commit and were run again for that.
pub(super) fn reds(state: &RepoState, sha: Sha) -> Vec<String> {
    let times = |(name, times): (&_, &u8)| text::times(name, *times);
    state.forgiven.get(&sha).into_iter().flat_map(Reds::iter).map(times).collect()
}

/// A sentence about an entry, and why its commit is tested again if it is.
pub(super) fn with_reds(state: &RepoState, standing: &Standing, sentence: String) -> String {
    standing.doing.candidate().map_or(sentence.clone(), |tip| with(sentence, &reds(state, tip)))
}

/// A sentence about a commit, and which of its checks failed before.
pub(super) fn with(sentence: String, reds: &[String]) -> String {
    if reds.is_empty() { sentence } else { format!("{sentence} {}", text::retried(reds)) }
}
