//! A workflow of GitHub Actions that deploys: started on the candidate's tag, found again by our key in its title.

use super::line;
use crate::adapter::clock::SystemClock;
use crate::facts::CheckState;
use crate::ids::{Moment, WorkflowRunId};
use crate::port::deploy::{Handle, Order, Progress, Started, Stopped};
use crate::port::workflows::WorkflowRun;
use crate::port::{Clock, Outcome, Trouble, Workflows};
use std::collections::BTreeMap;

/// Our clock and GitHub's may differ by so much.
const CLOCKS_MS: i64 = 5 * 60_000;
/// A run may be seen only so long after it was asked for.
const SEEN_MS: i64 = 60_000;

pub async fn start(forge: &impl Workflows, workflow: &str, order: &Order) -> Result<Started, Trouble> {
    if let Some(run) = find(forge, order).await?.0 {
        return Ok(Started::Running(handle(run.id)));
    }
    let inputs = [
        ("candidate", order.tag.clone()),
        ("sha", order.commit.to_string()),
        ("stage", order.stage.to_string()),
        ("key", order.key.clone()),
    ];
    let inputs: BTreeMap<String, String> = inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(match forge.dispatch(workflow, &order.tag, &inputs).await? {
        Outcome::Done(Some(run)) => Started::Running(handle(run)),
        Outcome::Done(None) => Started::Running(Handle(String::new())),
        Outcome::Rejected(why) => Started::Refused(format!(
            "GitHub does not start `{}` on `{}`: {}. It must stand on the default branch and on that tag, with the trigger \
             `workflow_dispatch` and the inputs `candidate`, `sha`, `stage` and `key`",
            line(workflow),
            order.tag,
            line(&why)
        )),
        Outcome::Unknown(why) => Started::Unknown(why),
    })
}

pub async fn progress(
    forge: &impl Workflows,
    workflow: &str,
    order: &Order,
    handle: Option<&Handle>,
) -> Result<Progress, Trouble> {
    if let Some(id) = handle.and_then(number) {
        let gone = || Progress::Lost(format!("GitHub has no workflow run {id} any more; somebody may have deleted it"));
        return Ok(forge.workflow_run(id).await?.map_or_else(gone, |run| standing(&run)));
    }
    let (found, others) = find(forge, order).await?;
    if let Some(run) = found {
        return Ok(standing(&run));
    }
    if SystemClock.now() < order.begun_at.plus_ms(SEEN_MS) {
        return Ok(Progress::Running { note: Some("GitHub does not show the run yet".into()), log: None });
    }
    let nameless = |run: &WorkflowRun| run.workflow == workflow && !has_key(&run.title);
    // A run that was accepted is there somewhere; one that was not answered is, if there is one that nobody can tell apart.
    if handle.is_none() && !others.iter().any(nameless) {
        return Ok(Progress::NotBegun);
    }
    Ok(Progress::Lost(format!(
        "which run of `{workflow}` this deployment is cannot be told: its title does not carry the key; put `run-name: ${{{{ \
         inputs.key }}}}` into the workflow (words around it do no harm)"
    )))
}

pub async fn stop(forge: &impl Workflows, order: &Order, handle: Option<&Handle>) -> Result<Stopped, Trouble> {
    let id = match handle.and_then(number) {
        Some(id) => Some(id),
        None => find(forge, order).await?.0.map(|run| run.id),
    };
    let Some(id) = id else {
        return Ok(Stopped::No("its workflow run cannot be found, so it cannot be stopped".into()));
    };
    Ok(match forge.stop_run(id).await? {
        Outcome::Done(()) => Stopped::Yes,
        Outcome::Rejected(why) | Outcome::Unknown(why) => Stopped::No(why),
    })
}

fn handle(id: WorkflowRunId) -> Handle {
    Handle(id.to_string())
}

fn number(handle: &Handle) -> Option<WorkflowRunId> {
    handle.0.parse().ok().map(WorkflowRunId::new)
}

/// The run with our key, the first if somebody made several, and those without.
async fn find(forge: &impl Workflows, order: &Order) -> Result<(Option<WorkflowRun>, Vec<WorkflowRun>), Trouble> {
    let since = Moment::from_ms(order.begun_at.ms().saturating_sub(CLOCKS_MS));
    let (ours, others): (Vec<_>, Vec<_>) =
        forge.dispatched(since).await?.into_iter().partition(|run| run.title.contains(&order.key));
    Ok((ours.into_iter().min_by_key(|run| run.id), others))
}

/// A title that carries a key, whichever: the run of another deployment.
fn has_key(title: &str) -> bool {
    title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn standing(run: &WorkflowRun) -> Progress {
    let failed = |why: &str, passing| {
        let page = run.url.as_deref().map_or_else(String::new, |url| format!(": {url}"));
        Progress::Failed { why: format!("{why}{page}"), passing, unchanged: false }
    };
    let running = |note: &str| Progress::Running { note: Some(note.to_owned()), log: run.url.clone() };
    match run.state {
        CheckState::Queued => running("the workflow run waits for a runner, or for its environment's rules"),
        CheckState::InProgress => running("the workflow runs"),
        CheckState::ActionRequired => running("the workflow run waits for a person on GitHub"),
        CheckState::Success => Progress::Succeeded { at: run.moved_at },
        CheckState::Failure => failed("the workflow run failed", false),
        CheckState::TimedOut => failed("the workflow run ran out of its time", false),
        CheckState::Cancelled => failed("the workflow run was cancelled", true),
        CheckState::Stale => failed("GitHub gave up on the workflow run", true),
        CheckState::Skipped => failed("the workflow run skipped all its jobs, so nothing was deployed", false),
        CheckState::Neutral | CheckState::Unrecognised => Progress::Lost(
            "the workflow run ended with a word that says neither that it worked nor that it failed".into(),
        ),
    }
}
