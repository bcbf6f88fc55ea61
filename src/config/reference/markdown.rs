//! The table as a page to read, `docs/settings.md`. It decides only how it looks.

use super::{Absent, Kind, Row, SECTIONS, Section};
use crate::config::duration::written;

const OPENING: &str = "\
# Settings of a repository

<!-- Made by `greenline schema --markdown`; change src/config/reference/table instead. -->

`.github/greenline.toml`, read from the default branch. All keys are optional, and an empty file means the defaults.
While the file is broken, the last valid one stays in force, and the status page says what is wrong.
`greenline check-config` finds all mistakes at once, and [greenline.schema.json](greenline.schema.json) lets an editor find
them while you write: keep a copy beside your settings (`greenline schema > .github/greenline.schema.json`) and begin the file
with `#:schema ./greenline.schema.json`.

Lengths of time are written like `90s`, `10m`, `1h30m`, `7d`.
";

/// The reference page, ready to be written to a file.
pub fn page() -> String {
    let sections: Vec<String> = SECTIONS.iter().map(section).collect();
    format!("{OPENING}\n{}", sections.join("\n"))
}

fn section(section: &Section) -> String {
    let lines = distinct(section.rows.iter().flat_map(|row| lines("", row)));
    let examples: Vec<String> = section.rows.iter().map(|row| format!("{} = {}", row.key, row.example)).collect();
    format!(
        "## {0}\n\n{1}\n\n| key | default | values | meaning |\n| --- | --- | --- | --- |\n{2}\n\n```toml\n{3}{4}\n```\n",
        section.heading(),
        sentence(section.help),
        lines.join("\n"),
        section.above_examples(),
        examples.join("\n"),
    )
}

fn sentence(half: &str) -> String {
    let mut letters = half.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

/// A row's line, and those of the keys of its tables.
fn lines(above: &str, row: &Row) -> Vec<String> {
    let absent = match row.absent {
        Absent::Like(value) => format!("`{value}`"),
        Absent::Means(what) => what.to_owned(),
        Absent::Refused => "must be there".to_owned(),
    };
    let cells = [format!("`{above}{}`", row.key), absent, values(&row.kind), row.help.to_owned()];
    let line = format!("| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    let (tables, suffix): (Vec<&[Row]>, _) = match &row.kind {
        Kind::List { of: Kind::Table(rows), .. } => (vec![rows], "[]."),
        Kind::List { of: Kind::OneOf(tables), .. } => (tables.to_vec(), "[]."),
        Kind::Table(rows) => (vec![rows], "."),
        Kind::OneOf(tables) => (tables.to_vec(), "."),
        Kind::Flag
        | Kind::Whole { .. }
        | Kind::Word(_)
        | Kind::Text { .. }
        | Kind::Duration { .. }
        | Kind::List { .. }
        | Kind::Either(_) => return vec![line],
    };
    let above = format!("{above}{}{suffix}", row.key);
    std::iter::once(line).chain(tables.into_iter().flatten().flat_map(|row| lines(&above, row))).collect()
}

/// Each line once: tables of which one is written have keys in common.
fn distinct(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        if !kept.contains(&line) {
            kept.push(line);
        }
    }
    kept
}

fn values(kind: &Kind) -> String {
    match kind {
        Kind::Flag => "`true`, `false`".into(),
        Kind::Whole { low, high: i64::MAX } => format!("a number from {low}"),
        Kind::Whole { low, high } => format!("{low} to {high}"),
        Kind::Word(words) => words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "),
        Kind::Text { told, .. } => (*told).into(),
        Kind::Duration { low_ms, high_ms } => format!("{} to {}", written(*low_ms), written(*high_ms)),
        Kind::List { of, most } => format!("a list, up to {most}: {}", values(of)),
        Kind::Table(rows) => keys(rows),
        Kind::OneOf(tables) => tables.iter().map(|rows| keys(rows)).collect::<Vec<_>>().join(", or "),
        Kind::Either(kinds) => kinds.iter().map(values).collect::<Vec<_>>().join(", or "),
    }
}

fn keys(rows: &[Row]) -> String {
    let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
    format!("`{{ {} }}`", keys.join(", "))
}
