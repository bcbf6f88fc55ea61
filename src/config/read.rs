//! Takes settings out of the tree by kind and remembers everything that is wrong, so that all of it is reported at once.
//! It knows kinds of values, and no setting.

use super::duration;
use super::problem::{Fault, Problem};
use super::tree::{At, Node, Table, Value};
use crate::wording::{nearest, shown};
use std::ops::RangeInclusive;

/// Problems reported at once, at the most.
const PROBLEMS_MAX: usize = 50;

/// A table of settings, and which keys were asked for: what stands in it beyond those is unknown.
pub(super) struct Section<'t> {
    at: At,
    entries: Option<&'t Table>,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub fn of(node: &'t Node) -> Option<Self> {
        match &node.value {
            Value::Table(table) => Some(Self { at: node.at.clone(), entries: Some(table), asked: Vec::new() }),
            Value::Text(_) | Value::Said(_) | Value::Whole(_) | Value::Flag(_) | Value::List(_) | Value::Other(_) => {
                None
            }
        }
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Node> {
        self.asked.push(key);
        self.entries?.get(key)
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.is_some_and(|entries| entries.contains_key(key))
    }

    /// Where a key stands, or would stand.
    pub fn at(&self, key: &str) -> At {
        let missing = || At { line: self.at.line, key: format!("{}.{key}", self.at.key) };
        self.entries.and_then(|entries| entries.get(key)).map_or_else(missing, |node| node.at.clone())
    }
}

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Reader {
    pub problems: Vec<Problem>,
}

impl Reader {
    pub fn wrong(&mut self, at: &At, what: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(at.problem(what, hint));
    }

    /// A section by name; absent, it has no entries.
    pub fn section<'t>(&mut self, root: &'t Table, name: &'static str) -> Section<'t> {
        let absent = Section { at: At { line: None, key: name.into() }, entries: None, asked: Vec::new() };
        let Some(node) = root.get(name) else { return absent };
        Section::of(node).unwrap_or_else(|| {
            self.wrong(&node.at, format!("is {}, not a section", kind(&node.value)), format!("write [{name}]"));
            absent
        })
    }

    /// Sections of the same name, `[[name]]`, if there are any; at most `max` of them.
    pub fn sections<'t>(&mut self, root: &'t Table, name: &'static str, max: usize) -> Option<Vec<Section<'t>>> {
        let node = root.get(name)?;
        let hint = format!("write [[{name}]] above each");
        match &node.value {
            Value::List(items) if items.is_empty() => {
                self.wrong(&node.at, "is an empty list", "drop it to have what is usual");
                None
            }
            Value::List(items) if items.len() > max => {
                self.wrong(
                    &node.at,
                    format!("stands there {} times", items.len()),
                    format!("at most {max} are allowed"),
                );
                None
            }
            Value::List(items) => {
                let mut sections = Vec::new();
                for item in items {
                    match Section::of(item) {
                        Some(section) => sections.push(section),
                        None => self.wrong(&item.at, format!("is {}, not a section", kind(&item.value)), &hint),
                    }
                }
                Some(sections)
            }
            Value::Text(_) | Value::Said(_) | Value::Whole(_) | Value::Flag(_) | Value::Table(_) | Value::Other(_) => {
                self.wrong(&node.at, format!("is {}, not a list of sections", kind(&node.value)), hint);
                None
            }
        }
    }

    /// A table in curly brackets, such as `example`.
    pub fn table<'t>(&mut self, section: &mut Section<'t>, key: &'static str, example: &str) -> Option<Section<'t>> {
        let node = section.take(key)?;
        Section::of(node).or_else(|| self.bad_kind(node, &format!("a table in curly brackets, such as {example}")))
    }

    /// Reports a key that must be there and is not.
    pub fn needs(&mut self, section: &Section<'_>, key: &str, hint: impl Into<String>) {
        if !section.has(key) {
            self.wrong(&section.at(key), "is missing", hint);
        }
    }

    fn bad_kind<T>(&mut self, node: &Node, wanted: &str) -> Option<T> {
        self.wrong(&node.at, format!("is {}", kind(&node.value)), format!("write {wanted}"));
        None
    }

    pub fn text(&mut self, section: &mut Section<'_>, key: &'static str) -> Option<String> {
        let node = section.take(key)?;
        self.text_of(node)
    }

    fn text_of(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) | Value::Said(text) => Some(text.clone()),
            Value::Whole(_) | Value::Flag(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => {
                self.bad_kind(node, "a text in double quotes")
            }
        }
    }

    /// A text that must pass a check of its own.
    pub fn checked<T>(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        check: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = self.text(section, key)?;
        check(&text).map_err(|fault| self.wrong(&section.at(key), fault.what, fault.hint)).ok()
    }

    pub fn whole(&mut self, section: &mut Section<'_>, key: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let node = section.take(key)?;
        let (low, high) = (*range.start(), *range.end());
        let number = match &node.value {
            Value::Whole(number) => *number,
            Value::Said(text) if text.trim().bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
                text.trim().parse().ok()
            }
            Value::Said(_) | Value::Text(_) | Value::Flag(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => {
                return self.bad_kind(node, &format!("a whole number from {low} to {high}"));
            }
        };
        if number.is_some_and(|number| range.contains(&number)) {
            return number;
        }
        let given = number.map_or("a number beyond 64 bits".into(), |number| number.to_string());
        self.wrong(&node.at, format!("is {given}, which is out of range"), format!("allowed are {low} to {high}"));
        None
    }

    pub fn flag(&mut self, section: &mut Section<'_>, key: &'static str) -> Option<bool> {
        let node = section.take(key)?;
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            Value::Said(text) if text == "true" => Some(true),
            Value::Said(text) if text == "false" => Some(false),
            Value::Said(_) | Value::Text(_) | Value::Whole(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => {
                self.bad_kind(node, "true or false, without quotes")
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, section: &mut Section<'_>, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.checked(section, key, |text| one_of(text, words, ""))
    }

    /// One of a few words, or a positive number.
    pub fn word_or_whole<T: Copy>(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        words: &[(&str, T)],
        number: impl FnOnce(u64) -> T,
    ) -> Option<T> {
        let numeric = |node: &Node| matches!(node.value, Value::Whole(_));
        if section.entries.and_then(|entries| entries.get(key)).is_some_and(numeric) {
            return self.whole(section, key, 1..=i64::MAX).map(|whole| number(whole.unsigned_abs()));
        }
        self.checked(section, key, |text| one_of(text, words, ", or a number without quotes"))
    }

    /// A length of time in milliseconds.
    pub fn duration(&mut self, section: &mut Section<'_>, key: &'static str, range: (i64, i64)) -> Option<i64> {
        let (low, high) = (duration::written(range.0), duration::written(range.1));
        let wanted = format!("a time such as \"10m\" or \"1h30m\", from {low} to {high}");
        let node = section.take(key)?;
        let (Value::Text(text) | Value::Said(text)) = &node.value else { return self.bad_kind(node, &wanted) };
        let what = match duration::parse_ms(text) {
            Some(ms) if (range.0..=range.1).contains(&ms) => return Some(ms),
            Some(_) => "is out of range",
            None => "is not a length of time",
        };
        self.wrong(&node.at, format!("`{}` {what}", shown(text)), format!("write {wanted}"));
        None
    }

    /// The items of a list, at most `max` of them.
    pub fn items<'t>(&mut self, section: &mut Section<'t>, key: &'static str, max: usize) -> Option<&'t [Node]> {
        let node = section.take(key)?;
        match &node.value {
            Value::List(items) if items.len() > max => {
                self.wrong(&node.at, format!("has {} items", items.len()), format!("at most {max} are allowed"));
                None
            }
            Value::List(items) => Some(items),
            Value::Text(_) | Value::Said(_) | Value::Whole(_) | Value::Flag(_) | Value::Table(_) | Value::Other(_) => {
                self.bad_kind(node, "a list in square brackets")
            }
        }
    }

    /// A list of texts with where each stands; from the environment, separated by commas.
    pub fn texts(&mut self, section: &mut Section<'_>, key: &'static str, max: usize) -> Option<Vec<(At, String)>> {
        if let Some(Node { at, value: Value::Said(text) }) = section.entries.and_then(|entries| entries.get(key)) {
            section.asked.push(key);
            return Some(text.split(',').take(max + 1).map(|part| (at.clone(), part.trim().to_owned())).collect());
        }
        let items = self.items(section, key, max)?;
        Some(items.iter().filter_map(|item| Some((item.at.clone(), self.text_of(item)?))).collect())
    }

    /// A list of texts, each of which must pass a check of its own.
    pub fn each<T>(
        &mut self,
        section: &mut Section<'_>,
        key: &'static str,
        max: usize,
        check: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        for (at, text) in self.texts(section, key, max)? {
            match check(&text) {
                Ok(item) => items.push(item),
                Err(fault) => self.wrong(&at, fault.what, fault.hint),
            }
        }
        Some(items)
    }

    /// Reports the entries of a section that nobody asked for.
    pub fn close(&mut self, section: &Section<'_>) {
        if let Some(entries) = section.entries {
            self.unknown(entries, &section.asked, "setting");
        }
    }

    /// Reports the entries of a table that are not among the known ones.
    pub fn unknown(&mut self, entries: &Table, known: &[&str], noun: &str) {
        for (name, node) in entries.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let meant = did_you_mean(name, known.iter().copied());
            self.wrong(&node.at, format!("there is no such {noun}"), format!("{meant}known are {}", known.join(", ")));
        }
    }

    /// The value, if nothing was wrong; else everything that was, in order of lines.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            Some(_) | None => {
                self.problems.sort_by_key(|problem| problem.line);
                let more = self.problems.len().saturating_sub(PROBLEMS_MAX);
                self.problems.truncate(PROBLEMS_MAX);
                if more > 0 {
                    self.wrong(&At::default(), format!("and {more} more problems"), "mend these first");
                }
                Err(self.problems)
            }
        }
    }
}

pub(super) fn one_of<T: Copy>(text: &str, words: &[(&str, T)], or_else: &str) -> Result<T, Fault> {
    words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let meant = did_you_mean(text, words.iter().map(|(word, _)| *word));
        let hint = format!("{meant}write one of {}{or_else}", known.join(", "));
        Fault::new(format!("`{}` is not a word for it", shown(text)), hint)
    })
}

fn did_you_mean<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    nearest(word, known).map(|meant| format!("did you mean `{meant}`? ")).unwrap_or_default()
}

fn kind(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Said(text) => format!("the text `{}`", shown(text)),
        Value::Whole(Some(number)) => format!("the number {number}"),
        Value::Whole(None) => "a number beyond 64 bits".into(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(_) => "a list".into(),
        Value::Table(_) => "a table".into(),
        Value::Other(what) => (*what).into(),
    }
}
