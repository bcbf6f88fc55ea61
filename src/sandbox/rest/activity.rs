//! The record of what happened to branches, and by whom, newest first; to read.

use super::Answer;
use super::call::Call;
use super::route::{Need, Route, get};
use crate::sandbox::world::model::{Activity, Role};
use crate::sandbox::world::time::iso;
use serde_json::json;

pub(super) const ROUTES: &[Route] =
    &[get("/repos/{owner}/{repo}/activity", Need::Repo(Role::Read, "contents|metadata"), list)];

fn list(call: &Call) -> Answer {
    let wanted = call.query("ref").map(|name| format!("refs/heads/{}", name.trim_start_matches("refs/heads/")));
    let meant = |activity: &&Activity| wanted.as_ref().is_none_or(|wanted| activity.name == *wanted);
    call.read(|world, repo| {
        let found: Vec<&Activity> = repo.activities.iter().rev().filter(meant).collect();
        Ok(call.page(&found, |activity| {
            json!({"id": activity.id, "node_id": format!("ACT_{}", activity.id), "before": activity.before,
                "after": activity.after, "ref": activity.name, "timestamp": iso(activity.at),
                "activity_type": activity.kind, "actor": world.user_json(activity.actor)})
        }))
    })
}
