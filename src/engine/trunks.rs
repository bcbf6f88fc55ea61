//! Which branches of a repository have a queue: the loop of its default branch tells, those of the others hear it. No I/O.

use super::fact::Fact;
use super::state::RepoState;
use crate::ids::BranchName;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// The branches that have a queue beside the default one; `None` before that was read.
pub type Named = Option<BTreeSet<BranchName>>;

/// What the state of the default branch's queue says of it. A branch that has become the default one since its settings were read
/// is not among them: its queue would be opened again as often as it closes.
pub(super) fn named(state: &RepoState) -> Named {
    state.settings.trunks.as_ref().map(|_| state.others())
}

/// One loop's part in it.
#[derive(Debug)]
pub enum Trunks {
    /// It is for this loop to say.
    Tells {
        /// Where it is said.
        to: watch::Sender<Named>,
        /// Told when it has changed.
        changed: Arc<Notify>,
    },
    /// It is said by another.
    Hears(watch::Receiver<Named>),
}

impl Trunks {
    /// Says what the state knows by now, where it is for this loop to say.
    pub(super) fn tell(&self, state: &RepoState) {
        let Self::Tells { to, changed } = self else { return };
        let known = named(state);
        let news = to.send_if_modified(|told| {
            let news = *told != known;
            *told = known;
            news
        });
        if news {
            changed.notify_one();
        }
    }

    /// What the state does not know yet, where another says it.
    pub(super) fn heard(&self, state: &RepoState) -> Option<Fact> {
        let Self::Hears(from) = self else { return None };
        let named = from.borrow().clone().filter(|named| state.settings.trunks.as_ref() != Some(named));
        named.map(Fact::Trunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Repository;
    use crate::ids::{Moment, RepoId};

    #[test]
    fn a_branch_that_became_the_default_one_is_told_to_nobody() {
        let branch = |name: &str| name.parse::<BranchName>().expect("a branch");
        let name = "acme/widget".parse().expect("a name");
        let repository = Repository { id: RepoId::new(1), name, default_branch: branch("main"), archived: false };
        let mut state = RepoState::new(repository, Moment::from_ms(0));
        let (to, hears) = watch::channel(None);
        let trunks = Trunks::Tells { to, changed: Arc::new(Notify::new()) };
        let told = |state: &RepoState| {
            trunks.tell(state);
            hears.borrow().clone()
        };
        assert_eq!(told(&state), None, "before the settings were read nobody closes");
        state.settings.trunks = Some(BTreeSet::from([branch("next"), branch("lts")]));
        assert_eq!(told(&state), state.settings.trunks);
        state.repository.default_branch = branch("next");
        assert_eq!(told(&state), Some(BTreeSet::from([branch("lts")])));
    }
}
