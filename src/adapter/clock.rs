//! The machine's clock.

use crate::ids::Moment;
use crate::port::Clock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The machine's clock and timers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep_ms(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
