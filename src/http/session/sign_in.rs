//! Coming in and going out: off to the forge, back with a code, out again. Every refusal is a page that says what to do.

use super::attempt::{Attempt, local};
use super::cookie::Kind;
use super::sessions::LONGEST_MS;
use super::{Entrance, Pressed, no_entrance};
use crate::facts::Person;
use crate::http::page::Sorry;
use crate::http::{ApiError, Shared};
use crate::port::{Clock, Outcome, Store, Trouble};
use crate::wording::shown;
use axum::extract::{Query, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;

/// How long somebody may take on the forge's pages; its codes live as long.
const ATTEMPT_S: i64 = 600;
/// The longest code or state that is looked at.
const LONGEST: usize = 300;

/// Where to go on to after signing in.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    to: Option<String>,
}

/// What the forge sends a browser back with.
#[derive(Debug, Deserialize)]
pub struct Back {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

/// `GET /sign-in?to=/path`
pub async fn begin<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Sorry> {
    let entrance = house.entrance.as_ref().ok_or_else(no_entrance)?;
    let attempt = Attempt::new(local(wanted.to.as_deref().unwrap_or("/"))).map_err(|_| no_chance())?;
    let there = entrance.identity.authorize_url(&attempt.state, &attempt.challenge());
    let cookie = entrance.cookies.keep(Kind::Attempt, &attempt.cookie(), ATTEMPT_S);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, there)], AppendHeaders([(SET_COOKIE, cookie)])).into_response())
}

/// `GET /sign-in/callback?code=…&state=…`
pub async fn callback<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Sorry> {
    let entrance = house.entrance.as_ref().ok_or_else(no_entrance)?;
    let attempt = entrance.cookies.read(&headers, Kind::Attempt).and_then(|cookie| Attempt::read(&cookie));
    let attempt = attempt.ok_or_else(no_attempt).map_err(again)?;
    let state = back.state.as_deref().filter(|state| state.len() <= LONGEST).unwrap_or_default();
    if !attempt.is_answered_by(state) {
        return Err(again(other_attempt()));
    }
    let now = house.doors.clock.now();
    let came = match person(entrance, &back, &attempt, entrance.may_redeem(now)).await {
        Ok(person) => enter(entrance, &headers, person, house.doors.clock.now()).map(|cookie| (cookie, attempt.to)),
        Err(refused) => Err(refused),
    };
    // An attempt counts once, however it ends.
    let over = entrance.cookies.forget(Kind::Attempt);
    Ok(match came {
        Ok((cookie, to)) => {
            let cookies = AppendHeaders([(SET_COOKIE, cookie), (SET_COOKIE, over)]);
            (StatusCode::SEE_OTHER, [(LOCATION, to)], cookies).into_response()
        }
        Err(refused) => (AppendHeaders([(SET_COOKIE, over)]), again(refused)).into_response(),
    })
}

/// `POST /sign-out`
pub async fn sign_out<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    headers: HeaderMap,
    pressed: Pressed,
) -> Result<Response, Sorry> {
    let entrance = house.entrance.as_ref().ok_or_else(no_entrance)?;
    tracing::info!(login = %pressed.who.login, "signed out");
    let to = local(pressed.form.get("to").unwrap_or("/")).to_owned();
    let cookie = leave(entrance, &headers);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)], AppendHeaders([(SET_COOKIE, cookie)])).into_response())
}

/// Whom the forge sent back.
async fn person(entrance: &Entrance, back: &Back, attempt: &Attempt, may_redeem: bool) -> Result<Person, ApiError> {
    if let Some(error) = &back.error {
        return Err(declined(error, back.error_description.as_deref()));
    }
    let code = back.code.as_deref().filter(|code| (1..=LONGEST).contains(&code.len())).ok_or_else(no_code)?;
    if !may_redeem {
        return Err(crowded());
    }
    match entrance.identity.redeem(code, &attempt.verifier).await {
        Ok(Outcome::Done(person)) => Ok(person),
        Ok(Outcome::Rejected(why)) => Err(ApiError::new(StatusCode::FORBIDDEN, "not_accepted", why).fix(AGAIN)),
        Ok(Outcome::Unknown(why)) => Err(ApiError::new(StatusCode::BAD_GATEWAY, "no_answer", why).fix(AGAIN)),
        Err(trouble) => Err(troubled(&trouble)),
    }
}

/// Begins a session and ends the one this browser had; the new one has a new secret, whatever the browser brought along.
fn enter(
    entrance: &Entrance,
    headers: &HeaderMap,
    person: Person,
    now: crate::ids::Moment,
) -> Result<HeaderValue, ApiError> {
    leave(entrance, headers);
    tracing::info!(login = %person.login, id = %person.id, "signed in");
    let secret = entrance.sessions().begin(person, now).map_err(|_| no_chance())?;
    Ok(entrance.cookies.keep(Kind::Session, &secret, LONGEST_MS / 1_000))
}

/// Ends the session of this browser, if it has one.
fn leave(entrance: &Entrance, headers: &HeaderMap) -> HeaderValue {
    if let Some(secret) = entrance.cookies.read(headers, Kind::Session) {
        entrance.sessions().end(&secret);
    }
    entrance.cookies.forget(Kind::Session)
}

const AGAIN: &str = "sign in again";

/// A page with the way to try again.
fn again(error: ApiError) -> Sorry {
    Sorry::from(error).with_link("/sign-in", "Sign in again")
}

fn no_attempt() -> ApiError {
    let why = "this browser began no sign-in here, or more than ten minutes ago, or it keeps no cookies";
    ApiError::new(StatusCode::FORBIDDEN, "no_attempt", why).fix("sign in again, and let this page keep cookies")
}

fn other_attempt() -> ApiError {
    let why = "this is not the sign-in that this browser began last, so you may have been led here by somebody else";
    ApiError::new(StatusCode::FORBIDDEN, "wrong_state", why)
        .fix("sign in again, and finish in the window that you begin in")
}

fn declined(error: &str, said: Option<&str>) -> ApiError {
    if error == "access_denied" {
        return ApiError::new(StatusCode::FORBIDDEN, "declined", "you did not let GitHub tell who you are")
            .fix("sign in again and authorize it, or go on without: reading needs no sign-in");
    }
    let why = format!("GitHub did not sign you in: {}", shown(said.unwrap_or(error)));
    ApiError::new(StatusCode::FORBIDDEN, "not_accepted", why)
        .fix("sign in again; if that does not help, show this to whoever runs the service")
}

fn no_code() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "no_code", "GitHub sent you back without a code").fix(AGAIN)
}

fn crowded() -> ApiError {
    let why = "too many people sign in, or somebody pretends to";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", why).fix("wait a minute, and sign in again")
}

fn no_chance() -> ApiError {
    let why = "the operating system gave no chance to make a secret of";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "no_chance", why).fix(AGAIN)
}

/// What only whoever runs the service can mend is told to them, in the log.
fn troubled(trouble: &Trouble) -> ApiError {
    match trouble {
        Trouble::Busy { what, .. } => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "forge_busy", what.clone())
            .fix("wait a minute, and sign in again"),
        Trouble::Denied(why) | Trouble::Bug(why) => {
            tracing::error!(why, "nobody can sign in");
            let what = "GitHub and this service do not agree on how people sign in";
            ApiError::new(StatusCode::BAD_GATEWAY, "not_set_up", what).fix(
                "tell whoever runs the service: its log says what to mend; comments on the pull request work meanwhile",
            )
        }
    }
}
