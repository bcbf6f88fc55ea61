//! Reactions to comments, issues and pull requests.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, post};
use crate::sandbox::types::Refused;
use crate::sandbox::world::Target;
use crate::sandbox::world::model::Role;

const NEED: Need = Need::Repo(Role::Read, "issues|pull_requests");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", NEED, list),
    post("/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", NEED, react),
    delete("/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}", NEED, unreact),
    get("/repos/{owner}/{repo}/issues/{issue_number}/reactions", NEED, list),
    post("/repos/{owner}/{repo}/issues/{issue_number}/reactions", NEED, react),
    delete("/repos/{owner}/{repo}/issues/{issue_number}/reactions/{reaction_id}", NEED, unreact),
];

fn target(call: &Call) -> Result<Target, Refused> {
    if call.param("comment_id").is_empty() {
        call.number("issue_number").map(Target::Issue)
    } else {
        call.number("comment_id").map(Target::Comment)
    }
}

fn list(call: &Call) -> Answer {
    let target = target(call)?;
    call.read(|world, repo| {
        let wanted = call.query("content");
        let all = world.reactions(repo.id, target)?;
        let found: Vec<_> = all.iter().filter(|r| wanted.is_none_or(|w| w == r.content)).collect();
        Ok(call.page(&found, |r| world.reaction_json(r)))
    })
}

fn react(call: &Call) -> Answer {
    let (target, content) = (target(call)?, call.need("Reaction", "content")?);
    let (id, new) = call.change(|world, by| world.react(call.repo, target, by, content))?;
    call.read(|world, repo| {
        let made = world.reactions(repo.id, target)?.iter().find(|r| r.id == id).ok_or_else(Refused::not_found)?;
        Ok(Reply::with(if new { 201 } else { 200 }, world.reaction_json(made)))
    })
}

fn unreact(call: &Call) -> Answer {
    let (target, id) = (target(call)?, call.number("reaction_id")?);
    call.change(|world, by| world.unreact(call.repo, target, by, id))?;
    Ok(Reply::empty(204))
}
