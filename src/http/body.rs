//! Reading a webhook's body within bounds of size, time and memory. It never looks at what the body says.

use super::{ApiError, Limits};
use axum::body::Body;
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

const KIB: usize = 1024;

/// The memory bodies may take, counted in KiB. Small and large bodies have each their own, because the semaphore is
/// fair: behind one waiting 25 MiB body every small one would wait as well.
#[derive(Debug)]
pub struct Memory {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    limits: Limits,
}

/// A body in memory, and the right to that memory.
#[derive(Debug)]
pub struct Held {
    /// The raw bytes.
    pub bytes: Bytes,
    /// Gives the memory back when dropped.
    pub permit: Reservation,
}

/// A share of the memory for bodies.
#[derive(Debug)]
pub struct Reservation {
    of: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    wait: Duration,
}

impl Reservation {
    /// Makes the share at least `bytes`, or gives up after a while.
    async fn grow_to(&mut self, bytes: usize) -> Result<(), ApiError> {
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(bytes.div_ceil(KIB).saturating_sub(held)).unwrap_or(u32::MAX);
        if missing == 0 {
            return Ok(());
        }
        let more = timeout(self.wait, Arc::clone(&self.of).acquire_many_owned(missing)).await;
        let Ok(Ok(more)) = more else {
            return Err(ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "too many deliveries are being read at once",
            )
            .fix("redeliver it; the service also finds by itself what it missed")
            .closing());
        };
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

impl Memory {
    /// As much as the limits say.
    pub fn new(limits: &Limits) -> Self {
        let of = |bytes: usize| Arc::new(Semaphore::new(bytes / KIB));
        Self { small: of(limits.small_bytes), large: of(limits.large_bytes), limits: limits.clone() }
    }

    /// Reads a body whole. `length` is what the request's head announced.
    pub async fn read(&self, length: Option<u64>, body: Body) -> Result<Held, ApiError> {
        let limit = self.limits.body_bytes;
        // Without a length it may become as large as is allowed.
        let expected = length.map_or(limit, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if expected > limit {
            return Err(too_large(limit));
        }
        timeout(Duration::from_millis(self.limits.body_ms), self.collect(expected, body)).await.map_err(|_| {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the body did not arrive in time")
                .fix("redeliver it; if it happens again, look at the network or the proxy in between")
                .closing()
        })?
    }

    async fn collect(&self, expected: usize, mut body: Body) -> Result<Held, ApiError> {
        let small = expected <= Limits::SMALL_BODY_BYTES;
        let of = if small { &self.small } else { &self.large };
        let wait = Duration::from_millis(self.limits.memory_wait_ms);
        let mut permit = Reservation { of: Arc::clone(of), permit: None, wait };
        // A small body takes memory as it arrives, so that one that only dribbles keeps none from others. A large one
        // takes all of it first: two half-read ones could otherwise wait for each other.
        if !small {
            permit.grow_to(expected).await?;
        }
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                ApiError::new(StatusCode::BAD_REQUEST, "broken_body", "the connection broke inside the body")
                    .fix("redeliver it")
                    .closing()
            })?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > self.limits.body_bytes {
                return Err(too_large(self.limits.body_bytes));
            }
            permit.grow_to(bytes.len() + data.len()).await?;
            if bytes.is_empty() {
                bytes.reserve(expected.min(if small { 64 * KIB } else { expected }));
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Held { bytes: bytes.freeze(), permit })
    }
}

/// The answer to a body over the limit.
pub fn too_large(limit: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("a delivery may have {limit} bytes; this one has more"),
    )
    .fix("GitHub never sends one so large: check what is configured to send here")
    .closing()
}
