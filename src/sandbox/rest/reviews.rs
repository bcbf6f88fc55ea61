//! Reviews of pull requests and who was asked for one.

use super::Answer;
use super::call::Call;
use super::pulls::issue_of;
use super::reply::Reply;
use super::route::{Need, Route, get, post, put};
use crate::sandbox::types::Refused;
use crate::sandbox::world::model::Role;
use serde_json::json;

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/pulls/{pull_number}/reviews", Need::Repo(Role::Read, "pull_requests"), list),
    post("/repos/{owner}/{repo}/pulls/{pull_number}/reviews", Need::Repo(Role::Read, "pull_requests"), submit),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", Need::Repo(Role::Read, "pull_requests"), show),
    put(
        "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals",
        Need::Repo(Role::Write, "pull_requests"),
        dismiss,
    ),
    get("/repos/{owner}/{repo}/pulls/{pull_number}/comments", Need::Repo(Role::Read, "pull_requests"), line_comments),
    get(
        "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
        Need::Repo(Role::Read, "pull_requests"),
        requested,
    ),
];

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let issue = issue_of(call, repo, "pull_number")?;
        let pull = issue.pull.as_ref().ok_or_else(Refused::not_found)?;
        Ok(call.page(&pull.reviews, |r| world.review_json(repo.id, issue, r)))
    })
}

fn submit(call: &Call) -> Answer {
    let number = call.number("pull_number")?;
    let verb = call.text("event")?.unwrap_or("COMMENT");
    let (body, commit) = (call.text("body")?.unwrap_or_default(), call.text("commit_id")?);
    let id = call.change(|world, by| world.review((call.repo, number), by, verb, body, commit))?;
    reply(call, id)
}

fn reply(call: &Call, id: u64) -> Answer {
    call.read(|world, repo| {
        let issue = issue_of(call, repo, "pull_number")?;
        let reviews = issue.pull.as_ref().map(|p| p.reviews.as_slice()).unwrap_or_default();
        let review = reviews.iter().find(|r| r.id == id).ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(world.review_json(repo.id, issue, review)))
    })
}

fn show(call: &Call) -> Answer {
    reply(call, call.number("review_id")?)
}

fn dismiss(call: &Call) -> Answer {
    call.need("PullRequestReview", "message")?;
    let (number, id) = (call.number("pull_number")?, call.number("review_id")?);
    call.change(|world, by| world.dismiss_review(call.repo, number, by, id))?;
    reply(call, id)
}

fn line_comments(call: &Call) -> Answer {
    call.read(|_, repo| {
        issue_of(call, repo, "pull_number")?.pull.as_ref().ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(json!([])))
    })
}

fn requested(call: &Call) -> Answer {
    call.read(|_, repo| {
        issue_of(call, repo, "pull_number")?.pull.as_ref().ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(json!({"users": [], "teams": []})))
    })
}
