//! A store in memory, with the same answers as the one in SQLite. It never touches a disk, so nothing survives it.

use super::{DELIVERIES_KNOWN_MS, JOURNAL_ROWS, UNREAD_KEPT_MS};
use crate::ids::{DeliveryId, Moment, RepoId};
use crate::port::Trouble;
use crate::port::store::{Delivery, Epoch, InboxRow, JournalRow, Loaded, Received, Store, Turn, Written};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A store in memory. Clones are not offered: share it as the service shares its store, behind an `Arc`.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Rows>);

#[derive(Debug, Default)]
struct Rows {
    deliveries: BTreeMap<DeliveryId, BTreeMap<[u8; 32], Moment>>,
    inbox: BTreeMap<u64, (Option<RepoId>, InboxRow)>,
    last_seq: u64,
    unread: Vec<Moment>,
    repos: BTreeMap<RepoId, Repo>,
}

#[derive(Debug, Default)]
struct Repo {
    epoch: u64,
    version: u64,
    state: Option<Vec<u8>>,
    journal: VecDeque<JournalRow>,
    journal_next: u64,
}

impl Rows {
    fn receive(&mut self, delivery: Delivery) -> Received {
        self.forget(delivery.received_at);
        let contested = delivery.contested();
        let digests = self.deliveries.entry(delivery.id).or_default();
        let conflict = !digests.is_empty();
        if digests.contains_key(&delivery.digest) {
            return Received::Again;
        }
        if conflict && contested.is_none() {
            return Received::Conflict;
        }
        digests.insert(delivery.digest, delivery.received_at);
        if conflict || delivery.unread.is_some() {
            self.unread.push(delivery.received_at);
        }
        let hint = if conflict { contested } else { delivery.hint };
        if let Some(hint) = hint {
            self.last_seq += 1;
            let (repo, name) = delivery.repo.unzip();
            let row = InboxRow {
                seq: self.last_seq,
                installation: delivery.installation,
                name,
                hint,
                received_at: delivery.received_at,
            };
            self.inbox.insert(row.seq, (repo, row));
        }
        if conflict { Received::Conflict } else { Received::New }
    }

    fn forget(&mut self, now: Moment) {
        let oldest_waiting = self.inbox.values().next().map(|(_, row)| row.received_at);
        let known_from = now.plus_ms(-DELIVERIES_KNOWN_MS);
        let known_from = oldest_waiting.map_or(known_from, |oldest| oldest.min(known_from));
        self.deliveries.retain(|_, digests| {
            digests.retain(|_, at| *at >= known_from);
            !digests.is_empty()
        });
        self.unread.retain(|at| *at >= now.plus_ms(-UNREAD_KEPT_MS));
    }

    fn write(&mut self, turn: Turn) -> Written {
        let Some(repo) = self.repos.get_mut(&turn.repo) else { return Written::Fenced };
        if repo.epoch != turn.epoch.0 || repo.version != turn.version {
            return Written::Fenced;
        }
        for event in turn.events {
            repo.journal.push_back(JournalRow { seq: repo.journal_next, at: turn.at, event });
            repo.journal_next += 1;
        }
        while u64::try_from(repo.journal.len()).is_ok_and(|rows| rows > JOURNAL_ROWS) {
            repo.journal.pop_front();
        }
        repo.version += 1;
        repo.state = Some(turn.state);
        for seq in turn.consumed {
            if self.inbox.get(&seq).is_some_and(|(owner, _)| *owner == Some(turn.repo)) {
                self.inbox.remove(&seq);
            }
        }
        Written::Yes
    }
}

impl MemoryStore {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        // A panic while the lock was held cannot leave rows half-changed that a test would not also report.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    async fn receive(&self, delivery: Delivery) -> Result<Received, Trouble> {
        Ok(self.rows().receive(delivery))
    }

    async fn inbox(&self, repo: Option<RepoId>, limit: usize) -> Result<Vec<InboxRow>, Trouble> {
        let rows = self.rows();
        Ok(rows.inbox.values().filter(|(owner, _)| *owner == repo).map(|(_, row)| row.clone()).take(limit).collect())
    }

    async fn waiting(&self) -> Result<Vec<RepoId>, Trouble> {
        let owners: BTreeSet<RepoId> = self.rows().inbox.values().filter_map(|(owner, _)| *owner).collect();
        Ok(owners.into_iter().collect())
    }

    async fn depth(&self) -> Result<u64, Trouble> {
        Ok(self.rows().inbox.len() as u64)
    }

    async fn consume(&self, seqs: &[u64]) -> Result<(), Trouble> {
        let mut rows = self.rows();
        for seq in seqs {
            rows.inbox.remove(seq);
        }
        Ok(())
    }

    async fn claim(&self, repo: RepoId) -> Result<Epoch, Trouble> {
        let mut rows = self.rows();
        let repo = rows.repos.entry(repo).or_default();
        repo.epoch += 1;
        Ok(Epoch(repo.epoch))
    }

    async fn load(&self, repo: RepoId) -> Result<Option<Loaded>, Trouble> {
        let rows = self.rows();
        let found = rows.repos.get(&repo);
        Ok(found.and_then(|repo| repo.state.clone().map(|state| Loaded { version: repo.version, state })))
    }

    async fn write(&self, turn: Turn) -> Result<Written, Trouble> {
        Ok(self.rows().write(turn))
    }

    async fn journal(&self, repo: RepoId, limit: usize) -> Result<Vec<JournalRow>, Trouble> {
        let rows = self.rows();
        Ok(rows.repos.get(&repo).map_or_else(Vec::new, |r| r.journal.iter().rev().take(limit).cloned().collect()))
    }

    async fn unread_deliveries(&self) -> Result<u64, Trouble> {
        Ok(self.rows().unread.len() as u64)
    }
}
