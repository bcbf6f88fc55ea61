//! The ledger as it truly is: its commits by their ids.

use crate::ids::Sha;
use crate::port::git::{LedgerCommit, LedgerPage};
use crate::sim::ground::dice::mix;
use crate::sim::ground::truth::sha;
use crate::sim::ground::world::Ground;

impl Ground {
    /// Keeps a commit of the ledger; its id follows from what is in it.
    pub fn ledger_commit(&mut self, commit: &LedgerCommit) -> Sha {
        let parent = commit.parent.iter().flat_map(|parent| parent.as_bytes().iter().copied());
        let hash = commit.message.bytes().chain(parent).fold(13, |hash, byte| mix(hash ^ u64::from(byte)));
        let id = sha(hash);
        self.ledger.insert(id, commit.clone());
        id
    }

    /// A commit of the ledger.
    pub fn ledger_page(&self, id: Sha) -> Option<LedgerPage> {
        let commit = self.ledger.get(&id)?;
        Some(LedgerPage { id, parent: commit.parent, message: commit.message.clone() })
    }

    /// The commits from after one to another.
    pub fn ledger_pages(&self, tip: Sha, known: Option<Sha>) -> Option<Vec<LedgerPage>> {
        let mut pages = Vec::new();
        let mut next = Some(tip);
        while next != known {
            let page = self.ledger_page(next?)?;
            next = page.parent;
            pages.push(page);
        }
        pages.reverse();
        Some(pages)
    }
}
