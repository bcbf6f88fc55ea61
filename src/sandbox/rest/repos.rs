//! Repositories, collaborators and their permission, forks.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, patch, post, put};
use crate::sandbox::types::Refused;
use crate::sandbox::world::model::Role;
use serde_json::json;

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}", Need::Repo(Role::Read, "metadata"), repo),
    patch("/repos/{owner}/{repo}", Need::Repo(Role::Admin, "administration"), update),
    delete("/repos/{owner}/{repo}", Need::Repo(Role::Admin, "administration"), remove),
    post("/repos/{owner}/{repo}/forks", Need::RepoRead("contents"), fork),
    get("/repos/{owner}/{repo}/forks", Need::Repo(Role::Read, "metadata"), forks),
    get("/repos/{owner}/{repo}/collaborators", Need::Repo(Role::Write, "metadata"), collaborators),
    get("/repos/{owner}/{repo}/collaborators/{username}", Need::Repo(Role::Write, "metadata"), is_collaborator),
    put("/repos/{owner}/{repo}/collaborators/{username}", Need::Repo(Role::Admin, "administration"), add_collaborator),
    delete(
        "/repos/{owner}/{repo}/collaborators/{username}",
        Need::Repo(Role::Admin, "administration"),
        remove_collaborator,
    ),
    get("/repos/{owner}/{repo}/collaborators/{username}/permission", Need::Repo(Role::Write, "metadata"), permission),
];

fn shown(call: &Call) -> Answer {
    call.read(|world, repo| Ok(Reply::ok(world.full_repository_json(repo, &call.actor))))
}

fn repo(call: &Call) -> Answer {
    shown(call)
}

fn update(call: &Call) -> Answer {
    let (name, branch, archived) = (call.text("name")?, call.text("default_branch")?, call.flag("archived")?);
    let description = call.text("description")?;
    call.change(|world, by| {
        if let Some(name) = name {
            world.rename_repository(call.repo, name, by)?;
        }
        if let Some(branch) = branch {
            world.set_default_branch(call.repo, branch, by)?;
        }
        if let Some(archived) = archived {
            world.set_archived(call.repo, archived, by)?;
        }
        if let Some(text) = description {
            world.repo_mut(call.repo)?.description = Some(text.to_owned());
        }
        Ok(())
    })?;
    shown(call)
}

fn remove(call: &Call) -> Answer {
    call.change(|world, by| world.delete_repository(call.repo, by))?;
    Ok(Reply::empty(204))
}

fn fork(call: &Call) -> Answer {
    let made = call.change(|world, by| {
        if !super::auth::is_person(world, by.user) {
            return Err(Refused::new(403, "Resource not accessible by integration"));
        }
        let login = world.login(by.user).to_owned();
        world.fork(call.repo, &login)
    })?;
    let world = call.look.world();
    Ok(Reply::with(202, world.full_repository_json(world.repo(made.id)?, &call.actor)))
}

fn forks(call: &Call) -> Answer {
    let world = call.look.world();
    let all: Vec<_> = world.repos.values().filter(|r| r.fork_of == Some(call.repo)).collect();
    Ok(call.page(&all, |r| world.repository_json(r)))
}

fn collaborators(call: &Call) -> Answer {
    call.read(|world, repo| {
        let all: Vec<_> = repo.collaborators.iter().collect();
        Ok(call.page(&all, |(id, role)| {
            let mut body = world.user_json(**id);
            body["role_name"] = json!(role.name());
            body["permissions"] = json!({"pull": **role >= Role::Read, "triage": **role >= Role::Triage,
                "push": **role >= Role::Write, "maintain": **role >= Role::Maintain, "admin": **role >= Role::Admin});
            body
        }))
    })
}

fn is_collaborator(call: &Call) -> Answer {
    call.read(|world, repo| {
        let known = world.account(call.param("username")).is_some_and(|a| repo.collaborators.contains_key(&a.id));
        if known { Ok(Reply::empty(204)) } else { Err(Refused::not_found()) }
    })
}

fn add_collaborator(call: &Call) -> Answer {
    let role = match call.text("permission")?.unwrap_or("push") {
        "pull" => Role::Read,
        "triage" => Role::Triage,
        "push" => Role::Write,
        "maintain" => Role::Maintain,
        "admin" => Role::Admin,
        _ => return Err(Refused::invalid("Repository", "permission", "invalid")),
    };
    call.change(|world, _| world.set_role(call.repo, call.param("username"), role))?;
    Ok(Reply::empty(204))
}

fn remove_collaborator(call: &Call) -> Answer {
    call.change(|world, _| world.set_role(call.repo, call.param("username"), Role::None))?;
    Ok(Reply::empty(204))
}

fn permission(call: &Call) -> Answer {
    call.read(|world, repo| {
        let account = world.account(call.param("username")).ok_or_else(Refused::not_found)?;
        let role = world.role(account.id, repo);
        let mut user = world.user_json(account.id);
        user["role_name"] = json!(role.name());
        user["permissions"] = json!({"pull": role >= Role::Read, "triage": role >= Role::Triage,
            "push": role >= Role::Write, "maintain": role >= Role::Maintain, "admin": role >= Role::Admin});
        Ok(Reply::ok(json!({"permission": role.legacy(), "role_name": role.name(), "user": user})))
    })
}
