//! When the loop of a queue that has no branch any more ends: once nothing is owed, or when what is owed can evidently not be
//! done, as a landing on a branch that somebody deleted meanwhile. It asks nobody, and ends nothing itself.

use super::job::Job;
use super::state::RepoState;
use crate::ids::Moment;

/// What is owed when a queue closes is tried for this long. It stays written down, and is gone on with should the branch have a
/// queue again.
const PATIENCE_MS: i64 = 3_600_000;

/// Since when a queue closes, if it does.
#[derive(Debug, Default)]
pub(super) struct Farewell {
    since: Option<Moment>,
}

impl Farewell {
    /// Nothing more is to be begun, for the queue closes.
    pub(super) fn is_over(&mut self, state: &RepoState, owed: &[Job], now: Moment) -> bool {
        if state.is_served() {
            self.since = None;
            return false;
        }
        let waited_ms = now.since_ms(*self.since.get_or_insert(now));
        let given_up = !owed.is_empty() && waited_ms >= PATIENCE_MS;
        if given_up {
            let left: Vec<_> = owed.iter().map(Job::key).collect();
            tracing::warn!(repo = %state.repository.name, trunk = %state.trunk(), ?left, "a queue without a branch ends with work left that could not be done for an hour");
        }
        owed.is_empty() || given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Repository;
    use crate::ids::{BranchName, RepoId};
    use std::collections::BTreeSet;

    fn branch(name: &str) -> BranchName {
        name.parse().expect("a branch")
    }

    #[test]
    fn what_can_never_be_done_keeps_no_queue_open_for_ever() {
        let name = "acme/widget".parse().expect("a name");
        let repository = Repository { id: RepoId::new(1), name, default_branch: branch("main"), archived: false };
        let mut state = RepoState::of_branch(repository, Some(branch("next")), Moment::from_ms(0));
        let owed = [Job::ReadTrunk(branch("next"))];
        let mut farewell = Farewell::default();
        let mut over = |state: &RepoState, owed: &[Job], ms| farewell.is_over(state, owed, Moment::from_ms(ms));
        assert!(!over(&state, &[], 0), "nobody says that it has no queue");
        state.settings.trunks = Some(BTreeSet::new());
        assert!(over(&state, &[], 1_000), "everything is done");
        assert!(!over(&state, &owed, 1_000) && !over(&state, &owed, 3_600_999));
        state.settings.trunks = Some(BTreeSet::from([branch("next")]));
        assert!(!over(&state, &owed, 3_601_000), "it is named again");
        state.settings.trunks = Some(BTreeSet::new());
        assert!(!over(&state, &owed, 4_000_000), "and its hour begins anew");
        assert!(over(&state, &owed, 7_600_000));
    }
}
