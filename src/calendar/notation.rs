//! How windows are written: `mon-thu 09:00-16:00`, `fri 16:00 - mon 08:00`, `sat, sun`, `22:00-06:00`, `2026-12-18..2027-01-04`.

use super::Window;
use super::zone::{Local, Zone};
use crate::wording::shown;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The forms, for whoever wrote none of them.
const FORMS: &str = "write for example \"fri 16:00 - mon 08:00\", \"mon-thu 22:00-06:00\", \"sat, sun\", \"12:00-13:00\" or \
                     \"2026-12-18..2027-01-04\", with 24 hours a day";

const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// When, by the clocks of some zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Every week.
    Weekly {
        /// The days on which it begins.
        days: Days,
        /// The minute of the day at which it begins.
        from: u16,
        /// The minute at which it ends, not included.
        to: u16,
        /// How many nights later that is.
        nights: u8,
    },
    /// Once.
    Dates {
        /// From here.
        from: Local,
        /// To here, not included.
        to: Local,
    },
}

/// Days of the week, Monday the lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(u8);

impl Days {
    const ALL: Self = Self(0b111_1111);

    /// A day counted from 1970-01-01, a Thursday, is one of them.
    pub(super) fn has(self, day: i64) -> bool {
        self.0 & (1 << (day + 3).rem_euclid(7)) != 0
    }

    fn only(weekday: u8) -> Self {
        Self(1 << weekday)
    }
}

/// As it is written, so that it is read as the same.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        match self {
            Self::Dates { from, to } => write!(f, "{from}..{to}"),
            Self::Weekly { days, from: 0, to: 0, nights: 1 } => write!(f, "{days}"),
            Self::Weekly { days, from, to, nights } if *nights == u8::from(to <= from) => {
                write!(f, "{days} {}-{}", time(*from), time(*to))
            }
            Self::Weekly { days, from, to, nights } => {
                let last = (0..7).find(|day| days.0 & (1 << day) != 0).map_or(0, |first| (first + nights) % 7);
                write!(f, "{days} {} - {} {}", time(*from), weekday_written(last), time(*to))
            }
        }
    }
}

/// Days that follow each other as the first and the last, with commas between such.
impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |day: u8| day < 7 && self.0 & (1 << day) != 0;
        let firsts = (0..7).filter(|day| has(*day) && (*day == 0 || !has(day - 1)));
        let runs = firsts.map(|first| match (first..7).take_while(|day| has(*day)).last() {
            Some(last) if last > first => format!("{}-{}", weekday_written(first), weekday_written(last)),
            Some(_) | None => weekday_written(first).to_owned(),
        });
        f.write_str(&runs.collect::<Vec<_>>().join(","))
    }
}

impl When {
    /// Reads a window. Errors: what is wrong with it and how one is written, as two sentences without their ends.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let wrong = |what: &str| (format!("`{}` {what}", shown(text)), FORMS.to_owned());
        let lower = text.trim().to_ascii_lowercase();
        let when = match lower.split_once("..") {
            Some((from, to)) => dates(from.trim(), to.trim()),
            None => weekly(&lower),
        };
        let when = when.ok_or_else(|| wrong("is no stretch of time"))?;
        if let Self::Dates { from, to } = when
            && from >= to
        {
            return Err(wrong("ends before it begins"));
        }
        if (Window { when: when.clone(), zone: Zone::default() }).always() {
            return Err(wrong("never ends"));
        }
        Ok(when)
    }
}

/// `2026-12-18..2027-01-04`, the last day included; or to the minute, `2026-12-18 16:00..2027-01-04 08:00`.
fn dates(from: &str, to: &str) -> Option<When> {
    let place = |text: &str, whole_day: u16| match text.split_once(' ') {
        Some((date, time)) => Local::on(date, minute(time.trim())?),
        None => Local::on(text, whole_day),
    };
    Some(When::Dates { from: place(from, 0)?, to: place(to, DAY)? })
}

fn weekly(text: &str) -> Option<When> {
    let text = text.split('-').map(str::trim).collect::<Vec<_>>().join("-").replace(", ", ",");
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [only] => match times(only) {
            Some((from, to)) => Some(daily(Days::ALL, from, to)),
            None => Some(daily(days(only)?, 0, 0)),
        },
        [on, hours] => {
            let (from, to) = times(hours)?;
            Some(daily(days(on)?, from, to))
        }
        // `fri 16:00-mon 08:00`
        [first, middle, end] => {
            let (from, last) = middle.split_once('-')?;
            let (first, last, from, to) = (weekday(first)?, weekday(last)?, minute(from)?, minute(end)?);
            let nights = (7 + last - first) % 7;
            let nights = if nights == 0 && to <= from { 7 } else { nights };
            Some(When::Weekly { days: Days::only(first), from, to, nights })
        }
        _ => None,
    }
}

/// On each of these days between two times; past midnight if the second is not after the first.
fn daily(days: Days, from: u16, to: u16) -> When {
    When::Weekly { days, from, to, nights: u8::from(to <= from) }
}

fn times(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    Some((minute(from)?, minute(to)?))
}

/// `sat,sun`, `mon-thu`, `fri-mon`, and any of these with commas between.
fn days(text: &str) -> Option<Days> {
    let mut days = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (weekday(first)?, weekday(last)?);
        (0..=(7 + last - first) % 7).for_each(|step| days |= 1 << ((first + step) % 7));
    }
    Some(Days(days))
}

/// A weekday by its English name or the first three letters of it; Monday is 0.
pub(super) fn weekday(text: &str) -> Option<u8> {
    let at = NAMES.iter().position(|name| name.eq_ignore_ascii_case(text) || name[..3].eq_ignore_ascii_case(text));
    at.and_then(|at| u8::try_from(at).ok())
}

/// A weekday as one writes it in short.
pub(super) fn weekday_written(weekday: u8) -> &'static str {
    NAMES.get(usize::from(weekday)).map_or("", |name| &name[..3])
}

/// A time of the day (`08:00`) as a minute of it; `24:00` is the end of the day.
pub(super) fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let shape = (1..=2).contains(&hour.len()) && minute.len() == 2 && digits(hour) && digits(minute);
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let fits = (hour < 24 && minute < 60) || (hour, minute) == (24, 0);
    (shape && fits).then_some(hour * 60 + minute)
}
