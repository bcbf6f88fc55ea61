//! Deletes the branch of a landed pull request, if nobody needs it any more: pull requests that stand on it are sent to trunk
//! first. What was pushed to since, is protected, or is another pull request's, stays.

use crate::engine::fact::Fact;
use crate::engine::job::Deletion;
use crate::engine::world::World;
use crate::ids::{BranchName, PrNumber, Sha};
use crate::port::git::{Expect, Pushed, RefUpdate};
use crate::port::{Forge, Git, Outcome, Trouble};

/// Deletes the branch, or leaves it for a reason; either way it is no longer owed.
pub(super) async fn delete<W: World>(world: &W, deletion: &Deletion) -> Result<Vec<Fact>, Trouble> {
    let over = Ok(vec![Fact::BranchDone { pr: deletion.pr }]);
    let Some(at) = left_alone(world, deletion).await? else { return over };
    if let Some(why) = still_needed(world, deletion).await? {
        tracing::info!(pr = %deletion.pr, branch = %deletion.branch, why, "the branch of a landed pull request stays");
        return over;
    }
    let update = RefUpdate { name: deletion.branch.to_ref(), expect: Expect::At(at), to: None };
    match world.git().push(None, &[update], false).await?.first() {
        Some(Pushed::Done) => over,
        Some(Pushed::Rejected(why)) => {
            tracing::info!(pr = %deletion.pr, branch = %deletion.branch, why, "a branch was not to be deleted");
            over
        }
        Some(Pushed::Unknown(why)) => {
            Err(Trouble::busy(format!("deleting the branch of #{} was not answered ({why})", deletion.pr)))
        }
        None => Err(Trouble::Bug(format!("the deletion of {} has no outcome", deletion.branch))),
    }
}

/// Has a pull request go to trunk whose own base has landed. One that cannot is left where it is; its people are told why it waits.
pub(super) async fn retarget<W: World>(
    world: &W,
    pr: PrNumber,
    (from, trunk): (Option<&BranchName>, &BranchName),
) -> Result<Vec<Fact>, Trouble> {
    let over = Ok(vec![Fact::Retargeted { pr }]);
    let pull = world.forge().pull(pr).await?;
    if pull.is_none_or(|pull| Some(&pull.base) != from) {
        return over;
    }
    match world.forge().retarget(pr, trunk).await? {
        Outcome::Done(()) => {}
        Outcome::Rejected(why) => tracing::warn!(%pr, why, "a pull request could not be sent to trunk"),
        Outcome::Unknown(why) => {
            return Err(Trouble::busy(format!("sending #{pr} to trunk was not answered ({why})")));
        }
    }
    over
}

/// Where the branch is, if it is where the landing left it.
async fn left_alone<W: World>(world: &W, deletion: &Deletion) -> Result<Option<Sha>, Trouble> {
    let name = deletion.branch.to_ref();
    let refs = world.git().remote_refs(&[name.as_str()]).await?;
    Ok(refs.get(&name).map(|found| found.target).filter(|at| deletion.left_at.contains(at)))
}

/// Why the branch must stay. Pull requests onto it are sent to trunk here: GitHub would close them with their base.
async fn still_needed<W: World>(world: &W, deletion: &Deletion) -> Result<Option<&'static str>, Trouble> {
    let forge = world.forge();
    if forge.is_protected(&deletion.branch).await? {
        return Ok(Some("it is protected"));
    }
    if !forge.open_pulls_from(&deletion.branch).await?.is_empty() {
        return Ok(Some("another open pull request comes from it"));
    }
    for child in forge.open_pulls(Some(&deletion.branch)).await? {
        match forge.retarget(child.number, &deletion.trunk).await? {
            Outcome::Done(()) => {}
            Outcome::Rejected(why) => {
                tracing::warn!(pr = %child.number, why, "a pull request could not be sent to trunk");
                return Ok(Some("a pull request stands on it and cannot be sent to trunk"));
            }
            Outcome::Unknown(why) => {
                return Err(Trouble::busy(format!("sending #{} to trunk was not answered ({why})", child.number)));
            }
        }
    }
    Ok(None)
}
