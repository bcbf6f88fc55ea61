//! The ledger: what became of trunk, as a chain of commits at one ref of the repository itself, so that anybody with a clone
//! can hold it against what is there. Here is what its entries say and how they read; no commit is made or read here.
//!
//! An entry is the message of one commit: a subject for people, a blank line, then one JSON object a line. Each object has one
//! key, the word that says what the line is. A word that is not known here is a newer version's, and no mistake.
//!
//! The types are the format and stand by themselves: what is renamed elsewhere must not change what was written long ago.

pub mod audit;
mod delivered;
mod landing;

pub use delivered::Delivered;
pub use landing::{Approved, Candidate, Green, Landing, Member, Via};

use crate::ids::RefName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The ref of the ledger.
pub const REF: &str = "refs/greenline/ledger";

/// A longer message is no entry of ours.
const MESSAGE_MAX: usize = 4 << 20;
/// Pull requests that a subject names; the lines name them all.
const NAMED_MAX: usize = 10;
/// The words of the lines that are known here.
const WORDS: [&str; 2] = ["landed", "delivery"];

/// The ref of the ledger, as a name.
pub fn name() -> RefName {
    REF.parse().expect("it is a legal ref name")
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Trunk was moved.
    Landed(Box<Landing>),
    /// Something happened to what landed.
    Delivery(Box<Delivered>),
    /// What only a newer version understands, as it stands there.
    #[serde(skip)]
    Unknown(String),
}

/// What one commit of the ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For people; one line.
    pub subject: String,
    /// For programs; at least one.
    pub lines: Vec<Line>,
}

/// Why a commit's message is no entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It has no lines for programs.
    #[error("it has no line for programs below its subject")]
    Empty,
    /// It is far too long.
    #[error("it is longer than {} MiB", MESSAGE_MAX >> 20)]
    TooLong,
    /// A line is not what it claims to be.
    #[error("its line {line} cannot be read ({why})")]
    Line {
        /// Counted from 1, the subject being the first.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Entry {
    /// The entry of a landing.
    pub fn landed(landing: Landing) -> Self {
        let mut numbers: Vec<String> =
            landing.members.iter().take(NAMED_MAX).map(|member| format!("#{}", member.pr)).collect();
        let more = landing.members.len().saturating_sub(NAMED_MAX);
        if more > 0 {
            numbers.push(format!("{more} more"));
        }
        let subject = format!("Landed {} on {} as {}", numbers.join(", "), landing.trunk, landing.to.short());
        Self { subject, lines: vec![Line::Landed(Box::new(landing))] }
    }

    /// The commit's whole message.
    pub fn message(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(Line::text).collect();
        format!("{}\n\n{}\n", self.subject, lines.join("\n"))
    }

    /// Reads a commit's message.
    pub fn read(message: &str) -> Result<Self, Malformed> {
        if message.len() > MESSAGE_MAX {
            return Err(Malformed::TooLong);
        }
        let mut lines = message.trim_end().lines().zip(1..);
        let subject = lines.next().map(|(subject, _)| subject.to_owned()).unwrap_or_default();
        match lines.next() {
            None => return Err(Malformed::Empty),
            Some((text, line)) if !text.is_empty() => {
                return Err(Malformed::Line { line, why: "the second line of an entry is empty".to_owned() });
            }
            Some(_) => {}
        }
        let read = |(text, line)| Line::read(text).map_err(|why| Malformed::Line { line, why });
        let lines = lines.map(read).collect::<Result<Vec<_>, _>>()?;
        if lines.is_empty() { Err(Malformed::Empty) } else { Ok(Self { subject, lines }) }
    }
}

impl Line {
    fn text(&self) -> String {
        match self {
            Self::Unknown(text) => text.clone(),
            Self::Landed(_) | Self::Delivery(_) => {
                serde_json::to_string(self).expect("it has text keys only, and no floats")
            }
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        let told = |error: serde_json::Error| error.to_string();
        let object: BTreeMap<String, Value> = serde_json::from_str(text).map_err(told)?;
        match object.keys().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [word] if WORDS.contains(word) => serde_json::from_str(text).map_err(told),
            [_] => Ok(Self::Unknown(text.to_owned())),
            keys => Err(format!("an object with {} keys instead of one", keys.len())),
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
