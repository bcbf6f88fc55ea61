//! What can be set in `.github/greenline.toml`, as one table: the JSON Schema for editors, the reference page and the list
//! of known sections come from it. It reads no file; `tests/reference.rs` holds it to the parser, key by key.

mod markdown;
mod schema;
mod table;

pub use markdown::page;
pub use schema::{Schema, schema};
pub use table::SECTIONS;

/// A section of the file.
#[derive(Debug)]
pub struct Section {
    /// What stands in square brackets.
    pub name: &'static str,
    /// How often it may stand there.
    pub form: Form,
    /// What it is about, in half a sentence.
    pub help: &'static str,
    /// Its keys, in the order in which a person would write them.
    pub rows: &'static [Row],
}

/// How often a section may stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Once, as `[name]`.
    Once,
    /// As often as there is something to say, as `[[name]]`.
    Each {
        /// The most times.
        most: usize,
        /// What stands under a first one, so that the examples, which are under a second, are a file that is right.
        first: &'static str,
    },
}

impl Section {
    /// Its line in the file.
    pub fn heading(&self) -> String {
        match self.form {
            Form::Once => format!("[{}]", self.name),
            Form::Each { .. } => format!("[[{}]]", self.name),
        }
    }

    /// The text above its examples, their own heading included.
    pub fn above_examples(&self) -> String {
        let heading = self.heading();
        match self.form {
            Form::Once => format!("{heading}\n"),
            Form::Each { first, .. } => format!("{heading}\n{first}\n\n{heading}\n"),
        }
    }
}

/// A key of a section, or of a table in a list.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub key: &'static str,
    /// What may be written.
    pub kind: Kind,
    /// What holds without it.
    pub absent: Absent,
    /// A value somebody could want, as TOML. The examples of all rows together are a file that is right.
    pub example: &'static str,
    /// What it means, in one sentence or two.
    pub help: &'static str,
}

/// What holds if a key is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// The same as if this TOML value were written.
    Like(&'static str),
    /// Something that no value says.
    Means(&'static str),
    /// The file is wrong.
    Refused,
}

/// Which values a key takes.
#[derive(Debug)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number; an end at `i64::MAX` is none.
    Whole {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
    },
    /// One of these.
    Word(&'static [&'static str]),
    /// A text.
    Text {
        /// The most characters.
        longest: u32,
        /// A regular expression that all of them match, in what JavaScript and Rust have in common; empty for none.
        pattern: &'static str,
        /// The same for people.
        told: &'static str,
    },
    /// A length of time such as `10m`, in milliseconds here.
    Duration {
        /// The shortest.
        low_ms: i64,
        /// The longest.
        high_ms: i64,
    },
    /// A list in square brackets.
    List {
        /// What it is a list of.
        of: &'static Kind,
        /// The most items.
        most: usize,
    },
    /// A table in curly brackets.
    Table(&'static [Row]),
    /// One of several tables in curly brackets; the first key of each must be there, and tells them apart.
    OneOf(&'static [&'static [Row]]),
    /// Any of these.
    Either(&'static [Kind]),
}
