//! Labels of a repository and labels on an issue or pull request.

use super::Answer;
use super::call::Call;
use super::pulls::issue_of;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, patch, post, put};
use crate::sandbox::types::Refused;
use crate::sandbox::world::LabelChange;
use crate::sandbox::world::model::Role;
use serde_json::Value;

const READ: Need = Need::Repo(Role::Read, "issues|pull_requests");
const WRITE: Need = Need::Repo(Role::Triage, "issues|pull_requests");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/labels", READ, list),
    post("/repos/{owner}/{repo}/labels", Need::Repo(Role::Write, "issues|pull_requests"), create),
    get("/repos/{owner}/{repo}/labels/{name}", READ, show),
    patch("/repos/{owner}/{repo}/labels/{name}", Need::Repo(Role::Write, "issues|pull_requests"), edit),
    delete("/repos/{owner}/{repo}/labels/{name}", Need::Repo(Role::Write, "issues|pull_requests"), destroy),
    get("/repos/{owner}/{repo}/issues/{issue_number}/labels", READ, on_issue),
    post("/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE, add),
    put("/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE, set),
    delete("/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE, clear),
    delete("/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", WRITE, remove),
];

fn list(call: &Call) -> Answer {
    call.read(|world, repo| Ok(call.page(&repo.labels, |l| world.label_json(repo, l))))
}

fn show(call: &Call) -> Answer {
    call.read(|world, repo| {
        let found = repo.labels.iter().find(|l| l.name.eq_ignore_ascii_case(call.param("name")));
        Ok(Reply::ok(world.label_json(repo, found.ok_or_else(Refused::not_found)?)))
    })
}

fn create(call: &Call) -> Answer {
    let (name, color) = (call.need("Label", "name")?, color(call)?.unwrap_or("ededed"));
    let description = call.text("description")?;
    call.change(|world, _| world.create_label(call.repo, name, color, description))?;
    call.read(|world, repo| {
        let made = repo.labels.iter().find(|l| l.name.eq_ignore_ascii_case(name)).ok_or_else(Refused::not_found)?;
        Ok(Reply::created(world.label_json(repo, made)))
    })
}

fn color(call: &Call) -> Result<Option<&str>, Refused> {
    let color = call.text("color")?;
    if color.is_some_and(|c| c.len() != 6 || !c.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err(Refused::invalid("Label", "color", "invalid"));
    }
    Ok(color)
}

fn edit(call: &Call) -> Answer {
    let change =
        LabelChange { name: call.text("new_name")?, color: color(call)?, description: call.text("description")? };
    let id = call.change(|world, _| world.edit_label(call.repo, call.param("name"), &change))?;
    call.read(|world, repo| {
        let changed = repo.labels.iter().find(|l| l.id == id).ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(world.label_json(repo, changed)))
    })
}

fn destroy(call: &Call) -> Answer {
    call.change(|world, _| world.delete_label(call.repo, call.param("name")))?;
    Ok(Reply::empty(204))
}

fn on_issue(call: &Call) -> Answer {
    call.read(|world, repo| {
        let shown = world.labels_json(repo, issue_of(call, repo, "issue_number")?);
        Ok(call.page(shown.as_array().map(Vec::as_slice).unwrap_or_default(), Clone::clone))
    })
}

fn all_on_issue(call: &Call) -> Answer {
    call.read(|world, repo| Ok(Reply::ok(world.labels_json(repo, issue_of(call, repo, "issue_number")?))))
}

/// Label names of the body: `{"labels": ["a", {"name": "b"}]}`, or the bare list.
pub(super) fn names(body: &Value) -> Result<Vec<String>, Refused> {
    let list = body.get("labels").unwrap_or(body);
    let name = |v: &Value| v.as_str().or_else(|| v["name"].as_str()).map(str::to_owned);
    let invalid = || Refused::invalid("Issue", "labels", "invalid");
    list.as_array().ok_or_else(invalid)?.iter().map(|v| name(v).ok_or_else(invalid)).collect()
}

fn add(call: &Call) -> Answer {
    let (number, names) = (call.number("issue_number")?, names(&call.body)?);
    call.change(|world, by| names.iter().try_for_each(|name| world.add_label(call.repo, number, by, name)))?;
    all_on_issue(call)
}

fn set(call: &Call) -> Answer {
    let (number, names) = (call.number("issue_number")?, names(&call.body)?);
    call.change(|world, by| super::issues::set_labels(world, by, (call.repo, number), &names))?;
    all_on_issue(call)
}

fn clear(call: &Call) -> Answer {
    let number = call.number("issue_number")?;
    call.change(|world, by| super::issues::set_labels(world, by, (call.repo, number), &[]))?;
    Ok(Reply::empty(204))
}

fn remove(call: &Call) -> Answer {
    let number = call.number("issue_number")?;
    let there = call.change(|world, by| world.remove_label(call.repo, number, by, call.param("name")))?;
    if there { all_on_issue(call) } else { Err(Refused::new(404, "Label does not exist")) }
}
