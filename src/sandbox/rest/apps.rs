//! Apps about themselves: installations, their tokens, the webhook's settings and its deliveries.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, delete, get, post};
use crate::sandbox::types::{Actor, Refused};
use crate::sandbox::world::model::{Delivery, Installation};
use crate::sandbox::world::time::iso;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const ROUTES: &[Route] = &[
    get("/app", Need::Jwt, app),
    get("/app/installations", Need::Jwt, installations),
    get("/app/installations/{installation_id}", Need::Jwt, installation),
    post("/app/installations/{installation_id}/access_tokens", Need::Jwt, mint),
    get("/app/hook/config", Need::Jwt, hook_config),
    get("/app/hook/deliveries", Need::Jwt, deliveries),
    get("/app/hook/deliveries/{delivery_id}", Need::Jwt, delivery),
    post("/app/hook/deliveries/{delivery_id}/attempts", Need::Jwt, redeliver),
    get("/apps/{app_slug}", Need::Nothing, by_slug),
    get("/installation/repositories", Need::Installation, repositories),
    delete("/installation/token", Need::Installation, revoke),
    get("/repos/{owner}/{repo}/installation", Need::Jwt, of_repository),
    get("/orgs/{org}/installation", Need::Jwt, of_account),
    get("/users/{username}/installation", Need::Jwt, of_account),
];

fn id(call: &Call) -> u64 {
    match call.actor {
        Actor::App(id) => id,
        Actor::Anonymous | Actor::User(_) | Actor::Installation { .. } | Actor::Admin => 0,
    }
}

fn app(call: &Call) -> Answer {
    let world = call.look.world();
    let app = world.apps.get(&id(call)).ok_or_else(Refused::not_found)?;
    let mut body = world.app_json(app);
    body["installations_count"] = json!(world.installations.values().filter(|i| i.app == app.id).count());
    Ok(Reply::ok(body))
}

fn by_slug(call: &Call) -> Answer {
    let world = call.look.world();
    let app = world.apps.values().find(|a| a.slug == call.param("app_slug")).ok_or_else(Refused::not_found)?;
    Ok(Reply::ok(world.app_json(app)))
}

fn installations(call: &Call) -> Answer {
    let world = call.look.world();
    let mine: Vec<&Installation> = world.installations.values().filter(|i| i.app == id(call)).collect();
    Ok(call.page(&mine, |i| world.installation_json(i)))
}

fn mine(call: &Call) -> Result<Installation, Refused> {
    let wanted = call.number("installation_id")?;
    let world = call.look.world();
    let found = world.installations.get(&wanted).filter(|i| i.app == id(call));
    found.cloned().ok_or_else(Refused::not_found)
}

fn installation(call: &Call) -> Answer {
    let of = mine(call)?;
    Ok(Reply::ok(call.look.world().installation_json(&of)))
}

fn of_repository(call: &Call) -> Answer {
    let world = call.look.world();
    let repo = world.repo_named(call.param("owner"), call.param("repo")).ok_or_else(Refused::not_found)?;
    let found = world.installations.values().find(|i| i.app == id(call) && i.account == repo.owner);
    Ok(Reply::ok(world.installation_json(found.ok_or_else(Refused::not_found)?)))
}

fn of_account(call: &Call) -> Answer {
    let world = call.look.world();
    let login = if call.param("org").is_empty() { call.param("username") } else { call.param("org") };
    let account = world.account(login).ok_or_else(Refused::not_found)?.id;
    let found = world.installations.values().find(|i| i.app == id(call) && i.account == account);
    Ok(Reply::ok(world.installation_json(found.ok_or_else(Refused::not_found)?)))
}

fn mint(call: &Call) -> Answer {
    let of = mine(call)?;
    if of.suspended_at.is_some() {
        return Err(Refused::new(403, "This installation has been suspended"));
    }
    let (repositories, permissions) = (narrowed(call, &of)?, permitted(call, &of)?);
    let actor = Actor::Installation {
        installation: of.id,
        app: of.app,
        repositories: repositories.clone(),
        permissions: permissions.clone(),
    };
    let (token, expires_at) = call.look.change(|world| world.mint(actor, of.app));
    let world = call.look.world();
    let selection = if repositories.is_some() { "selected" } else { "all" };
    let mut body = json!({"token": token, "expires_at": iso(expires_at), "permissions": permissions,
        "repository_selection": selection});
    if let Some(ids) = repositories {
        let shown = ids.iter().filter_map(|id| world.repos.get(id)).map(|r| world.repository_json(r));
        body["repositories"] = shown.collect();
    }
    Ok(Reply::with(201, body))
}

/// The repositories a token is to be narrowed to; all must be the installation's.
fn narrowed(call: &Call, of: &Installation) -> Result<Option<Vec<u64>>, Refused> {
    let world = call.look.world();
    let names = call.body["repositories"].as_array();
    let ids = call.body["repository_ids"].as_array();
    if names.is_none() && ids.is_none() {
        return Ok(None);
    }
    let here = || world.repos.values().filter(|r| r.owner == of.account);
    let by_name = names.into_iter().flatten().map(|n| here().find(|r| Some(r.name.as_str()) == n.as_str()));
    let by_id = ids.into_iter().flatten().map(|i| here().find(|r| Some(r.id) == i.as_u64()));
    let found: Option<Vec<u64>> = by_name.chain(by_id).map(|r| r.map(|r| r.id)).collect();
    let text = "There is at least one repository that does not exist or is not accessible to the parent installation.";
    found.map(Some).ok_or_else(|| Refused::new(422, text))
}

/// The permissions a token is to have: at most those of the App.
fn permitted(call: &Call, of: &Installation) -> Result<BTreeMap<String, String>, Refused> {
    let have = call.look.world().apps.get(&of.app).map(|a| a.permissions.clone()).unwrap_or_default();
    // PyGithub sends an empty object when nothing is to be narrowed.
    let Some(wanted) = call.body["permissions"].as_object().filter(|p| !p.is_empty()) else { return Ok(have) };
    let level = |l: &str| ["read", "write", "admin"].iter().position(|x| *x == l);
    let allowed = |name: &String, want: &Value| {
        let want = want.as_str()?;
        (level(have.get(name)?)? >= level(want)?).then(|| (name.clone(), want.to_owned()))
    };
    let granted: Option<BTreeMap<_, _>> = wanted.iter().map(|(name, want)| allowed(name, want)).collect();
    granted.ok_or_else(|| Refused::new(422, "The permissions requested are not granted to this installation."))
}

fn repositories(call: &Call) -> Answer {
    let world = call.look.world();
    let covered: Vec<_> = world.repos.values().filter(|r| world.covers(&call.actor, r)).collect();
    let mut reply = call.counted("repositories", &covered, |r| world.repository_json(r));
    if let Actor::Installation { repositories, .. } = &call.actor
        && let Some(mut body) = reply.json().cloned()
    {
        body["repository_selection"] = json!(if repositories.is_some() { "selected" } else { "all" });
        reply = reply.with_body(body);
    }
    Ok(reply)
}

fn revoke(call: &Call) -> Answer {
    let actor = call.actor.clone();
    call.look.change(|world| world.revoke(&actor));
    Ok(Reply::empty(204))
}

fn hook_config(call: &Call) -> Answer {
    let world = call.look.world();
    Ok(Reply::ok(json!({"content_type": "json", "insecure_ssl": "0", "secret": "********",
        "url": world.hook.url.clone().unwrap_or_default()})))
}

fn item(delivery: &Delivery) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of one HTTP request")]
    let seconds = delivery.duration_ms as f64 / 1000.0;
    json!({
        "id": delivery.id, "guid": delivery.guid, "delivered_at": iso(delivery.delivered_at),
        "redelivery": delivery.redelivery, "duration": seconds, "status": delivery.status,
        "status_code": delivery.status_code, "event": delivery.event, "action": delivery.action,
        "installation_id": delivery.installation, "repository_id": delivery.repository, "throttled_at": null,
    })
}

/// Newest first; `cursor` is the id of the first one of the page.
fn deliveries(call: &Call) -> Answer {
    let wanted = call.query("status");
    let size = call.query("per_page").and_then(|v| v.parse().ok()).unwrap_or(30_usize).clamp(1, 100);
    let all = call.look.courier().deliveries();
    let good = |d: &Delivery| (200..400).contains(&d.status_code);
    let mut rest: Vec<_> = all
        .into_iter()
        .filter(|d| match wanted {
            Some("success") => good(d),
            Some("failure") => !good(d),
            _ => true,
        })
        .collect();
    if let Some(cursor) = call.query("cursor") {
        let from: u64 = cursor.parse().map_err(|_| Refused::new(422, "Invalid cursor"))?;
        let skip = rest.iter().position(|d| d.id == from).unwrap_or(rest.len());
        rest.drain(..skip);
    }
    let next = rest.get(size).map(|d| d.id);
    rest.truncate(size);
    let reply = Reply::ok(rest.iter().map(item).collect());
    let status = wanted.map(|s| format!("&status={s}")).unwrap_or_default();
    Ok(match next {
        Some(id) => {
            let link = format!("<{}?per_page={size}{status}&cursor={id}>; rel=\"next\"", call.url);
            reply.header("link", link)
        }
        None => reply,
    })
}

fn delivery(call: &Call) -> Answer {
    let id = call.number("delivery_id")?;
    let found = call.look.courier().deliveries().into_iter().find(|d| d.id == id).ok_or_else(Refused::not_found)?;
    let mut body = item(&found);
    let payload: Value = serde_json::from_str(&found.payload).unwrap_or(Value::Null);
    body["url"] = json!(found.url);
    body["request"] = json!({"headers": found.request_headers, "payload": payload});
    body["response"] = json!({"headers": found.response_headers, "payload": found.response_body});
    Ok(Reply::ok(body))
}

fn redeliver(call: &Call) -> Answer {
    let id = call.number("delivery_id")?;
    let (fresh, url) = call.look.change(|world| (world.id(), world.hook.url.clone()));
    if call.look.courier().redeliver(id, fresh, url.as_deref()) {
        Ok(Reply::with(202, json!({})))
    } else {
        Err(Refused::not_found())
    }
}
