//! Comments on issues and pull requests.

use super::Answer;
use super::call::Call;
use super::pulls::issue_of;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, patch, post};
use crate::sandbox::world::issue::Comment;
use crate::sandbox::world::model::Role;
use crate::sandbox::world::time;

const NEED: Need = Need::Repo(Role::Read, "issues|pull_requests");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/issues/comments", NEED, list_all),
    get("/repos/{owner}/{repo}/issues/comments/{comment_id}", NEED, show),
    patch("/repos/{owner}/{repo}/issues/comments/{comment_id}", NEED, edit),
    delete("/repos/{owner}/{repo}/issues/comments/{comment_id}", NEED, remove),
    get("/repos/{owner}/{repo}/issues/{issue_number}/comments", NEED, list),
    post("/repos/{owner}/{repo}/issues/{issue_number}/comments", NEED, create),
];

/// The comment was changed at or after the query's `since`.
fn since(call: &Call) -> impl Fn(&Comment) -> bool {
    let since = call.query("since").and_then(time::parse);
    move |comment| since.is_none_or(|since| comment.updated_at >= since)
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let issue = issue_of(call, repo, "issue_number")?;
        let recent = since(call);
        let found: Vec<_> = issue.comments.iter().filter(|c| recent(c)).collect();
        Ok(call.page(&found, |c| world.comment_json(repo.id, issue, c)))
    })
}

fn list_all(call: &Call) -> Answer {
    call.read(|world, repo| {
        let recent = since(call);
        let all = repo.issues.values().flat_map(|i| i.comments.iter().map(move |c| (i, c)));
        let mut found: Vec<_> = all.filter(|(_, c)| recent(c)).collect();
        match call.query("sort") {
            Some("updated") => found.sort_by_key(|(_, c)| c.updated_at),
            _ => found.sort_by_key(|(_, c)| c.id),
        }
        if call.query("direction") == Some("desc") {
            found.reverse();
        }
        Ok(call.page(&found, |(i, c)| world.comment_json(repo.id, i, c)))
    })
}

fn create(call: &Call) -> Answer {
    let number = call.number("issue_number")?;
    let body = call.need("IssueComment", "body")?;
    let id = call.change(|world, by| world.comment(call.repo, number, by, body))?;
    call.read(|world, repo| {
        let (issue, comment) = world.find_comment(repo.id, id)?;
        Ok(Reply::created(world.comment_json(repo.id, issue, comment)))
    })
}

fn show(call: &Call) -> Answer {
    let id = call.number("comment_id")?;
    call.read(|world, repo| {
        let (issue, comment) = world.find_comment(repo.id, id)?;
        Ok(Reply::ok(world.comment_json(repo.id, issue, comment)))
    })
}

fn edit(call: &Call) -> Answer {
    let (id, body) = (call.number("comment_id")?, call.need("IssueComment", "body")?);
    call.change(|world, by| {
        let author = world.find_comment(call.repo, id)?.1.author;
        super::auth::own_or(call, world, author, Role::Write)?;
        world.edit_comment(call.repo, id, by, body)
    })?;
    show(call)
}

fn remove(call: &Call) -> Answer {
    let id = call.number("comment_id")?;
    call.change(|world, by| {
        let author = world.find_comment(call.repo, id)?.1.author;
        super::auth::own_or(call, world, author, Role::Write)?;
        world.delete_comment(call.repo, id, by)
    })?;
    Ok(Reply::empty(204))
}
