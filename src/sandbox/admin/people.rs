//! Teams and conversations, which on GitHub are made on web pages or by routes that the look-alike has not.

use super::{Answer, Flag, Name, change, done, on_repository};
use crate::sandbox::lookalike::Lookalike;
use crate::sandbox::types::Refused;
use crate::sandbox::world::By;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTeam {
    org: String,
    team: String,
    members: Vec<String>,
}

pub(super) async fn set_team(State(look): State<Lookalike>, Json(new): Json<NewTeam>) -> Answer {
    change(look, move |world| world.set_team(&new.org, &new.team, &new.members)).await?;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewThread {
    user: String,
    path: String,
    body: String,
}

pub(super) async fn open_thread(
    State(look): State<Lookalike>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    Json(new): Json<NewThread>,
) -> Answer {
    let id = change(look, move |world| {
        let repo = world.repo_named(&owner, &name).ok_or_else(Refused::not_found)?.id;
        let user = world.account(&new.user).ok_or_else(Refused::not_found)?.id;
        world.open_thread((repo, number), By { user, app: None }, (&new.path, &new.body))
    })
    .await?;
    Ok(Json(json!({ "id": id })))
}

pub(super) async fn resolve_thread(
    State(look): State<Lookalike>,
    Path((owner, name, number, id)): Path<(String, String, u64, u64)>,
    Json(flag): Json<Flag>,
) -> Answer {
    let place: Name = Path((owner, name));
    on_repository(look, place, move |world, repo| {
        let user = world.issue(repo, number)?.author;
        world.resolve_thread((repo, number), By { user, app: None }, id, flag.value)
    })
    .await
}
