//! One turn of a repository: facts are taken in, everything is written in one transaction, and only then may anything be done.

use super::fact::Fact;
use super::job::Job;
use super::owed::jobs;
use super::state::RepoState;
use super::take::{Around, take_in};
use crate::ids::{Moment, QueueId, Reading};
use crate::port::store::{Committed, Epoch, Turn};
use crate::port::{Store, Trouble};

/// A queue's state as it stands in the store, with the right to write it.
#[derive(Debug)]
pub struct Book {
    /// The state.
    pub state: RepoState,
    queue: QueueId,
    version: u64,
    epoch: Epoch,
}

impl Book {
    /// Claims a queue and loads its state; `fresh` is the state of one never seen.
    pub async fn open<S: Store>(store: &S, fresh: RepoState) -> Result<Self, Trouble> {
        let queue = fresh.id();
        let epoch = store.claim(&queue).await?;
        if let Some(before @ 1..) = epoch.0.checked_sub(1) {
            // Whoever held it may still be alive: it is then stopped by its next write.
            tracing::info!("taking over {} of {} from epoch {before}", fresh.trunk(), fresh.repository.name);
        }
        let (version, state) = match store.load(&queue).await? {
            None => (0, fresh),
            Some(loaded) => (loaded.version, parse(&loaded.state)?),
        };
        Ok(Self { state, queue, version, epoch })
    }

    /// Takes facts in and writes the turn; what may now be done. `None`: somebody else writes this repository now.
    pub async fn turn<S: Store>(
        &mut self,
        store: &S,
        facts: &[Fact],
        consumed: &[u64],
        readings: Reading,
        around: Around<'_>,
    ) -> Result<Option<Committed<Vec<Job>>>, Trouble> {
        take_in(&mut self.state, facts, around);
        self.state.readings = self.state.readings.max(readings);
        self.write(store, facts, consumed, around.now).await
    }

    /// Writes the state as it is; on trouble it may be called again.
    pub async fn write<S: Store>(
        &mut self,
        store: &S,
        facts: &[Fact],
        consumed: &[u64],
        at: Moment,
    ) -> Result<Option<Committed<Vec<Job>>>, Trouble> {
        let turn = Turn {
            queue: self.queue.clone(),
            epoch: self.epoch,
            version: self.version,
            events: facts.iter().map(journal_line).collect(),
            state: serde_json::to_vec(&self.state)
                .map_err(|e| Trouble::Bug(format!("the state cannot be written: {e}")))?,
            consumed: consumed.to_vec(),
            at,
        };
        let committed = store.commit(turn, jobs(&self.state)).await?;
        if committed.is_some() {
            self.version += 1;
        }
        Ok(committed)
    }
}

fn parse(bytes: &[u8]) -> Result<RepoState, Trouble> {
    serde_json::from_slice(bytes).map_err(|e| {
        Trouble::Denied(format!(
            "the stored state cannot be read ({e}): it was written by another version; start that version"
        ))
    })
}

fn journal_line(fact: &Fact) -> String {
    serde_json::to_string(fact).unwrap_or_else(|e| format!("{{\"unwritable\":{:?}}}", e.to_string()))
}
