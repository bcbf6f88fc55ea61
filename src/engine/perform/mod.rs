//! Carries jobs out and says what came of it, as facts. Reads and writes the world; decides nothing about the queue.

mod branches;
mod comments;
mod compose;
mod evidence;
mod grounds;
mod landing;
mod proposals;
mod read;
mod reports;
mod requests;
mod restore;
mod runs;
mod teams;
mod trunks;

pub use read::{Found, Look, look};
pub use runs::refs;

use super::fact::Fact;
use super::job::Job;
use super::trials::TrialJob;
use super::world::World;
use crate::port::Trouble;

/// Does one job. Trouble means: still owed, worth trying again.
pub async fn perform<W: World>(world: &W, job: &Job) -> Result<Vec<Fact>, Trouble> {
    match job {
        Job::ReadSettings { at, trunk, default } => read::settings(world, *at, trunk, *default).await,
        Job::ReadTrunk(trunk) => read::trunk(world, trunk).await,
        Job::Weigh { pr, subject, terms } => grounds::weighed(world, *pr, subject, terms).await,
        Job::Compose { entry, recipe, below } => compose::compose(world, *entry, recipe, below).await,
        Job::StartRun { .. }
        | Job::CancelRun { .. }
        | Job::Trial(TrialJob::Start { .. } | TrialJob::Stop { .. })
        | Job::DropRef(_) => runs::refs(world, &[job]).await,
        Job::Trial(TrialJob::Compose { pr, recipe }) => compose::trial(world, *pr, recipe).await,
        Job::Land(landing) => landing::land(world, landing).await,
        Job::Revoke { trunk, to, attempt, tag, bar } => {
            landing::revoke(world, &landing::Revocation { trunk, to: *to, attempt: *attempt, tag, bar }).await
        }
        Job::ConfirmEject { entry, trunk, red } => {
            let mut facts = Vec::new();
            // Before trunk is read, so that the answer about trunk is as fresh as can be.
            if let Some((tip, failed)) = red {
                facts.push(Fact::Evidence { tip: *tip, words: evidence::evidence(world, failed).await });
            }
            facts.extend(read::confirm_eject(world, *entry, trunk).await?);
            Ok(facts)
        }
        Job::Post { which, pr, comment, body } => comments::post(world, (*which, *pr), *comment, body).await,
        Job::Report { id, report } => reports::report(world, *id, report).await,
        Job::ReadProposal { pr, recipe } => proposals::proposal(world, *pr, recipe).await,
        Job::Answer { comment, pr, body } => comments::answer(world, *comment, *pr, body.as_deref()).await,
        Job::Retarget { pr, trunk } => branches::retarget(world, *pr, trunk).await,
        Job::RemoveLabel { pr, label } => comments::remove_label(world, *pr, label).await,
        Job::DeleteBranch(deletion) => branches::delete(world, deletion).await,
        Job::Close { pr, unmoved, kept, .. } => comments::close(world, *pr, *unmoved, *kept).await,
    }
}
