//! Where a repository's file says what, so that a sentence can name the very line. It judges no setting.

use super::tree::{self, Node, Table, Value};
use crate::wording::shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings whose places are kept, at the most; a file that is right has fewer.
const PLACES_MAX: usize = 600;

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// How that line begins; a value may go on below it.
    pub text: String,
}

/// Places by key, as in `checks.required` and `stage.production.soak`.
pub type Places = BTreeMap<String, Place>;

/// The place of each setting in a file; none in one that is not TOML.
pub fn places(text: &str) -> Places {
    let lines: Vec<&str> = text.lines().collect();
    let mut places = Places::new();
    if let Ok(root) = tree::parse(text) {
        collect(&root, "", &lines, &mut places);
    }
    places
}

fn collect(table: &Table, path: &str, lines: &[&str], places: &mut Places) {
    for (name, node) in table {
        let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match &node.value {
            Value::Table(inner) => collect(inner, &key, lines, places),
            Value::List(items) if path.is_empty() => items.iter().for_each(|item| named(item, &key, lines, places)),
            Value::Text(_) | Value::Said(_) | Value::Whole(_) | Value::Flag(_) | Value::List(_) | Value::Other(_) => {
                if let Some(place) = place(node, lines).filter(|_| places.len() < PLACES_MAX) {
                    places.insert(key, place);
                }
            }
        }
    }
}

/// Settings of a section that stands there more than once, `[[stage]]`: by the name in it.
fn named(item: &Node, key: &str, lines: &[&str], places: &mut Places) {
    if let Value::Table(inner) = &item.value
        && let Some(Node { value: Value::Text(name), .. }) = inner.get("name")
    {
        collect(inner, &format!("{key}.{name}"), lines, places);
    }
}

fn place(node: &Node, lines: &[&str]) -> Option<Place> {
    let line = node.at.line?;
    Some(Place { line, text: shown(lines.get(line.checked_sub(1)?)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_its_line() {
        let text =
            "# ours\n[queue]\nlabel = \"ship it\"\n\n[checks]\nrequired = [\n  { name = \"ci\", app = \"any\" },\n]\n";
        let places = places(text);
        assert_eq!(places.keys().collect::<Vec<_>>(), ["checks.required", "queue.label"]);
        let label = Place { line: 3, text: "label = \"ship it\"".to_owned() };
        assert_eq!((places["queue.label"].clone(), places["checks.required"].line), (label, 6));
        assert!(super::places("[queue").is_empty());
        let stages =
            "[[stage]]\nname = \"staging\"\n[[stage]]\nname = \"live\"\nsoak = \"1h\"\napproval = { min = 2 }\n";
        let lines: Vec<_> = super::places(stages).into_iter().map(|(key, place)| (key, place.line)).collect();
        let expected =
            [("stage.live.approval.min", 6), ("stage.live.name", 4), ("stage.live.soak", 5), ("stage.staging.name", 2)];
        assert_eq!(lines, expected.map(|(key, line)| (key.to_owned(), line)));
    }
}
