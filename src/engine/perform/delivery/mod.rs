//! Carries out what delivery owes: writes the ledger, asks drivers, looks at stages. Decides nothing about a delivery.

mod drivers;
mod read;
mod record;
mod tags;

use crate::delivery::Event;
use crate::engine::delivery::DeliveryJob;
use crate::engine::delivery::take;
use crate::engine::fact::Fact;
use crate::engine::world::World;
use crate::port::Trouble;

/// Does one job of delivery.
pub(super) async fn deliver<W: World>(world: &W, job: &DeliveryJob) -> Result<Vec<Fact>, Trouble> {
    match job {
        DeliveryJob::Record(recording) => record::record(world, recording).await,
        DeliveryJob::Judge { commit, required, rules, landed_at } => {
            read::judge(world, *commit, (required, rules), *landed_at).await
        }
        DeliveryJob::Cut { commit, template, pulls, landed_at } => {
            tags::cut(world, *commit, template, (pulls, *landed_at)).await
        }
        DeliveryJob::Restore { candidate, tag } => tags::restore(world, *candidate, tag).await,
        DeliveryJob::ReadChange(pr) => read::change(world, *pr).await,
        DeliveryJob::Confirm { deployment, candidate, tag, approvers } => {
            read::confirm(world, (*deployment, *candidate), tag, approvers).await
        }
        DeliveryJob::Start { deployment, attempt, order } => {
            drivers::start(world, (*deployment, *attempt), order).await
        }
        DeliveryJob::Watch { deployment, attempt, order, handle, known } => {
            drivers::watch(world, (*deployment, *attempt), order, handle.as_ref(), known.as_ref()).await
        }
        DeliveryJob::Stop { deployment, attempt, order, handle } => {
            drivers::stop(world, (*deployment, *attempt), order, handle.as_ref()).await
        }
        DeliveryJob::Sample { deployment, check, due, look } => {
            drivers::sample(world, (*deployment, *check, *due), look).await
        }
    }
}

fn happened(event: Event) -> Fact {
    Fact::Delivery(take::Fact::Happened(event))
}
