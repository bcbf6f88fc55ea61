//! docs/comparison.md promises that behind each Y stands a test or a command: here every one that it names is looked for.
//! Whether a test shows what the row says is for its reader to judge.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Cells of a row: what it is about, Greenline, nine others, and what shows it.
const CELLS: usize = 12;

struct Row<'a> {
    line: usize,
    verdict: &'a str,
    others: Vec<&'a str>,
    shown: &'a str,
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/comparison.md")).expect("it is there")
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let lines = page.lines().enumerate().filter(|(_, text)| text.starts_with("| ") && !text.starts_with("| ---"));
    let rows = lines.map(|(at, text)| (at + 1, cells(text))).filter(|(_, cells)| cells.len() == CELLS);
    rows.filter(|(_, cells)| cells[1] != "Greenline")
        .map(|(line, cells)| Row { line, verdict: cells[1], others: cells[2..11].to_vec(), shown: cells[11] })
        .collect()
}

fn cells(text: &str) -> Vec<&str> {
    text.trim_matches('|').split('|').map(str::trim).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn names_something(quoted: &str) -> bool {
    quoted.starts_with("greenline ") || quoted.starts_with("tests/") || quoted.starts_with("src/")
}

/// What is wrong with a name of a test, a file or a command.
fn lost(name: &str) -> Option<String> {
    if let Some(command) = name.strip_prefix("greenline ") {
        let verb = command.split(' ').next().unwrap_or_default();
        let help = Command::new(env!("CARGO_BIN_EXE_greenline")).args([verb, "--help"]).output().expect("it starts");
        return (!help.status.success()).then(|| format!("there is no command `{name}`"));
    }
    let (file, test) = name.split_once("::").map_or((name, None), |(file, test)| (file, Some(test)));
    let Ok(source) = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)) else {
        return Some(format!("there is no file `{file}`"));
    };
    let test = test.filter(|test| !source.contains(&format!("fn {test}()")))?;
    Some(format!("there is no test `{test}` in {file}"))
}

#[test]
fn every_test_and_command_that_is_named_is_there() {
    let page = page();
    let named = page.lines().enumerate().flat_map(|(at, text)| quoted(text).map(move |name| (at + 1, name)));
    let named: Vec<_> = named.filter(|(_, name)| names_something(name)).collect();
    assert!(named.len() > 100, "only {} are named", named.len());
    let lost: Vec<String> = named
        .into_iter()
        .filter_map(|(line, name)| Some(format!("docs/comparison.md:{line}: {}", lost(name)?)))
        .collect();
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn behind_each_yes_stands_something_and_behind_each_no_a_word() {
    let page = page();
    let rows = rows(&page);
    assert!(rows.len() > 100, "only {} rows were found", rows.len());
    for row in rows {
        let place = format!("docs/comparison.md:{}", row.line);
        let shows = quoted(row.shown).any(names_something);
        assert!(matches!(row.verdict, "Y" | "P" | "N"), "{place}: `{}`", row.verdict);
        assert!(shows || row.verdict == "N", "{place}: nothing shows it");
        assert!(
            !row.shown.is_empty() && (row.verdict != "N" || !row.shown.starts_with('`')),
            "{place}: no word why not"
        );
        assert!(
            row.others.iter().all(|other| matches!(*other, "Y" | "P" | "N" | "?" | "–")),
            "{place}: {:?}",
            row.others
        );
    }
}
