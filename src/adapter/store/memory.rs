//! A store in memory, with the same answers as the one in SQLite. It never touches a disk, so nothing survives it.

use super::{DELIVERIES_KNOWN_MS, JOURNAL_ROWS, UNREAD_KEPT_MS};
use crate::ids::{DeliveryId, Moment, QueueId, RepoId};
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
    inbox: BTreeMap<u64, (Option<QueueId>, InboxRow)>,
    last_seq: u64,
    unread: Vec<Moment>,
    queues: BTreeMap<QueueId, Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    epoch: u64,
    retired: bool,
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
            let (repo, name) = delivery.repo.unzip();
            for queue in self.queues_of(repo) {
                self.last_seq += 1;
                let row = InboxRow {
                    seq: self.last_seq,
                    installation: delivery.installation,
                    name: name.clone(),
                    hint: hint.clone(),
                    received_at: delivery.received_at,
                };
                self.inbox.insert(row.seq, (queue, row));
            }
        }
        if conflict { Received::Conflict } else { Received::New }
    }

    /// Whose rows a delivery about this becomes.
    fn queues_of(&self, repo: Option<RepoId>) -> BTreeSet<Option<QueueId>> {
        let claimed = self.queues.iter().filter(|(id, queue)| Some(id.repo) == repo && !queue.retired);
        claimed
            .map(|(id, _)| id.clone())
            .chain(repo.map(QueueId::of))
            .map(Some)
            .chain(repo.is_none().then_some(None))
            .collect()
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
        let Some(queue) = self.queues.get_mut(&turn.queue) else { return Written::Fenced };
        if queue.epoch != turn.epoch.0 || queue.version != turn.version {
            return Written::Fenced;
        }
        for event in turn.events {
            queue.journal.push_back(JournalRow { seq: queue.journal_next, at: turn.at, event });
            queue.journal_next += 1;
        }
        while u64::try_from(queue.journal.len()).is_ok_and(|rows| rows > JOURNAL_ROWS) {
            queue.journal.pop_front();
        }
        queue.version += 1;
        queue.state = Some(turn.state);
        for seq in turn.consumed {
            if self.inbox.get(&seq).is_some_and(|(owner, _)| owner.as_ref() == Some(&turn.queue)) {
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

    async fn inbox(&self, queue: Option<&QueueId>, limit: usize) -> Result<Vec<InboxRow>, Trouble> {
        let rows = self.rows();
        Ok(rows
            .inbox
            .values()
            .filter(|(owner, _)| owner.as_ref() == queue)
            .map(|(_, row)| row.clone())
            .take(limit)
            .collect())
    }

    async fn waiting(&self) -> Result<Vec<QueueId>, Trouble> {
        let owners: BTreeSet<QueueId> = self.rows().inbox.values().filter_map(|(owner, _)| owner.clone()).collect();
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

    async fn claim(&self, queue: &QueueId) -> Result<Epoch, Trouble> {
        let mut rows = self.rows();
        let queue = rows.queues.entry(queue.clone()).or_default();
        queue.epoch += 1;
        queue.retired = false;
        Ok(Epoch(queue.epoch))
    }

    async fn retire(&self, queue: &QueueId) -> Result<(), Trouble> {
        if let Some(queue) = self.rows().queues.get_mut(queue) {
            queue.retired = true;
        }
        Ok(())
    }

    async fn claimed(&self, repo: RepoId) -> Result<Vec<QueueId>, Trouble> {
        let rows = self.rows();
        let claimed = rows.queues.iter().filter(|(id, queue)| id.repo == repo && id.branch.is_some() && !queue.retired);
        Ok(claimed.map(|(id, _)| id.clone()).collect())
    }

    async fn load(&self, queue: &QueueId) -> Result<Option<Loaded>, Trouble> {
        let rows = self.rows();
        let found = rows.queues.get(queue);
        Ok(found.and_then(|queue| queue.state.clone().map(|state| Loaded { version: queue.version, state })))
    }

    async fn write(&self, turn: Turn) -> Result<Written, Trouble> {
        Ok(self.rows().write(turn))
    }

    async fn journal(&self, queue: &QueueId, limit: usize) -> Result<Vec<JournalRow>, Trouble> {
        let rows = self.rows();
        Ok(rows.queues.get(queue).map_or_else(Vec::new, |q| q.journal.iter().rev().take(limit).cloned().collect()))
    }

    async fn unread_deliveries(&self) -> Result<u64, Trouble> {
        Ok(self.rows().unread.len() as u64)
    }
}
