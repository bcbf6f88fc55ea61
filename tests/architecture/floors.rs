//! Which module may see which, and what the deciding floors do without.

use super::Breach;
use super::source::{Source, words};
use std::path::Path;

/// Module, floor, and the neighbours on its own floor that it may see. What is below it, it may see unless `BLIND` says no.
const FLOORS: [(&str, u8, &[&str]); 28] = [
    ("ids", 0, &[]),
    ("facts", 0, &["ids"]),
    ("message", 0, &["facts", "ids", "wording"]),
    ("when", 0, &["ids"]),
    ("wording", 0, &[]),
    ("calendar", 1, &[]),
    ("delivery", 1, &["calendar"]),
    ("ledger", 1, &["delivery"]),
    ("config", 1, &["calendar", "delivery"]),
    ("command", 1, &["calendar", "delivery"]),
    ("queue", 1, &[]),
    ("trial", 1, &["queue"]),
    ("checks", 1, &["config"]),
    ("admission", 1, &["calendar", "checks", "command", "config", "delivery", "queue", "trial"]),
    ("document", 1, &[]),
    ("workflow", 1, &["document"]),
    ("migrate", 1, &["config", "document", "workflow"]),
    ("doctor", 1, &["config", "workflow"]),
    ("text", 1, &["admission", "calendar", "checks", "command", "config", "delivery", "queue", "trial"]),
    ("port", 2, &[]),
    ("engine", 3, &[]),
    ("adapter", 4, &[]),
    ("http", 5, &[]),
    ("sandbox", 5, &[]),
    ("sim", 5, &[]),
    ("cli", 6, &[]),
    ("lib", 7, &[]),
    ("main", 7, &[]),
];

/// Who must not see whom although the floors would let it, and why.
const BLIND: [(&str, &str, &str); 6] = [
    ("adapter", "engine", "the engine and the adapters do not know each other; cli introduces them"),
    ("adapter", "queue", "an adapter knows how, and never why: decisions reach it as calls of a port"),
    ("adapter", "admission", "an adapter knows how, and never why: decisions reach it as calls of a port"),
    ("port", "queue", "a port says what is asked of the world; the core's own types stay with the core"),
    ("port", "config", "a port is the same whatever the settings are"),
    ("sim", "adapter", "the simulated world replaces the adapters"),
];

/// Words that have no place where things are decided, and why.
const IMPURE: [(&str, &str); 12] = [
    ("async", "a decision does not wait"),
    ("await", "a decision does not wait"),
    ("SystemTime", "time comes in with the event"),
    ("Instant", "time comes in with the event"),
    ("HashMap", "its order differs from run to run, so a replay would differ; use BTreeMap"),
    ("HashSet", "its order differs from run to run, so a replay would differ; use BTreeSet"),
    ("rand", "chance makes a decision that cannot be replayed"),
    ("thread", "a decision is made in one place"),
    ("println", "a decision is returned, not printed"),
    ("eprintln", "a decision is returned, not printed"),
    ("File", "a decision reads what it is given"),
    ("unsafe", "there is no need of it"),
];

fn floor(module: &str) -> Option<(u8, &'static [&'static str])> {
    FLOORS.iter().find(|(name, ..)| *name == module).map(|(_, floor, neighbours)| (*floor, *neighbours))
}

/// Uses of modules that the file's own module may not see.
pub fn looks_up(source: &Source) -> Vec<Breach> {
    let Some(own) = source.module() else { return Vec::new() };
    let Some((height, neighbours)) = floor(own) else { return Vec::new() };
    let mut breaches = Vec::new();
    for (module, offset) in seen(source) {
        let Some((other, _)) = floor(module).filter(|_| module != own) else { continue };
        if let Some((.., why)) = BLIND.iter().find(|(from, to, _)| *from == own && *to == module) {
            breaches.push(Breach::at(source, offset, format!("`{own}` sees `{module}`, but {why}")));
        } else if other > height || (other == height && !neighbours.contains(&module)) {
            let what = format!(
                "`{own}` (floor {height}) sees `{module}` (floor {other}), but a module sees only the floors below it, \
                 so that each can be understood and tested without those above"
            );
            breaches.push(Breach::at(source, offset, what));
        }
    }
    breaches
}

/// The top-level modules that product code names, by `crate::` or, in a top-level file, by `super::`.
fn seen(source: &Source) -> Vec<(&str, usize)> {
    let code = source.product.as_str();
    let top_level = source.path.ends_with("/mod.rs") && source.path.matches('/').count() == 2
        || source.path.matches('/').count() == 1;
    let mut found = Vec::new();
    for word in words(code) {
        if word.text != "crate" && !(word.text == "super" && top_level) {
            continue;
        }
        let Some(rest) = code[word.end..].strip_prefix("::") else { continue };
        let start = word.end + 2;
        if rest.starts_with('{') {
            found.extend(heads(rest).into_iter().map(|(name, at)| (name, start + at)));
        } else if let Some(next) = words(rest).next().filter(|next| next.start == 0) {
            found.push((next.text, start));
        }
    }
    found
}

/// The first word of each item of a `{…}` group.
fn heads(group: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let (mut depth, mut item_begins) = (0, false);
    for (at, c) in group.char_indices() {
        match c {
            '{' => {
                depth += 1;
                item_begins = depth == 1;
            }
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' => item_begins = depth == 1,
            c if c.is_whitespace() => {}
            _ => {
                found.extend(words(&group[at..]).next().filter(|_| item_begins).map(|word| (word.text, at)));
                item_begins = false;
            }
        }
    }
    found
}

/// Clocks, chance, waiting and unordered maps on the deciding floors.
pub fn impure(source: &Source) -> Vec<Breach> {
    if source.module().and_then(floor).is_none_or(|(height, _)| height > 1) {
        return Vec::new();
    }
    let reason = |text: &str| IMPURE.iter().find(|(word, _)| *word == text).map(|(_, why)| *why);
    words(&source.product)
        .filter_map(|word| {
            let why = reason(word.text)?;
            Some(Breach::at(source, word.start, format!("`{}` on a deciding floor, but {why}", word.text)))
        })
        .collect()
}

/// A new module must be given its floor here, or no rule would hold for it.
pub fn complete(root: &Path) {
    let lib = std::fs::read_to_string(root.join("src/lib.rs")).expect("the crate has a lib.rs");
    let lib = Source::new("src/lib.rs", &lib);
    let all: Vec<&str> = words(&lib.product).map(|word| word.text).collect();
    for pair in all.windows(2).filter(|pair| pair[0] == "mod") {
        assert!(
            floor(pair[1]).is_some(),
            "src/lib.rs: give module `{}` its floor in tests/architecture/floors.rs",
            pair[1]
        );
    }
}
