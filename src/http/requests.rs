//! Writing to a queue: a request is checked for its form and its token, put into the inbox, and answered 202; so is a pressed button. What it comes to
//! is judged by the same rules as a comment; nothing is decided here.

use super::bodies::{self, Asks};
use super::page::press;
use super::queue::Which;
use super::session::Pressed;
use super::{ApiError, Shared, queue, webhook};
use crate::command::{About, Command, Request as Asked};
use crate::config::service::ApiToken;
use crate::ids::{DeliveryId, Login, RepoId, RepoName, RequestId, UserId};
use crate::port::store::{Delivery, Hint};
use crate::port::{Clock, Store};
use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The answer to a request that is in durable storage.
#[derive(Debug, Serialize)]
struct Accepted {
    request: RequestId,
    stored: &'static str,
    /// Where its answer will be.
    look: String,
}

/// What a request is about.
struct Target {
    repo: RepoId,
    name: RepoName,
    about: About,
}

type Place = Path<(String, String, String)>;
type Answered = Result<Response, ApiError>;

/// `POST /api/repos/OWNER/NAME/queue/NUMBER`
pub async fn add<S: Store, C: Clock>(house: State<Shared<S, C>>, place: Place, request: Request) -> Answered {
    ask(house, place, request, Asks::Add).await
}

/// `DELETE /api/repos/OWNER/NAME/queue/NUMBER`
pub async fn remove<S: Store, C: Clock>(house: State<Shared<S, C>>, place: Place, headers: HeaderMap) -> Answered {
    end(house, place, headers, Command::Cancel).await
}

/// `POST /api/repos/OWNER/NAME/queue/NUMBER/trial`
pub async fn begin_trial<S: Store, C: Clock>(house: State<Shared<S, C>>, place: Place, request: Request) -> Answered {
    ask(house, place, request, Asks::Try).await
}

/// `DELETE /api/repos/OWNER/NAME/queue/NUMBER/trial`
pub async fn end_trial<S: Store, C: Clock>(house: State<Shared<S, C>>, place: Place, headers: HeaderMap) -> Answered {
    end(house, place, headers, Command::TryCancel).await
}

/// `POST /api/repos/OWNER/NAME/queue/NUMBER/hold`
pub async fn hold<S: Store, C: Clock>(house: State<Shared<S, C>>, place: Place, request: Request) -> Answered {
    ask(house, place, request, Asks::Hold).await
}

/// `DELETE /api/repos/OWNER/NAME/queue/NUMBER/hold`
pub async fn release<S: Store, C: Clock>(house: State<Shared<S, C>>, place: Place, headers: HeaderMap) -> Answered {
    end(house, place, headers, Command::Release).await
}

/// `POST /api/repos/OWNER/NAME/freeze?trunk=BRANCH`
pub async fn freeze<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name)): Path<(String, String)>,
    Query(which): Query<Which>,
    request: Request,
) -> Answered {
    let (parts, body) = request.into_parts();
    let (token, target) = whole(&house, &parts.headers, (&owner, &name), &which)?;
    let command = bodies::read(&parts.headers, body, house.doors.limits.body_ms, Asks::Freeze).await?;
    store(&house, &parts.headers, token, target, command).await
}

/// `DELETE /api/repos/OWNER/NAME/freeze?trunk=BRANCH`
pub async fn thaw<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name)): Path<(String, String)>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Answered {
    let (token, target) = whole(&house, &headers, (&owner, &name), &which)?;
    store(&house, &headers, token, target, Command::Thaw).await
}

/// Asks what a body says of a pull request.
async fn ask<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Place,
    request: Request,
    asks: Asks,
) -> Answered {
    let (parts, body) = request.into_parts();
    let (token, target) = one(&house, &parts.headers, (&owner, &name, &pull))?;
    let command = bodies::read(&parts.headers, body, house.doors.limits.body_ms, asks).await?;
    store(&house, &parts.headers, token, target, command).await
}

/// Ends something about a pull request.
async fn end<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Place,
    headers: HeaderMap,
    command: Command,
) -> Answered {
    let (token, target) = one(&house, &headers, (&owner, &name, &pull))?;
    store(&house, &headers, token, target, command).await
}

/// The token, and the pull request that it is used on.
fn one<'h, S: Store, C: Clock>(
    house: &'h Shared<S, C>,
    headers: &HeaderMap,
    (owner, name, pull): (&str, &str, &str),
) -> Result<(&'h ApiToken, Target), ApiError> {
    let token = admitted(house, headers, (owner, name))?;
    let (queue, board) = queue::repository(house, owner, name)?.remove(0);
    let about = About::Pull(queue::number(pull)?);
    Ok((token, Target { repo: queue.repo, name: board.name.clone(), about }))
}

/// The token, and the queue that it is used on.
fn whole<'h, S: Store, C: Clock>(
    house: &'h Shared<S, C>,
    headers: &HeaderMap,
    (owner, name): (&str, &str),
    which: &Which,
) -> Result<(&'h ApiToken, Target), ApiError> {
    let token = admitted(house, headers, (owner, name))?;
    let queues = queue::repository(house, owner, name)?;
    let (queue, board) = queue::meant(&queues, which)?;
    Ok((token, Target { repo: queue.repo, name: board.name.clone(), about: About::Trunk(board.trunk.clone()) }))
}

/// Whose token it is, if it is good for the repository. Whether there is such a repository is told to those only who may ask.
fn admitted<'h, S: Store, C: Clock>(
    house: &'h Shared<S, C>,
    headers: &HeaderMap,
    (owner, name): (&str, &str),
) -> Result<&'h ApiToken, ApiError> {
    let token = house.tokens.caller(headers, house.doors.clock.now())?;
    let wanted = format!("{owner}/{name}");
    let allowed = |names: &Vec<RepoName>| names.iter().any(|known| known.as_str().eq_ignore_ascii_case(&wanted));
    if token.repositories.as_ref().is_none_or(allowed) {
        return Ok(token);
    }
    let why = format!("the token `{}` is not for this repository", token.name);
    Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", why)
        .fix("use another token, or add the repository to this one's `repositories` in bot.toml"))
}

/// Who speaks: by what that is known afterwards, and in whose name.
struct Speaker<'a> {
    name: &'a str,
    login: &'a Login,
    person: Option<UserId>,
}

impl Speaker<'_> {
    /// What keys are good within: those of two programs or people never meet. No token's name has a slash.
    fn space(&self) -> String {
        self.person.map_or_else(|| self.name.to_owned(), |id| format!("{}/{id}", self.name))
    }
}

/// Asks something in the name of somebody who pressed a button. Answers the repository's present name, and the request, whose
/// answer [`queue::answered`] will have.
pub(super) async fn pressed<S: Store, C: Clock>(
    house: &Shared<S, C>,
    (owner, name): (&str, &str),
    about: About,
    pressed: &Pressed,
    command: Command,
) -> Result<(RepoName, RequestId), ApiError> {
    let (queue, board) = queue::repository(house, owner, name)?.remove(0);
    let speaker = Speaker { name: press::NAME, login: &pressed.who.login, person: Some(pressed.who.id) };
    let id = identity(pressed.once().as_deref(), &speaker, queue.repo)?;
    let target = Target { repo: queue.repo, name: board.name.clone(), about };
    let stored = put(house, id, &speaker, target, command).await;
    stored.map_err(|refused| refused.fix("go back, load the page again, and press the button once more"))?;
    Ok((board.name.clone(), id))
}

/// Stores what a program asks. The same key with the same request is the same request, however often it is sent.
async fn store<S: Store, C: Clock>(
    house: &Shared<S, C>,
    headers: &HeaderMap,
    token: &ApiToken,
    target: Target,
    command: Command,
) -> Result<Response, ApiError> {
    let speaker = Speaker { name: &token.name, login: &token.login, person: None };
    let id = identity(key(headers)?, &speaker, target.repo)?;
    let look = format!("/api/repos/{}/requests/{id}", target.name);
    let stored = put(house, id, &speaker, target, command).await?;
    let location = HeaderValue::from_str(&look).expect("names of repositories and hex digits can stand in a header");
    let accepted = Json(Accepted { request: id, stored, look });
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], accepted).into_response())
}

/// Puts the request into the inbox; says whether it is new there.
async fn put<S: Store, C: Clock>(
    house: &Shared<S, C>,
    id: RequestId,
    speaker: &Speaker<'_>,
    target: Target,
    command: Command,
) -> Result<&'static str, ApiError> {
    let at = house.doors.clock.now();
    let Target { repo, name, about } = target;
    let (login, token) = (speaker.login.clone(), speaker.name.to_owned());
    let asked = Asked { id, about, command, login, person: speaker.person, token, at };
    let said = format!("{} {} {}", speaker.space(), asked.about, asked.words());
    let delivery = Delivery {
        id: delivery_id(id),
        event: "api".to_owned(),
        repo: Some((repo, name)),
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
    Ok(stored)
}

/// The key that makes a repeated request the same one.
fn key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=200).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        let why = "the Idempotency-Key is not 1 to 200 printable characters";
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_key", why).fix("send a UUID")
    })
}

/// The id of a request: made from its key, or by chance where it has none.
fn identity(key: Option<&str>, speaker: &Speaker<'_>, repo: RepoId) -> Result<RequestId, ApiError> {
    let mut bytes = [0; 16];
    match key {
        Some(key) => {
            let whole = Sha256::digest(format!("{}\0{repo}\0{key}", speaker.space()));
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
