//! Starts and stops CI by pushing and deleting branches: many in one push, each under its own lease.

use super::restore::restore;
use crate::checks::{Evidence, Judgement, judge};
use crate::engine::fact::Fact;
use crate::engine::job::Job;
use crate::engine::world::World;
use crate::ids::{RefName, RunId, Sha};
use crate::port::git::{Expect, Pushed, RefUpdate, RemoteRef};
use crate::port::{Clock, Forge, Git, Trouble};
use crate::queue::Event;
use std::collections::BTreeMap;

/// Does all jobs that make or delete refs of ours (`StartRun`, `CancelRun`, `DropRef`) with one push.
pub async fn refs<W: World>(world: &W, jobs: &[&Job]) -> Result<Vec<Fact>, Trouble> {
    let mut facts = Vec::new();
    let mut wanted = Vec::new();
    for job in jobs {
        if let Job::StartRun { run, sha, bar, seen_before: true, .. } = job {
            let seen = world.forge().checks(*sha).await?;
            let evidence =
                Evidence { sha: *sha, seen: &seen, spent: &bar.spent, asked_at: None, now: world.clock().now() };
            let under_way = match judge(&bar.required, &bar.rules, evidence) {
                Judgement::Passed(_) | Judgement::Failed(_) => true,
                Judgement::Pending { missing, .. } => missing.is_empty(),
                Judgement::Cancelled(_) | Judgement::NeverStarted(_) | Judgement::NeverFinished(_) => false,
            };
            if under_way {
                facts.extend([Fact::RunAsked { run: *run }, Fact::Checks { run: *run, seen }]);
                continue;
            }
        }
        if let Job::StartRun { sha, descent, .. } = job
            && !restore(world, *sha, descent).await?
        {
            facts.push(Fact::Queue(Event::Reshaped));
            continue;
        }
        wanted.push(*job);
    }
    facts.extend(push(world, &wanted).await?);
    Ok(facts)
}

async fn push<W: World>(world: &W, jobs: &[&Job]) -> Result<Vec<Fact>, Trouble> {
    let names: Vec<&str> = jobs.iter().filter_map(|job| branch(job)).map(RefName::as_str).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let there = world.git().remote_refs(&names).await?;
    let updates: Vec<(&Job, RefUpdate)> = jobs.iter().filter_map(|job| Some((*job, update(job, &there)?))).collect();
    let pushed = if updates.is_empty() {
        Vec::new()
    } else {
        let updates: Vec<RefUpdate> = updates.iter().map(|(_, update)| update.clone()).collect();
        world.git().push(None, &updates, false).await?
    };
    let mut facts = Vec::new();
    let mut refused = None;
    for job in jobs {
        let outcome = updates.iter().position(|(own, _)| own == job).and_then(|i| pushed.get(i));
        match outcome {
            None | Some(Pushed::Done) => facts.extend(done(world, job).await?),
            Some(Pushed::Rejected(why) | Pushed::Unknown(why)) => refused = Some(why.clone()),
        }
    }
    // What was done is told even where other refs of the same push were refused; those are still owed.
    match refused {
        Some(why) if facts.is_empty() => Err(Trouble::busy(format!("pushing a CI branch was refused: {why}"))),
        _ => Ok(facts),
    }
}

fn branch(job: &Job) -> Option<&RefName> {
    match job {
        Job::StartRun { branch, .. } | Job::CancelRun { branch, .. } | Job::DropRef(branch) => Some(branch),
        _ => None,
    }
}

/// The change a job needs, given what is there; `None` if it is so already.
fn update(job: &Job, there: &BTreeMap<RefName, RemoteRef>) -> Option<RefUpdate> {
    let name = branch(job)?;
    let now = there.get(name).map(|found| found.target);
    let to = if let Job::StartRun { sha, .. } = job { Some(*sha) } else { None };
    let expect = now.map_or(Expect::Absent, Expect::At);
    (now != to).then(|| RefUpdate { name: name.clone(), expect, to })
}

async fn done<W: World>(world: &W, job: &Job) -> Result<Vec<Fact>, Trouble> {
    Ok(match job {
        Job::StartRun { run, .. } => vec![Fact::RunAsked { run: *run }],
        Job::CancelRun { run, sha, branch } => cancelled(world, *run, *sha, branch).await,
        Job::DropRef(name) => vec![Fact::RefGone(name.clone())],
        _ => Vec::new(),
    })
}

/// With its branch gone a run is stopped as far as we can stop it; asking CI to stop as well is economy.
async fn cancelled<W: World>(world: &W, run: RunId, sha: Sha, branch: &RefName) -> Vec<Fact> {
    if let Err(trouble) = world.forge().cancel_runs(sha).await {
        tracing::debug!(%run, %sha, %trouble, "CI could not be asked to stop");
    }
    vec![Fact::Queue(Event::RunCancelled { run }), Fact::RefGone(branch.clone())]
}
