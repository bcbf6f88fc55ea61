//! What may follow `freeze` and `hold`: until when, and why. It reads words and decides nothing.

use super::{Command, delivering};
use crate::calendar::{Spoken, Zone, duration};
use crate::ids::Moment;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Characters of a reason that are kept.
const REASON_MAX: usize = 200;

/// A freeze as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Until when; until somebody thaws, if nothing is said.
    pub until: Option<Until>,
    /// Why.
    pub reason: String,
}

impl Until {
    /// The moment that it is, by these clocks, if it was said then.
    pub fn resolve(self, zone: &Zone, said: Moment) -> Moment {
        match self {
            Self::For(ms) => said.plus_ms(ms),
            Self::At(spoken) => spoken.resolve(zone, said),
        }
    }
}

/// The end of a freeze as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// So many milliseconds after it was said.
    For(i64),
    /// At this moment.
    At(Spoken),
}

/// Reads the words after `freeze`. Errors: what is wrong with them, in a sentence.
pub(super) fn freeze(words: &[&str]) -> Result<Stop, String> {
    let (end, reason) = split(words);
    let reason = reason.ok_or("Everybody who waits will ask why: say `because` and the reason.")?;
    Ok(Stop { until: ending(end)?, reason })
}

/// Reads the words between `freeze` and `because`.
pub(super) fn ending(words: &[&str]) -> Result<Option<Until>, String> {
    Ok(match words {
        [] => None,
        [first, length] if first.eq_ignore_ascii_case("for") => {
            let ms = duration::parse_ms(&length.to_ascii_lowercase()).filter(|ms| *ms > 0);
            Some(Until::For(ms.ok_or("After `for` stands a length of time such as `2h`, `1h30m` or `3d`.")?))
        }
        [first, moment @ ..] if first.eq_ignore_ascii_case("until") => {
            let spoken = Spoken::parse(moment);
            let forms =
                "`until` is followed by a moment such as `18:00`, `mon 08:00`, `tomorrow` or `2026-12-01 08:00`.";
            Some(Until::At(spoken.ok_or(forms)?))
        }
        _ => {
            return Err(
                "What may stand before `because` is `until` and a moment, or `for` and a length of time.".to_owned()
            );
        }
    })
}

impl Stop {
    /// A freeze as a program says it: until which moment, or for how long, and why. Errors: what is wrong, in a sentence.
    pub fn said(until: Option<&str>, length: Option<&str>, because: &str) -> Result<Self, String> {
        let end: Vec<&str> = match (until, length) {
            (None, None) => Vec::new(),
            (Some(moment), None) => std::iter::once("until").chain(moment.split_whitespace()).collect(),
            (None, Some(length)) => vec!["for", length],
            (Some(_), Some(_)) => {
                return Err("A freeze ends at a moment (`until`) or after a time (`for`), not both.".to_owned());
            }
        };
        let reason = reason(because).ok_or("Everybody who waits will ask why: say `because`, and the reason.")?;
        Ok(Self { until: ending(&end)?, reason })
    }
}

/// As it is written after `freeze`.
impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            None => {}
            Some(Until::For(ms)) => write!(f, "for {} ", duration::written(ms))?,
            Some(Until::At(spoken)) => write!(f, "until {spoken} ")?,
        }
        write!(f, "because {}", self.reason)
    }
}

/// A reason in one line and bounded, if there is any.
pub fn reason(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let reason: String = words.join(" ").chars().take(REASON_MAX).collect();
    Some(reason).filter(|reason| !reason.is_empty())
}

/// Reads the words after `hold`: of a pull request, or of a stage. Errors: what is wrong with them, in a sentence.
pub(super) fn hold(words: &[&str]) -> Result<Command, String> {
    match split(words) {
        ([], reason) => Ok(Command::Hold(reason)),
        ([stage], reason) => delivering::hold(stage, reason),
        ([..], _) => Err("It is followed by nothing, by a stage, or by `because` and a reason.".to_owned()),
    }
}

/// What stands before `because`, and what after it, if anything does.
pub(super) fn split<'w, 't>(words: &'w [&'t str]) -> (&'w [&'t str], Option<String>) {
    let Some(at) = words.iter().position(|word| word.eq_ignore_ascii_case("because")) else { return (words, None) };
    // What was markup in the comment stands here as one character of no meaning.
    (&words[..at], reason(&words[at + 1..].join(" ").replace('\u{fffc}', "…")))
}
