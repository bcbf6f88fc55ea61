//! The one place time comes from.

use crate::ids::Moment;

/// Tells the time. Read once per turn by the engine; what is decided gets it with the event.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Moment;
    /// Resolves `ms` milliseconds later.
    fn sleep_ms(&self, ms: u64) -> impl Future<Output = ()> + Send;
}
