//! Windows of time as people plan them: weekdays and dates in a time zone. Is a moment within one, and when does that change?
//!
//! Pure: now comes in, the zones are compiled in, and no clock is asked. Whether a window forbids or allows something is not
//! known here, so that a freeze of the queue and the hours of a delivery can be planned in the same words.
//!
//! Clocks that are turned: an hour that comes twice counts at its first coming, one that is left out counts as the hour after it.

pub mod duration;
mod notation;
mod spoken;
mod zone;

#[cfg(test)]
mod tests;

pub use notation::When;
pub use spoken::Spoken;
pub use zone::Zone;

use crate::ids::Moment;
use serde::{Deserialize, Serialize};
use zone::{DAY_MS, Local};

/// Days before and after today of which the spans of a weekly window are looked at: more than a week, and its longest span.
const AROUND_DAYS: i64 = 15;
/// Windows that end as another begins, at the most, before no end is seen.
const LINKS_MAX: u32 = 200;

/// A stretch of time that comes once, or every week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When, by local clocks.
    pub when: When,
    /// By which clocks.
    pub zone: Zone,
}

/// How several windows stand at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Those that the moment is in, by their places in the list.
    pub inside: Vec<usize>,
    /// When that changes next.
    pub next: Option<Moment>,
}

/// From when to when, the end not included.
type Span = (Moment, Moment);

impl Window {
    /// Whether a moment is in it, and when that changes next; never, if its dates are over.
    pub fn at(&self, now: Moment) -> (bool, Option<Moment>) {
        let spans = self.spans(now);
        let inside = spans.iter().find(|(start, end)| *start <= now && now < *end).map(|(_, end)| *end);
        let next = spans.iter().map(|(start, _)| *start).find(|start| *start > now);
        (inside.is_some(), inside.or(next))
    }

    /// Its spans around a moment, in order; those that touch are one.
    fn spans(&self, now: Moment) -> Vec<Span> {
        let moment = |local: Local| self.zone.moment(local);
        let mut spans: Vec<Span> = match &self.when {
            When::Dates { from, to } => vec![(moment(*from), moment(*to))],
            When::Weekly { days, from, to, nights } => {
                let today = self.zone.local(now).day();
                let of = |day: i64| {
                    let end = Local::at(day + i64::from(*nights), *to);
                    (moment(Local::at(day, *from)), moment(end))
                };
                (today - AROUND_DAYS..=today + AROUND_DAYS).filter(|day| days.has(*day)).map(of).collect()
            }
        };
        // What lies wholly in an hour that is left out is empty.
        spans.retain(|(start, end)| start < end);
        spans.sort_unstable();
        spans.dedup_by(|later, earlier| {
            let touch = later.0 <= earlier.1;
            if touch {
                earlier.1 = earlier.1.max(later.1);
            }
            touch
        });
        spans
    }

    /// It never ends, whatever the day.
    fn always(&self) -> bool {
        self.spans(Moment::from_ms(0)).iter().any(|(start, end)| end.since_ms(*start) > AROUND_DAYS * DAY_MS)
            && matches!(self.when, When::Weekly { .. })
    }
}

/// How windows stand at a moment.
pub fn at<'w>(windows: impl IntoIterator<Item = &'w Window>, now: Moment) -> Outlook {
    let all: Vec<_> = windows.into_iter().map(|window| window.at(now)).collect();
    let inside = all.iter().enumerate().filter(|(_, (inside, _))| *inside).map(|(i, _)| i).collect();
    Outlook { inside, next: all.iter().filter_map(|(_, next)| *next).min() }
}

/// The first moment from `now` on that is in none of the windows; none if no end is seen.
pub fn clear_from(windows: &[&Window], now: Moment) -> Option<Moment> {
    let mut moment = now;
    for _ in 0..LINKS_MAX {
        let ends = windows.iter().map(|window| window.at(moment)).filter(|(inside, _)| *inside);
        match ends.filter_map(|(_, end)| end).max() {
            Some(end) => moment = end,
            None => return Some(moment),
        }
    }
    None
}
