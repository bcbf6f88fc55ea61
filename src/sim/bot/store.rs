//! The database of the simulation: for each queue an inbox, one state, one claim. It survives every crash.

use crate::ids::{BranchName, QueueId, RepoId};
use crate::port::store::{Delivery, Epoch, Hint, InboxRow, JournalRow, Loaded, Received, Turn, Written};
use crate::port::{Store, Trouble};
use crate::sim::bot::gate::Door;
use crate::sim::ground::trunks::{MAIN, branch, branch_of};
use crate::sim::ground::world::{Ground, REPO};
use crate::sim::planted::saboteur;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is durable of one queue.
#[derive(Debug, Default)]
pub struct Rows {
    /// Who may write.
    pub epoch: u64,
    /// Its branch has no queue any more.
    pub retired: bool,
    /// Counts the writes.
    pub version: u64,
    /// The state as last written.
    pub state: Option<Arc<str>>,
    /// Hints that wait.
    pub inbox: BTreeMap<u64, Hint>,
}

impl Ground {
    /// A delivery comes in; nobody hears it when no process runs.
    pub fn deliver(&mut self, hint: &Hint, id: u64) {
        if self.processes.is_empty() {
            self.oracle.sometimes("a webhook came while nobody listened");
            return;
        }
        if self.delivered.insert(id) {
            self.note(|| format!("webhook {hint:?}"));
            let seq = self.id();
            self.rows.entry(branch(MAIN)).or_default();
            // Each queue consumes its own rows only.
            for (at, rows) in (0..).zip(self.rows.values_mut()) {
                rows.inbox.insert(2 * seq + at, hint.clone());
            }
        } else {
            self.oracle.sometimes("a webhook came twice");
        }
        self.processes.values().flat_map(|process| process.wake.values()).for_each(|wake| wake.notify_one());
    }

    /// A queue has closed in order.
    pub fn retire(&mut self, queue: &QueueId) {
        self.rows.entry(branch_of(queue)).or_default().retired = true;
    }

    /// Further branches whose queues have not.
    pub fn claimed(&self) -> impl Iterator<Item = BranchName> {
        let further =
            self.rows.iter().filter(|(trunk, rows)| trunk.as_str() != MAIN && rows.epoch > 0 && !rows.retired);
        further.map(|(trunk, _)| trunk.clone())
    }

    fn write(&mut self, process: u32, turn: Turn) -> Written {
        let trunk = branch_of(&turn.queue);
        let rows = self.rows.entry(trunk.clone()).or_default();
        if rows.epoch != turn.epoch.0 || rows.version != turn.version {
            self.oracle.sometimes("a process was fenced");
            return Written::Fenced;
        }
        rows.version += 1;
        let state: Arc<str> = Arc::from(str::from_utf8(&turn.state).unwrap_or_default());
        let before = rows.state.replace(Arc::clone(&state));
        for seq in turn.consumed {
            rows.inbox.remove(&seq);
        }
        for event in &turn.events {
            self.note(|| format!("  {process} {trunk} fact {event}"));
        }
        self.state_written(&trunk, before, &state);
        if let Some(file) = self.processes.get_mut(&process) {
            file.states.push((trunk, state));
        }
        Written::Yes
    }
}

/// The database as one process sees it.
pub struct SimStore(pub Door);

impl SimStore {
    async fn busy(&self) -> Result<(), Trouble> {
        self.0.pass().await;
        if self.0.ground().fault(|f| f.store) {
            return Err(Trouble::busy("the database is locked"));
        }
        Ok(())
    }
}

impl Store for SimStore {
    async fn receive(&self, _delivery: Delivery) -> Result<Received, Trouble> {
        Err(Trouble::Bug("deliveries come in by another door here".into()))
    }

    async fn inbox(&self, queue: Option<&QueueId>, limit: usize) -> Result<Vec<InboxRow>, Trouble> {
        self.busy().await?;
        let ground = self.0.ground();
        let row = |(seq, hint): (&u64, &Hint)| InboxRow {
            seq: *seq,
            installation: None,
            name: None,
            hint: hint.clone(),
            received_at: ground.now,
        };
        let rows = queue.and_then(|queue| ground.rows.get(&branch_of(queue)));
        Ok(rows.iter().flat_map(|rows| &rows.inbox).map(row).take(limit).collect())
    }

    async fn waiting(&self) -> Result<Vec<QueueId>, Trouble> {
        Ok(vec![QueueId::of(REPO)])
    }

    async fn depth(&self) -> Result<u64, Trouble> {
        Ok(self.0.ground().rows.values().map(|rows| rows.inbox.len() as u64).sum())
    }

    async fn consume(&self, seqs: &[u64]) -> Result<(), Trouble> {
        let mut ground = self.0.ground();
        for seq in seqs {
            ground.rows.values_mut().for_each(|rows| _ = rows.inbox.remove(seq));
        }
        Ok(())
    }

    async fn claim(&self, queue: &QueueId) -> Result<Epoch, Trouble> {
        self.busy().await?;
        let mut ground = self.0.ground();
        let rows = ground.rows.entry(branch_of(queue)).or_default();
        rows.epoch += 1;
        rows.retired = false;
        Ok(Epoch(rows.epoch))
    }

    async fn retire(&self, queue: &QueueId) -> Result<(), Trouble> {
        self.0.ground().retire(queue);
        Ok(())
    }

    async fn claimed(&self, repo: RepoId) -> Result<Vec<QueueId>, Trouble> {
        Ok(self.0.ground().claimed().map(|branch| QueueId { repo, branch: Some(branch) }).collect())
    }

    async fn load(&self, queue: &QueueId) -> Result<Option<Loaded>, Trouble> {
        self.busy().await?;
        let mut ground = self.0.ground();
        let trunk = branch_of(queue);
        let Some(state) = ground.durable(&trunk) else { return Ok(None) };
        let state = saboteur::loaded(&mut ground, state);
        if let Some(file) = ground.processes.get_mut(&self.0.process) {
            file.states.push((trunk.clone(), Arc::clone(&state)));
        }
        Ok(Some(Loaded { version: ground.rows[&trunk].version, state: state.as_bytes().to_vec() }))
    }

    async fn write(&self, turn: Turn) -> Result<Written, Trouble> {
        self.busy().await?;
        let written = {
            let mut ground = self.0.ground();
            match saboteur::unwritten(&mut ground, &turn) {
                Some(lie) => lie,
                None => ground.write(self.0.process, turn),
            }
        };
        self.0.pass().await;
        if self.0.ground().fault(|f| f.store) {
            // Written, and yet told otherwise: the next try finds another version there, and its process must stop.
            return Err(Trouble::busy("the database did not answer"));
        }
        Ok(written)
    }

    async fn journal(&self, _queue: &QueueId, _limit: usize) -> Result<Vec<JournalRow>, Trouble> {
        Ok(Vec::new())
    }

    async fn unread_deliveries(&self) -> Result<u64, Trouble> {
        Ok(0)
    }
}
