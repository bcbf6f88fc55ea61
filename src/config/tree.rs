//! A settings file as a tree in which every value knows where it was written. It knows TOML, and no setting.

use super::problem::Problem;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue, Error};

/// A settings file larger than this is not read: a person writes a hundred lines, not a megabyte.
pub const BYTES_MAX: usize = 64 * 1024;

/// Environment variables that stand above the file: `GREENLINE__SECTION__KEY`.
pub const ENV_PREFIX: &str = "GREENLINE__";

/// Where a value was written: its line, or the environment, and its key in words of that place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct At {
    pub line: Option<usize>,
    pub key: String,
}

impl At {
    pub fn problem(&self, what: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { line: self.line, key: self.key.clone(), what: what.into(), hint: hint.into() }
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub at: At,
    pub value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// From the environment, which has no types: read as whatever is asked for.
    Said(String),
    /// `None` if it fits no 64 bits.
    Whole(Option<i64>),
    Flag(bool),
    List(Vec<Node>),
    Table(Table),
    /// A value of a kind no setting has.
    Other(&'static str),
}

pub(super) type Table = BTreeMap<String, Node>;

/// Reads TOML, or says everything that is wrong with its syntax.
pub(super) fn parse(text: &str) -> Result<Table, Vec<Problem>> {
    if text.len() > BYTES_MAX {
        let what = format!("the file has {} bytes", text.len());
        return Err(vec![At::default().problem(what, format!("a settings file may have {BYTES_MAX} bytes"))]);
    }
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() { Ok(grow(table.get_ref(), "", &lines)) } else { Err(spoken(&errors, &lines)) }
}

fn spoken(errors: &[Error], lines: &Lines<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = errors
        .iter()
        .map(|error| {
            let (line, column) = error.span().map_or((1, 1), |span| lines.position(span.start));
            Problem {
                line: Some(line),
                key: String::new(),
                what: format!("this is not TOML (column {column}): {}", error.message().replace('\n', ", ")),
                hint: "see https://toml.io for how TOML is written".into(),
            }
        })
        .collect();
    problems.dedup_by_key(|problem| problem.line);
    problems
}

fn grow(table: &DeTable<'_>, path: &str, lines: &Lines<'_>) -> Table {
    table
        .iter()
        .map(|(key, value)| {
            let name = key.get_ref().to_string();
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let at = At { line: Some(lines.position(key.span().start).0), key: crate::wording::shown(&path) };
            (name, Node { value: convert(value.get_ref(), &path, lines), at })
        })
        .collect()
}

fn convert(value: &DeValue<'_>, path: &str, lines: &Lines<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(whole) => Value::Whole(i64::from_str_radix(whole.as_str(), whole.radix()).ok()),
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let at = At {
                        line: Some(lines.position(item.span().start).0),
                        key: format!("{}[{}]", crate::wording::shown(path), index + 1),
                    };
                    Node { value: convert(item.get_ref(), &at.key, lines), at }
                })
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(grow(table, path, lines)),
    }
}

/// Puts environment variables over what the file says; a name that is not `GREENLINE__SECTION__KEY` is a problem.
pub(super) fn overlay(root: &mut Table, env: &[(String, String)], problems: &mut Vec<Problem>) {
    for (name, value) in env {
        let Some(path) = name.strip_prefix(ENV_PREFIX) else { continue };
        let at = At { line: None, key: crate::wording::shown(name) };
        let lower = path.to_ascii_lowercase();
        let Some((section, key)) = lower.split_once("__") else {
            problems.push(at.problem("this variable names no setting", "write GREENLINE__SECTION__KEY, in capitals"));
            continue;
        };
        let empty = || Node { at: at.clone(), value: Value::Table(Table::new()) };
        if let Value::Table(table) = &mut root.entry(section.to_owned()).or_insert_with(empty).value {
            table.insert(key.to_owned(), Node { at, value: Value::Said(value.clone()) });
        }
    }
}

/// Where each line of a text begins.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column, both from 1; columns count characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        (line, self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1)
    }
}
