//! What every answer wears: ETag and 304, rate limit, request id, media type, scopes. It changes no body.

use super::Reply;
use crate::sandbox::types::Actor;
use crate::sandbox::world::time::now;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Requests an hour, as an installation or a person has.
const AN_HOUR: u64 = 5000;

/// Requests counted per credential. Counting only: the look-alike refuses nobody for asking much (faults can).
#[derive(Default)]
pub(in crate::sandbox) struct Limits(Mutex<HashMap<String, (u64, i64)>>);

/// How much of the limit is used.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Used {
    pub limit: u64,
    pub spent: u64,
    /// Seconds since 1970 when it starts anew.
    pub reset: i64,
}

impl Limits {
    /// The count of a credential, after adding `cost`.
    pub fn count(&self, key: &str, cost: u64) -> Used {
        let at = now() / 1000;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, reset)| *reset > at);
        let (used, reset) = all.entry(key.to_owned()).or_insert((0, at + 3600));
        *used = (*used + cost).min(AN_HOUR);
        Used { limit: AN_HOUR, spent: *used, reset: *reset }
    }
}

pub(super) fn dress(
    mut reply: Reply,
    limits: &Limits,
    key: &str,
    actor: Option<&Actor>,
    parts: &http::request::Parts,
) -> Reply {
    let readable = parts.method == http::Method::GET && reply.status == 200;
    if readable {
        let etag = format!("W/\"{}\"", hex::encode(Sha256::digest(reply.bytes())));
        let known = parts.headers.get("if-none-match").and_then(|v| v.to_str().ok());
        if known.is_some_and(|known| known.split(',').any(|k| same(k, &etag))) {
            reply = reply.not_modified();
        }
        reply.headers.push(("etag", etag));
        reply.headers.push(("cache-control", "private, max-age=60, s-maxage=60".into()));
        reply.headers.push(("vary", "Accept, Authorization, Cookie, X-GitHub-OTP".into()));
    }
    // A 304 does not count against the limit, and neither does asking for the limit.
    let free = reply.status == 304 || parts.uri.path().ends_with("/rate_limit");
    let used = limits.count(key, u64::from(!free));
    let headers = [
        ("x-ratelimit-limit", used.limit.to_string()),
        ("x-ratelimit-remaining", (used.limit - used.spent).to_string()),
        ("x-ratelimit-used", used.spent.to_string()),
        ("x-ratelimit-reset", used.reset.to_string()),
        ("x-ratelimit-resource", "core".to_owned()),
        ("x-github-request-id", crate::sandbox::world::guid().to_uppercase()),
        ("x-github-media-type", "github.v3; format=json".to_owned()),
        ("x-github-api-version-selected", "2022-11-28".to_owned()),
        ("access-control-allow-origin", "*".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ];
    reply.headers.extend(headers);
    if matches!(actor, Some(Actor::User(_) | Actor::Admin)) {
        reply.headers.push(("x-oauth-scopes", "read:org, repo, workflow".into()));
        reply.headers.push(("x-accepted-oauth-scopes", String::new()));
    }
    reply
}

/// Weak comparison of entity tags.
fn same(known: &str, etag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    strong(known) == strong(etag)
}
