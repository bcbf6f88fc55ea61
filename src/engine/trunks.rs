//! Which branches of a repository have a queue: the loop of its default branch tells, those of the others hear it. No I/O.

use super::fact::Fact;
use super::state::RepoState;
use crate::ids::BranchName;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// The branches that have a queue beside the default one; `None` before that was read.
pub type Named = Option<BTreeSet<BranchName>>;

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
        let known = &state.settings.trunks;
        let news = to.send_if_modified(|told| {
            let news = told != known;
            if news {
                told.clone_from(known);
            }
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
