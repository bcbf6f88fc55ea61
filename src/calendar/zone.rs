//! Time zones by their IANA names, and moments as the clocks there show them. The only file that knows the zone database,
//! which is compiled in: what a machine has installed changes no decision.

use crate::ids::Moment;
use crate::when;
use crate::wording::{nearest, shown};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;

pub(super) const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone that is known by this name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(String);

/// What clocks show: milliseconds from 1970-01-01 00:00 of the same clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Local(i64);

impl Local {
    /// A minute of a day, both counted from 0.
    pub(super) fn at(day: i64, minute: u16) -> Self {
        Self(day * DAY_MS + i64::from(minute) * MINUTE_MS)
    }

    /// A date (`2026-12-18`) and a minute of it; `None` if there is no such date.
    pub(super) fn on(date: &str, minute: u16) -> Option<Self> {
        let midnight = when::parse(&format!("{date}T00:00:00Z"))?;
        // A thirtieth of February is the second of March to `when`.
        when::print(midnight).starts_with(date).then(|| Self(midnight.ms() + i64::from(minute) * MINUTE_MS))
    }

    /// The day, counted from 1970-01-01.
    pub(super) fn day(self) -> i64 {
        self.0.div_euclid(DAY_MS)
    }
}

/// A date and a minute of it: `2026-12-18 08:00`.
impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = when::print(Moment::from_ms(self.0));
        f.write_str(&text.get(..16).unwrap_or(&text).replace('T', " "))
    }
}

impl Zone {
    /// A zone by name. Errors: what is wrong with the name, and perhaps which was meant.
    pub fn named(name: &str) -> Result<Self, String> {
        if let Some(known) = ZONES.get(name).ok().and_then(|zone| zone.iana_name().map(str::to_owned)) {
            return Ok(Self(known));
        }
        let all: Vec<String> = ZONES.available().map(|name| name.as_str().to_owned()).collect();
        let meant = nearest(name, all.iter().map(String::as_str)).map(|meant| format!("; did you mean `{meant}`?"));
        Err(format!("`{}` is no time zone{}", shown(name), meant.unwrap_or_default()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// What its clocks show at a moment.
    pub fn local(&self, moment: Moment) -> Local {
        let shown = self.zone().to_datetime(timestamp(moment.ms()));
        Local(Offset::UTC.to_timestamp(shown).map_or(moment.ms(), Timestamp::as_millisecond))
    }

    /// When its clocks show this: the first time if twice, an hour later if never.
    pub fn moment(&self, local: Local) -> Moment {
        let shown = Offset::UTC.to_datetime(timestamp(local.0));
        let found = self.zone().to_ambiguous_timestamp(shown).compatible();
        Moment::from_ms(found.map_or(local.0, Timestamp::as_millisecond))
    }

    /// A moment as people there write it: `2026-11-23 08:00 (Europe/Berlin)`.
    pub fn print(&self, moment: Moment) -> String {
        format!("{} ({self})", self.local(moment))
    }

    fn zone(&self) -> TimeZone {
        // Only names that were found become a `Zone`; a stored one may come from a newer database.
        ZONES.get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
