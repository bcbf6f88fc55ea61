//! Lengths, opening words and names.

use super::Breach;
use super::source::{Source, block_end, words};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 60;

/// Names under which anything could hide.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "manager", "helper", "helpers", "misc"];

/// Files and functions that do not fit a reader's head.
pub fn too_long(source: &Source) -> Vec<Breach> {
    let lines = source.text.lines().count();
    let mut breaches = Vec::new();
    if lines > FILE_LINES_MAX {
        let what = format!("the file has {lines} lines, but at most {FILE_LINES_MAX}: it has more than one purpose");
        breaches.push(Breach { place: format!("{}:{lines}", source.path), what });
    }
    for (name, start, end) in functions(source) {
        let lines = source.line(end) - source.line(start) + 1;
        if lines > FUNCTION_LINES_MAX {
            let what =
                format!("fn {name} has {lines} lines, but at most {FUNCTION_LINES_MAX}: a function fits one screen");
            breaches.push(Breach::at(source, start, what));
        }
    }
    breaches
}

/// Name, beginning and end of each function with a body.
fn functions(source: &Source) -> Vec<(&str, usize, usize)> {
    let all: Vec<_> = words(&source.code).collect();
    all.windows(2)
        .filter(|pair| pair[0].text == "fn" && source.code[pair[0].end..pair[1].start].trim().is_empty())
        .filter_map(|pair| Some((pair[1].text, pair[0].start, block_end(&source.code, pair[1].end)?)))
        .collect()
}

/// Files that do not open by saying what they decide or touch.
pub fn silent(source: &Source) -> Vec<Breach> {
    if source.text.starts_with("//!") {
        return Vec::new();
    }
    vec![Breach::at(source, 0, "the file does not open with //!: what it decides or touches, and what it never does")]
}

/// Modules and functions with names that say nothing.
pub fn empty_names(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let empty = |name: &str| EMPTY_NAMES.contains(&name);
    for part in source.path.split('/').map(|part| part.strip_suffix(".rs").unwrap_or(part)).filter(|part| empty(part)) {
        breaches.push(Breach::at(
            source,
            0,
            format!("`{part}` says nothing about what belongs there; name the purpose"),
        ));
    }
    let all: Vec<_> = words(&source.code).collect();
    for pair in all.windows(2) {
        if pair[0].text == "mod" && empty(pair[1].text) {
            let what = format!("module `{}` says nothing about what belongs there; name the purpose", pair[1].text);
            breaches.push(Breach::at(source, pair[0].start, what));
        }
        if pair[0].text == "fn" && pair[1].text.starts_with("handle_") {
            let what = format!("fn {} says that something is done, not what; name the outcome", pair[1].text);
            breaches.push(Breach::at(source, pair[0].start, what));
        }
    }
    breaches
}

/// `cfg(test)` outside of test modules, and tests that are switched off.
pub fn test_marks(source: &Source) -> Vec<Breach> {
    let why = [
        ("cfg(test)", "what is tested must be what runs; only test modules may be left out of the product"),
        ("cfg(not(test))", "what is tested must be what runs"),
        ("#[ignore", "a test that does not run says nothing; assert what is so, and say why it is wrong"),
    ];
    why.iter()
        .flat_map(|(mark, why)| {
            source.product.match_indices(mark).map(move |(at, _)| Breach::at(source, at, format!("`{mark}`: {why}")))
        })
        .collect()
}
