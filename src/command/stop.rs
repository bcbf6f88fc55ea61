//! What may follow `freeze` and `hold`: until when, and why. It reads words and decides nothing.

use crate::calendar::{Spoken, duration};
use serde::{Deserialize, Serialize};

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
    let until = match end {
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
    };
    Ok(Stop { until, reason })
}

/// Reads the words after `hold`. Errors: what is wrong with them, in a sentence.
pub(super) fn hold(words: &[&str]) -> Result<Option<String>, String> {
    match split(words) {
        ([], reason) => Ok(reason),
        ([..], _) => Err("It is followed by nothing, or by `because` and a reason.".to_owned()),
    }
}

/// What stands before `because`, and what after it, if anything does.
fn split<'w, 't>(words: &'w [&'t str]) -> (&'w [&'t str], Option<String>) {
    let Some(at) = words.iter().position(|word| word.eq_ignore_ascii_case("because")) else { return (words, None) };
    // What was markup in the comment stands here as one character of no meaning.
    let reason: String = words[at + 1..].join(" ").replace('\u{fffc}', "…").chars().take(REASON_MAX).collect();
    (&words[..at], Some(reason).filter(|reason| !reason.is_empty()))
}
