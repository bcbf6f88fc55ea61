//! Starts and stops CI by pushing and deleting branches: many in one push, each under its own lease.

use super::outcome::{Failed, Outcome};
use super::restore::restore;
use crate::checks::{Evidence, Judgement, judge};
use crate::engine::fact::Fact;
use crate::engine::job::{Bar, Job};
use crate::engine::trials::{TrialFact, TrialJob};
use crate::engine::world::World;
use crate::facts::{Check, CheckState};
use crate::ids::{RefName, RunId, Sha, TrialNumber};
use crate::port::git::{Expect, Pushed, RefUpdate, RemoteRef};
use crate::port::{Clock, Forge, Git, Trouble};
use crate::queue::{Event, Silence, Verdict};
use std::collections::BTreeMap;

/// Does all jobs that make or delete refs of ours (`StartRun`, `CancelRun`, those of trials, `DropRef`) with one push.
pub(super) async fn refs<W: World>(world: &W, jobs: &[Job]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut wanted = Vec::new();
    for job in jobs {
        match before(world, job).await {
            Ok((wants_push, facts)) => {
                outcome.facts.extend(facts);
                wanted.extend(wants_push.then_some(job));
            }
            // The others are no worse for it.
            Err(trouble) => outcome.fails(job, about(job)(trouble)),
        }
    }
    if let Err(trouble) = push(world, &wanted, &mut outcome).await {
        for job in wanted {
            outcome.fails(job, trouble.clone().into());
        }
    }
    outcome
}

/// A run is about what was composed last of what it tests; nobody queued is to blame for anything else of these.
fn about(job: &Job) -> impl Fn(Trouble) -> Failed {
    Failed::of_last(if let Job::StartRun { descent, .. } = job { &descent.recipes } else { &[] })
}

/// What comes before the push that a job wants, and whether that is still needed.
async fn before<W: World>(world: &W, job: &Job) -> Result<(bool, Vec<Fact>), Trouble> {
    if let Job::Trial(job) = job {
        return try_out(world, job).await;
    }
    let Job::StartRun { run, sha, descent, bar, seen_before, .. } = job else { return Ok((true, Vec::new())) };
    if *seen_before {
        let seen = world.forge().checks(*sha).await?;
        if under_way(world, *sha, bar, &seen) {
            return Ok((false, vec![Fact::RunAsked { run: *run }, Fact::Checks { run: *run, seen }]));
        }
    }
    if restore(world, *sha, descent).await? {
        Ok((true, Vec::new()))
    } else {
        Ok((false, vec![Fact::Queue(Event::Reshaped)]))
    }
}

/// CI has said what counts of this commit, or is at it: asking it again would be for nothing.
fn under_way<W: World>(world: &W, sha: Sha, bar: &Bar, seen: &[Check]) -> bool {
    let evidence = Evidence { sha, seen, spent: &bar.spent, asked_at: None, now: world.clock().now() };
    match judge(&bar.required, &bar.rules, evidence) {
        Judgement::Passed(_) | Judgement::Failed(_) => true,
        Judgement::Pending { missing, .. } => missing.is_empty(),
        Judgement::Cancelled(_) | Judgement::NeverStarted(_) | Judgement::NeverFinished(_) => false,
    }
}

/// What comes before the push of a trial's branch, and whether that is still needed.
async fn try_out<W: World>(world: &W, job: &TrialJob) -> Result<(bool, Vec<Fact>), Trouble> {
    let TrialJob::Start { number, tip, descent, bar, seen_before, .. } = job else { return Ok((true, Vec::new())) };
    let number = *number;
    let seen = if *seen_before { world.forge().checks(*tip).await? } else { Vec::new() };
    if under_way(world, *tip, bar, &seen) {
        let facts = [TrialFact::Begun { number }, TrialFact::Checks { number, seen }];
        return Ok((false, facts.map(Fact::Trial).into()));
    }
    let stopped = |check: &&Check| matches!(check.state, CheckState::Cancelled | CheckState::Stale);
    let spent = Fact::Trial(TrialFact::Spent { number, checks: seen.iter().filter(stopped).map(|c| c.id).collect() });
    if restore(world, *tip, descent).await? {
        Ok((true, vec![spent]))
    } else {
        Ok((false, vec![Fact::Trial(TrialFact::Lost { number })]))
    }
}

/// What a job wants of a ref of ours.
#[derive(Clone, Copy)]
enum Want {
    /// It points here, and so asks for this run.
    Run(RunId, Sha),
    /// It is gone, and with it this run.
    NoRun(RunId, Sha),
    /// It points here, and so asks for this trial.
    Trial(TrialNumber, Sha),
    /// It is gone, and with it this trial's run; CI is stopped too if nobody else needs it there.
    NoTrial(TrialNumber, Option<Sha>),
    /// It is gone.
    Nothing,
}

impl Want {
    fn target(self) -> Option<Sha> {
        match self {
            Self::Run(_, sha) | Self::Trial(_, sha) => Some(sha),
            Self::NoRun(..) | Self::NoTrial(..) | Self::Nothing => None,
        }
    }
}

/// What could be pushed is told even where other refs of the same push were refused.
async fn push<W: World>(world: &W, jobs: &[&Job], outcome: &mut Outcome) -> Result<(), Trouble> {
    let wants: Vec<(&Job, &RefName, Want)> =
        jobs.iter().filter_map(|job| want(job).map(|(name, want)| (*job, name, want))).collect();
    if wants.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = wants.iter().map(|(_, name, _)| name.as_str()).collect();
    let there = world.git().remote_refs(&names).await?;
    let updates: Vec<RefUpdate> = wants.iter().filter_map(|(_, name, want)| update(name, *want, &there)).collect();
    let pushed = if updates.is_empty() { Vec::new() } else { world.git().push(None, &updates, false).await? };
    for (job, name, want) in wants {
        match updates.iter().position(|update| update.name == *name).and_then(|i| pushed.get(i)) {
            None | Some(Pushed::Done) => outcome.facts.extend(done(world, name, want).await),
            Some(Pushed::Rejected(why)) => match want {
                Want::Run(run, _) if is_about_content(why) => {
                    let verdict = Verdict::Silent(Silence::Unpushed(why.clone()));
                    outcome.facts.push(Fact::Queue(Event::RunFinished { run, verdict }));
                }
                Want::Run(..) | Want::NoRun(..) | Want::Trial(..) | Want::NoTrial(..) | Want::Nothing => {
                    outcome.fails(job, Trouble::busy(refused(name, why)).into());
                }
            },
            Some(Pushed::Unknown(why)) => {
                outcome.fails(job, Trouble::busy(format!("pushing {name} was not answered ({why})")).into());
            }
        }
    }
    Ok(())
}

/// GitHub refuses an App without that permission any push of a commit that changes a workflow. Other refusals are about the ref,
/// and so about everybody: nobody is sent back for them.
fn is_about_content(why: &str) -> bool {
    why.contains("without `workflows` permission")
}

fn refused(name: &RefName, why: &str) -> String {
    format!(
        "pushing {name} was refused ({why}): if a rule forbids it, let the App create, update and delete `greenline/**` and \
         `refs/greenline/*`"
    )
}

fn want(job: &Job) -> Option<(&RefName, Want)> {
    match job {
        Job::StartRun { run, sha, branch, .. } => Some((branch, Want::Run(*run, *sha))),
        Job::CancelRun { run, sha, branch } => Some((branch, Want::NoRun(*run, *sha))),
        Job::Trial(TrialJob::Start { number, tip, branch, .. }) => Some((branch, Want::Trial(*number, *tip))),
        Job::Trial(TrialJob::Stop { number, branch, ends }) => Some((branch, Want::NoTrial(*number, *ends))),
        Job::DropRef(name) => Some((name, Want::Nothing)),
        Job::ReadSettings { .. }
        | Job::ReadTrunk(_)
        | Job::Weigh { .. }
        | Job::Compose { .. }
        | Job::Trial(TrialJob::Compose { .. })
        | Job::Land(_)
        | Job::Revoke { .. }
        | Job::ConfirmEject { .. }
        | Job::Post { .. }
        | Job::Report { .. }
        | Job::ReadProposal { .. }
        | Job::Answer { .. }
        | Job::Retarget { .. }
        | Job::RemoveLabel { .. }
        | Job::DeleteBranch(_)
        | Job::Delivery(_)
        | Job::Close { .. } => None,
    }
}

/// The change a ref needs, given what is there; `None` if it is so already.
fn update(name: &RefName, want: Want, there: &BTreeMap<RefName, RemoteRef>) -> Option<RefUpdate> {
    let now = there.get(name).map(|found| found.target);
    let expect = now.map_or(Expect::Absent, Expect::At);
    let to = want.target();
    (now != to).then(|| RefUpdate { name: name.clone(), expect, to })
}

async fn done<W: World>(world: &W, name: &RefName, want: Want) -> Vec<Fact> {
    match want {
        Want::Run(run, _) => vec![Fact::RunAsked { run }],
        Want::NoRun(run, sha) => cancelled(world, run, sha, name).await,
        Want::Trial(number, _) => vec![Fact::Trial(TrialFact::Begun { number })],
        Want::NoTrial(number, ends) => {
            if let Some(sha) = ends {
                stop_ci(world, sha).await;
            }
            vec![Fact::Trial(TrialFact::Stopped { number }), Fact::RefGone(name.clone())]
        }
        Want::Nothing => vec![Fact::RefGone(name.clone())],
    }
}

/// With its branch gone a run is stopped as far as we can stop it; asking CI to stop as well is economy.
async fn stop_ci<W: World>(world: &W, sha: Sha) {
    if let Err(trouble) = world.forge().cancel_runs(sha).await {
        tracing::debug!(%sha, %trouble, "CI could not be asked to stop");
    }
}

async fn cancelled<W: World>(world: &W, run: RunId, sha: Sha, branch: &RefName) -> Vec<Fact> {
    stop_ci(world, sha).await;
    vec![Fact::Queue(Event::RunCancelled { run }), Fact::RefGone(branch.clone())]
}
