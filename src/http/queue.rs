//! Reading one queue: the list, why a pull request stands where it stands, and what a request was answered. Read only.

use super::{ApiError, Shared};
use crate::engine::board::{Board, ClosureRow, RequestRow};
use crate::engine::why::{self, Stage, Why};
use crate::ids::{BranchName, Moment, PrNumber, QueueId, RepoName, RequestId, Sha};
use crate::port::store::Hint;
use crate::port::{Clock, Store};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Inbox rows that are looked through for a request without an answer.
const ROWS_READ: usize = 1_000;

/// A queue with the reason of each entry.
#[derive(Debug, Serialize)]
struct Queue<'a> {
    repository: &'a RepoName,
    trunk: &'a BranchName,
    /// All branches of the repository that have a queue, the default one first.
    trunks: Vec<&'a BranchName>,
    tip: Option<Sha>,
    troubles: &'a [String],
    /// What keeps it from landing anything: freezes by people and by the calendar.
    closures: &'a [ClosureRow],
    #[serde(rename = "queue")]
    entries: Vec<&'a Why>,
    /// Approved, and waiting or held outside of it.
    waiting: Vec<&'a Why>,
    at: Moment,
}

/// A request's answer, or that it has none yet.
#[derive(Debug, Serialize)]
struct Asked {
    request: RequestId,
    answered: bool,
    #[serde(flatten)]
    answer: Option<RequestRow>,
}

/// Which of a repository's queues is meant.
#[derive(Debug, Deserialize)]
pub struct Which {
    /// The branch it lands on; the default one, if none is named.
    trunk: Option<String>,
}

/// `GET /api/repos/OWNER/NAME/queue?trunk=BRANCH`
pub async fn list<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, ApiError> {
    let queues = repository(&house, &owner, &name)?;
    let (_, board) = meant(&queues, &which)?;
    let entries = board.queue.iter().filter_map(|row| board.answers.whys.get(&row.pull)).collect();
    let outside = board.held.iter().map(|row| row.pull).chain(board.waiting.iter().map(|row| row.pull));
    let queue = Queue {
        repository: &board.name,
        trunk: &board.trunk,
        trunks: queues.iter().map(|(_, board)| &board.trunk).collect(),
        tip: board.tip,
        troubles: &board.troubles,
        closures: &board.closures,
        entries,
        waiting: outside.filter_map(|pull| board.answers.whys.get(&pull)).collect(),
        at: board.at,
    };
    Ok(Json(queue).into_response())
}

/// The queue that is meant, of all that the repository has.
pub(super) fn meant<'q>(
    queues: &'q [(QueueId, Arc<Board>)],
    which: &Which,
) -> Result<&'q (QueueId, Arc<Board>), ApiError> {
    let named = |board: &Board| which.trunk.as_ref().is_none_or(|trunk| board.trunk.as_str() == trunk);
    queues.iter().find(|(_, board)| named(board)).ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "unknown_trunk", "no branch of that name has a queue here").fix(
            "leave trunk out for the queue of the default branch; its answer names the other branches that have one",
        )
    })
}

/// `GET /api/repos/OWNER/NAME/queue/NUMBER`
pub async fn why<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    Ok(Json(about(&house, (&owner, &name), number(&pull)?)?.1).into_response())
}

/// `GET /api/repos/OWNER/NAME/requests/ID`
pub async fn request<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, id)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let id: RequestId = id.parse().map_err(|_| no_request())?;
    let answer = answered(&house, (&owner, &name), id).await?;
    Ok(Json(Asked { request: id, answered: answer.is_some(), answer }).into_response())
}

/// What a request was answered; `None` while it waits. 404 for one that is not known, or not any more.
pub(super) async fn answered<S: Store, C: Clock>(
    house: &Shared<S, C>,
    (owner, name): (&str, &str),
    id: RequestId,
) -> Result<Option<RequestRow>, ApiError> {
    let queues = repository(house, owner, name)?;
    let mut waiting = false;
    // A request leaves the inbox in the same transaction that writes its answer, so the inbox is read first.
    for (queue, _) in &queues {
        let rows = house.doors.store.inbox(Some(queue), ROWS_READ).await;
        let waits = |hint: &Hint| matches!(hint, Hint::Request(request) if request.id == id);
        waiting |= rows.is_ok_and(|rows| rows.iter().any(|row| waits(&row.hint)));
    }
    let queues = repository(house, owner, name).unwrap_or(queues);
    let closed = queues.first().map(|(queue, _)| house.doors.boards.closed_of(queue.repo)).unwrap_or_default();
    let boards = queues.iter().map(|(_, board)| board).chain(&closed);
    let answer = boards.flat_map(|board| &board.answers.requests).find(|row| row.request == id).cloned();
    if answer.is_none() && !waiting {
        return Err(no_request());
    }
    Ok(answer)
}

/// Why a pull request stands where it stands, known or not, and the board of the queue that it is in or would be told in.
pub(super) fn about<S: Store, C: Clock>(
    house: &Shared<S, C>,
    (owner, name): (&str, &str),
    pull: PrNumber,
) -> Result<(Arc<Board>, Why), ApiError> {
    let mut queues = repository(house, owner, name)?;
    let closed = house.doors.boards.closed_of(queues[0].0.repo);
    let boards = queues.iter().map(|(_, board)| (true, board)).chain(closed.iter().map(|board| (false, board)));
    let told = boards.filter_map(|(open, board)| Some((open, board, board.answers.whys.get(&pull)?)));
    // It may have been in another queue before it was retargeted, or before that one was closed.
    let waits = |why: &Why| matches!(why.state, Stage::Queued | Stage::Waiting);
    let latest = told.max_by_key(|(open, _, why)| (*open && waits(why), why.since));
    let latest = latest.map(|(_, board, why)| (Arc::clone(board), why.clone()));
    Ok(latest.unwrap_or_else(|| {
        let board = queues.remove(0).1;
        let why = why::unknown(&board.name, pull);
        (board, why)
    }))
}

/// The queues of the served repository of that name, in any case of its letters, as GitHub has it. There is at least one, and
/// that of the default branch is the first.
pub(super) fn repository<S: Store, C: Clock>(
    house: &Shared<S, C>,
    owner: &str,
    name: &str,
) -> Result<Vec<(QueueId, Arc<Board>)>, ApiError> {
    let wanted = format!("{owner}/{name}");
    let named = |board: &Board| board.name.as_str().eq_ignore_ascii_case(&wanted);
    let boards = house.doors.boards.now();
    let id = boards.iter().find(|(_, board)| named(board)).map(|(queue, _)| queue.repo).ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "unknown_repository", "no repository of that name has a queue here")
            .fix("check the name; install the GitHub App on it; /api/board lists those that have one")
    })?;
    Ok(boards.into_iter().filter(|(queue, _)| queue.repo == id).collect())
}

pub(super) fn number(text: &str) -> Result<PrNumber, ApiError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && *number > 0).map(PrNumber::new);
    number.ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "no_such_pull", "that is no pull request's number")
            .fix("write the number without #, as in /queue/7")
    })
}

fn no_request() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "unknown_request", "no request of that id waits or was answered lately")
        .fix("use the id that the request was accepted with; the last hundred answers of a repository are kept")
}
