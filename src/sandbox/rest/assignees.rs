//! Who is assigned to an issue or pull request, and who can be.

use super::Answer;
use super::call::Call;
use super::pulls::issue_of;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, post};
use crate::sandbox::types::Refused;
use crate::sandbox::world::World;
use crate::sandbox::world::model::{Kind, Repo, Role};
use serde_json::Value;

const READ: Need = Need::Repo(Role::Read, "issues|pull_requests");
const WRITE: Need = Need::Repo(Role::Triage, "issues|pull_requests");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/assignees", READ, list),
    get("/repos/{owner}/{repo}/assignees/{assignee}", READ, check),
    post("/repos/{owner}/{repo}/issues/{issue_number}/assignees", WRITE, add),
    delete("/repos/{owner}/{repo}/issues/{issue_number}/assignees", WRITE, remove),
];

fn assignable(world: &World, repo: &Repo) -> Vec<u64> {
    let people = world.accounts.values().filter(|a| a.kind == Kind::User);
    people.map(|a| a.id).filter(|id| world.role(*id, repo) >= Role::Triage).collect()
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| Ok(call.page(&assignable(world, repo), |id| world.user_json(*id))))
}

fn check(call: &Call) -> Answer {
    call.read(|world, repo| {
        let known = world.account(call.param("assignee")).is_some_and(|a| assignable(world, repo).contains(&a.id));
        if known { Ok(Reply::empty(204)) } else { Err(Refused::not_found()) }
    })
}

/// The logins in the body's `assignees`.
pub(super) fn logins(body: &Value) -> Vec<String> {
    body["assignees"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn add(call: &Call) -> Answer {
    let (number, names) = (call.number("issue_number")?, logins(&call.body));
    call.change(|world, by| world.assign((call.repo, number), by, &names))?;
    call.read(|world, repo| Ok(Reply::created(world.issue_json(repo.id, issue_of(call, repo, "issue_number")?))))
}

fn remove(call: &Call) -> Answer {
    let (number, names) = (call.number("issue_number")?, logins(&call.body));
    call.change(|world, by| world.unassign((call.repo, number), by, &names))?;
    call.read(|world, repo| Ok(Reply::ok(world.issue_json(repo.id, issue_of(call, repo, "issue_number")?))))
}
