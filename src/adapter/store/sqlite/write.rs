//! The statements that write, each inside the writing task's transaction. Nothing here begins or ends a transaction.

use super::super::{DELIVERIES_KNOWN_MS, JOURNAL_ROWS, UNREAD_KEPT_MS};
use super::read::branch;
use crate::ids::{Moment, QueueId, RepoName};
use crate::port::store::{Delivery, Epoch, Hint, Received, Turn, Written};
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

/// Old rows taken away at a time, so that no caller waits for a great clean-up.
const FORGET_ROWS: i64 = 1000;

/// Puts a delivery into the inbox, once.
pub async fn receive(connection: &mut SqliteConnection, delivery: &Delivery) -> Result<Received, sqlx::Error> {
    let known = sqlx::query(
        "insert into delivery (id, digest, event, conflict, received_at) \
         select ?1, ?2, ?3, exists (select 1 from delivery where id = ?1), ?4 where true \
         on conflict (id, digest) do nothing returning conflict",
    )
    .bind(delivery.id.as_str())
    .bind(&delivery.digest[..])
    .bind(&delivery.event)
    .bind(delivery.received_at.ms())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(known) = known else { return Ok(Received::Again) };
    let conflict: bool = known.try_get(0)?;
    let contested = delivery.contested();
    if conflict && contested.is_none() {
        forget_one(&mut *connection, delivery).await?;
        return Ok(Received::Conflict);
    }
    if conflict || delivery.unread.is_some() {
        keep_unread(connection, delivery).await?;
    }
    let hint = if conflict { contested.as_ref() } else { delivery.hint.as_ref() };
    if let Some(hint) = hint {
        enqueue(connection, delivery, hint).await?;
    }
    Ok(if conflict { Received::Conflict } else { Received::New })
}

/// Takes back what was just written of a delivery that leaves nothing behind.
async fn forget_one(connection: &mut SqliteConnection, delivery: &Delivery) -> Result<(), sqlx::Error> {
    sqlx::query("delete from delivery where id = ? and digest = ?")
        .bind(delivery.id.as_str())
        .bind(&delivery.digest[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// One row for each queue of the repository that is served: a queue takes in its own, in its own transaction.
async fn enqueue(connection: &mut SqliteConnection, delivery: &Delivery, hint: &Hint) -> Result<(), sqlx::Error> {
    let (repo, name) = delivery.repo.as_ref().map(|(repo, name)| (repo, name)).unzip();
    let hint = serde_json::to_string(hint).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "insert into inbox (repo, branch, name, installation, hint, received_at) select ?1, branch, ?2, ?3, ?4, ?5 \
         from (select '' as branch union select branch from queue where repo = ?1 and not retired)",
    )
    .bind(repo.map(|repo| repo.get().cast_signed()))
    .bind(name.map(RepoName::as_str))
    .bind(delivery.installation.map(|id| id.get().cast_signed()))
    .bind(hint)
    .bind(delivery.received_at.ms())
    .execute(connection)
    .await?;
    Ok(())
}

async fn keep_unread(connection: &mut SqliteConnection, delivery: &Delivery) -> Result<(), sqlx::Error> {
    sqlx::query("insert into unread (delivery, event, digest, body, received_at) values (?, ?, ?, ?, ?)")
        .bind(delivery.id.as_str())
        .bind(&delivery.event)
        .bind(&delivery.digest[..])
        .bind(delivery.unread.as_deref())
        .bind(delivery.received_at.ms())
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes away what is older than we promise to know; says whether some is left for the next time.
pub async fn forget(connection: &mut SqliteConnection, now: Moment) -> Result<bool, sqlx::Error> {
    let deliveries = sqlx::query(
        "delete from delivery where rowid in (select rowid from delivery where received_at < min(?1, \
         coalesce((select received_at from inbox order by seq limit 1), ?1)) order by received_at limit ?2)",
    )
    .bind(now.plus_ms(-DELIVERIES_KNOWN_MS).ms())
    .bind(FORGET_ROWS)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "delete from unread where seq in (select seq from unread where received_at < ? order by received_at limit ?)",
    )
    .bind(now.plus_ms(-UNREAD_KEPT_MS).ms())
    .bind(FORGET_ROWS)
    .execute(connection)
    .await?;
    Ok(deliveries.rows_affected() == FORGET_ROWS.cast_unsigned())
}

/// Drops inbox rows, whosever they are.
pub async fn consume(connection: &mut SqliteConnection, seqs: &[u64]) -> Result<(), sqlx::Error> {
    for seq in seqs {
        sqlx::query("delete from inbox where seq = ?").bind(seq.cast_signed()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Counts a new claim, which makes every older one worthless.
pub async fn claim(connection: &mut SqliteConnection, queue: &QueueId) -> Result<Epoch, sqlx::Error> {
    let row = sqlx::query(
        "insert into queue (repo, branch, epoch, version, journal_next) values (?, ?, 1, 0, 0) \
         on conflict (repo, branch) do update set epoch = epoch + 1, retired = false returning epoch",
    )
    .bind(queue.repo.get().cast_signed())
    .bind(branch(queue))
    .fetch_one(connection)
    .await?;
    let epoch: i64 = row.try_get(0)?;
    Ok(Epoch(epoch.cast_unsigned()))
}

/// Has no more deliveries kept for a queue until it is claimed again.
pub async fn retire(connection: &mut SqliteConnection, queue: &QueueId) -> Result<(), sqlx::Error> {
    sqlx::query("update queue set retired = true where repo = ? and branch = ?")
        .bind(queue.repo.get().cast_signed())
        .bind(branch(queue))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes a turn, if its claim and version still stand.
pub async fn turn(connection: &mut SqliteConnection, turn: &Turn) -> Result<Written, sqlx::Error> {
    let (repo, branch) = (turn.queue.repo.get().cast_signed(), branch(&turn.queue));
    let row = sqlx::query(
        "update queue set version = version + 1, state = ?, journal_next = journal_next + ?, written_at = ? \
         where repo = ? and branch = ? and epoch = ? and version = ? returning journal_next",
    )
    .bind(&turn.state[..])
    .bind((turn.events.len() as u64).cast_signed())
    .bind(turn.at.ms())
    .bind(repo)
    .bind(branch)
    .bind(turn.epoch.0.cast_signed())
    .bind(turn.version.cast_signed())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(Written::Fenced) };
    journal(connection, turn, row.try_get(0)?).await?;
    for seq in &turn.consumed {
        sqlx::query("delete from inbox where seq = ? and repo = ? and branch = ?")
            .bind(seq.cast_signed())
            .bind(repo)
            .bind(branch)
            .execute(&mut *connection)
            .await?;
    }
    Ok(Written::Yes)
}

/// Appends the turn's events, which end before row number `next`, and drops the oldest beyond the bound.
async fn journal(connection: &mut SqliteConnection, turn: &Turn, next: i64) -> Result<(), sqlx::Error> {
    if turn.events.is_empty() {
        return Ok(());
    }
    let (repo, branch) = (turn.queue.repo.get().cast_signed(), branch(&turn.queue));
    let first = next - (turn.events.len() as u64).cast_signed();
    for (n, event) in (first..).zip(&turn.events) {
        sqlx::query("insert into journal (repo, branch, n, at, event) values (?, ?, ?, ?, ?)")
            .bind(repo)
            .bind(branch)
            .bind(n)
            .bind(turn.at.ms())
            .bind(event)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("delete from journal where repo = ? and branch = ? and n < ?")
        .bind(repo)
        .bind(branch)
        .bind(next - JOURNAL_ROWS.cast_signed())
        .execute(connection)
        .await?;
    Ok(())
}
