//! Drivers and probes of one repository: each order goes to the driver it names.

use crate::adapter::git::GitCache;
use crate::ids::Sha;
use crate::port::deploy::{Deploy, Handle, Look, Order, Progress, Sample, Started, Stopped};
use crate::port::{Forge, Records, Trouble, Workflows};
use secrecy::SecretString;
use std::path::PathBuf;
use std::sync::Arc;

/// What the service's own settings let a repository's drivers do. What a repository may choose is no more than this.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Its programs may run on the service's machine.
    pub programs: bool,
    /// Addresses in private networks and on this machine may be asked.
    pub private_addresses: bool,
    /// What signs orders to addresses that begin so.
    pub secrets: Vec<(String, SecretString)>,
    /// Other remotes that may be pushed to, as they stand in the repository's file.
    pub remotes: Vec<String>,
}

/// The drivers of one repository.
pub struct Drivers<F> {
    forge: Arc<F>,
    git: Arc<GitCache>,
    dir: PathBuf,
    allowed: Allowed,
}

impl<F: Forge + Records + Workflows> Drivers<F> {
    /// Drivers that keep what they have begun below `dir`. Touches nothing yet.
    pub fn new(forge: Arc<F>, git: Arc<GitCache>, dir: PathBuf, allowed: Allowed) -> Self {
        Self { forge, git, dir, allowed }
    }
}

impl<F: Forge + Records + Workflows> Deploy for Drivers<F> {
    async fn start(&self, order: &Order) -> Result<Started, Trouble> {
        let begun = self.dir.join(&order.key);
        let world = (Arc::strong_count(&self.forge), Arc::strong_count(&self.git), &self.allowed);
        Ok(Started::Refused(format!("{}: drivers are not built yet ({world:?})", begun.display())))
    }

    async fn progress(&self, _order: &Order, _handle: Option<&Handle>) -> Result<Progress, Trouble> {
        Ok(Progress::NotBegun)
    }

    async fn stop(&self, _order: &Order, _handle: Option<&Handle>) -> Result<Stopped, Trouble> {
        Ok(Stopped::Yes)
    }

    async fn observe(&self, _url: &str) -> Result<Option<Sha>, Trouble> {
        Ok(None)
    }

    async fn look(&self, _look: &Look) -> Result<Sample, Trouble> {
        Err(Trouble::Bug("probes are not built yet".into()))
    }
}
