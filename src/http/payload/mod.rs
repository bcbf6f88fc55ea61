//! Decides what a signed webhook is worth: which repository it is about, and where to look again. It never decides
//! anything about a pull request, and nothing in a body, however broken, makes it fail.

mod envelope;
mod model;

use super::signature::Verified;
use crate::facts::Comment;
use crate::ids::{CommentId, InstallationId, PrNumber, RefName, RepoId, RepoName};
use crate::port::report::MARK;
use crate::port::store::Hint;
use bytes::Bytes;
use serde::Deserialize;

/// What we made of a delivery's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The repository it is about; `None` for the service as a whole, or if it could not be found.
    pub repo: Option<(RepoId, RepoName)>,
    /// The installation that sent it.
    pub installation: Option<InstallationId>,
    /// Where to look again; `None` for what we do not use.
    pub hint: Option<Hint>,
    /// Why the body could not be read; then the hint is [`Hint::Unreadable`] and the raw body should be kept.
    pub unread: Option<String>,
}

/// The events that give a hint; the App subscribes to these (the last two come without being asked for).
pub const EVENTS: [&str; 16] = [
    "pull_request",
    "pull_request_review",
    "pull_request_review_thread",
    "issue_comment",
    "check_run",
    "check_suite",
    "workflow_run",
    "status",
    "push",
    "create",
    "delete",
    "repository",
    "branch_protection_rule",
    "repository_ruleset",
    "installation",
    "installation_repositories",
];

/// Reads a body as the event that the header `X-GitHub-Event` names. Unknown fields and nulls elsewhere never matter.
pub fn read(event: &str, body: &Verified<Bytes>) -> Payload {
    let body = body.get();
    let (envelope, broken) = envelope::open(body);
    let read = match broken {
        Some(why) => Err(why),
        None => hint(event, body).map_err(|why| why.to_string()),
    };
    let service_wide = matches!(event, "installation" | "installation_repositories");
    let repo = envelope.repo.filter(|_| !service_wide);
    let read = match read {
        Ok(Some(hint)) if repo.is_none() && !service_wide => Err(format!("it names no repository for {hint:?}")),
        Ok(_) | Err(_) => read,
    };
    let (hint, unread) = match read {
        Ok(hint) => (hint, None),
        Err(why) => (Some(Hint::Unreadable), Some(format!("the body of a signed `{event}` event: {why}"))),
    };
    Payload { repo, installation: envelope.installation, hint, unread }
}

fn hint(event: &str, body: &[u8]) -> Result<Option<Hint>, serde_json::Error> {
    Ok(match event {
        "pull_request" | "pull_request_review" | "pull_request_review_thread" => {
            let event: model::PullEvent = parse(body)?;
            Some(Hint::Pull(PrNumber::new(event.pull_request.number)))
        }
        "issue_comment" => comment(parse(body)?),
        "check_run" => check_run(&parse::<model::CheckRunEvent>(body)?.check_run),
        "check_suite" => Some(checks(&parse::<model::CheckSuiteEvent>(body)?.check_suite)),
        "workflow_run" => Some(checks(&parse::<model::WorkflowRunEvent>(body)?.workflow_run)),
        "status" => Some(Hint::Checks(parse::<model::StatusEvent>(body)?.sha)),
        "push" => pushed(&parse::<model::PushEvent>(body)?.name),
        "create" | "delete" => made_or_gone(&parse(body)?),
        "repository" | "branch_protection_rule" | "repository_ruleset" => Some(Hint::Repository),
        "installation" | "installation_repositories" => Some(Hint::Installations),
        _ => None,
    })
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body)
}

fn checks(of: &model::OnCommit) -> Hint {
    Hint::Checks(of.head_sha)
}

/// What we said ourselves is no news. Somebody else's check run under our mark would only be found later, by looking.
fn check_run(run: &model::CheckRun) -> Option<Hint> {
    let ours = run.external_id.as_deref().is_some_and(|id| id.starts_with(MARK));
    (!ours).then(|| checks(&run.on))
}

/// Only a new, unedited comment that a person wrote with their own hands on a pull request can be a command: admins can
/// edit other people's comments, and bots that answer each other never end.
fn comment(event: model::CommentEvent) -> Option<Hint> {
    let model::CommentEvent { action, issue, comment, sender } = event;
    let author = comment.user.as_ref()?;
    let by_hand = sender.is_some_and(|s| s.id == author.id && !s.is_bot()) && !author.is_bot();
    if action != "created" || issue.pull_request.is_none() || !by_hand || comment.created_at != comment.updated_at {
        return None;
    }
    Some(Hint::Comment(Comment {
        id: CommentId::new(comment.id),
        pull: PrNumber::new(issue.number),
        by: author.person().ok()?,
        body: comment.body.unwrap_or_default(),
        created_at: comment.created_at,
        edited: false,
    }))
}

/// A ref whose name is beyond our limits cannot be one of ours or a trunk, so it is worth nothing.
fn pushed(name: &str) -> Option<Hint> {
    name.parse().ok().map(Hint::Pushed)
}

fn made_or_gone(event: &model::RefEvent) -> Option<Hint> {
    let Some(name) = event.name.as_deref() else { return Some(Hint::Repository) };
    let kind = if event.ref_type == "tag" { "tags" } else { "heads" };
    format!("refs/{kind}/{name}").parse::<RefName>().ok().map(Hint::Pushed)
}
