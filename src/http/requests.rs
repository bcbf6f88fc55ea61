//! Writing to a queue: a request is checked for its form and its token, put into the inbox, and answered 202. What it comes to
//! is judged by the same rules as a comment; nothing is decided here.

use super::{ApiError, Shared, queue, webhook};
use crate::command::{Command, PRIORITIES, Request as Asked, Wish};
use crate::config::service::ApiToken;
use crate::facts::Strategy;
use crate::ids::{DeliveryId, PrNumber, RepoId, RepoName, RequestId, Sha};
use crate::port::store::{Delivery, Hint};
use crate::port::{Clock, Store};
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The largest body; what can be asked has some two hundred bytes.
const BODY_BYTES: usize = 4 << 10;

/// What is asked of a pull request, beside its number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    /// The head that is meant, whole.
    commit: Sha,
    /// The shape of its commits on trunk.
    #[serde(default, rename = "as")]
    shape: Option<Strategy>,
    #[serde(default)]
    priority: Option<i32>,
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    when_green: bool,
    #[serde(default)]
    hotfix: bool,
}

/// The answer to a request that is in durable storage.
#[derive(Debug, Serialize)]
struct Accepted {
    request: RequestId,
    stored: &'static str,
    /// Where its answer will be.
    look: String,
}

/// Where a request is about.
struct Target {
    repo: RepoId,
    name: RepoName,
    pull: PrNumber,
}

type Place = Path<(String, String, String)>;

/// `POST /api/repos/OWNER/NAME/queue/NUMBER`
pub async fn add<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Place,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let (token, target) = admitted(&house, &parts.headers, (&owner, &name, &pull))?;
    let wish = read(&parts.headers, body, house.doors.limits.body_ms).await?;
    store(&house, &parts.headers, token, target, Command::Merge(wish)).await
}

/// `DELETE /api/repos/OWNER/NAME/queue/NUMBER`
pub async fn remove<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Place,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (token, target) = admitted(&house, &headers, (&owner, &name, &pull))?;
    store(&house, &headers, token, target, Command::Cancel).await
}

/// The token, and what it is used on. Whether there is such a repository is told to those only who may ask.
fn admitted<'h, S: Store, C: Clock>(
    house: &'h Shared<S, C>,
    headers: &HeaderMap,
    (owner, name, pull): (&str, &str, &str),
) -> Result<(&'h ApiToken, Target), ApiError> {
    let token = house.tokens.caller(headers, house.doors.clock.now())?;
    let wanted = format!("{owner}/{name}");
    let allowed = |names: &Vec<RepoName>| names.iter().any(|known| known.as_str().eq_ignore_ascii_case(&wanted));
    if !token.repositories.as_ref().is_none_or(allowed) {
        let why = format!("the token `{}` is not for this repository", token.name);
        return Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", why)
            .fix("use another token, or add the repository to this one's `repositories` in bot.toml"));
    }
    let (queue, board) = queue::repository(house, owner, name)?.remove(0);
    Ok((token, Target { repo: queue.repo, name: board.name.clone(), pull: queue::number(pull)? }))
}

async fn read(headers: &HeaderMap, body: Body, patience_ms: u64) -> Result<Wish, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "the body is not said to be JSON")
            .fix("send Content-Type: application/json")
            .closing());
    }
    let read = tokio::time::timeout(Duration::from_millis(patience_ms), to_bytes(body, BODY_BYTES)).await;
    let bytes = read.map_err(|_| {
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the body did not arrive in time").closing()
    })?;
    let bytes = bytes.map_err(|_| {
        let why = format!("a body may have {BODY_BYTES} bytes; this one has more, or its connection broke");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", why).fix("send only what is asked").closing()
    })?;
    wish(&bytes)
}

fn wish(bytes: &Bytes) -> Result<Wish, ApiError> {
    let fix = r#"send {"commit": "40 hex digits"}, and if wished "as": "rebase", "merge", "squash", "rebase-merge" or "fast-forward", "priority": N, "alone": true, "when_green": true, "hotfix": true"#;
    let add: Add = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_data() {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_fields", error.to_string()).fix(fix)
        } else {
            ApiError::new(StatusCode::BAD_REQUEST, "not_json", format!("the body is no JSON: {error}")).fix(fix)
        }
    })?;
    if add.priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
        let why = format!("a priority is a whole number from {} to {}", PRIORITIES.start(), PRIORITIES.end());
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_fields", why).fix(fix));
    }
    Ok(Wish {
        head: Some(add.commit.into()),
        strategy: add.shape,
        priority: add.priority,
        alone: add.alone,
        when_green: add.when_green,
        hotfix: add.hotfix,
    })
}

/// Puts the request into the inbox. The same key with the same request is the same request, however often it is sent.
async fn store<S: Store, C: Clock>(
    house: &Shared<S, C>,
    headers: &HeaderMap,
    token: &ApiToken,
    target: Target,
    command: Command,
) -> Result<Response, ApiError> {
    let id = identity(headers, token, target.repo)?;
    let at = house.doors.clock.now();
    let look = format!("/api/repos/{}/requests/{id}", target.name);
    let asked = Asked { id, pull: target.pull, command, login: token.login.clone(), token: token.name.clone(), at };
    let said = format!("{} {} {}", token.name, target.pull, asked.words());
    let delivery = Delivery {
        id: delivery_id(id),
        event: "api".to_owned(),
        repo: Some((target.repo, target.name)),
        installation: None,
        hint: Some(Hint::Request(asked)),
        digest: Sha256::digest(said).into(),
        unread: None,
        received_at: at,
    };
    let stored = webhook::store(std::sync::Arc::clone(house), delivery, None)
        .await
        .map_err(|refused| refused.fix("send it again with the same Idempotency-Key"))?;
    if stored == "conflict" {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "key_used",
            "the Idempotency-Key was used for another request before",
        )
        .fix("make a new key for each new request"));
    }
    let location = HeaderValue::from_str(&look).expect("names of repositories and hex digits can stand in a header");
    let accepted = Json(Accepted { request: id, stored, look });
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], accepted).into_response())
}

/// The id of a request: made from its key, or by chance where it has none.
fn identity(headers: &HeaderMap, token: &ApiToken, repo: RepoId) -> Result<RequestId, ApiError> {
    let mut bytes = [0; 16];
    match headers.get("idempotency-key") {
        Some(key) => {
            let key = key.to_str().ok().filter(|key| (1..=200).contains(&key.len())).ok_or_else(|| {
                let why = "the Idempotency-Key is not 1 to 200 printable characters";
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_key", why).fix("send a UUID")
            })?;
            let whole = Sha256::digest(format!("{}\0{repo}\0{key}", token.name));
            bytes.copy_from_slice(&whole[..16]);
        }
        None => getrandom::fill(&mut bytes).map_err(|_| {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "no_chance", "the system gave no chance for an id")
                .fix("send an Idempotency-Key")
        })?,
    }
    Ok(RequestId::from_bytes(bytes))
}

fn delivery_id(id: RequestId) -> DeliveryId {
    format!("api-{id}").parse().expect("`api-` and 32 hex digits are a delivery id")
}
