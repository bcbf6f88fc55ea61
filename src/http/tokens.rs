//! Who writes through the API: bearer tokens, known by their digests only, and how often each may. It never sees what is asked.

use super::ApiError;
use crate::config::service::ApiToken;
use crate::ids::Moment;
use axum::http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

/// What a token begins with, so that scanners for leaked secrets can know it.
pub const PREFIX: &str = "greenline_";

/// Writes of one token in a minute, and wrong tokens of everybody together.
const WRITES_A_MINUTE: u32 = 60;

/// A new token, by chance.
///
/// # Errors
/// When the operating system has no chance to give.
pub fn mint() -> std::io::Result<SecretString> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(SecretString::from(format!("{PREFIX}{}", hex::encode(bytes))))
}

/// What is written into the settings instead of a token: its SHA-256 digest in hex.
pub fn digest(token: &SecretString) -> String {
    hex::encode(Sha256::digest(token.expose_secret()))
}

/// The tokens that are accepted, and how often each was used lately.
#[derive(Debug)]
pub(super) struct Tokens {
    known: Vec<ApiToken>,
    /// One for each token, and one for all wrong ones.
    windows: Mutex<Vec<Window>>,
}

/// Uses within the minute that began then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    began: Moment,
    uses: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { began: Moment::from_ms(0), uses: 0 }
    }
}

impl Window {
    /// Counts one use more; false when there are more than `most` in the minute.
    pub(super) fn counts(&mut self, most: u32, now: Moment) -> bool {
        if !(0..60_000).contains(&now.since_ms(self.began)) {
            *self = Self { began: now, uses: 0 };
        }
        self.uses = self.uses.saturating_add(1);
        self.uses <= most
    }
}

impl Tokens {
    pub(super) fn new(known: Vec<ApiToken>) -> Self {
        let windows = vec![Window::default(); known.len() + 1];
        Self { known, windows: Mutex::new(windows) }
    }

    /// Whose token the request carries. 401 for none of ours, 429 for one too often used.
    pub(super) fn caller(&self, headers: &HeaderMap, now: Moment) -> Result<&ApiToken, ApiError> {
        let found = bearer(headers).and_then(|token| self.find(&token));
        let within = self.count(found.unwrap_or(self.known.len()), now);
        match found {
            _ if !within => Err(too_often()),
            Some(index) => Ok(&self.known[index]),
            None => Err(nobody(self.known.is_empty())),
        }
    }

    /// Looks at every token whatever the one before said, so that time tells nothing of any.
    fn find(&self, token: &SecretString) -> Option<usize> {
        let given = digest(token);
        let mut found = None;
        for (index, known) in self.known.iter().enumerate() {
            if same(&given, &known.sha256) {
                found = Some(index);
            }
        }
        found
    }

    fn count(&self, index: usize, now: Moment) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.get_mut(index).is_some_and(|window| window.counts(WRITES_A_MINUTE, now))
    }
}

/// Whether two secrets are the same, in a time that tells nothing but their lengths.
pub(super) fn same(given: &str, known: &str) -> bool {
    let differs = given.bytes().zip(known.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    black_box(differs) == 0 && known.len() == given.len()
}

/// The token, if there is exactly one.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = all.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && all.next().is_none()).then(|| SecretString::from(token.trim().to_owned()))
}

fn nobody(none_known: bool) -> ApiError {
    let fix = if none_known {
        "no token is set up here: make one with `greenline token NAME --login LOGIN` and add it to bot.toml"
    } else {
        "send `Authorization: Bearer TOKEN` with a token whose digest stands in bot.toml under [[api.token]]"
    };
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "the request carries no token that is known here").fix(fix)
}

pub(super) fn too_often() -> ApiError {
    let why = format!("more than {WRITES_A_MINUTE} requests came within a minute");
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", why).fix("wait a minute, and ask less often")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn tokens(secrets: &[&str]) -> Tokens {
        let one = |secret: &&str| ApiToken {
            name: format!("for-{secret}"),
            login: "ann".parse().expect("a login"),
            sha256: digest(&SecretString::from(*secret)),
            repositories: None,
        };
        Tokens::new(secrets.iter().map(one).collect())
    }

    fn ask(tokens: &Tokens, header: &str, second: i64) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(header).expect("a header"));
        let found = tokens.caller(&headers, Moment::from_ms(second * 1_000));
        found.map(|token| token.name.clone()).map_err(|refused| refused.code())
    }

    #[test]
    fn only_a_known_token_speaks_and_each_for_itself() {
        let tokens = tokens(&["a", "b"]);
        assert_eq!(ask(&tokens, "Bearer b", 1).as_deref(), Ok("for-b"));
        assert_eq!(ask(&tokens, "bearer a", 1).as_deref(), Ok("for-a"));
        for wrong in ["Bearer c", "Bearer ", "Basic a", "a", "Bearer a b"] {
            assert_eq!(ask(&tokens, wrong, 1), Err("unauthorized"), "{wrong}");
        }
    }

    #[test]
    fn who_asks_too_often_waits_and_hinders_nobody_else() {
        let tokens = tokens(&["a", "b"]);
        for _ in 0..WRITES_A_MINUTE {
            assert!(ask(&tokens, "Bearer a", 100).is_ok());
            assert_eq!(ask(&tokens, "Bearer wrong", 100), Err("unauthorized"));
        }
        assert_eq!(ask(&tokens, "Bearer a", 159), Err("too_many_requests"));
        assert_eq!(ask(&tokens, "Bearer wrong", 159), Err("too_many_requests"));
        assert!(ask(&tokens, "Bearer b", 159).is_ok());
        assert!(ask(&tokens, "Bearer a", 160).is_ok());
    }
}
