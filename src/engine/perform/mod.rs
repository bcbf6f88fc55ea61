//! Carries jobs out and says what came of it, as facts. Reads and writes the world; decides nothing about the queue.

mod branches;
mod comments;
mod compose;
mod depends;
mod evidence;
mod grounds;
mod landing;
mod proposals;
mod read;
mod reports;
mod requests;
mod restore;
mod runs;
mod settings;
mod teams;
mod trunks;

pub use read::{Found, Look, look};
pub use runs::refs;

use super::fact::Fact;
use super::job::Job;
use super::trials::TrialJob;
use super::world::World;
use crate::port::Trouble;
use futures_util::stream::{self, Buffered, Iter, TryCollect};
use futures_util::{StreamExt, TryStreamExt};
use std::vec;

/// Of many questions so many are asked at the same time: GitHub shuts out who asks for too much at once.
const ASKED_AT_ONCE: usize = 8;

/// Does one job. Trouble means: still owed, worth trying again.
pub async fn perform<W: World>(world: &W, job: &Job) -> Result<Vec<Fact>, Trouble> {
    match job {
        Job::ReadSettings { at, trunk, default } => settings::settings(world, *at, trunk, *default).await,
        Job::ReadTrunk(trunk) => read::trunk(world, trunk).await,
        Job::Weigh { pr, subject, terms, by } => grounds::weighed(world, *pr, (subject, terms), *by).await,
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

/// The answers to many questions, in their order; or the first trouble. Its type is spelled out because the compiler cannot see
/// that an opaque one may go to another thread.
fn all<T, F: Future<Output = Result<T, Trouble>>>(
    questions: impl IntoIterator<Item = F>,
) -> TryCollect<Buffered<Iter<vec::IntoIter<F>>>, Vec<T>> {
    stream::iter(questions.into_iter().collect::<Vec<_>>()).buffered(ASKED_AT_ONCE).try_collect()
}
