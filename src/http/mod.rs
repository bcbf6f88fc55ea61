//! The doors: webhooks come in; the page, the API, health and metrics go out. They store what came, show what is
//! published on the boards, and decide nothing about a queue.

mod api;
mod bodies;
mod body;
mod error;
mod health;
mod metrics;
mod page;
pub mod payload;
mod queue;
mod requests;
mod serve;
mod session;
pub mod signature;
pub mod tokens;
mod webhook;

pub use error::ApiError;
pub use health::Readiness;
pub use metrics::Metrics;
pub use serve::{Closing, serve};

use crate::config::service::ApiToken;
use crate::engine::board::Boards;
use crate::port::{Clock, Identity, Store};
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore, watch};

/// Everything the doors need of the house.
#[derive(Debug)]
pub struct Doors<S, C> {
    /// Where deliveries go.
    pub store: Arc<S>,
    /// What time it is.
    pub clock: C,
    /// Told after each delivery that was stored.
    pub wake: Arc<Notify>,
    /// What is shown.
    pub boards: Boards,
    /// Webhook secrets accepted now: one, or two while rotating.
    pub secrets: Vec<SecretString>,
    /// Who may write through the API.
    pub tokens: Vec<ApiToken>,
    /// Whether the service is ready, and why not.
    pub ready: watch::Receiver<Readiness>,
    /// What is counted here.
    pub metrics: Arc<Metrics>,
    /// How people reach the page; becomes its canonical address.
    pub public_url: Option<String>,
    /// How people sign in on the page; none, or without a `public_url`, nobody does, and no page has buttons.
    pub identity: Option<Arc<dyn Identity>>,
    /// Base of the forge's own pages (`https://github.com`), for links; none, no links.
    pub forge_url: Option<String>,
    /// How much and how long.
    pub limits: Limits,
}

/// The bounds of the doors: sizes in bytes, times in milliseconds.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest webhook body. GitHub sends at most 25 MB.
    pub body_bytes: usize,
    /// All bodies of at most [`Limits::SMALL_BODY_BYTES`] that are in memory together.
    pub small_bytes: usize,
    /// All larger bodies that are in memory together.
    pub large_bytes: usize,
    /// How long a request waits for that memory.
    pub memory_wait_ms: u64,
    /// How long a request's head may take to arrive.
    pub header_ms: u64,
    /// How long a request's body may take to arrive.
    pub body_ms: u64,
    /// How long we wait for the store; under the 10 s after which GitHub gives up.
    pub store_ms: u64,
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
    /// How long one connection may live.
    pub connection_ms: u64,
    /// How long connections have to finish when the service stops.
    pub drain_ms: u64,
    /// Live pages at a time.
    pub streams: usize,
}

impl Limits {
    /// Bodies up to this size have memory of their own, so that large ones never delay them.
    pub const SMALL_BODY_BYTES: usize = 256 << 10;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 25 << 20,
            small_bytes: 24 << 20,
            large_bytes: 56 << 20,
            memory_wait_ms: 3_000,
            header_ms: 5_000,
            body_ms: 8_000,
            store_ms: 8_000,
            connections: 800,
            connection_ms: 15 * 60 * 1000,
            drain_ms: 5_000,
            streams: 64,
        }
    }
}

/// The doors and what they share between requests.
struct House<S, C> {
    doors: Doors<S, C>,
    memory: body::Memory,
    streams: Arc<Semaphore>,
    tokens: tokens::Tokens,
    entrance: Option<session::Entrance>,
}

type Shared<S, C> = Arc<House<S, C>>;

/// All routes. Serve them with [`serve`], which holds the limits on connections and request heads.
pub fn doors<S: Store, C: Clock>(doors: Doors<S, C>) -> Router {
    let memory = body::Memory::new(&doors.limits);
    let streams = Arc::new(Semaphore::new(doors.limits.streams));
    let tokens = tokens::Tokens::new(doors.tokens.clone());
    let entrance = doors.identity.clone().zip(doors.public_url.as_deref());
    let entrance = entrance.map(|(identity, public_url)| session::Entrance::new(identity, public_url));
    let house = Arc::new(House { doors, memory, streams, tokens, entrance });
    Router::new()
        .route("/", get(page::page::<S, C>))
        .route("/repos/{owner}/{name}/pulls/{number}", get(page::why::page::<S, C>))
        .route("/repos/{owner}/{name}/pulls/{number}/queue", post(page::press::queue::<S, C>))
        .route("/sign-in", get(session::begin::<S, C>))
        .route("/sign-in/callback", get(session::callback::<S, C>))
        .route("/sign-out", post(session::sign_out::<S, C>))
        .route("/static/style.css", get(page::style))
        .route("/static/live.js", get(page::script))
        .route("/webhook", post(webhook::deliver::<S, C>))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready::<S, C>))
        .route("/metrics", get(metrics::metrics::<S, C>))
        .route("/api/board", get(api::board::<S, C>))
        .route("/api/events", get(api::events::<S, C>))
        .route("/api/repos/{owner}/{name}/queue", get(queue::list::<S, C>))
        .route(
            "/api/repos/{owner}/{name}/queue/{number}",
            get(queue::why::<S, C>).post(requests::add::<S, C>).delete(requests::remove::<S, C>),
        )
        .route(
            "/api/repos/{owner}/{name}/queue/{number}/trial",
            post(requests::begin_trial::<S, C>).delete(requests::end_trial::<S, C>),
        )
        .route(
            "/api/repos/{owner}/{name}/queue/{number}/hold",
            post(requests::hold::<S, C>).delete(requests::release::<S, C>),
        )
        .route("/api/repos/{owner}/{name}/freeze", post(requests::freeze::<S, C>).delete(requests::thaw::<S, C>))
        .route("/api/repos/{owner}/{name}/requests/{id}", get(queue::request::<S, C>))
        .method_not_allowed_fallback(|| async {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address has no such method")
                .fix(
                    "read with GET; deliveries are POSTed to /webhook, wishes POSTed to /api/repos/OWNER/NAME/queue/NUMBER, with /trial or \
                     /hold behind it, and to /api/repos/OWNER/NAME/freeze; DELETE takes each back",
                )
        })
        .fallback(|| async {
            ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
                .fix("the page is at /, the API at /api/board, /api/events and /api/repos/OWNER/NAME/queue")
        })
        .layer(map_response(guard))
        .with_state(house)
}

/// Headers every answer carries. Nothing from elsewhere is ever loaded, no other page may frame ours, and forms go nowhere else.
/// The way to the forge to sign in is a link, so no form leads there.
async fn guard<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // With `no-referrer` browsers send `Origin: null` with our own forms (Fetch standard, "append a request `Origin` header").
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
