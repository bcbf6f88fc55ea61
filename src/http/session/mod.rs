//! Who sits at the browser. People sign in on a page of the forge; what is kept of them is who they are, here in memory, for
//! some hours at most: a restart signs everybody out. It finds out who somebody is and that a press was theirs, and never
//! decides what they may do: that is read of the forge when what they asked for is judged.

mod attempt;
mod cookie;
mod pressed;
mod sessions;
mod sign_in;
mod viewer;

pub(super) use pressed::Pressed;
pub(super) use sign_in::{begin, callback, sign_out};
pub(super) use viewer::Viewer;

use super::ApiError;
use super::tokens::Window;
use crate::ids::Moment;
use crate::port::Identity;
use axum::http::StatusCode;
use cookie::Cookies;
use sessions::Sessions;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Codes of everybody together that the forge is asked about in a minute. Whoever sends made-up ones costs others a minute,
/// and not the forge's patience with us.
const REDEEMED_A_MINUTE: u32 = 120;

/// Where people come in: the forge that knows them, our own address, and those who are in.
#[derive(Debug)]
pub(super) struct Entrance {
    identity: Arc<dyn Identity>,
    /// How people reach the page, without a slash at the end.
    public_url: String,
    /// The same as browsers say it in `Origin`.
    origin: String,
    cookies: Cookies,
    sessions: Mutex<Sessions>,
    redeemed: Mutex<Window>,
}

impl Entrance {
    pub(super) fn new(identity: Arc<dyn Identity>, public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        let origin = origin(&public_url);
        let cookies = Cookies::at(&origin);
        Self { identity, public_url, origin, cookies, sessions: Mutex::default(), redeemed: Mutex::default() }
    }

    /// Nothing between taking and leaving the lock can be left half-done by a panic.
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The forge may be asked about one more code now.
    fn may_redeem(&self, now: Moment) -> bool {
        self.redeemed.lock().unwrap_or_else(PoisonError::into_inner).counts(REDEEMED_A_MINUTE, now)
    }
}

/// The origin of a base URL: scheme, host and port, the port left out where it is the scheme's own (RFC 6454).
fn origin(base: &str) -> String {
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    let host = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(&host))
}

/// Nobody signs in here.
fn no_entrance() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_sign_in", "nobody can sign in on this page").fix(
        "use comments on the pull request; whoever runs the service lets people sign in by client_id and client_secret_file under \
         [github] in bot.toml",
    )
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_what_browsers_say() {
        for (base, said) in [
            ("https://Queue.example", "https://queue.example"),
            ("https://queue.example:443/greenline", "https://queue.example"),
            ("https://queue.example:8443", "https://queue.example:8443"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:8080/x", "http://[::1]:8080"),
        ] {
            assert_eq!(origin(base), said);
        }
    }
}
