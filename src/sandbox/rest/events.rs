//! What happened to issues and pull requests: the event lists and the timeline.

use super::Answer;
use super::call::Call;
use super::pulls::issue_of;
use super::reply::Reply;
use super::route::{Need, Route, get};
use crate::sandbox::types::Refused;
use crate::sandbox::world::World;
use crate::sandbox::world::issue::{Issue, Moment, What};
use crate::sandbox::world::model::{Repo, Role};
use serde_json::Value;

const NEED: Need = Need::Repo(Role::Read, "issues|pull_requests");

pub(super) const ROUTES: &[Route] = &[
    get("/repos/{owner}/{repo}/issues/events", NEED, of_repository),
    get("/repos/{owner}/{repo}/issues/events/{event_id}", NEED, show),
    get("/repos/{owner}/{repo}/issues/{issue_number}/events", NEED, of_issue),
    get("/repos/{owner}/{repo}/issues/{issue_number}/timeline", NEED, timeline),
];

/// Commits, comments and reviews stand in the timeline only.
fn is_event(moment: &Moment) -> bool {
    !matches!(moment.what, What::Committed { .. } | What::Commented { .. } | What::Reviewed { .. })
}

fn timeline(call: &Call) -> Answer {
    call.read(|world, repo| {
        let issue = issue_of(call, repo, "issue_number")?;
        Ok(call.page(&issue.timeline, |m| world.moment_json(repo.id, issue, m)))
    })
}

fn of_issue(call: &Call) -> Answer {
    call.read(|world, repo| {
        let issue = issue_of(call, repo, "issue_number")?;
        let found: Vec<_> = issue.timeline.iter().filter(|m| is_event(m)).collect();
        Ok(call.page(&found, |m| world.moment_json(repo.id, issue, m)))
    })
}

fn events(repo: &Repo) -> Vec<(&Issue, &Moment)> {
    let all = repo.issues.values().flat_map(|i| i.timeline.iter().map(move |m| (i, m)));
    let mut found: Vec<_> = all.filter(|(_, m)| is_event(m)).collect();
    found.sort_by_key(|(_, m)| std::cmp::Reverse(m.id));
    found
}

fn with_issue(world: &World, repo: &Repo, (issue, moment): (&Issue, &Moment)) -> Value {
    let mut body = world.moment_json(repo.id, issue, moment);
    body["issue"] = world.issue_json(repo.id, issue);
    body
}

fn of_repository(call: &Call) -> Answer {
    call.read(|world, repo| Ok(call.page(&events(repo), |e| with_issue(world, repo, *e))))
}

fn show(call: &Call) -> Answer {
    let id = call.number("event_id")?;
    call.read(|world, repo| {
        let found = events(repo).into_iter().find(|(_, m)| m.id == id).ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(with_issue(world, repo, found)))
    })
}
