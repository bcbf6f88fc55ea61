//! The one task that writes. It collects what waits, writes it in one transaction, and answers after the commit: many
//! callers share one flush to disk. A group is written whole or not at all; it decides nothing about a row.

use super::write;
use crate::ids::{Moment, QueueId};
use crate::port::Trouble;
use crate::port::store::{Delivery, Epoch, Received, Turn, Written};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

/// At most so many jobs share a commit, so that the first of them does not wait long.
const GROUP_JOBS: usize = 256;
/// A group is full when it carries so many bytes of bodies and states.
const GROUP_BYTES: usize = 8 << 20;
/// Jobs that may wait; callers beyond that wait to hand theirs in.
const QUEUE: usize = 1024;

/// Something to write, what came of it inside the transaction, and where the answer goes after the commit.
#[derive(Debug)]
pub struct Ask<W, T> {
    what: W,
    came_of_it: Option<T>,
    to: oneshot::Sender<Result<T, Trouble>>,
}

impl<W, T> Ask<W, T> {
    /// A caller that has gone away is no trouble: its row is on disk all the same.
    fn answer(self, committed: &Result<(), Trouble>) {
        let answer = committed.clone().and_then(|()| {
            self.came_of_it.ok_or_else(|| Trouble::Bug("the writer committed a group without one of its jobs".into()))
        });
        drop(self.to.send(answer));
    }
}

/// What the writing task can be asked.
#[derive(Debug)]
pub enum Job {
    Receive(Ask<Box<Delivery>, Received>),
    Consume(Ask<Vec<u64>, ()>),
    Claim(Ask<QueueId, Epoch>),
    Retire(Ask<QueueId, ()>),
    Write(Ask<Box<Turn>, Written>),
    /// The sender is dropped, and so answered, when the file is closed.
    Close(oneshot::Sender<()>),
}

impl Job {
    fn bytes(&self) -> usize {
        match self {
            Self::Receive(ask) => ask.what.unread.as_ref().map_or(0, Vec::len),
            Self::Write(ask) => ask.what.state.len() + ask.what.events.iter().map(String::len).sum::<usize>(),
            Self::Consume(_) | Self::Claim(_) | Self::Retire(_) | Self::Close(_) => 0,
        }
    }

    fn arrived(&self) -> Option<Moment> {
        match self {
            Self::Receive(ask) => Some(ask.what.received_at),
            Self::Write(_) | Self::Consume(_) | Self::Claim(_) | Self::Retire(_) | Self::Close(_) => None,
        }
    }

    /// Does the job inside the group's transaction.
    async fn perform(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        match self {
            Self::Receive(ask) => ask.came_of_it = Some(write::receive(connection, &ask.what).await?),
            Self::Consume(ask) => ask.came_of_it = Some(write::consume(connection, &ask.what).await?),
            Self::Claim(ask) => ask.came_of_it = Some(write::claim(connection, &ask.what).await?),
            Self::Retire(ask) => ask.came_of_it = Some(write::retire(connection, &ask.what).await?),
            Self::Write(ask) => ask.came_of_it = Some(write::turn(connection, &ask.what).await?),
            Self::Close(_) => {}
        }
        Ok(())
    }

    fn answer(self, committed: &Result<(), Trouble>) {
        match self {
            Self::Receive(ask) => ask.answer(committed),
            Self::Consume(ask) => ask.answer(committed),
            Self::Close(to) => drop(to),
            Self::Claim(ask) => ask.answer(committed),
            Self::Retire(ask) => ask.answer(committed),
            Self::Write(ask) => ask.answer(committed),
        }
    }
}

/// The way to the writing task. When it is dropped the task writes what waits and ends.
#[derive(Debug)]
pub struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the task on the current runtime.
    pub fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(run(waiting, Pen { connection: Some(connection), options, pruned: None }));
        Self(jobs)
    }

    /// Hands something in and waits for its answer.
    pub async fn ask<W, T>(&self, what: W, job: impl FnOnce(Ask<W, T>) -> Job) -> Result<T, Trouble> {
        let (to, answered) = oneshot::channel();
        let closed = || Trouble::busy("the database has been closed");
        self.0.send(job(Ask { what, came_of_it: None, to })).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Waits until everything handed in is written and the file is closed.
    pub async fn close(&self) {
        let (to, closed) = oneshot::channel();
        if self.0.send(Job::Close(to)).await.is_ok() {
            // It is never sent, only dropped: an error is the sign we wait for.
            let _closed = closed.await;
        }
    }
}

async fn run(mut waiting: mpsc::Receiver<Job>, mut pen: Pen) {
    let mut closers = Vec::new();
    let mut group = Vec::new();
    while let Some(first) = waiting.recv().await {
        let mut bytes = first.bytes();
        group.push(first);
        while group.len() < GROUP_JOBS && bytes < GROUP_BYTES {
            let Ok(job) = waiting.try_recv() else { break };
            bytes += job.bytes();
            group.push(job);
        }
        let (closing, mut work): (Vec<_>, Vec<_>) = group.drain(..).partition(|job| matches!(job, Job::Close(_)));
        if !closing.is_empty() {
            waiting.close();
            closers.extend(closing);
        }
        let committed = pen.write(&mut work).await;
        for job in work {
            job.answer(&committed);
        }
    }
    if let Some(connection) = pen.connection {
        // Also folds the write-ahead log into the file. A failure loses nothing: the log is read at the next start.
        let _closed = connection.close().await;
    }
    drop(closers);
}

/// The writing connection, made anew after it broke.
struct Pen {
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    /// Arrival time at which old rows were last looked for.
    pruned: Option<Moment>,
}

impl Pen {
    /// Writes a group whole, or nothing of it.
    async fn write(&mut self, group: &mut [Job]) -> Result<(), Trouble> {
        if group.is_empty() {
            return Ok(());
        }
        let outcome = self.transact(group).await;
        outcome.map_err(|error| {
            // A connection on which anything failed is not trusted again: it may hold an open transaction.
            self.connection = None;
            tracing::error!(%error, rows = group.len(), "a group was not written to the database");
            Trouble::busy(format!("the database could not be written ({error})"))
        })
    }

    async fn transact(&mut self, group: &mut [Job]) -> Result<(), sqlx::Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(SqliteConnection::connect_with(&self.options).await?),
        };
        let mut transaction = connection.begin_with("begin immediate").await?;
        for job in group.iter_mut() {
            job.perform(&mut transaction).await?;
        }
        let newest = group.iter().filter_map(Job::arrived).max();
        // Old rows are looked for once a minute of arrivals, and at once again while some are left.
        if let Some(now) = newest.filter(|now| self.pruned.is_none_or(|last| now.since_ms(last) >= 60_000)) {
            let left = write::forget(&mut transaction, now).await?;
            self.pruned = (!left).then_some(now);
        }
        transaction.commit().await
    }
}
