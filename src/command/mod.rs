//! What a comment asks of the queue, or of what becomes of what landed. It reads text and decides nothing about who may ask, or whether it is done.

mod arguments;
mod delivering;
mod described;
mod lines;
mod request;
mod stop;
mod table;
mod trying;
mod wish;

#[cfg(test)]
mod tests;

pub use delivering::Delivering;
pub use described::{Described, described};
pub use request::{About, Request};
pub use stop::{Stop, Until, reason};
pub use table::{Class, Command, Verb, help};
pub use trying::Trying;
pub use wish::{Named, PRIORITIES, Wish};

use crate::wording::shown;
use std::fmt;

/// What one writes at the beginning of a line to talk to the queue.
pub const PREFIX: &str = "@greenline";

/// Commands read from one comment, at the most; what is written after them is not answered.
pub const COMMANDS_MAX: usize = 5;

/// A line that spoke to the queue and was not understood. What is repeated of it is one line, bounded, safe between back quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misread {
    /// Nothing stood after the prefix.
    Nothing,
    /// It begins with a word that is no command.
    Unknown {
        /// What stood after the prefix.
        written: String,
        /// What was probably meant; only ever said, never done.
        suggestion: Option<Verb>,
    },
    /// It is a command with something wrong after it.
    Wrong {
        /// The command.
        verb: Verb,
        /// What stood after the prefix.
        written: String,
        /// What is wrong with it, a sentence.
        why: String,
    },
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("I was called, but not told what to do."),
            Self::Unknown { written, suggestion: None } => write!(f, "I do not know `{written}`."),
            Self::Unknown { written, suggestion: Some(meant) } => {
                write!(f, "I do not know `{written}`. Did you mean `{PREFIX} {}`?", meant.word())
            }
            Self::Wrong { verb, written, why } => {
                write!(f, "`{written}` was not done. {why} What I know is `{PREFIX} {}{}`.", verb.word(), verb.takes())
            }
        }
    }
}

/// The commands in a comment's Markdown, in the order they are written, with the lines that were meant to be some.
///
/// A command is a line of an ordinary paragraph that begins with the prefix, in any case of its letters, followed by a
/// word of the table and what that takes. What is quoted, listed, linked, in a heading, in code or within HTML speaks to somebody else.
pub fn read(body: &str, prefix: &str) -> Vec<Result<Command, Misread>> {
    lines::plain(body)
        .filter_map(|line| spoken(&line, prefix))
        .map(|said| understand(&said))
        .take(COMMANDS_MAX)
        .collect()
}

/// What a line says to us; `None` if it does not begin with the prefix as a word of its own.
fn spoken(line: &str, prefix: &str) -> Option<String> {
    let (start, rest) = line.split_at_checked(prefix.len())?;
    let rest = rest.strip_prefix([':', ',']).unwrap_or(rest);
    (start.eq_ignore_ascii_case(prefix) && (rest.is_empty() || rest.starts_with([' ', '\t'])))
        .then(|| rest.trim_matches([' ', '\t']).to_owned())
}

/// A command and nothing else: "merge when the tests are mended" asks for something we would not do.
fn understand(said: &str) -> Result<Command, Misread> {
    let words: Vec<&str> = said.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    let Some((first, rest)) = words.split_first() else { return Err(Misread::Nothing) };
    let written = || shown(said);
    match table::verb(first) {
        Some(verb) => verb.with(rest).map_err(|why| Misread::Wrong { verb, written: written(), why }),
        None => Err(Misread::Unknown { written: written(), suggestion: table::suggestion(first) }),
    }
}
