//! Logs of jobs. As on GitHub the interface only says where one is: at another host, where the address itself is the right to read.

use super::Answer;
use super::call::Call;
use super::reply::Reply;
use super::route::{Need, Route, get};
use crate::sandbox::lookalike::Lookalike;
use crate::sandbox::types::Refused;
use crate::sandbox::world::model::Role;
use axum::extract::{Path, State};
use http::StatusCode;

pub(super) const ROUTES: &[Route] =
    &[get("/repos/{owner}/{repo}/actions/jobs/{job_id}/logs", Need::Repo(Role::Read, "actions"), logs)];

fn logs(call: &Call) -> Answer {
    let id = call.number("job_id")?;
    call.read(|world, repo| {
        let job = repo.check_runs.get(&id).filter(|run| run.workflow_run.is_some()).ok_or_else(Refused::not_found)?;
        // The same machine under another name, which a careful client takes for a stranger.
        let elsewhere = world.base.replace("127.0.0.1", "localhost");
        Ok(Reply::empty(302).header("location", format!("{elsewhere}/job-logs/{}/{}", repo.id, job.id)))
    })
}

/// The other host.
pub(super) fn router(look: &Lookalike) -> axum::Router {
    axum::Router::new().route("/job-logs/{repo}/{job}", axum::routing::get(text)).with_state(look.clone())
}

async fn text(
    State(look): State<Lookalike>,
    Path((repo, job)): Path<(u64, u64)>,
    headers: http::HeaderMap,
) -> Result<String, StatusCode> {
    if headers.contains_key(http::header::AUTHORIZATION) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let world = look.world();
    let run = world.check(repo, job).map_err(|_| StatusCode::NOT_FOUND)?;
    let words = run.output.summary.as_deref().unwrap_or_default();
    let lines = words.lines().filter(|line| !line.starts_with("```"));
    let stamped = |line: &str| format!("2026-01-01T00:00:00.0000000Z {line}\n");
    let mut log: String = lines.map(stamped).collect();
    if run.conclusion.as_deref() == Some("failure") {
        log += &stamped("##[error]Process completed with exit code 1.");
    }
    Ok(log)
}
