//! Reading one queue: the list, why a pull request stands where it stands, and what a request was answered. Read only.

use super::{ApiError, Shared};
use crate::engine::board::{Board, RequestRow};
use crate::engine::why::{self, Why};
use crate::ids::{BranchName, Moment, PrNumber, RepoId, RepoName, RequestId, Sha};
use crate::port::store::Hint;
use crate::port::{Clock, Store};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;

/// Inbox rows that are looked through for a request without an answer.
const ROWS_READ: usize = 1_000;

/// A queue with the reason of each entry.
#[derive(Debug, Serialize)]
struct Queue<'a> {
    repository: &'a RepoName,
    trunk: &'a BranchName,
    tip: Option<Sha>,
    troubles: &'a [String],
    #[serde(rename = "queue")]
    entries: Vec<&'a Why>,
    /// Approved, and waiting or held outside of it.
    waiting: Vec<&'a Why>,
    at: Moment,
}

/// A request's answer, or that it has none yet.
#[derive(Debug, Serialize)]
struct Asked<'a> {
    request: RequestId,
    answered: bool,
    #[serde(flatten)]
    answer: Option<&'a RequestRow>,
}

/// `GET /api/repos/OWNER/NAME/queue`
pub async fn list<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (_, board) = repository(&house, &owner, &name)?;
    let entries = board.queue.iter().filter_map(|row| board.answers.whys.get(&row.pull)).collect();
    let outside = board.held.iter().map(|row| row.pull).chain(board.waiting.iter().map(|row| row.pull));
    let queue = Queue {
        repository: &board.name,
        trunk: &board.trunk,
        tip: board.tip,
        troubles: &board.troubles,
        entries,
        waiting: outside.filter_map(|pull| board.answers.whys.get(&pull)).collect(),
        at: board.at,
    };
    Ok(Json(queue).into_response())
}

/// `GET /api/repos/OWNER/NAME/queue/NUMBER`
pub async fn why<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (_, board) = repository(&house, &owner, &name)?;
    Ok(Json(about(&board, number(&pull)?)).into_response())
}

/// `GET /api/repos/OWNER/NAME/requests/ID`
pub async fn request<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, id)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (repo, board) = repository(&house, &owner, &name)?;
    let id: RequestId = id.parse().map_err(|_| no_request())?;
    // A request leaves the inbox in the same transaction that writes its answer, so the inbox is read first.
    let rows = house.doors.store.inbox(Some(repo), ROWS_READ).await;
    let waits = |hint: &Hint| matches!(hint, Hint::Request(request) if request.id == id);
    let waiting = rows.is_ok_and(|rows| rows.iter().any(|row| waits(&row.hint)));
    let board = repository(&house, &owner, &name).map_or(board, |(_, board)| board);
    let answer = board.answers.requests.iter().find(|row| row.request == id);
    if answer.is_none() && !waiting {
        return Err(no_request());
    }
    Ok(Json(Asked { request: id, answered: answer.is_some(), answer }).into_response())
}

/// Why a pull request stands where it stands, known or not.
pub(super) fn about(board: &Board, pull: PrNumber) -> Why {
    board.answers.whys.get(&pull).cloned().unwrap_or_else(|| why::unknown(&board.name, pull))
}

/// The served repository of that name, in any case of its letters, as GitHub has it.
pub(super) fn repository<S: Store, C: Clock>(
    house: &Shared<S, C>,
    owner: &str,
    name: &str,
) -> Result<(RepoId, Arc<Board>), ApiError> {
    let wanted = format!("{owner}/{name}");
    let named = |board: &Board| board.name.as_str().eq_ignore_ascii_case(&wanted);
    house.doors.boards.now().into_iter().find(|(_, board)| named(board)).ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "unknown_repository", "no repository of that name has a queue here")
            .fix("check the name; install the GitHub App on it; /api/board lists those that have one")
    })
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
