//! The statements that read, and how rows become values. A row that does not is an error, never skipped.

use crate::ids::{BranchName, InstallationId, Moment, QueueId, RepoId};
use crate::port::store::{InboxRow, JournalRow, Loaded};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Error, Row};

/// Rows read at once at most, whatever is asked for.
const ROWS: usize = 100_000;

fn bound(limit: usize) -> i64 {
    i64::try_from(limit.min(ROWS)).unwrap_or(i64::MAX)
}

fn unsigned(row: &SqliteRow, column: usize) -> Result<u64, Error> {
    row.try_get::<i64, _>(column).map(i64::cast_unsigned)
}

fn not_ours(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Decode(Box::new(error))
}

/// How a queue's branch stands in the tables.
pub fn branch(queue: &QueueId) -> &str {
    queue.branch.as_ref().map_or("", BranchName::as_str)
}

fn queue_id(row: &SqliteRow) -> Result<QueueId, Error> {
    let branch = Some(row.try_get::<&str, _>(1)?).filter(|branch| !branch.is_empty());
    let branch = branch.map(str::parse).transpose().map_err(not_ours)?;
    Ok(QueueId { repo: RepoId::new(unsigned(row, 0)?), branch })
}

/// Waiting rows of a queue or of the service as a whole, oldest first.
pub async fn inbox(pool: SqlitePool, queue: Option<QueueId>, limit: usize) -> Result<Vec<InboxRow>, Error> {
    let rows = sqlx::query(
        "select seq, installation, name, hint, received_at from inbox where repo is ? and branch = ? \
         order by seq limit ?",
    )
    .bind(queue.as_ref().map(|queue| queue.repo.get().cast_signed()))
    .bind(queue.as_ref().map_or("", branch))
    .bind(bound(limit))
    .fetch_all(&pool)
    .await?;
    rows.iter().map(inbox_row).collect()
}

fn inbox_row(row: &SqliteRow) -> Result<InboxRow, Error> {
    let installation: Option<i64> = row.try_get(1)?;
    let name: Option<&str> = row.try_get(2)?;
    Ok(InboxRow {
        seq: unsigned(row, 0)?,
        installation: installation.map(|id| InstallationId::new(id.cast_unsigned())),
        name: name.map(str::parse).transpose().map_err(not_ours)?,
        hint: serde_json::from_str(row.try_get(3)?).map_err(not_ours)?,
        received_at: Moment::from_ms(row.try_get(4)?),
    })
}

/// Queues with rows waiting.
pub async fn waiting(pool: SqlitePool) -> Result<Vec<QueueId>, Error> {
    let rows = sqlx::query("select distinct repo, branch from inbox where repo is not null order by 1, 2 limit ?")
        .bind(bound(ROWS))
        .fetch_all(&pool)
        .await?;
    rows.iter().map(queue_id).collect()
}

/// Queues of further branches that are not retired.
pub async fn claimed(pool: SqlitePool, repo: RepoId) -> Result<Vec<QueueId>, Error> {
    let rows = sqlx::query("select repo, branch from queue where repo = ? and branch <> '' and not retired order by 2")
        .bind(repo.get().cast_signed())
        .fetch_all(&pool)
        .await?;
    rows.iter().map(queue_id).collect()
}

/// How many rows wait.
pub async fn depth(pool: SqlitePool) -> Result<u64, Error> {
    unsigned(&sqlx::query("select count(*) from inbox").fetch_one(&pool).await?, 0)
}

/// A queue's state as last written.
pub async fn load(pool: SqlitePool, queue: QueueId) -> Result<Option<Loaded>, Error> {
    let row = sqlx::query("select version, state from queue where repo = ? and branch = ? and state is not null")
        .bind(queue.repo.get().cast_signed())
        .bind(branch(&queue))
        .fetch_optional(&pool)
        .await?;
    row.map(|row| Ok(Loaded { version: unsigned(&row, 0)?, state: row.try_get(1)? })).transpose()
}

/// The newest journal rows, newest first.
pub async fn journal(pool: SqlitePool, queue: QueueId, limit: usize) -> Result<Vec<JournalRow>, Error> {
    let rows = sqlx::query("select n, at, event from journal where repo = ? and branch = ? order by n desc limit ?")
        .bind(queue.repo.get().cast_signed())
        .bind(branch(&queue))
        .bind(bound(limit))
        .fetch_all(&pool)
        .await?;
    let journal_row = |row: &SqliteRow| {
        Ok(JournalRow { seq: unsigned(row, 0)?, at: Moment::from_ms(row.try_get(1)?), event: row.try_get(2)? })
    };
    rows.iter().map(journal_row).collect()
}

/// Deliveries kept because nobody could read them, or because their id came twice.
pub async fn unread_deliveries(pool: SqlitePool) -> Result<u64, Error> {
    unsigned(&sqlx::query("select count(*) from unread").fetch_one(&pool).await?, 0)
}
