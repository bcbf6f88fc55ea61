//! The boards as JSON, once or as they change. Read only.

use super::{ApiError, Closing, Shared};
use crate::engine::board::Board;
use crate::ids::QueueId;
use crate::port::{Clock, Store};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};

/// At most so often a live page is told of changes; what happens in between comes as one.
const AT_MOST_EVERY: Duration = Duration::from_millis(250);

type AllBoards = BTreeMap<QueueId, Arc<Board>>;

fn plain(boards: &AllBoards) -> BTreeMap<QueueId, &Board> {
    boards.iter().map(|(queue, board)| (queue.clone(), &**board)).collect()
}

/// `GET /api/board`: every queue's board, by repository id, and for another branch than the default one `ID/BRANCH`.
pub async fn board<S: Store, C: Clock>(State(house): State<Shared<S, C>>) -> Response {
    Json(plain(&house.doors.boards.now())).into_response()
}

/// One live page.
struct Stream {
    boards: watch::Receiver<AllBoards>,
    closing: Option<Closing>,
    told: bool,
    /// Its place among the live pages.
    _place: OwnedSemaphorePermit,
}

impl Stream {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if self.told {
            let closing = self.closing.clone();
            let stopped = async {
                match closing {
                    Some(closing) => closing.wait().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stopped => return None,
                changed = async { tokio::time::sleep(AT_MOST_EVERY).await; self.boards.changed().await } => changed.ok()?,
            }
        }
        self.told = true;
        let event = {
            let boards = self.boards.borrow_and_update();
            Event::default().event("board").json_data(plain(&boards))
        };
        let event = event.inspect_err(|error| tracing::error!(%error, "a board could not be written as JSON")).ok()?;
        Some((Ok(event), self))
    }
}

/// `GET /api/events`: the boards at once and after each change, as server-sent events named `board`.
pub async fn events<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    request: Request,
) -> Result<Response, ApiError> {
    let place = Arc::clone(&house.streams).try_acquire_owned().map_err(|_| {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", "too many live pages are open")
            .fix("close some, or read /api/board now and then")
    })?;
    let stream = Stream {
        boards: house.doors.boards.subscribe(),
        closing: request.extensions().get::<Closing>().cloned(),
        told: false,
        _place: place,
    };
    let keep = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(stream::unfold(stream, Stream::next)).keep_alive(keep).into_response())
}
