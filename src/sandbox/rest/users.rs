//! Who one is, other users, the rate limit and the like: routes outside any repository.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, get, post};
use crate::sandbox::types::{Actor, Refused};
use crate::sandbox::world::model::Kind;
use serde_json::{Value, json};

pub(super) const ROUTES: &[Route] = &[
    get("/", Need::Nothing, root),
    get("/meta", Need::Nothing, meta),
    get("/rate_limit", Need::Nothing, rate_limit),
    get("/zen", Need::Nothing, zen),
    get("/user", Need::Person, me),
    get("/user/repos", Need::Person, my_repos),
    post("/user/repos", Need::Person, create_mine),
    post("/orgs/{org}/repos", Need::Person, create_in_org),
    get("/users/{username}", Need::Nothing, user),
    get("/users/{username}/repos", Need::Nothing, repos_of),
    get("/orgs/{org}", Need::Nothing, organization),
    get("/orgs/{org}/repos", Need::Nothing, repos_of),
];

fn root(call: &Call) -> Answer {
    let api = call.look.world().api();
    Ok(Reply::ok(json!({
        "current_user_url": format!("{api}/user"), "rate_limit_url": format!("{api}/rate_limit"),
        "repository_url": format!("{api}/repos/{{owner}}/{{repo}}"), "user_url": format!("{api}/users/{{user}}"),
    })))
}

fn meta(_: &Call) -> Answer {
    let version = "3.19.0";
    Ok(Reply::ok(json!({"verifiable_password_authentication": true, "installed_version": version})))
}

fn zen(_: &Call) -> Answer {
    Ok(Reply::text(200, "text/plain; charset=utf-8", "Keep it logically awesome.".into()))
}

fn rate_limit(call: &Call) -> Answer {
    let used = call.look.limits().count(&call.key, 0);
    let one =
        json!({"limit": used.limit, "used": used.spent, "remaining": used.limit - used.spent, "reset": used.reset});
    let names = ["core", "search", "graphql", "integration_manifest"];
    let resources: Value =
        names.iter().map(|n| ((*n).to_owned(), one.clone())).collect::<serde_json::Map<_, _>>().into();
    Ok(Reply::ok(json!({"resources": resources, "rate": one})))
}

fn me(call: &Call) -> Answer {
    let world = call.look.world();
    Ok(Reply::ok(world.profile_json(call.by(&world).user)))
}

fn user(call: &Call) -> Answer {
    let world = call.look.world();
    let account = world.account(call.param("username")).ok_or_else(Refused::not_found)?;
    Ok(Reply::ok(world.profile_json(account.id)))
}

fn organization(call: &Call) -> Answer {
    let world = call.look.world();
    let account = world.account(call.param("org")).filter(|a| a.kind == Kind::Organization);
    let id = account.ok_or_else(Refused::not_found)?.id;
    let mut body = world.profile_json(id);
    if let (Value::Object(into), Some(Value::Object(more))) = (&mut body, world.organization_json(id)) {
        into.extend(more);
    }
    Ok(Reply::ok(body))
}

fn repos_of(call: &Call) -> Answer {
    let world = call.look.world();
    let login = if call.param("org").is_empty() { call.param("username") } else { call.param("org") };
    let owner = world.account(login).ok_or_else(Refused::not_found)?.id;
    let seen: Vec<_> = world.repos.values().filter(|r| r.owner == owner && world.sees(&call.actor, r)).collect();
    Ok(call.page(&seen, |r| world.full_repository_json(r, &call.actor)))
}

fn my_repos(call: &Call) -> Answer {
    let world = call.look.world();
    let mine = call.by(&world).user;
    let seen = world.repos.values().filter(|r| r.owner == mine || r.collaborators.contains_key(&mine));
    let seen: Vec<_> = seen.collect();
    Ok(call.page(&seen, |r| world.full_repository_json(r, &call.actor)))
}

fn create_mine(call: &Call) -> Answer {
    let login = {
        let world = call.look.world();
        world.login(call.by(&world).user).to_owned()
    };
    create(call, &login)
}

fn create_in_org(call: &Call) -> Answer {
    let known = call.look.world().account(call.param("org")).is_some_and(|a| a.kind == Kind::Organization);
    if !known || !matches!(call.actor, Actor::Admin) {
        return Err(Refused::not_found());
    }
    create(call, call.param("org"))
}

fn create(call: &Call, owner: &str) -> Answer {
    let name = call.need("Repository", "name")?;
    let made = call.change(|world, _| world.create_repository(owner, name, "main"))?;
    let world = call.look.world();
    Ok(Reply::created(world.full_repository_json(world.repo(made.id)?, &call.actor)))
}
