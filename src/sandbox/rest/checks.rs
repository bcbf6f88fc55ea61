//! Check runs, check suites and commit statuses.

use super::Answer;
use super::call::Call;
use super::commits::commit_named;
use super::reply::Reply;
use super::route::{Need, Route, get, patch, post};
use crate::sandbox::types::{Actor, Refused};
use crate::sandbox::world::ci::{CheckRun, CheckSuite, Output, Status};
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::{CheckChange, NewCheck, NewStatus, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const READ: Need = Need::Repo(Role::Read, "checks");
const WRITE: Need = Need::Repo(Role::Write, "checks");
const STATUSES: Need = Need::Repo(Role::Read, "statuses");

pub(super) const ROUTES: &[Route] = &[
    post("/repos/{owner}/{repo}/check-runs", WRITE, create),
    get("/repos/{owner}/{repo}/check-runs/{check_run_id}", READ, show),
    patch("/repos/{owner}/{repo}/check-runs/{check_run_id}", WRITE, update),
    get("/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", READ, annotations),
    post(
        "/repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest",
        Need::Repo(Role::Write, "actions|checks"),
        rerequest,
    ),
    get("/repos/{owner}/{repo}/check-suites/{check_suite_id}", READ, suite),
    get("/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs", READ, of_suite),
    post(
        "/repos/{owner}/{repo}/check-suites/{check_suite_id}/rerequest",
        Need::Repo(Role::Write, "actions|checks"),
        rerequest_suite,
    ),
    get("/repos/{owner}/{repo}/commits/{+ref}/check-runs", READ, of_ref),
    get("/repos/{owner}/{repo}/commits/{+ref}/check-suites", READ, suites_of_ref),
    get("/repos/{owner}/{repo}/commits/{+ref}/status", STATUSES, combined),
    get("/repos/{owner}/{repo}/commits/{+ref}/statuses", STATUSES, statuses),
    get("/repos/{owner}/{repo}/statuses/{+ref}", STATUSES, statuses),
    post("/repos/{owner}/{repo}/statuses/{sha}", Need::Repo(Role::Write, "statuses"), post_status),
];

const STATUSES_OF_A_RUN: [&str; 6] = ["queued", "in_progress", "completed", "waiting", "requested", "pending"];
const CONCLUSIONS: [&str; 8] =
    ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"];

/// The App that writes: an installation's own; the administrator plays CI.
fn app(call: &Call) -> u64 {
    match &call.actor {
        Actor::Installation { app, .. } | Actor::App(app) => *app,
        Actor::Anonymous | Actor::User(_) | Actor::Admin => call.look.world().cast.ci_app,
    }
}

fn change(call: &Call) -> Result<CheckChange, Refused> {
    let text = |field| call.text(field).map(|t| t.map(str::to_owned));
    let (status, conclusion) = (text("status")?, text("conclusion")?);
    if status.as_deref().is_some_and(|s| !STATUSES_OF_A_RUN.contains(&s)) {
        return Err(Refused::invalid("CheckRun", "status", "invalid"));
    }
    if conclusion.as_deref().is_some_and(|c| !CONCLUSIONS.contains(&c)) {
        return Err(Refused::invalid("CheckRun", "conclusion", "invalid"));
    }
    let output = &call.body["output"];
    let part = |name: &str| output[name].as_str().map(str::to_owned);
    let output = output.is_object().then(|| Output {
        title: part("title"),
        summary: part("summary"),
        text: part("text"),
        annotations: output["annotations"].as_array().cloned().unwrap_or_default(),
    });
    if output.as_ref().is_some_and(|o| o.summary.as_ref().is_some_and(|s| s.len() > 65_535)) {
        return Err(Refused::custom("CheckRun", "summary is too long (maximum is 65535 characters)"));
    }
    let actions = call.body["actions"].as_array().cloned();
    if actions.as_ref().is_some_and(|a| a.len() > 3) {
        return Err(Refused::custom("CheckRun", "at most three actions are allowed"));
    }
    Ok(CheckChange {
        name: text("name")?,
        status,
        conclusion,
        details_url: text("details_url")?,
        external_id: text("external_id")?,
        started_at: call.time("started_at")?,
        completed_at: call.time("completed_at")?,
        output,
        actions,
    })
}

fn create(call: &Call) -> Answer {
    let (name, head_sha) = (call.need("CheckRun", "name")?.to_owned(), call.need("CheckRun", "head_sha")?.to_owned());
    let new = NewCheck { name, head_sha, workflow_run: None, change: change(call)? };
    let app = app(call);
    let id = call.change(|world, _| world.create_check(call.repo, app, new))?;
    call.read(|world, repo| Ok(Reply::created(world.check_run_json(repo.id, world.check(repo.id, id)?))))
}

fn show(call: &Call) -> Answer {
    let id = call.number("check_run_id")?;
    call.read(|world, repo| Ok(Reply::ok(world.check_run_json(repo.id, world.check(repo.id, id)?))))
}

fn update(call: &Call) -> Answer {
    let (id, app, change) = (call.number("check_run_id")?, app(call), change(call)?);
    call.change(|world, _| {
        let own = world.check(call.repo, id)?.app == app;
        if !own && !matches!(call.actor, Actor::Admin) {
            return Err(Refused::new(403, "Invalid app_id. The check run was created by another GitHub App."));
        }
        world.update_check(call.repo, id, change)
    })?;
    show(call)
}

fn annotations(call: &Call) -> Answer {
    let id = call.number("check_run_id")?;
    call.read(|world, repo| {
        let filled = |note: &Value| {
            let mut body = json!({"path": "", "start_line": 1, "end_line": 1, "start_column": null, "end_column": null,
                "annotation_level": "notice", "title": null, "message": "", "raw_details": null,
                "blob_href": format!("{}/git/blobs", world.repo_api(repo))});
            if let (Value::Object(into), Value::Object(given)) = (&mut body, note.clone()) {
                into.extend(given);
            }
            body
        };
        Ok(call.page(&world.check(repo.id, id)?.output.annotations, filled))
    })
}

fn rerequest(call: &Call) -> Answer {
    let id = call.number("check_run_id")?;
    call.change(|world, by| world.rerequest(call.repo, id, by))?;
    Ok(Reply::with(201, json!({})))
}

fn rerequest_suite(call: &Call) -> Answer {
    let id = call.number("check_suite_id")?;
    call.change(|world, by| {
        let repo = world.repo(call.repo)?;
        repo.suites.get(&id).ok_or_else(Refused::not_found)?;
        let runs: Vec<_> =
            repo.check_runs.values().filter(|r| r.suite == id && r.status == "completed").map(|r| r.id).collect();
        runs.into_iter().try_for_each(|run| world.rerequest(call.repo, run, by))
    })?;
    Ok(Reply::with(201, json!({})))
}

fn suite(call: &Call) -> Answer {
    let id = call.number("check_suite_id")?;
    call.read(|world, repo| {
        let suite = repo.suites.get(&id).ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(world.check_suite_json(repo.id, suite)))
    })
}

/// Narrows check runs by the query and shows a page of them, newest first as GitHub has them.
fn list<'a>(call: &Call, world: &World, repo: &Repo, runs: impl Iterator<Item = &'a CheckRun>) -> Answer {
    let app: Option<u64> = call.query("app_id").and_then(|v| v.parse().ok());
    let mut runs: Vec<_> = runs
        .filter(|r| app.is_none_or(|a| a == r.app))
        .filter(|r| call.query("check_name").is_none_or(|n| n == r.name))
        .filter(|r| call.query("status").is_none_or(|s| s == r.status))
        .collect();
    if call.query("filter") != Some("all") {
        let mut newest: BTreeMap<(u64, &str), &CheckRun> = BTreeMap::new();
        newest.extend(runs.iter().map(|r| ((r.suite, r.name.as_str()), *r)));
        runs = newest.into_values().collect();
    }
    runs.sort_by_key(|r| std::cmp::Reverse(r.id));
    Ok(call.counted("check_runs", &runs, |r| world.check_run_json(repo.id, r)))
}

fn of_suite(call: &Call) -> Answer {
    let id = call.number("check_suite_id")?;
    call.read(|world, repo| {
        repo.suites.get(&id).ok_or_else(Refused::not_found)?;
        list(call, world, repo, repo.check_runs.values().filter(|r| r.suite == id))
    })
}

fn of_ref(call: &Call) -> Answer {
    call.read(|world, repo| {
        let sha = commit_named(call, world, repo)?.to_string();
        list(call, world, repo, repo.check_runs.values().filter(|r| r.head_sha == sha))
    })
}

fn suites_of_ref(call: &Call) -> Answer {
    call.read(|world, repo| {
        let sha = commit_named(call, world, repo)?.to_string();
        let app: Option<u64> = call.query("app_id").and_then(|v| v.parse().ok());
        let named = |s: &CheckSuite| {
            call.query("check_name").is_none_or(|n| repo.check_runs.values().any(|r| r.suite == s.id && r.name == n))
        };
        let all = repo.suites.values().filter(|s| s.head_sha == sha && app.is_none_or(|a| a == s.app) && named(s));
        let all: Vec<_> = all.collect();
        Ok(call.counted("check_suites", &all, |s| world.check_suite_json(repo.id, s)))
    })
}

fn combined(call: &Call) -> Answer {
    call.read(|world, repo| {
        let sha = commit_named(call, world, repo)?.to_string();
        let mut latest: BTreeMap<String, &Status> = BTreeMap::new();
        for status in repo.statuses.iter().filter(|s| s.sha == sha) {
            // Contexts do not distinguish upper from lower case.
            latest.insert(status.context.to_lowercase(), status);
        }
        let all: Vec<_> = latest.into_values().collect();
        let any = |states: &[&str]| all.iter().any(|s| states.contains(&s.state.as_str()));
        let state = match () {
            () if any(&["failure", "error"]) => "failure",
            // GitHub says pending when there is no status at all.
            () if any(&["pending"]) || all.is_empty() => "pending",
            () => "success",
        };
        let reply = call.counted("statuses", &all, |s| world.status_json(repo, s, false));
        let mut body = reply.json().cloned().unwrap_or_default();
        let api = world.repo_api(repo);
        body["state"] = json!(state);
        body["sha"] = json!(sha);
        body["repository"] = world.simple_repository_json(repo).into();
        body["commit_url"] = json!(format!("{api}/commits/{sha}"));
        body["url"] = json!(format!("{api}/commits/{sha}/status"));
        Ok(reply.with_body(body))
    })
}

fn statuses(call: &Call) -> Answer {
    call.read(|world, repo| {
        let sha = commit_named(call, world, repo)?.to_string();
        let all: Vec<_> = repo.statuses.iter().rev().filter(|s| s.sha == sha).collect();
        Ok(call.page(&all, |s| world.status_json(repo, s, true)))
    })
}

fn post_status(call: &Call) -> Answer {
    let state = call.need("Status", "state")?;
    if !["error", "failure", "pending", "success"].contains(&state) {
        return Err(Refused::invalid("Status", "state", "inclusion"));
    }
    let new = NewStatus {
        sha: call.param("sha").to_owned(),
        state: state.to_owned(),
        context: call.text("context")?.unwrap_or("default").to_owned(),
        description: call.text("description")?.map(str::to_owned),
        target_url: call.text("target_url")?.map(str::to_owned),
    };
    let id = call.change(|world, by| world.create_status(call.repo, by, new))?;
    call.read(|world, repo| {
        let made = repo.statuses.iter().find(|s| s.id == id).ok_or_else(Refused::not_found)?;
        Ok(Reply::created(world.status_json(repo, made, true)))
    })
}
