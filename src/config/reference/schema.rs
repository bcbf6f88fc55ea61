//! The table as a JSON Schema (draft 7, which editors understand), `docs/greenline.schema.json`. What spans several keys,
//! it cannot say; `greenline check-config` does.

use super::{Absent, Form, Kind, Row, SECTIONS};
use crate::config::duration;
use serde::Serialize;
use std::collections::BTreeMap;

/// A JSON Schema, in the few words the table needs.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    dialect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    words: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_items: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    any_of: Vec<Schema>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<BTreeMap<&'static str, Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_properties: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<&'static str>,
    #[serde(rename = "default", skip_serializing_if = "Option::is_none")]
    absent: Option<toml::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<toml::Value>,
}

/// The schema of a whole `.github/greenline.toml`.
pub fn schema() -> Schema {
    let section = |section: &super::Section| {
        let shape = match section.form {
            Form::Once => table(section.rows),
            Form::Each { most, .. } => list(table(section.rows), most),
        };
        (section.name, Schema { description: Some(section.help.into()), ..shape })
    };
    Schema {
        dialect: Some("http://json-schema.org/draft-07/schema#"),
        title: Some("Greenline: settings of a repository"),
        description: Some(
            "What a repository asks of its merge queue and its delivery, in .github/greenline.toml.".into(),
        ),
        properties: Some(SECTIONS.iter().map(section).collect()),
        ..table(&[])
    }
}

fn table(rows: &'static [Row]) -> Schema {
    let needed = rows.iter().filter(|row| row.absent == Absent::Refused);
    Schema {
        kind: Some("object"),
        properties: Some(rows.iter().map(|row| (row.key, property(row))).collect()),
        additional_properties: Some(false),
        required: needed.map(|row| row.key).collect(),
        ..Schema::default()
    }
}

fn list(of: Schema, most: usize) -> Schema {
    Schema { kind: Some("array"), items: Some(Box::new(of)), max_items: Some(most), ..Schema::default() }
}

fn property(row: &'static Row) -> Schema {
    let (absent, more) = match row.absent {
        Absent::Like(text) => (Some(value(text)), String::new()),
        Absent::Means(what) => (None, format!(" Default: {what}.")),
        Absent::Refused => (None, String::new()),
    };
    let description = Some(format!("{}{more}", row.help));
    Schema { description, absent, examples: vec![value(row.example)], ..shape(&row.kind) }
}

/// What a value of the table says, which is TOML that a test has read.
fn value(text: &str) -> toml::Value {
    let mut document: toml::Table =
        toml::from_str(&format!("value = {text}")).expect("every value in the table is TOML, tests/reference.rs");
    document.remove("value").expect("it is what was written")
}

fn shape(kind: &'static Kind) -> Schema {
    let text = || Schema { kind: Some("string"), ..Schema::default() };
    match kind {
        Kind::Flag => Schema { kind: Some("boolean"), ..Schema::default() },
        Kind::Whole { low, high } => Schema {
            kind: Some("integer"),
            minimum: Some(*low),
            maximum: (*high < i64::MAX).then_some(*high),
            ..Schema::default()
        },
        Kind::Word(words) => Schema { words: Some(words), ..text() },
        Kind::Text { longest, pattern, .. } => Schema {
            min_length: Some(1),
            max_length: Some(*longest),
            pattern: (!pattern.is_empty()).then(|| (*pattern).to_owned()),
            ..text()
        },
        Kind::Duration { high_ms, .. } => {
            Schema { min_length: Some(2), pattern: Some(duration::pattern(*high_ms)), ..text() }
        }
        Kind::List { of, most } => list(shape(of), *most),
        Kind::Table(rows) => table(rows),
        Kind::OneOf(tables) => Schema { any_of: tables.iter().map(|rows| table(rows)).collect(), ..Schema::default() },
        Kind::Either(kinds) => Schema { any_of: kinds.iter().map(shape).collect(), ..Schema::default() },
    }
}
