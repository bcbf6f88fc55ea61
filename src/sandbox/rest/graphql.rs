//! The one question of GraphQL's that the look-alike understands: which conversations on a pull request are resolved. Any other
//! document is refused in so many words, for half an interpreter would be wrong without saying so.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, post};
use crate::sandbox::types::{Actor, Refused};
use crate::sandbox::world::World;
use crate::sandbox::world::issue::{Issue, Thread};
use crate::sandbox::world::model::Repo;
use serde_json::{Value, json};

/// Read as words, so that it may be laid out differently.
const KNOWN: &str = include_str!("../../adapter/github/forge/unresolved.graphql");
/// As `first` in the document says.
const PAGE: usize = 100;

pub(super) const ROUTES: &[Route] = &[post("/graphql", Need::Nothing, answer)];

fn answer(call: &Call) -> Answer {
    if call.actor == Actor::Anonymous {
        return Err(Refused::new(401, "This endpoint requires you to be authenticated."));
    }
    let query = call.body["query"].as_str().unwrap_or_default();
    if !query.split_whitespace().eq(KNOWN.split_whitespace()) {
        return Ok(wrong(None, "the look-alike plays only the document that Greenline sends", &Value::Null));
    }
    let world = call.look.world();
    let of = |name: &str| &call.body["variables"][name];
    let (owner, name) = (of("owner").as_str().unwrap_or_default(), of("name").as_str().unwrap_or_default());
    let Some(repo) = found(&world, owner, name).filter(|repo| world.sees(&call.actor, repo)) else {
        let words = format!("Could not resolve to a Repository with the name '{owner}/{name}'.");
        return Ok(wrong(Some("NOT_FOUND"), &words, &json!({"repository": null})));
    };
    let installed = matches!(call.actor, Actor::Installation { .. });
    if installed && !(World::grants(&call.actor, "pull_requests", false) && world.covers(&call.actor, repo)) {
        return Ok(wrong(Some("FORBIDDEN"), "Resource not accessible by integration", &json!({"repository": null})));
    }
    let number = of("number").as_u64().unwrap_or_default();
    let Some(issue) = repo.issues.get(&number).filter(|issue| issue.pull.is_some()) else {
        let words = format!("Could not resolve to a PullRequest with the number of {number}.");
        return Ok(wrong(
            Some("NOT_FOUND"),
            &words,
            &json!({"repository": {"databaseId": repo.id, "pullRequest": null}}),
        ));
    };
    let threads = threads(&world, repo, issue, of("after").as_str());
    let data = json!({"repository": {"databaseId": repo.id, "pullRequest": {"reviewThreads": threads}}});
    Ok(Reply::ok(json!({ "data": data })))
}

/// GraphQL follows renames.
fn found<'a>(world: &'a World, owner: &str, name: &str) -> Option<&'a Repo> {
    let former = || world.repos.get(world.renames.get(&format!("{owner}/{name}").to_lowercase())?);
    world.repo_named(owner, name).or_else(former)
}

/// A refusal, which GitHub gives with status 200.
fn wrong(kind: Option<&str>, message: &str, data: &Value) -> Reply {
    let mut error = json!({"message": message});
    if let Some(kind) = kind {
        error["type"] = json!(kind);
    }
    Reply::ok(json!({"data": data, "errors": [error]}))
}

/// A page of conversations; a cursor is the place of the last one given.
fn threads(world: &World, repo: &Repo, issue: &Issue, after: Option<&str>) -> Value {
    let all = issue.pull.as_ref().map(|pull| pull.threads.as_slice()).unwrap_or_default();
    let from = after.and_then(|cursor| cursor.parse::<usize>().ok()).unwrap_or(0).min(all.len());
    let to = (from + PAGE).min(all.len());
    let page = format!("{}/pull/{}", world.html(repo), issue.number);
    let node = |thread: &Thread| {
        let url = format!("{page}#discussion_r{}", thread.id);
        json!({"isResolved": thread.resolved, "comments": {"nodes": [{"url": url}]}})
    };
    let nodes: Vec<Value> = all[from..to].iter().map(node).collect();
    let end = (to > from).then(|| to.to_string());
    json!({"pageInfo": {"hasNextPage": to < all.len(), "endCursor": end}, "nodes": nodes})
}
