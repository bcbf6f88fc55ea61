//! The administrator's door, `/_sandbox`: outside GitHub's paths, for playing faults and for what GitHub offers only on web pages.

#![expect(clippy::unnecessary_wraps, reason = "all routes have the same signature, also those that cannot refuse")]

mod faults;
mod people;

pub(super) use faults::{Fault, Faults, HookFate};

use super::lookalike::Lookalike;
use super::types::{Actor, Refused};
use super::world::model::{Kind, Protection, Role};
use super::world::time::now;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Answer = Result<Json<Value>, Refused>;

const HELP: &str = include_str!("help.txt");

/// Everything under `/_sandbox`. All but the help needs the admin token.
pub(super) fn router(look: &Lookalike) -> axum::Router {
    let repo = axum::Router::new()
        .route("/permission", put(set_permission))
        .route("/rename", post(rename))
        .route("/archive", post(archive))
        .route("/private", post(set_private))
        .route("/default-branch", post(default_branch))
        .route("/protection", put(protect))
        .route("/rulesets", put(rulesets))
        .route("/pulls/{number}/draft", post(draft))
        .route("/pulls/{number}/threads", post(people::open_thread))
        .route("/pulls/{number}/threads/{id}/resolved", put(people::resolve_thread));
    let guarded = axum::Router::new()
        .route("/state", get(state))
        .route("/faults", get(list_faults).delete(clear_faults))
        .route("/faults/{id}", axum::routing::delete(clear_fault))
        .route("/faults/webhooks", post(add_hook_fault))
        .route("/faults/routes", post(add_route_fault))
        .route("/webhook", get(webhook).put(set_webhook))
        .route("/deliveries", get(deliveries))
        .route("/deliveries/{id}/redeliver", post(redeliver))
        .route("/users", post(add_user))
        .route("/teams", put(people::set_team))
        .route("/tokens/expire", post(expire))
        .route("/app", put(set_app))
        .route("/installations/{id}/suspended", put(suspend))
        .route("/repos", post(create_repository))
        .nest("/repos/{owner}/{repo}", repo)
        .layer(axum::middleware::from_fn_with_state(look.clone(), only_admin));
    let help = axum::Router::new().route("/", get(|| async { HELP }));
    axum::Router::new()
        .nest("/_sandbox", help.merge(guarded))
        .route("/_sandbox/", get(|| async { HELP }))
        .with_state(look.clone())
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({"message": self.message, "errors": self.errors}))).into_response()
    }
}

async fn only_admin(State(look): State<Lookalike>, request: Request, next: Next) -> Response {
    let given = request.headers().get(http::header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let token = given.and_then(|v| v.split_once(' ')).map(|(_, token)| token.trim());
    let admin = token.is_some_and(|t| look.world().token_actor(t, now()) == Ok(Actor::Admin));
    if admin {
        next.run(request).await
    } else {
        Refused::new(401, "The sandbox's admin token is needed: `Authorization: Bearer TOKEN`").into_response()
    }
}

/// Runs a change on a thread that may block; it may read git and write the state file.
async fn change<R: Send + 'static>(
    look: Lookalike,
    act: impl FnOnce(&mut super::world::World) -> Result<R, Refused> + Send + 'static,
) -> Result<R, Refused> {
    let done = tokio::task::spawn_blocking(move || look.change(act)).await;
    done.unwrap_or_else(|_| Err(Refused::new(500, "the change failed; see the log")))
}

fn done() -> Answer {
    Ok(Json(json!({"ok": true})))
}

async fn state(State(look): State<Lookalike>) -> Answer {
    let whole = serde_json::to_value(&*look.world());
    Ok(Json(whole.map_err(|e| Refused::new(500, e.to_string()))?))
}

async fn list_faults(State(look): State<Lookalike>) -> Answer {
    let faults = look.faults();
    Ok(Json(json!({"webhooks": faults.hooks, "routes": faults.routes})))
}

async fn clear_faults(State(look): State<Lookalike>) -> Answer {
    look.faults().clear(None);
    done()
}

async fn clear_fault(State(look): State<Lookalike>, Path(id): Path<u64>) -> Answer {
    look.faults().clear(Some(id));
    done()
}

async fn add_hook_fault(State(look): State<Lookalike>, Json(fault): Json<faults::HookFault>) -> Answer {
    Ok(Json(json!({"id": look.faults().add_hook(fault)})))
}

async fn add_route_fault(State(look): State<Lookalike>, Json(fault): Json<Fault>) -> Answer {
    Ok(Json(json!({"id": look.faults().add_route(fault)})))
}

async fn webhook(State(look): State<Lookalike>) -> Answer {
    let world = look.world();
    Ok(Json(json!({"url": world.hook.url, "secret": world.hook.secret})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: Option<String>,
    secret: Option<String>,
}

async fn set_webhook(State(look): State<Lookalike>, Json(new): Json<Webhook>) -> Answer {
    change(look, |world| {
        world.hook.url = new.url;
        if let Some(secret) = new.secret {
            world.hook.secret = secret;
        }
        Ok(())
    })
    .await?;
    done()
}

async fn deliveries(State(look): State<Lookalike>) -> Answer {
    Ok(Json(json!(look.courier().deliveries())))
}

async fn redeliver(State(look): State<Lookalike>, Path(id): Path<u64>) -> Answer {
    let (fresh, url) = change(look.clone(), |world| Ok((world.id(), world.hook.url.clone()))).await?;
    if look.courier().redeliver(id, fresh, url.as_deref()) { done() } else { Err(Refused::not_found()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppSettings {
    permissions: Option<BTreeMap<String, String>>,
    events: Option<Vec<String>>,
}

/// Changes what our App may and hears; on GitHub that is done on its settings page. Installations accept it at once.
async fn set_app(State(look): State<Lookalike>, Json(new): Json<AppSettings>) -> Answer {
    change(look, |world| {
        let app = world.cast.app;
        let app = world.apps.get_mut(&app).ok_or_else(Refused::not_found)?;
        app.permissions = new.permissions.unwrap_or_else(|| app.permissions.clone());
        app.events = new.events.unwrap_or_else(|| app.events.clone());
        Ok(())
    })
    .await?;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    login: String,
}

async fn add_user(State(look): State<Lookalike>, Json(new): Json<NewUser>) -> Answer {
    if new.login.parse::<crate::ids::Login>().is_err() || new.login.contains(['[', '.']) {
        return Err(Refused::invalid("User", "login", "invalid"));
    }
    let (id, token) = change(look, move |world| {
        if world.account(&new.login).is_some() {
            return Err(Refused::invalid("User", "login", "already_exists"));
        }
        let id = world.add_account(&new.login, Kind::User);
        Ok((id, world.personal_token(id)))
    })
    .await?;
    Ok(Json(json!({"id": id, "token": token})))
}

async fn expire(State(look): State<Lookalike>) -> Answer {
    change(look, |world| {
        world.expire_tokens();
        Ok(())
    })
    .await?;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flag {
    value: bool,
}

async fn suspend(State(look): State<Lookalike>, Path(id): Path<u64>, Json(flag): Json<Flag>) -> Answer {
    change(look, move |world| world.suspend(id, flag.value)).await?;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRepository {
    owner: String,
    name: String,
    trunk: String,
}

async fn create_repository(State(look): State<Lookalike>, Json(new): Json<NewRepository>) -> Answer {
    let made = change(look, move |world| world.create_repository(&new.owner, &new.name, &new.trunk)).await?;
    Ok(Json(json!(made)))
}

type Name = Path<(String, String)>;

/// Changes one repository; the path names it as it is called now.
async fn on_repository<R: Send + 'static>(
    look: Lookalike,
    Path((owner, name)): Name,
    act: impl FnOnce(&mut super::world::World, u64) -> Result<R, Refused> + Send + 'static,
) -> Answer {
    change(look, move |world| {
        let id = world.repo_named(&owner, &name).ok_or_else(Refused::not_found)?.id;
        act(world, id)
    })
    .await?;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Permission {
    user: String,
    role: Role,
}

async fn set_permission(State(look): State<Lookalike>, name: Name, Json(new): Json<Permission>) -> Answer {
    on_repository(look, name, move |world, id| world.set_role(id, &new.user, new.role)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewName {
    name: String,
}

async fn rename(State(look): State<Lookalike>, name: Name, Json(new): Json<NewName>) -> Answer {
    on_repository(look, name, move |world, id| {
        let by = world.by(&Actor::Admin);
        world.rename_repository(id, &new.name, by)
    })
    .await
}

async fn archive(State(look): State<Lookalike>, name: Name, Json(flag): Json<Flag>) -> Answer {
    on_repository(look, name, move |world, id| {
        let by = world.by(&Actor::Admin);
        world.set_archived(id, flag.value, by)
    })
    .await
}

async fn set_private(State(look): State<Lookalike>, name: Name, Json(flag): Json<Flag>) -> Answer {
    on_repository(look, name, move |world, id| {
        world.repo_mut(id)?.private = flag.value;
        Ok(())
    })
    .await
}

async fn default_branch(State(look): State<Lookalike>, name: Name, Json(new): Json<NewName>) -> Answer {
    on_repository(look, name, move |world, id| {
        let by = world.by(&Actor::Admin);
        world.set_default_branch(id, &new.name, by)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Protect {
    branch: String,
    /// Null takes the protection away.
    protection: Option<Protection>,
}

async fn protect(State(look): State<Lookalike>, name: Name, Json(new): Json<Protect>) -> Answer {
    on_repository(look, name, move |world, id| world.set_protection(id, &new.branch, new.protection)).await
}

async fn rulesets(State(look): State<Lookalike>, name: Name, Json(new): Json<Vec<Value>>) -> Answer {
    on_repository(look, name, move |world, id| world.set_rulesets(id, new)).await
}

/// Drafts can only be made and unmade by GraphQL on GitHub; the look-alike has nothing of that.
async fn draft(
    State(look): State<Lookalike>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    Json(flag): Json<Flag>,
) -> Answer {
    on_repository(look, Path((owner, name)), move |world, id| {
        let author = world.issue(id, number)?.author;
        world.set_draft(id, number, super::world::By { user: author, app: None }, flag.value)
    })
    .await
}
