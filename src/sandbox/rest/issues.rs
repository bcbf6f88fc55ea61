//! Issues (a pull request is one, too): list, get, open, change, lock.

use super::Answer;
use super::call::Call;
use super::pulls::{issue_of, sort};
use super::reply::Reply;
use super::route::{Need, Route, delete, get, patch, post, put};
use crate::sandbox::types::Refused;
use crate::sandbox::world::issue::Issue;
use crate::sandbox::world::model::Role;
use crate::sandbox::world::{By, World, time};

const NEED: Need = Need::Repo(Role::Read, "issues|pull_requests");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/issues", NEED, list),
    post("/repos/{owner}/{repo}/issues", NEED, open),
    get("/repos/{owner}/{repo}/issues/{issue_number}", NEED, show),
    patch("/repos/{owner}/{repo}/issues/{issue_number}", NEED, update),
    put("/repos/{owner}/{repo}/issues/{issue_number}/lock", Need::Repo(Role::Triage, "issues|pull_requests"), lock),
    delete(
        "/repos/{owner}/{repo}/issues/{issue_number}/lock",
        Need::Repo(Role::Triage, "issues|pull_requests"),
        unlock,
    ),
];

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let since = call.query("since").and_then(time::parse);
        let wanted: Vec<&str> = call.query("labels").map(|l| l.split(',').collect()).unwrap_or_default();
        let has = |issue: &Issue, name: &str| {
            issue.labels.iter().filter_map(|id| repo.labels.iter().find(|l| l.id == *id)).any(|l| l.name == name)
        };
        let mut found: Vec<&Issue> = repo
            .issues
            .values()
            .filter(|i| match call.query("state").unwrap_or("open") {
                "open" => i.open,
                "closed" => !i.open,
                _ => true,
            })
            .filter(|i| since.is_none_or(|s| i.updated_at >= s))
            .filter(|i| wanted.iter().all(|name| has(i, name)))
            .filter(|i| call.query("creator").is_none_or(|c| world.login(i.author).eq_ignore_ascii_case(c)))
            .filter(|i| match call.query("assignee") {
                None | Some("*") => true,
                Some("none") => i.assignees.is_empty(),
                Some(login) => i.assignees.iter().any(|id| world.login(*id).eq_ignore_ascii_case(login)),
            })
            .collect();
        sort(call, &mut found);
        if call.query("direction").is_none() && call.query("sort").is_some_and(|s| s != "created") {
            // Issues come newest first by every order; pull requests do not.
            found.reverse();
        }
        Ok(call.page(&found, |i| world.issue_json(repo.id, i)))
    })
}

fn open(call: &Call) -> Answer {
    let (title, body) = (call.need("Issue", "title")?, call.text("body")?.unwrap_or_default());
    let labels = if call.body.get("labels").is_some() { super::labels::names(&call.body)? } else { Vec::new() };
    let number = call.change(|world, by| {
        let number = world.open_issue(call.repo, by, title, body)?;
        world.tell_issue(call.repo, number, "opened", by, serde_json::json!({}));
        if call.is_at_least(world, Role::Triage) {
            labels.iter().try_for_each(|name| world.add_label(call.repo, number, by, name))?;
            world.assign((call.repo, number), by, &super::assignees::logins(&call.body))?;
        }
        Ok(number)
    })?;
    call.read(|world, repo| {
        let made = repo.issues.get(&number).ok_or_else(Refused::not_found)?;
        Ok(Reply::created(world.issue_json(repo.id, made)))
    })
}

fn show(call: &Call) -> Answer {
    call.read(|world, repo| Ok(Reply::ok(world.issue_json(repo.id, issue_of(call, repo, "issue_number")?))))
}

fn update(call: &Call) -> Answer {
    let number = call.number("issue_number")?;
    let (title, body) = (call.text("title")?, call.text("body")?);
    let open = match call.text("state")? {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(_) => return Err(Refused::invalid("Issue", "state", "invalid")),
    };
    let labels = if call.body.get("labels").is_some() { Some(super::labels::names(&call.body)?) } else { None };
    let reason = call.text("state_reason")?;
    call.change(|world, by| {
        let author = world.issue(call.repo, number)?.author;
        super::auth::own_or(call, world, author, Role::Triage)?;
        world.retitle(call.repo, number, by, title, body)?;
        if let Some(names) = labels.filter(|_| call.is_at_least(world, Role::Triage)) {
            set_labels(world, by, (call.repo, number), &names)?;
        }
        if call.body["assignees"].is_array() && call.is_at_least(world, Role::Triage) {
            world.set_assignees((call.repo, number), by, &super::assignees::logins(&call.body))?;
        }
        match open {
            Some(true) => world.reopen_issue(call.repo, number, by)?,
            Some(false) => world.close_issue(call.repo, number, by)?,
            None => {}
        }
        let issue = world.issue_mut(call.repo, number)?;
        if let Some(reason) = reason.filter(|_| issue.pull.is_none() && !issue.open) {
            issue.state_reason = Some(reason.to_owned());
        }
        Ok(())
    })?;
    show(call)
}

/// Makes these the labels: takes off what is not among them, puts on what is missing.
pub(super) fn set_labels(world: &mut World, by: By, at: (u64, u64), names: &[String]) -> Result<(), Refused> {
    let repo = world.repo(at.0)?;
    let issue = world.issue(at.0, at.1)?;
    let have = issue.labels.iter().filter_map(|id| repo.labels.iter().find(|l| l.id == *id));
    let gone: Vec<String> =
        have.map(|l| l.name.clone()).filter(|n| !names.iter().any(|w| w.eq_ignore_ascii_case(n))).collect();
    for name in gone {
        world.remove_label(at.0, at.1, by, &name)?;
    }
    names.iter().try_for_each(|name| world.add_label(at.0, at.1, by, name))
}

fn lock(call: &Call) -> Answer {
    set_locked(call, true)
}

fn unlock(call: &Call) -> Answer {
    set_locked(call, false)
}

fn set_locked(call: &Call, locked: bool) -> Answer {
    let number = call.number("issue_number")?;
    call.change(|world, _| world.issue_mut(call.repo, number).map(|issue| issue.locked = locked))?;
    Ok(Reply::empty(204))
}
