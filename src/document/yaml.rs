//! YAML 1.2 as a tree with lines: anchors and merge keys resolved within bounds. It knows no setting.
//!
//! It stands on the events of a parser rather than on a tree of the parser's, because only so can copies by alias be
//! counted before they are made.

use super::{Broken, DEPTH_MAX, Entry, NODES_MAX, Node, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::collections::BTreeMap;

pub(super) fn read(text: &str) -> Result<Node, Broken> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| Broken::new(error.marker().line(), format!("this is not YAML: {}", error.info())))?;
        builder.take(event, span.start.line().max(1))?;
    }
    Ok(builder.root.unwrap_or(Node { line: 1, value: Value::Nothing }))
}

/// A list or table that is not closed yet.
struct Open {
    line: usize,
    anchor: usize,
    /// How many values there were before it.
    before: usize,
    parts: Parts,
}

enum Parts {
    Items(Vec<Node>),
    /// The key that waits for its value, too.
    Entries(Vec<Entry>, Option<(String, usize)>),
}

#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    /// What an anchor stands for, and of how many values it is made.
    anchors: BTreeMap<usize, (Node, usize)>,
    count: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Broken> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Broken::new(line, "a second document begins here, and only one is read"))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
            Event::Alias(anchor) => {
                let (node, size) = self
                    .anchors
                    .get(&anchor)
                    .ok_or_else(|| Broken::new(line, "this alias stands inside of what it names"))?;
                let (size, copy_fits) = (*size, self.count + *size <= NODES_MAX);
                let value = if copy_fits { node.value.clone() } else { Value::Nothing };
                self.counted(size, line)?;
                self.place(Node { line, value })
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.counted(1, line)?;
                let value = scalar(text.into_owned(), style, tag.as_deref());
                self.anchored(anchor, Node { line, value }, 1)
            }
            Event::SequenceStart(anchor, _) => self.begin(line, anchor, Parts::Items(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(line, anchor, Parts::Entries(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.end(line),
        }
    }

    fn counted(&mut self, more: usize, line: usize) -> Result<(), Broken> {
        self.count += more;
        if self.count <= NODES_MAX {
            return Ok(());
        }
        Err(Broken::new(line, format!("there are more than {NODES_MAX} values up to here, copies by alias included")))
    }

    fn begin(&mut self, line: usize, anchor: usize, parts: Parts) -> Result<(), Broken> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Broken::new(line, format!("there are more than {DEPTH_MAX} levels inside each other")));
        }
        let before = self.count;
        self.counted(1, line)?;
        self.open.push(Open { line, anchor, before, parts });
        Ok(())
    }

    fn end(&mut self, line: usize) -> Result<(), Broken> {
        let Some(open) = self.open.pop() else { return Err(Broken::new(line, "something ends that never began")) };
        let value = match open.parts {
            Parts::Items(items) => Value::List(items),
            Parts::Entries(entries, _) => Value::Table(merged(entries)),
        };
        self.anchored(open.anchor, Node { line: open.line, value }, self.count - open.before)
    }

    fn anchored(&mut self, anchor: usize, node: Node, size: usize) -> Result<(), Broken> {
        // The parser numbers anchors from 1; 0 is none.
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        self.place(node)
    }

    fn place(&mut self, node: Node) -> Result<(), Broken> {
        match self.open.last_mut().map(|open| &mut open.parts) {
            None => self.root = Some(node),
            Some(Parts::Items(items)) => items.push(node),
            Some(Parts::Entries(entries, waiting)) => {
                if let Some((key, line)) = waiting.take() {
                    entries.push(Entry { key, line, node });
                } else {
                    let key = node
                        .scalar()
                        .or_else(|| (node.value == Value::Nothing).then(String::new))
                        .ok_or_else(|| Broken::new(node.line, "a key is a list or a table, but must be a word"))?;
                    if key != MERGE && entries.iter().any(|entry| entry.key == key) {
                        let key = crate::wording::shown(&key);
                        return Err(Broken::new(node.line, format!("the key `{key}` stands here a second time")));
                    }
                    *waiting = Some((key, node.line));
                }
            }
        }
        Ok(())
    }
}

/// The key whose table, or tables, are poured into the one it stands in; what is written there itself wins.
const MERGE: &str = "<<";

fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let (merges, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.key == MERGE);
    for merge in merges {
        for table in merge.node.items() {
            for entry in table.entries() {
                if !own.iter().any(|known| known.key == entry.key) {
                    own.push(entry.clone());
                }
            }
        }
    }
    own
}

/// Only plain scalars have a kind of their own; what is quoted is text.
fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let told_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style != ScalarStyle::Plain || told_text {
        return Value::Text(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Nothing,
        "true" | "True" | "TRUE" => return Value::Flag(true),
        "false" | "False" | "FALSE" => return Value::Flag(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    if let Some(whole) = text.parse().ok().filter(|_| numeric) {
        return Value::Whole(whole);
    }
    match text.parse() {
        Ok(number) if numeric => Value::Fraction(number),
        Ok(_) | Err(_) => Value::Text(text),
    }
}
