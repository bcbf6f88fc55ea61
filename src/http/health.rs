//! Whether the process lives, and whether the service is ready. Neither asks anything of the outside.

use super::{ApiError, Shared};
use crate::port::{Clock, Store};
use axum::extract::State;
use axum::http::StatusCode;

/// Whether the service can do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// The App's repositories are listed, and each has its board.
    Ready,
    /// Not yet: the reason, as a sentence. Once ready, a service stays so; later trouble stands on the boards.
    NotReady(String),
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: 200 when ready, else 503 with the reason.
pub async fn ready<S: Store, C: Clock>(State(house): State<Shared<S, C>>) -> Result<&'static str, ApiError> {
    match &*house.doors.ready.borrow() {
        Readiness::Ready => Ok("ready\n"),
        Readiness::NotReady(why) => Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why)
            .fix("wait; if it lasts, read the log of the service")),
    }
}
