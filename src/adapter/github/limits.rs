//! Recognises GitHub's rate limits, and keeps the gate shut until they are over: asking on may get the App banned
//! (docs.github.com, "Best practices for using the REST API"). It never waits itself.

use super::client::Who;
use crate::ids::Moment;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const MINUTE_MS: u64 = 60_000;
/// A wait GitHub names is believed up to here.
const LONGEST_TOLD_MS: u64 = 24 * 60 * MINUTE_MS;
/// The primary limit's window is an hour, so a later reset is a wrong clock.
const LONGEST_RESET_MS: u64 = 60 * MINUTE_MS;
const LONGEST_GUESS_MS: u64 = 15 * MINUTE_MS;

/// How long to leave GitHub alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// GitHub said so, in milliseconds.
    Told(u64),
    /// It did not say; a minute, and twice as long each time it happens again.
    Unknown,
}

/// Whether an answer is a rate limit, by its status, headers and text. A 403 without any of the signs is a refusal.
pub(super) fn limited(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Moment) -> Option<Wait> {
    if status != StatusCode::FORBIDDEN && status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    if let Some(wait) = told(headers, now) {
        return Some(wait);
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]).to_lowercase();
    let said = ["rate limit", "rate-limit", "abuse detection"].iter().any(|sign| text.contains(sign));
    (said || status == StatusCode::TOO_MANY_REQUESTS).then_some(Wait::Unknown)
}

/// How long the headers of an answer say to wait, if they speak of a limit at all.
pub(super) fn told(headers: &HeaderMap, now: Moment) -> Option<Wait> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(after) = text(RETRY_AFTER.as_str()) {
        let told = after.trim().parse::<u64>().ok();
        return Some(told.map_or(Wait::Unknown, |s| Wait::Told(s.saturating_mul(1000).clamp(1000, LONGEST_TOLD_MS))));
    }
    if text("x-ratelimit-remaining").map(str::trim) == Some("0") {
        let reset = text("x-ratelimit-reset").and_then(|s| s.trim().parse::<i64>().ok());
        let left_ms = reset.map(|s| Moment::from_ms(s.saturating_mul(1000)).since_ms(now));
        // A reset in the past says nothing; a second is added because both clocks are cut to seconds.
        let told =
            left_ms.and_then(|ms| u64::try_from(ms).ok()).map(|ms| Wait::Told((ms + 1000).min(LONGEST_RESET_MS)));
        return Some(told.unwrap_or(Wait::Unknown));
    }
    None
}

#[derive(Debug, Clone, Copy)]
struct Shut {
    until: Instant,
    guesses: u32,
}

/// Who may not ask at present. Limits belong to an installation, so one cannot stop another.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<HashMap<Who, Shut>>);

impl Gates {
    /// How many milliseconds the gate stays shut; `None` when it is open.
    pub(super) fn shut_for_ms(&self, who: Who) -> Option<u64> {
        let shut = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&who).copied()?;
        let left = shut.until.checked_duration_since(Instant::now())?;
        u64::try_from(left.as_millis()).ok().filter(|ms| *ms > 0)
    }

    /// Shuts the gate and says for how many milliseconds.
    pub(super) fn shut(&self, who: Who, wait: Wait) -> u64 {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let guesses = gates.get(&who).map_or(0, |shut| shut.guesses);
        let (ms, guesses) = match wait {
            Wait::Told(ms) => (ms, guesses),
            Wait::Unknown => ((MINUTE_MS << guesses.min(8)).min(LONGEST_GUESS_MS), guesses + 1),
        };
        gates.insert(who, Shut { until: Instant::now() + Duration::from_millis(ms), guesses });
        ms
    }

    /// GitHub answered, so the next guess starts at a minute again. A gate that is shut stays so: the answer may be to
    /// something asked before.
    pub(super) fn open(&self, who: Who) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|of, shut| *of != who || shut.until > Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    const NOW: Moment = Moment::from_ms(1_000_000_000);

    fn wait(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Option<Wait> {
        let headers = headers.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect();
        limited(StatusCode::from_u16(status).expect("a status"), &headers, body.as_bytes(), NOW)
    }

    #[test]
    fn limits_are_told_from_refusals() {
        let told = |ms| Some(Wait::Told(ms));
        for (status, headers, body, expected) in [
            (403, &[("retry-after", "7200")][..], "", told(7_200_000)),
            (429, &[("retry-after", "0")], "", told(1000)),
            (429, &[("retry-after", "99999999999999999999")], "", Some(Wait::Unknown)),
            (429, &[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], "", Some(Wait::Unknown)),
            (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1000030")], "", told(31_000)),
            (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "999")], "", Some(Wait::Unknown)),
            (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9999999999")], "", told(3_600_000)),
            (403, &[("x-ratelimit-remaining", "0")], "", Some(Wait::Unknown)),
            (403, &[], r#"{"message":"You have exceeded a secondary rate limit."}"#, Some(Wait::Unknown)),
            (403, &[], r#"{"message":"You have triggered an abuse detection mechanism."}"#, Some(Wait::Unknown)),
            (429, &[], "", Some(Wait::Unknown)),
            (
                403,
                &[("x-ratelimit-remaining", "4999")],
                r#"{"message":"Resource not accessible by integration"}"#,
                None,
            ),
            (403, &[], "<html>Forbidden</html>", None),
            (404, &[("x-ratelimit-remaining", "0")], "", None),
            (200, &[("x-ratelimit-remaining", "0"), ("retry-after", "9")], "rate limit", None),
        ] {
            assert_eq!(wait(status, headers, body), expected, "{status} {headers:?} {body}");
        }
    }

    #[tokio::test]
    async fn guesses_double_and_only_shut_out_the_one_who_was_limited() {
        let (gates, other) = (Gates::default(), Who::Installation(crate::ids::InstallationId::new(1)));
        assert_eq!(gates.shut_for_ms(Who::App), None);
        let waits: Vec<u64> = (0..6).map(|_| gates.shut(Who::App, Wait::Unknown) / MINUTE_MS).collect();
        assert_eq!(waits, [1, 2, 4, 8, 15, 15]);
        assert!(gates.shut_for_ms(Who::App).is_some_and(|ms| ms > 14 * MINUTE_MS));
        assert_eq!(gates.shut_for_ms(other), None);
        gates.open(Who::App);
        assert!(gates.shut_for_ms(Who::App).is_some(), "an answer to an older question opens nothing");
        assert_eq!(gates.shut(Who::App, Wait::Told(0)), 0);
        gates.open(Who::App);
        assert_eq!(gates.shut(Who::App, Wait::Unknown), MINUTE_MS);
    }
}
