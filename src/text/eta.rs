//! When something should happen, in words. Words only; the estimate is made elsewhere.

use crate::ids::Moment;
use crate::when;

const MINUTE_MS: i64 = 60_000;

/// When a queued pull request should land: one sentence. A comment stays as it is for a while, so it names the hour, too.
pub fn eta(ms: i64, now: Moment) -> String {
    let at = when::print(now.plus_ms(ms));
    let hour = at.get(11..16).unwrap_or_default();
    format!("If everything goes on green, it lands in {}, towards {hour} UTC.", about(ms))
}

/// A length of time as one says it, from milliseconds.
pub fn about(ms: i64) -> String {
    match ms.max(0) {
        ..45_000 => "less than a minute".to_owned(),
        45_000..90_000 => "about a minute".to_owned(),
        ms @ ..5_400_000 => format!("about {} minutes", (ms + MINUTE_MS / 2) / MINUTE_MS),
        ms @ ..172_800_000 => format!("about {} hours", (ms + 30 * MINUTE_MS) / (60 * MINUTE_MS)),
        ms => format!("about {} days", (ms + 720 * MINUTE_MS) / (1_440 * MINUTE_MS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_as_people_say_them() {
        for (ms, said) in [
            (-5, "less than a minute"),
            (80_000, "about a minute"),
            (12 * MINUTE_MS + 10_000, "about 12 minutes"),
            (89 * MINUTE_MS, "about 89 minutes"),
            (100 * MINUTE_MS, "about 2 hours"),
            (3 * 86_400_000, "about 3 days"),
        ] {
            assert_eq!(about(ms), said, "{ms}");
        }
        let said = eta(12 * MINUTE_MS, Moment::from_ms(10 * 60 * MINUTE_MS));
        assert_eq!(said, "If everything goes on green, it lands in about 12 minutes, towards 10:12 UTC.");
    }
}
