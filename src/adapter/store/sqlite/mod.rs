//! A store in one SQLite file. All writes go through one task that owns the one writing connection and commits what
//! waits as a group; reads have a few connections of their own. It never runs database work inside the caller's
//! future, so a caller that goes away leaves nothing half-done.

mod read;
mod schema;
mod write;
mod writer;

use crate::ids::{QueueId, RepoId};
use crate::port::Trouble;
use crate::port::store::{Delivery, Epoch, InboxRow, JournalRow, Loaded, Received, Store, Turn, Written};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use std::path::Path;
use std::time::Duration;
use writer::{Job, Writer};

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database file, makes it if it is not there, and brings it to this version's shape.
    ///
    /// Must be called inside a Tokio runtime: the writing task lives there.
    ///
    /// # Errors
    /// `Denied` with what to do when the file cannot be opened, is damaged, or was written by a newer version;
    /// `Busy` when another process holds it locked.
    pub async fn open(path: &Path) -> Result<Self, Trouble> {
        let options = schema::options(path);
        let mut connection = schema::connect(path, &options).await?;
        schema::migrate(path, &mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(2))
            .connect_lazy_with(options.clone().create_if_missing(false).pragma("query_only", "on"));
        Ok(Self { writer: Writer::start(connection, options), readers })
    }

    /// Waits until everything handed in is written, and closes the file. Later calls answer `Busy`.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    /// Runs a read in a task of its own, so that a caller that goes away never drops a query half-way.
    async fn read<T, F>(&self, query: impl FnOnce(SqlitePool) -> F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    {
        match tokio::spawn(query(self.readers.clone())).await {
            Ok(answer) => answer.map_err(|error| read_trouble(&error)),
            Err(stopped) => Err(Trouble::busy(format!("reading the database was stopped ({stopped})"))),
        }
    }
}

fn read_trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            Trouble::Bug(format!("a row in the database cannot be read ({error}); restore the file from a backup"))
        }
        other => Trouble::busy(format!("the database cannot be read now ({other})")),
    }
}

impl Store for SqliteStore {
    async fn receive(&self, delivery: Delivery) -> Result<Received, Trouble> {
        self.writer.ask(Box::new(delivery), Job::Receive).await
    }

    async fn inbox(&self, queue: Option<&QueueId>, limit: usize) -> Result<Vec<InboxRow>, Trouble> {
        let queue = queue.cloned();
        self.read(move |pool| read::inbox(pool, queue, limit)).await
    }

    async fn waiting(&self) -> Result<Vec<QueueId>, Trouble> {
        self.read(read::waiting).await
    }

    async fn depth(&self) -> Result<u64, Trouble> {
        self.read(read::depth).await
    }

    async fn consume(&self, seqs: &[u64]) -> Result<(), Trouble> {
        self.writer.ask(seqs.to_vec(), Job::Consume).await
    }

    async fn claim(&self, queue: &QueueId) -> Result<Epoch, Trouble> {
        self.writer.ask(queue.clone(), Job::Claim).await
    }

    async fn retire(&self, queue: &QueueId) -> Result<(), Trouble> {
        self.writer.ask(queue.clone(), Job::Retire).await
    }

    async fn claimed(&self, repo: RepoId) -> Result<Vec<QueueId>, Trouble> {
        self.read(move |pool| read::claimed(pool, repo)).await
    }

    async fn load(&self, queue: &QueueId) -> Result<Option<Loaded>, Trouble> {
        let queue = queue.clone();
        self.read(move |pool| read::load(pool, queue)).await
    }

    async fn write(&self, turn: Turn) -> Result<Written, Trouble> {
        self.writer.ask(Box::new(turn), Job::Write).await
    }

    async fn journal(&self, queue: &QueueId, limit: usize) -> Result<Vec<JournalRow>, Trouble> {
        let queue = queue.clone();
        self.read(move |pool| read::journal(pool, queue, limit)).await
    }

    async fn unread_deliveries(&self) -> Result<u64, Trouble> {
        self.read(read::unread_deliveries).await
    }
}
