//! What is wrong with a settings file, said so that its owner can mend it. It never decides what is wrong.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing wrong with a settings file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The line it stands on, from 1; none for what is missing, or came from the environment.
    pub line: Option<usize>,
    /// The key (`queue.depth`) or environment variable; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

impl Problem {
    /// The problem as tools print them: `file:line: key: what — hint`.
    pub fn in_file(&self, file: &str) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{file}{line}: {}", self.sentence())
    }

    fn sentence(&self) -> String {
        let key = if self.key.is_empty() { String::new() } else { format!("{}: ", self.key) };
        format!("{key}{} — {}", self.what, self.hint)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.sentence())
    }
}

/// What is wrong with one value, before it is known where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub what: String,
    pub hint: String,
}

impl Fault {
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}
