//! What a comment asks of the queue. It reads text and decides nothing about who may ask, or whether it is done.

mod lines;
mod table;

#[cfg(test)]
mod tests;

pub use table::{Command, help};

use crate::wording::shown;
use std::fmt;

/// What one writes at the beginning of a line to talk to the queue.
pub const PREFIX: &str = "@greenline";

/// Commands read from one comment, at the most; what is written after them is not answered.
pub const COMMANDS_MAX: usize = 5;

/// A line that spoke to the queue and was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// What stood after the prefix: one line, bounded, safe between back quotes; empty if nothing did.
    pub written: String,
    /// What was probably meant; only ever said, never done.
    pub suggestion: Option<Command>,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.written.is_empty(), self.suggestion) {
            (true, _) => f.write_str("I was called, but not told what to do."),
            (false, None) => write!(f, "I do not know `{}`.", self.written),
            (false, Some(meant)) => {
                write!(f, "I do not know `{}`. Did you mean `{PREFIX} {}`?", self.written, meant.word())
            }
        }
    }
}

/// The commands in a comment's Markdown, in the order they are written, with the lines that were meant to be some.
///
/// A command is a line of an ordinary paragraph that begins with the prefix, in any case of its letters, followed by one
/// word of the table. What is quoted, listed, linked, in a heading, in code or within HTML speaks to somebody else.
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
    table::command(said).ok_or_else(|| {
        let first = said.split([' ', '\t']).next().unwrap_or_default();
        Misread { written: shown(said), suggestion: table::suggestion(first) }
    })
}
