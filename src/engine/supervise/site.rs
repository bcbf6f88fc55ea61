//! What the supervisor asks of the outside: which repositories there are, and the world of each. Nothing here does anything.

use crate::engine::world::{Readings, World};
use crate::facts::Repository;
use crate::ids::{InstallationId, Moment};
use crate::port::{Clock, Trouble};

/// A repository the App is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The installation that says so.
    pub installation: InstallationId,
    /// The repository; an archived one is not opened, but not closed either.
    pub repository: Repository,
}

/// The forge and git as a whole: which repositories there are, and the world of each.
pub trait Site: Send + Sync + 'static {
    /// The world of one repository.
    type World: World;
    /// Time.
    type Clock: Clock;

    /// Every repository the App is given. What is not named here is closed, so a list that may lack some is trouble.
    fn repositories(&self) -> impl Future<Output = Result<Vec<Found>, Trouble>> + Send;
    /// Asks for deliveries since `since` that never arrived; how many.
    fn redeliver(&self, since: Moment) -> impl Future<Output = Result<usize, Trouble>> + Send;
    /// The world of one of them.
    fn open(&self, found: &Found, readings: Readings) -> Result<Self::World, Trouble>;
    /// Time.
    fn clock(&self) -> &Self::Clock;
}
