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
    let lines: Vec<String> = section.rows.iter().flat_map(|row| lines("", row)).collect();
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
    let (tables, suffix): (&[&[Row]], _) = match &row.kind {
        Kind::List { of: Kind::Table(rows), .. } => (&[*rows], "[]."),
        Kind::List { of: Kind::OneOf(tables), .. } => (tables, "[]."),
        Kind::Table(rows) => (&[*rows], "."),
        Kind::OneOf(tables) => (tables, "."),
        Kind::Flag
        | Kind::Whole { .. }
        | Kind::Word(_)
        | Kind::Text { .. }
        | Kind::Duration { .. }
        | Kind::List { .. }
        | Kind::Either(_) => (&[], ""),
    };
    let inner = format!("{above}{}{suffix}", row.key);
    let mut lines = vec![line(above, row, "", None)];
    for row in tables.iter().copied().flatten() {
        let own = line(&inner, row, &beside(tables, row, &inner), one_of(tables, row));
        if !lines.contains(&own) {
            lines.push(own);
            lines.extend(self::lines(&inner, row).into_iter().skip(1));
        }
    }
    lines
}

/// What holds without a key that by its name tells a table from others.
fn one_of(tables: &[&[Row]], row: &Row) -> Option<String> {
    let firsts: Vec<&Row> = tables.iter().filter_map(|rows| rows.first()).collect();
    let apart = firsts.len() > 1 && firsts.windows(2).all(|pair| pair[0].key != pair[1].key);
    let names = || firsts.iter().map(|first| format!("`{}`", first.key)).collect::<Vec<_>>().join(", ");
    let first = firsts.iter().any(|first| std::ptr::eq(*first, row));
    (apart && first).then(|| format!("one of {} must be there", names()))
}

/// Of several tables, those that have such a row, by the keys that tell them apart; nothing if it is such a key, or all have it.
fn beside(tables: &[&[Row]], row: &Row, above: &str) -> String {
    let same = |other: &Row| line(above, other, "", None) == line(above, row, "", None);
    let having: Vec<&Row> =
        tables.iter().filter(|rows| rows.iter().any(same)).filter_map(|rows| rows.first()).collect();
    if having.len() == tables.len() || having.iter().any(|first| same(first)) {
        return String::new();
    }
    let marks = having.iter().map(|first| match &first.kind {
        Kind::Word([only]) => format!("`{} = \"{only}\"`", first.key),
        Kind::Word(_)
        | Kind::Flag
        | Kind::Whole { .. }
        | Kind::Text { .. }
        | Kind::Duration { .. }
        | Kind::List { .. }
        | Kind::Table(_)
        | Kind::OneOf(_)
        | Kind::Either(_) => format!("`{}`", first.key),
    });
    format!(" beside {}", marks.collect::<Vec<_>>().join(", "))
}

fn line(above: &str, row: &Row, beside: &str, one_of: Option<String>) -> String {
    let absent = one_of.unwrap_or_else(|| match row.absent {
        Absent::Like(value) => format!("`{value}`"),
        Absent::Means(what) => what.to_owned(),
        Absent::Refused => "must be there".to_owned(),
    });
    let cells = [format!("`{above}{}`{beside}", row.key), absent, values(&row.kind), row.help.to_owned()];
    format!("| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
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
