//! Workflow runs of the sandbox's own CI, as GitHub Actions shows its.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, get, post};
use crate::sandbox::types::Refused;
use crate::sandbox::world::NewDispatch;
use crate::sandbox::world::ci::WorkflowRun;
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::time::parse;
use serde_json::{Value, json};

const READ: Need = Need::Repo(Role::Read, "actions");
const WRITE: Need = Need::Repo(Role::Write, "actions");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/actions/runs", READ, list),
    get("/repos/{owner}/{repo}/actions/runs/{run_id}", READ, show),
    post("/repos/{owner}/{repo}/actions/runs/{run_id}/cancel", WRITE, cancel),
    post("/repos/{owner}/{repo}/actions/runs/{run_id}/rerun", WRITE, rerun),
    post("/repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs", WRITE, rerun),
    get("/repos/{owner}/{repo}/actions/runs/{run_id}/jobs", READ, jobs),
    get("/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments", READ, pending),
    post("/repos/{owner}/{repo}/dispatches", Need::Repo(Role::Write, "contents"), dispatch),
    post("/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", WRITE, start),
];

fn run_of<'a>(call: &Call, repo: &'a Repo) -> Result<&'a WorkflowRun, Refused> {
    repo.runs.get(&call.number("run_id")?).ok_or_else(Refused::not_found)
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let wanted = |name: &str, value: &str| call.query(name).is_none_or(|w| w == value);
        let status = |run: &WorkflowRun| {
            let ended = run.conclusion.as_deref();
            call.query("status").is_none_or(|w| w == run.status || Some(w) == ended)
        };
        // Of GitHub's ways to write a range only this one is known here.
        let since = call.query("created").and_then(|range| range.strip_prefix(">=")).and_then(parse);
        let mut found: Vec<_> = repo
            .runs
            .values()
            .filter(|r| {
                wanted("head_sha", &r.head_sha) && wanted("branch", &r.head_branch) && wanted("event", &r.event)
            })
            .filter(|r| wanted("check_suite_id", &r.suite.to_string()) && wanted("actor", world.login(r.actor)))
            .filter(|r| status(r) && since.is_none_or(|since| r.created_at >= since))
            .collect();
        found.reverse();
        Ok(call.counted("workflow_runs", &found, |r| world.run_json(repo.id, r)))
    })
}

fn show(call: &Call) -> Answer {
    call.read(|world, repo| Ok(Reply::ok(world.run_json(repo.id, run_of(call, repo)?))))
}

fn cancel(call: &Call) -> Answer {
    let run = call.number("run_id")?;
    call.change(|world, _| world.cancel_run(call.repo, run))?;
    Ok(Reply::with(202, json!({})))
}

fn rerun(call: &Call) -> Answer {
    let check = call.read(|_, repo| run_of(call, repo).map(|r| r.check_run))?;
    call.change(|world, by| world.rerequest(call.repo, check, by))
        .map_err(|_| Refused::new(403, "This workflow run is already running"))?;
    Ok(Reply::with(201, json!({})))
}

fn jobs(call: &Call) -> Answer {
    call.read(|world, repo| Ok(call.counted("jobs", &[run_of(call, repo)?], |r| world.job_json(repo.id, r))))
}

fn pending(call: &Call) -> Answer {
    call.read(|_, repo| run_of(call, repo).map(|_| Reply::ok(json!([]))))
}

/// Tells those who listen; nothing runs by it.
fn dispatch(call: &Call) -> Answer {
    let event = call.need("RepositoryDispatch", "event_type")?;
    let payload = call.body.get("client_payload").cloned().unwrap_or_else(|| json!({}));
    call.change(|world, by| {
        let branch = world.repo(call.repo)?.default_branch.clone();
        let body = json!({"branch": branch, "client_payload": payload});
        world.hook(call.repo, "repository_dispatch", Some(event), by, body);
        Ok(())
    })?;
    Ok(Reply::empty(204))
}

/// Starts a workflow. Since 2026 GitHub says which run it is, if it is asked to.
fn start(call: &Call) -> Answer {
    let r#ref = call.need("Workflow", "ref")?.to_owned();
    let told = call.flag("return_run_details")?.unwrap_or(false);
    let given = call.body.get("inputs").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let inputs = given.into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect();
    let new = NewDispatch { workflow: call.param("workflow_id").to_owned(), r#ref, inputs };
    let run = call.change(|world, by| world.dispatch(call.repo, by, &new))?;
    if !told {
        return Ok(Reply::empty(204));
    }
    call.read(|world, repo| {
        let shown = world.run_json(repo.id, repo.runs.get(&run).ok_or_else(Refused::not_found)?);
        Ok(Reply::ok(json!({"workflow_run_id": run, "run_url": shown["url"], "html_url": shown["html_url"]})))
    })
}
