//! Deployments, their statuses and environments.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, post};
use crate::sandbox::render::node_id;
use crate::sandbox::types::Refused;
use crate::sandbox::world::ci::Deployment;
use crate::sandbox::world::model::{Repo, Role};
use crate::sandbox::world::time::iso;
use crate::sandbox::world::{NewDeployment, NewDeploymentStatus};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const READ: Need = Need::Repo(Role::Read, "deployments");
const WRITE: Need = Need::Repo(Role::Write, "deployments");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/deployments", READ, list),
    post("/repos/{owner}/{repo}/deployments", WRITE, create),
    get("/repos/{owner}/{repo}/deployments/{deployment_id}", READ, show),
    delete("/repos/{owner}/{repo}/deployments/{deployment_id}", WRITE, remove),
    get("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", READ, statuses),
    post("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", WRITE, add_status),
    get("/repos/{owner}/{repo}/environments", Need::Repo(Role::Read, "actions"), environments),
    get("/repos/{owner}/{repo}/environments/{environment_name}", Need::Repo(Role::Read, "actions"), environment),
];

fn of<'a>(call: &Call, repo: &'a Repo) -> Result<&'a Deployment, Refused> {
    repo.deployments.get(&call.number("deployment_id")?).ok_or_else(Refused::not_found)
}

fn list(call: &Call) -> Answer {
    call.read(|world, repo| {
        let wanted = |name: &str, value: &str| call.query(name).is_none_or(|w| w == value);
        let all = repo.deployments.values().rev();
        let found: Vec<_> = all
            .filter(|d| wanted("sha", &d.sha) && wanted("ref", &d.r#ref) && wanted("task", &d.task))
            .filter(|d| wanted("environment", &d.environment))
            .collect();
        Ok(call.page(&found, |d| world.deployment_json(repo.id, d)))
    })
}

fn create(call: &Call) -> Answer {
    let reference = call.need("Deployment", "ref")?;
    let contexts = call.body["required_contexts"].as_array();
    let contexts = contexts.map(|c| c.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let environment = call.text("environment")?.unwrap_or("production").to_owned();
    let new = NewDeployment {
        r#ref: reference.to_owned(),
        task: call.text("task")?.unwrap_or("deploy").to_owned(),
        payload: call.body.get("payload").cloned().unwrap_or_else(|| json!({})),
        description: call.text("description")?.map(str::to_owned),
        transient: call.flag("transient_environment")?.unwrap_or(false),
        production: call.flag("production_environment")?.unwrap_or(environment == "production"),
        environment,
        required_contexts: contexts,
    };
    let id = call.change(|world, by| world.deploy(call.repo, by, new))?;
    call.read(|world, repo| {
        let made = repo.deployments.get(&id).ok_or_else(Refused::not_found)?;
        Ok(Reply::created(world.deployment_json(repo.id, made)))
    })
}

fn show(call: &Call) -> Answer {
    call.read(|world, repo| Ok(Reply::ok(world.deployment_json(repo.id, of(call, repo)?))))
}

fn remove(call: &Call) -> Answer {
    let id = call.number("deployment_id")?;
    call.change(|world, _| {
        let all = &mut world.repo_mut(call.repo)?.deployments;
        let found = all.get(&id).ok_or_else(Refused::not_found)?;
        let active = found.statuses.last().is_none_or(|s| s.state != "inactive");
        if active && all.len() > 1 {
            return Err(Refused::new(
                422,
                "We cannot delete an active deployment unless it is the only deployment in a given environment.",
            ));
        }
        all.remove(&id);
        Ok(())
    })?;
    Ok(Reply::empty(204))
}

fn statuses(call: &Call) -> Answer {
    call.read(|world, repo| {
        let deployment = of(call, repo)?;
        let newest: Vec<_> = deployment.statuses.iter().rev().collect();
        Ok(call.page(&newest, |s| world.deployment_status_json(repo.id, deployment, s)))
    })
}

fn add_status(call: &Call) -> Answer {
    let id = call.number("deployment_id")?;
    let state = call.need("DeploymentStatus", "state")?;
    if !["error", "failure", "inactive", "in_progress", "queued", "pending", "success"].contains(&state) {
        return Err(Refused::invalid("DeploymentStatus", "state", "invalid"));
    }
    let text = |field| call.text(field).map(|t| t.unwrap_or_default().to_owned());
    let description = text("description")?;
    if description.chars().count() > 140 {
        return Err(Refused::custom("DeploymentStatus", "description is too long (maximum is 140 characters)"));
    }
    let new = NewDeploymentStatus {
        state: state.to_owned(),
        description,
        log_url: call.text("log_url")?.or(call.text("target_url")?).unwrap_or_default().to_owned(),
        environment_url: text("environment_url")?,
        auto_inactive: call.flag("auto_inactive")?.unwrap_or(true),
    };
    let status = call.change(|world, by| world.deployment_status(call.repo, id, by, new))?;
    call.read(|world, repo| {
        let deployment = of(call, repo)?;
        let made = deployment.statuses.iter().find(|s| s.id == status).ok_or_else(Refused::not_found)?;
        Ok(Reply::created(world.deployment_status_json(repo.id, deployment, made)))
    })
}

/// Environments are those that deployments named; the earliest deployment's id stands for one.
fn known(repo: &Repo) -> BTreeMap<&str, &Deployment> {
    repo.deployments.values().rev().map(|d| (d.environment.as_str(), d)).collect()
}

fn environment_json(call: &Call, api: &str, name: &str, first: &Deployment) -> Value {
    let url = format!("{api}/environments/{}", super::call::encode(name));
    let at = iso(first.created_at);
    json!({"id": first.id, "node_id": node_id("Environment", first.id), "name": name, "url": url, "html_url": call.url,
        "created_at": at, "updated_at": at, "protection_rules": [], "deployment_branch_policy": null})
}

fn environments(call: &Call) -> Answer {
    call.read(|world, repo| {
        let (api, all) = (world.repo_api(repo), known(repo));
        let all: Vec<_> = all.into_iter().collect();
        Ok(call.counted("environments", &all, |(name, first)| environment_json(call, &api, name, first)))
    })
}

fn environment(call: &Call) -> Answer {
    call.read(|world, repo| {
        let name = call.param("environment_name");
        let first = known(repo).get(name).copied().ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(environment_json(call, &world.repo_api(repo), name, first)))
    })
}
