//! Files of other programs, YAML or TOML, as a tree in which every value knows its line. It knows both languages, no
//! setting of anybody's, and never opens a file.

mod toml;
mod yaml;

/// A text larger than this is not read; the largest workflows and bot settings that people write have a tenth of it.
pub const BYTES_MAX: usize = 512 * 1024;

/// Values in a document, copies by alias included: a few lines of YAML can otherwise stand for more than any memory holds.
const NODES_MAX: usize = 50_000;

/// Lists and tables inside each other.
const DEPTH_MAX: usize = 64;

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From 1.
    pub line: usize,
    /// What was written there.
    pub value: Value,
}

/// The kinds of values that YAML and TOML share.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, or nothing behind a colon.
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A number without a fraction that fits 64 bits.
    Whole(i64),
    /// Any other number.
    Fraction(f64),
    /// A text; also a date, as it was written.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order in which it was written where the language keeps one (YAML does).
    Table(Vec<Entry>),
}

/// One key of a table and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's name.
    pub key: String,
    /// The line of the key, from 1.
    pub line: usize,
    /// What it is set to.
    pub node: Node,
}

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Broken {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl Broken {
    fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line: line.max(1), what: what.into() }
    }
}

impl Node {
    /// Reads YAML: one document, anchors and merge keys resolved, keys unique. An empty text is `Nothing`.
    /// Errors: the first thing that is wrong, also what is too large.
    pub fn yaml(text: &str) -> Result<Self, Broken> {
        fits(text)?;
        yaml::read(text)
    }

    /// Reads TOML. Errors: the first thing that is wrong, also what is too large.
    pub fn toml(text: &str) -> Result<Self, Broken> {
        fits(text)?;
        toml::read(text)
    }

    /// The value of a key, if this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The entries of a table; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            Value::Nothing
            | Value::Flag(_)
            | Value::Whole(_)
            | Value::Fraction(_)
            | Value::Text(_)
            | Value::List(_) => &[],
        }
    }

    /// The items of a list; anything else but nothing is a list of itself, as the formats read here have it.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Nothing => &[],
            Value::List(items) => items,
            Value::Flag(_) | Value::Whole(_) | Value::Fraction(_) | Value::Text(_) | Value::Table(_) => {
                std::slice::from_ref(self)
            }
        }
    }

    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The flag, if this is one.
    pub fn flag(&self) -> Option<bool> {
        if let Value::Flag(flag) = &self.value { Some(*flag) } else { None }
    }

    /// The whole number, if this is one.
    pub fn whole(&self) -> Option<i64> {
        if let Value::Whole(whole) = &self.value { Some(*whole) } else { None }
    }

    /// A value without parts as text, whatever its kind; numbers in their shortest form (`3.10` is `3.1`).
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Whole(whole) => Some(whole.to_string()),
            Value::Fraction(number) => Some(number.to_string()),
            Value::Text(text) => Some(text.clone()),
            Value::Nothing | Value::List(_) | Value::Table(_) => None,
        }
    }
}

fn fits(text: &str) -> Result<(), Broken> {
    if text.len() <= BYTES_MAX {
        return Ok(());
    }
    Err(Broken::new(1, format!("the file has {} bytes or more, and only {BYTES_MAX} are read", text.len())))
}

#[cfg(test)]
mod tests;
