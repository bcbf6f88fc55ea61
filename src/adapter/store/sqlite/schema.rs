//! How the database file is opened, and how an older one is brought to this version's shape. It never goes back: a
//! file of a newer version is refused.

use crate::port::Trouble;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row};
use std::path::Path;
use std::time::Duration;

/// Each file once, in order, never changed after a release; the file's `user_version` counts those applied.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../../migrations/0001_inbox_and_states.sql"),
    include_str!("../../../../migrations/0002_queues.sql"),
];

/// How long a statement waits for another process's lock. Short, because a webhook's sender waits behind it.
const BUSY: Duration = Duration::from_secs(1);

/// Options every connection is opened with.
///
/// `synchronous=FULL` because in WAL mode with NORMAL a committed row may be gone after a power cut
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>), and we have answered 202 for it by then.
pub fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("journal_size_limit", "67108864")
}

/// Opens the writing connection.
pub async fn connect(path: &Path, options: &SqliteConnectOptions) -> Result<SqliteConnection, Trouble> {
    SqliteConnection::connect_with(options).await.map_err(|error| opening(path, &error))
}

/// Applies the migrations the file has not seen, each in a transaction of its own.
pub async fn migrate(path: &Path, connection: &mut SqliteConnection) -> Result<(), Trouble> {
    let seen: i64 = sqlx::query("pragma user_version")
        .fetch_one(&mut *connection)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|error| opening(path, &error))?;
    let known = MIGRATIONS.len();
    let seen = usize::try_from(seen).ok().filter(|seen| *seen <= known).ok_or_else(|| {
        Trouble::Denied(format!(
            "the database {} has schema version {seen}, but this program knows only up to {known}: it was written by \
             a newer Greenline. Start that version again, or give this one another file",
            path.display()
        ))
    })?;
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(seen) {
        apply(connection, index + 1, sql).await.map_err(|error| opening(path, &error))?;
    }
    Ok(())
}

async fn apply(connection: &mut SqliteConnection, version: usize, sql: &'static str) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    sqlx::raw_sql(sql).execute(&mut *transaction).await?;
    let mark = format!("pragma user_version = {version}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(mark)).execute(&mut *transaction).await?;
    transaction.commit().await
}

fn opening(path: &Path, error: &sqlx::Error) -> Trouble {
    let path = path.display();
    let code =
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<u32>().ok());
    // The low byte is SQLite's primary result code: 5 BUSY, 6 LOCKED, 11 CORRUPT, 26 NOTADB.
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => Trouble::busy(format!("the database {path} is locked by another process")),
        Some(11 | 26) => Trouble::Denied(format!(
            "the file {path} is not a sound SQLite database ({error}). Restore it from a backup, or move it away and \
             start with an empty one: the queue is then read again from the forge"
        )),
        _ => Trouble::Denied(format!(
            "the database {path} cannot be opened ({error}). Check that its directory exists, that this user may \
             write there, and that the disk is not full"
        )),
    }
}
