//! GitHub's REST interface under `/api/v3`: one door for every request. It authenticates, finds the route, asks whether the
//! caller may, lets the route answer on a blocking thread, and dresses the answer (ETag, rate limit, request id).
//!
//! Routes are a table of our own and not axum's: GitHub's refs and paths may hold slashes in the middle of a URL
//! (`/commits/heads/main/status`), which axum's matcher cannot express.

#![expect(clippy::unnecessary_wraps, reason = "all routes have the same signature, also those that cannot refuse")]

mod actions;
mod activity;
mod apps;
mod assignees;
mod auth;
mod call;
mod checks;
mod comments;
mod commits;
mod contents;
mod deployments;
mod dress;
mod edits;
mod events;
mod git_data;
mod graphql;
mod issues;
mod job_logs;
mod labels;
mod protection;
mod pulls;
mod reactions;
mod refs;
mod releases;
mod reply;
mod repos;
mod reviews;
mod route;
mod rules;
mod search;
mod teams;
mod users;

pub(super) use dress::Limits;
pub(super) use reply::Reply;

use super::admin::Fault;
use super::lookalike::Lookalike;
use super::record::Exchange;
use super::types::{Actor, Refused};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use call::Call;
use http::Method;
use serde_json::Value;

/// The largest request body; the largest that has a reason is a check run's output.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

pub(super) type Answer = Result<Reply, Refused>;

/// Everything under `/api/v3`.
pub(super) fn router(look: &Lookalike) -> axum::Router {
    axum::Router::new()
        .route("/api/v3", axum::routing::any(serve))
        .route("/api/graphql", axum::routing::post(serve))
        .route("/api/v3/", axum::routing::any(serve))
        .route("/api/v3/{*path}", axum::routing::any(serve))
        .with_state(look.clone())
        .merge(job_logs::router(look))
}

/// All routes as (method, pattern), for the referee and for whoever wants to know.
pub fn routes() -> Vec<(&'static str, &'static str)> {
    route::all().map(|r| (r.method, r.pattern)).collect()
}

async fn serve(State(look): State<Lookalike>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // GraphQL stands beside REST, at `/api/graphql`.
    let full = parts.uri.path();
    let path = full.strip_prefix("/api/v3").or_else(|| full.strip_prefix("/api")).unwrap_or_default().to_owned();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        let reply = Reply::refused(&Refused::new(413, "Payload too large"));
        return reply.into_response();
    };
    let fault = look.faults().strike(parts.method.as_str(), &path);
    if let Some(delay) = fault.as_ref().and_then(Fault::delay) {
        tokio::time::sleep(delay).await;
    }
    let early = fault.as_ref().and_then(Fault::reply_before);
    let late = fault.as_ref().and_then(Fault::reply_after);
    let made_up = early.is_some() || late.is_some();
    let mut reply = if let Some(reply) = early {
        reply
    } else {
        let (look, parts, path, body) = (look.clone(), parts.clone(), path.clone(), body.clone());
        let done = tokio::task::spawn_blocking(move || answer(&look, &parts, &path, &body)).await;
        done.unwrap_or_else(|_| Reply::refused(&Refused::new(500, "Server Error")))
    };
    if let Some(late) = late {
        reply = late;
    } else if let Some(fault) = fault.filter(|_| !made_up) {
        reply = fault.headed(reply);
    }
    if look.recorder().wanted() {
        let exchange = exchange(&parts, path, &body, &reply, made_up);
        look.recorder().keep(&Exchange { ours: by_app_under_test(&look, &parts.headers), ..exchange });
    }
    reply.into_response()
}

fn exchange(parts: &http::request::Parts, path: String, body: &Bytes, reply: &Reply, fault: bool) -> Exchange {
    Exchange {
        method: parts.method.to_string(),
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        request: serde_json::from_slice(body).unwrap_or(Value::Null),
        status: reply.status,
        response: reply.json().cloned().unwrap_or(Value::Null),
        ours: false,
        fault,
    }
}

fn by_app_under_test(look: &Lookalike, headers: &http::HeaderMap) -> bool {
    let ours = look.identities().app.id;
    match auth::caller(look, headers) {
        Ok(Actor::App(app) | Actor::Installation { app, .. }) => app == ours,
        Ok(Actor::Anonymous | Actor::User(_) | Actor::Admin) | Err(_) => false,
    }
}

/// Answers one request. Blocks: it reads and writes git and the state file.
fn answer(look: &Lookalike, parts: &http::request::Parts, path: &str, body: &Bytes) -> Reply {
    let caller = auth::caller(look, &parts.headers);
    let key = auth::key(&parts.headers);
    let reply = match &caller {
        Ok(actor) => match dispatch(look, parts, path, body, actor.clone()) {
            Ok(reply) => reply,
            Err(refused) => Reply::refused(&refused),
        },
        Err(refused) => Reply::refused(refused),
    };
    dress::dress(reply, look.limits(), &key, caller.ok().as_ref(), parts)
}

fn dispatch(look: &Lookalike, parts: &http::request::Parts, path: &str, body: &Bytes, actor: super::Actor) -> Answer {
    let path = by_id(look, path);
    let (route, params) = route::find(&parts.method, &path).ok_or_else(Refused::not_found)?;
    let query = call::query(&parts.uri);
    let body = parse(&parts.method, body)?;
    let (key, url) = (auth::key(&parts.headers), format!("{}{path}", look.world().api()));
    let accept = parts.headers.get(http::header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let mut call = Call { look: look.clone(), params, query, body, accept, actor, key, repo: 0, url };
    if let Some(moved) = auth::admit(&mut call, route, &parts.method, &path)? {
        return Ok(moved);
    }
    (route.run)(&call)
}

/// `/repositories/ID/…`, where a redirect of a renamed repository leads, is the repository under its present name.
fn by_id(look: &Lookalike, path: &str) -> String {
    let id = path.strip_prefix("/repositories/").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
    let found = id.and_then(|(id, rest)| Some((id.parse::<u64>().ok()?, rest)));
    let world = look.world();
    match found.and_then(|(id, rest)| Some((world.full_name(world.repos.get(&id)?), rest))) {
        Some((name, "")) => format!("/repos/{name}"),
        Some((name, rest)) => format!("/repos/{name}/{rest}"),
        None => path.to_owned(),
    }
}

fn parse(method: &Method, body: &Bytes) -> Result<Value, Refused> {
    if method == Method::GET || body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|_| Refused::new(400, "Problems parsing JSON"))
}

impl Reply {
    fn into_response(self) -> Response {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(*name, value);
        }
        let bytes = self.bytes();
        response.body(Body::from(bytes)).unwrap_or_else(|_| {
            let mut broken = Response::new(Body::from("an answer had a header that HTTP does not allow"));
            *broken.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
            broken
        })
    }
}
