//! Carries jobs out and says what came of it, as facts. Reads and writes the world; decides nothing about the queue.

mod branches;
mod comments;
mod compose;
mod delivery;
mod depends;
mod evidence;
mod grounds;
mod landing;
mod ledger;
mod outcome;
mod proposals;
mod read;
mod reports;
mod requests;
mod restore;
mod runs;
mod settings;
mod teams;
mod trunks;

pub use outcome::{Failed, Outcome};
pub use read::{Found, Look, look};

use super::fact::Fact;
use super::job::Job;
use super::trials::TrialJob;
use super::world::World;
use crate::checks::Named;
use crate::ids::{BranchName, Sha};
use crate::port::{Forge, Git, Trouble};
use crate::queue::EntryId;
use futures_util::stream::{self, Buffered, Iter, TryCollect};
use futures_util::{StreamExt, TryFutureExt, TryStreamExt};
use std::{slice, vec};

/// Of many questions so many are asked at the same time: GitHub shuts out who asks for too much at once.
const ASKED_AT_ONCE: usize = 8;

/// Does jobs that were begun together: one, or several about refs of ours, which go in one push.
pub async fn perform<W: World>(world: &W, batch: &[Job]) -> Outcome {
    let mut outcome = match batch {
        [job] => one(world, job).await,
        refs => runs::refs(world, refs).await,
    };
    if outcome.blames() && !answers(world).await {
        outcome.acquit();
    }
    outcome
}

/// Forge and git answer at all: where they do not, what failed is nobody's.
async fn answers<W: World>(world: &W) -> bool {
    world.forge().repository().await.is_ok() && world.git().remote_refs(&["refs/greenline/"]).await.is_ok()
}

async fn one<W: World>(world: &W, job: &Job) -> Outcome {
    let done: Result<Vec<Fact>, Failed> = match job {
        Job::ReadSettings { at, trunk, default } => settings::settings(world, *at, trunk, *default).err_into().await,
        Job::ReadTrunk(trunk) => read::trunk(world, trunk).err_into().await,
        Job::Weigh { pr, subject, terms, by } => {
            grounds::weighed(world, *pr, (subject, terms), *by).map_err(Failed::of(*pr)).await
        }
        Job::Compose { entry, recipe, below } => compose::compose(world, *entry, recipe, below).await,
        Job::StartRun { .. }
        | Job::CancelRun { .. }
        | Job::Trial(TrialJob::Start { .. } | TrialJob::Stop { .. })
        | Job::DropRef(_) => return runs::refs(world, slice::from_ref(job)).await,
        Job::Trial(TrialJob::Compose { pr, recipe }) => compose::trial(world, *pr, recipe).err_into().await,
        Job::Land(landing) => landing::land(world, landing).await,
        Job::Revoke { trunk, to, attempt, tag, bar } => {
            let revocation = landing::Revocation { trunk, to: *to, attempt: *attempt, tag, bar };
            landing::revoke(world, &revocation).err_into().await
        }
        Job::ConfirmEject { entry, trunk, red } => eject(world, *entry, trunk, red.as_ref()).err_into().await,
        Job::Post { which, pr, comment, body } => comments::post(world, (*which, *pr), *comment, body).err_into().await,
        Job::Report { id, report } => reports::report(world, *id, report).err_into().await,
        Job::ReadProposal { pr, recipe } => proposals::proposal(world, *pr, recipe).err_into().await,
        Job::Answer { comment, pr, body } => comments::answer(world, *comment, *pr, body.as_deref()).err_into().await,
        Job::Retarget { pr, from, trunk } => branches::retarget(world, *pr, (from.as_ref(), trunk)).err_into().await,
        Job::RemoveLabel { pr, label } => comments::remove_label(world, *pr, label).err_into().await,
        Job::DeleteBranch(deletion) => branches::delete(world, deletion).err_into().await,
        Job::Delivery(job) => delivery::deliver(world, job).err_into().await,
        Job::Close { pr, unmoved, kept, .. } => comments::close(world, *pr, *unmoved, *kept).err_into().await,
    };
    Outcome::of(job, done)
}

/// What is needed before an entry is ejected.
async fn eject<W: World>(
    world: &W,
    entry: EntryId,
    trunk: &BranchName,
    red: Option<&(Sha, Vec<Named>)>,
) -> Result<Vec<Fact>, Trouble> {
    let mut facts = Vec::new();
    // Before trunk is read, so that the answer about trunk is as fresh as can be.
    if let Some((tip, failed)) = red {
        facts.push(Fact::Evidence { tip: *tip, words: evidence::evidence(world, failed).await });
    }
    facts.extend(read::confirm_eject(world, entry, trunk).await?);
    Ok(facts)
}

/// The answers to many questions, in their order; or the first trouble. Its type is spelled out because the compiler cannot see
/// that an opaque one may go to another thread.
fn all<T, E, F: Future<Output = Result<T, E>>>(
    questions: impl IntoIterator<Item = F>,
) -> TryCollect<Buffered<Iter<vec::IntoIter<F>>>, Vec<T>> {
    stream::iter(questions.into_iter().collect::<Vec<_>>()).buffered(ASKED_AT_ONCE).try_collect()
}
