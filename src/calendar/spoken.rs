//! A moment as a person writes it in passing: `18:00`, `monday 08:00`, `tomorrow`, `2026-12-01 09:00`. It is only known which
//! moment that is once somebody says by which clocks, and when it was said.

use super::notation::{minute, weekday, weekday_written};
use super::zone::{DAY_MS, Local, Zone};
use crate::ids::Moment;
use crate::when;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A moment as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoken {
    /// This one, wherever one is.
    Exact(Moment),
    /// When the clocks show this.
    Date(Local),
    /// When the clocks next show this minute of the day.
    Time(u16),
    /// This minute so many days later.
    In(u8, u16),
    /// This minute of the next such day of the week, Monday being 0; never today.
    Next(u8, u16),
}

impl Spoken {
    /// Reads words; `None` if they say no moment. A day without a time begins at midnight.
    pub fn parse(words: &[&str]) -> Option<Self> {
        let (day, time) = match words {
            [only] => match only.split_once(['t', 'T']).filter(|(date, _)| date.len() == 10) {
                Some(_) if when::parse(only).is_some() => return when::parse(only).map(Self::Exact),
                Some((date, time)) => (date, Some(time)),
                None => match minute(only) {
                    Some(minute) => return Some(Self::Time(minute)),
                    None => (*only, None),
                },
            },
            [day, time] => (*day, Some(*time)),
            _ => return None,
        };
        let minute = time.map_or(Some(0), minute)?;
        match day.to_ascii_lowercase().as_str() {
            "today" => time.map(|_| Self::In(0, minute)),
            "tomorrow" => Some(Self::In(1, minute)),
            day => match weekday(day) {
                Some(weekday) => Some(Self::Next(weekday, minute)),
                None => Local::on(day, minute).map(Self::Date),
            },
        }
    }

    /// The moment that was meant, by these clocks and when it was said.
    pub fn resolve(self, zone: &Zone, said: Moment) -> Moment {
        let today = zone.local(said).day();
        match self {
            Self::Exact(moment) => moment,
            Self::Date(local) => zone.moment(local),
            Self::In(days, minute) => zone.moment(Local::at(today + i64::from(days), minute)),
            Self::Time(minute) => {
                let of = |day| zone.moment(Local::at(day, minute));
                if of(today) > said { of(today) } else { of(today + 1) }
            }
            Self::Next(weekday, minute) => {
                let ahead = (i64::from(weekday) - (today + 3)).rem_euclid(7);
                zone.moment(Local::at(today + if ahead == 0 { 7 } else { ahead }, minute))
            }
        }
    }
}

/// In the words that are read as the same.
impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        match *self {
            Self::Exact(moment) => f.write_str(&when::print(moment)),
            Self::Date(local) => write!(f, "{local}"),
            Self::Time(minute) => f.write_str(&time(minute)),
            Self::In(0, minute) => write!(f, "today {}", time(minute)),
            Self::In(_, minute) => write!(f, "tomorrow {}", time(minute)),
            Self::Next(day, minute) => write!(f, "{} {}", weekday_written(day), time(minute)),
        }
    }
}

impl Spoken {
    /// Later than this after it was said is no freeze but a mistake: a year.
    pub const LONGEST_MS: i64 = 366 * DAY_MS;
}
