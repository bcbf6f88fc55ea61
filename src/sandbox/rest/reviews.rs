//! Reviews of pull requests and who was asked for one.

use super::Answer;
use super::call::Call;
use super::pulls::issue_of;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, post, put};
use crate::sandbox::types::Refused;
use crate::sandbox::world::PENDING;
use crate::sandbox::world::issue::{Issue, Pull, Review};
use crate::sandbox::world::model::Role;
use serde_json::{Value, json};

const READ: Need = Need::Repo(Role::Read, "pull_requests");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/pulls/{pull_number}/reviews", READ, list),
    post("/repos/{owner}/{repo}/pulls/{pull_number}/reviews", READ, create),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", READ, show),
    put("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", READ, edit),
    delete("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", READ, forget),
    post("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events", READ, submit),
    put(
        "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals",
        Need::Repo(Role::Write, "pull_requests"),
        dismiss,
    ),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments", READ, line_comments),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/comments", READ, line_comments),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", READ, requested),
    post(
        "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        Need::Repo(Role::Triage, "pull_requests"),
        request,
    ),
    delete(
        "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        Need::Repo(Role::Triage, "pull_requests"),
        unrequest,
    ),
];

fn pull_of(issue: &Issue) -> Result<&Pull, Refused> {
    issue.pull.as_ref().ok_or_else(Refused::not_found)
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let issue = issue_of(call, repo, "pull_number")?;
        let me = call.by(world).user;
        let seen: Vec<&Review> =
            pull_of(issue)?.reviews.iter().filter(|r| r.state != PENDING || r.author == me).collect();
        Ok(call.page(&seen, |r| world.review_json(repo.id, issue, r)))
    })
}

fn create(call: &Call) -> Answer {
    let number = call.number("pull_number")?;
    let (body, commit) = (call.text("body")?.unwrap_or_default(), call.text("commit_id")?);
    let verb = call.text("event")?.filter(|verb| !verb.is_empty());
    let id = call.change(|world, by| world.review((call.repo, number), by, verb, body, commit))?;
    shown(call, id)
}

fn shown(call: &Call, id: u64) -> Answer {
    call.read(|world, repo| {
        let issue = issue_of(call, repo, "pull_number")?;
        let review = pull_of(issue)?.reviews.iter().find(|r| r.id == id).ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(world.review_json(repo.id, issue, review)))
    })
}

fn show(call: &Call) -> Answer {
    shown(call, call.number("review_id")?)
}

fn edit(call: &Call) -> Answer {
    let (number, id) = (call.number("pull_number")?, call.number("review_id")?);
    let body = call.need("PullRequestReview", "body")?;
    call.change(|world, by| world.edit_review((call.repo, number), by, id, body))?;
    shown(call, id)
}

fn submit(call: &Call) -> Answer {
    let (number, id) = (call.number("pull_number")?, call.number("review_id")?);
    let (verb, body) = (call.need("PullRequestReview", "event")?, call.text("body")?);
    call.change(|world, by| world.submit_review((call.repo, number), by, id, verb, body))?;
    shown(call, id)
}

fn forget(call: &Call) -> Answer {
    let (number, id) = (call.number("pull_number")?, call.number("review_id")?);
    let gone = call.change(|world, by| world.forget_review((call.repo, number), by, id))?;
    call.read(|world, repo| Ok(Reply::ok(world.review_json(repo.id, issue_of(call, repo, "pull_number")?, &gone))))
}

fn dismiss(call: &Call) -> Answer {
    let message = call.need("PullRequestReview", "message")?;
    let (number, id) = (call.number("pull_number")?, call.number("review_id")?);
    call.change(|world, by| world.dismiss_review((call.repo, number), by, id, message))?;
    shown(call, id)
}

/// The look-alike has no comments on lines of a diff.
fn line_comments(call: &Call) -> Answer {
    call.read(|_, repo| {
        pull_of(issue_of(call, repo, "pull_number")?)?;
        Ok(Reply::ok(json!([])))
    })
}

fn requested(call: &Call) -> Answer {
    call.read(|world, repo| {
        let pull = pull_of(issue_of(call, repo, "pull_number")?)?;
        Ok(Reply::ok(json!({"users": world.users_json(&pull.requested), "teams": []})))
    })
}

fn reviewers(call: &Call) -> Result<Vec<String>, Refused> {
    let teams = call.body["team_reviewers"].as_array().is_some_and(|teams| !teams.is_empty());
    if teams {
        return Err(Refused::new(422, "Could not resolve to a node with the global id of a team."));
    }
    let names = call.body["reviewers"].as_array().into_iter().flatten();
    Ok(names.filter_map(Value::as_str).map(str::to_owned).collect())
}

fn request(call: &Call) -> Answer {
    let (number, names) = (call.number("pull_number")?, reviewers(call)?);
    call.change(|world, by| world.request_reviews((call.repo, number), by, &names))?;
    pull(call, 201)
}

fn unrequest(call: &Call) -> Answer {
    let (number, names) = (call.number("pull_number")?, reviewers(call)?);
    call.change(|world, by| world.unrequest_reviews((call.repo, number), by, &names))?;
    pull(call, 200)
}

fn pull(call: &Call, status: u16) -> Answer {
    call.read(|world, repo| {
        let body = world.pull_simple_json(repo.id, issue_of(call, repo, "pull_number")?);
        Ok(if status == 201 { Reply::created(body) } else { Reply::ok(body) })
    })
}
