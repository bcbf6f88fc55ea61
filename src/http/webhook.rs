//! `POST /webhook`: check the signature on the raw bytes, store, answer 202. It reads from a payload only where to
//! look again, and nothing is answered 2xx before it is in durable storage.

use super::body::{Held, Reservation};
use super::signature;
use super::{ApiError, Shared, metrics, payload};
use crate::ids::DeliveryId;
use crate::port::store::{Delivery, Received};
use crate::port::{Clock, Store, Trouble};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// From this size on, hashing and parsing would hold up other requests on the same thread.
const ASIDE_BYTES: usize = 128 << 10;

/// Of a body we cannot read this much is kept; GitHub sends it again for three days. In the one transaction that others
/// wait for, 25 MiB would delay all their answers.
const UNREAD_BYTES: usize = 1 << 20;

/// The answer to a stored delivery.
#[derive(Debug, Serialize)]
struct Ack {
    delivery: DeliveryId,
    stored: &'static str,
}

/// What the head of the request says.
struct Envelope {
    event: String,
    delivery: String,
    signature: String,
    length: Option<u64>,
}

/// Takes in one delivery.
pub async fn deliver<S: Store, C: Clock>(State(house): State<Shared<S, C>>, request: Request) -> Response {
    let started = Instant::now();
    let event = metrics::event_label(request.headers().get("x-github-event").and_then(|event| event.to_str().ok()));
    let (result, response) = match accept(&house, request).await {
        Ok(acknowledged) => (acknowledged.stored, (StatusCode::ACCEPTED, Json(acknowledged)).into_response()),
        Err(refused) => (refused.code(), refused.into_response()),
    };
    house.doors.metrics.delivered(event, result, started.elapsed());
    response
}

async fn accept<S: Store, C: Clock>(house: &Shared<S, C>, request: Request) -> Result<Ack, ApiError> {
    let (parts, body) = request.into_parts();
    let envelope = Envelope::read(&parts.headers, house.doors.limits.body_bytes)?;
    let held = house.memory.read(envelope.length, body).await?;
    let (delivery, permit) = if held.bytes.len() < ASIDE_BYTES {
        open(&house.doors.secrets, &house.doors.clock, &envelope, held)?
    } else {
        let house = Arc::clone(house);
        let opening = move || open(&house.doors.secrets, &house.doors.clock, &envelope, held);
        tokio::task::spawn_blocking(opening).await.map_err(|_| stopped())??
    };
    let id = delivery.id.clone();
    let stored = store(Arc::clone(house), delivery, permit).await?;
    Ok(Ack { delivery: id, stored })
}

impl Envelope {
    fn read(headers: &HeaderMap, limit: usize) -> Result<Self, ApiError> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()).and_then(|n| n.parse().ok());
        if length.is_some_and(|length| length > limit as u64) {
            return Err(super::body::too_large(limit));
        }
        let signature = only(headers, "x-hub-signature-256")
            .ok_or_else(|| unsigned("the header X-Hub-Signature-256 is missing, or there is more than one"))?;
        let event = only(headers, "x-github-event").filter(|event| !event.is_empty());
        let delivery = only(headers, "x-github-delivery").filter(|delivery| !delivery.is_empty());
        match (event, delivery) {
            (Some(event), Some(delivery)) => Ok(Self { event, delivery, signature, length }),
            (None, _) => Err(headless("X-GitHub-Event")),
            (_, None) => Err(headless("X-GitHub-Delivery")),
        }
    }
}

/// The header's value, if it stands there exactly once.
fn only(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut all = headers.get_all(name).iter();
    let one = all.next()?.to_str().ok()?;
    all.next().is_none().then(|| one.to_owned())
}

/// Checks and reads a delivery. Its memory is given back here, unless the raw body is to be kept.
fn open(
    secrets: &[SecretString],
    clock: &impl Clock,
    envelope: &Envelope,
    held: Held,
) -> Result<(Delivery, Option<Reservation>), ApiError> {
    let Held { bytes, permit } = held;
    let verified = signature::verify(bytes, Some(&envelope.signature), secrets)
        .map_err(|refusal| unsigned(refusal.to_string()))?;
    let digest: [u8; 32] = Sha256::digest(verified.get()).into();
    let read = payload::read(&envelope.event, &verified);
    if let Some(why) = &read.unread {
        tracing::warn!(delivery = %envelope.delivery, event = %envelope.event, %why, "a signed body could not be read");
    }
    let beginning = &verified.get()[..verified.get().len().min(UNREAD_BYTES)];
    let unread = read.unread.is_some().then(|| beginning.to_vec());
    let delivery = Delivery {
        id: delivery_id(&envelope.delivery, &digest),
        event: envelope.event.chars().filter(|c| !c.is_control()).take(64).collect(),
        repo: read.repo,
        installation: read.installation,
        hint: read.hint,
        digest,
        unread,
        received_at: clock.now(),
    };
    let permit = delivery.unread.is_some().then_some(permit);
    Ok((delivery, permit))
}

/// The id as given; one that is malformed, though signed for, is replaced by one made from the body.
fn delivery_id(given: &str, digest: &[u8; 32]) -> DeliveryId {
    given.parse().unwrap_or_else(|_| {
        format!("body-{}", hex::encode(&digest[..20])).parse().expect("`body-` and 40 hex digits are a delivery id")
    })
}

/// Stores in a task of its own: when the sender hangs up, the row is written and the engine told all the same.
pub(super) async fn store<S: Store, C: Clock>(
    house: Shared<S, C>,
    delivery: Delivery,
    memory: Option<Reservation>,
) -> Result<&'static str, ApiError> {
    let repo = delivery.repo.as_ref().map(|(_, name)| tracing::field::display(name));
    let span = tracing::info_span!("delivery", id = %delivery.id, event = %delivery.event, repo);
    let patience = Duration::from_millis(house.doors.limits.store_ms);
    let storing = async move {
        let unused = delivery.hint.is_none();
        let stored = house.doors.store.receive(delivery).await;
        drop(memory);
        match &stored {
            Ok(received) => {
                tracing::debug!(stored = word(*received), unused, "stored");
                house.doors.wake.notify_one();
            }
            Err(trouble) => tracing::error!(%trouble, "not stored"),
        }
        stored
    };
    match tokio::time::timeout(patience, tokio::spawn(storing.instrument(span))).await {
        Ok(Ok(Ok(received))) => Ok(word(received)),
        Ok(Ok(Err(trouble))) => Err(unstored(&trouble)),
        Ok(Err(_)) => Err(stopped()),
        Err(_) => Err(unstored(&Trouble::busy("the database did not answer in time"))),
    }
}

fn word(received: Received) -> &'static str {
    match received {
        Received::New => "new",
        Received::Again => "again",
        Received::Conflict => "conflict",
    }
}

fn unsigned(why: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unsigned", why)
        .fix("set the same webhook secret at the sender and in this service's settings")
}

fn headless(header: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "missing_header",
        format!("the header {header} is missing, or there is more than one"),
    )
    .fix("send deliveries as GitHub does")
}

fn unstored(trouble: &Trouble) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_stored", trouble.to_string())
        .fix("redeliver it; the service also finds by itself what it missed")
}

fn stopped() -> ApiError {
    unstored(&Trouble::busy("the service is stopping"))
}
