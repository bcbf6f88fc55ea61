//! Drivers as one process sees them: whatever is asked for is done at once, and remembered by its key.

use crate::ids::Sha;
use crate::port::Trouble;
use crate::port::deploy::{Deploy, Handle, Look, Order, Progress, Sample, SampleVerdict, Started, Stopped};
use crate::sim::bot::gate::Door;

/// Drivers as one process sees them.
pub struct SimDeploy(pub Door);

impl Deploy for SimDeploy {
    async fn start(&self, order: &Order) -> Result<Started, Trouble> {
        self.0.pass().await;
        self.0.ground().stages.orders.entry(order.key.clone()).or_insert_with(|| order.clone());
        self.0.pass().await;
        Ok(Started::Done)
    }

    async fn progress(&self, order: &Order, _handle: Option<&Handle>) -> Result<Progress, Trouble> {
        self.0.pass().await;
        let begun = self.0.ground().stages.orders.contains_key(&order.key);
        Ok(if begun { Progress::Succeeded { at: None } } else { Progress::NotBegun })
    }

    async fn stop(&self, _order: &Order, _handle: Option<&Handle>) -> Result<Stopped, Trouble> {
        self.0.pass().await;
        Ok(Stopped::No("it is done already".into()))
    }

    async fn observe(&self, _url: &str) -> Result<Option<Sha>, Trouble> {
        self.0.pass().await;
        Ok(None)
    }

    async fn look(&self, _look: &Look) -> Result<Sample, Trouble> {
        self.0.pass().await;
        Ok(Sample { verdict: SampleVerdict::Good, note: "it answers".into() })
    }
}
