//! The table of settings is held to the parser, and what is made from it to the table: whoever adds a key to one of them
//! learns here where it is missing. A key is a row in `src/config/reference/table.rs`.

use greenline::config::reference::{Absent, Kind, Row, SECTIONS, Section, page, schema};
use greenline::config::{Problem, RepoConfig};
use jsonschema::Validator;
use serde_json::Value;
use std::collections::BTreeSet;

/// A key that no parser knows.
const NOBODYS: &str = "nobodys_key";

/// A row, with the file it stands in: `before` and `after` are the text around its `key = value`.
struct Place {
    row: &'static Row,
    path: String,
    before: String,
    after: String,
}

impl Place {
    fn with(&self, value: &str) -> String {
        format!("{}{} = {value}{}", self.before, self.row.key, self.after)
    }

    /// The places of the keys inside of this one's tables; the other keys of the table have their examples.
    fn inside(&self) -> Vec<Self> {
        tables(&self.row.kind).into_iter().flat_map(|table| self.inside_one(table)).collect()
    }

    fn inside_one(&self, (rows, open, close): Brackets) -> Vec<Self> {
        let each = |row: &'static Row| {
            let others = rows.iter().filter(|other| other.key != row.key);
            let others: Vec<_> = others.map(|other| format!("{} = {}, ", other.key, other.example)).collect();
            Self {
                row,
                path: format!("{}.{}", self.path, row.key),
                before: format!("{}{} = {open}{{ {}", self.before, self.row.key, others.concat()),
                after: format!(" }}{close}{}", self.after),
            }
        };
        rows.iter().map(each).collect()
    }
}

/// The rows of a table, and the brackets around it.
type Brackets = (&'static [Row], &'static str, &'static str);

/// The tables that a kind is made of.
fn tables(kind: &'static Kind) -> Vec<Brackets> {
    match kind {
        Kind::List { of: Kind::Table(rows), .. } => vec![(rows, "[", "]")],
        Kind::List { of: Kind::OneOf(tables), .. } => tables.iter().map(|rows| (*rows, "[", "]")).collect(),
        Kind::Table(rows) => vec![(rows, "", "")],
        Kind::OneOf(tables) => tables.iter().map(|rows| (*rows, "", "")).collect(),
        Kind::Flag
        | Kind::Whole { .. }
        | Kind::Word(_)
        | Kind::Text { .. }
        | Kind::Duration { .. }
        | Kind::List { .. }
        | Kind::Either(_) => Vec::new(),
    }
}

/// The lines of the keys of a section that must be there, but for this one.
fn others(section: &Section, key: &str) -> String {
    let needed = section.rows.iter().filter(|row| row.absent == Absent::Refused && row.key != key);
    let lines: Vec<_> = needed.map(|row| format!("{} = {}\n", row.key, row.example)).collect();
    lines.concat()
}

fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for section in SECTIONS {
        let top = section.rows.iter().map(|row| Place {
            row,
            path: format!("{}.{}", section.name, row.key),
            before: section.above_examples() + &others(section, row.key),
            after: "\n".into(),
        });
        let mut waiting: Vec<Place> = top.collect();
        while let Some(place) = waiting.pop() {
            waiting.extend(place.inside());
            places.push(place);
        }
    }
    places
}

fn validator() -> Validator {
    let schema = serde_json::to_value(schema()).expect("it is JSON");
    jsonschema::meta::validate(&schema).expect("it is a schema by the rules of its draft");
    jsonschema::draft7::new(&schema).expect("it can be used")
}

fn as_json(text: &str) -> Value {
    toml::from_str(text).unwrap_or_else(|why| panic!("{why} in\n{text}"))
}

/// Values that a kind does not take, and whether a schema can see it.
fn wrong(kind: &Kind, example: &str) -> Vec<(String, bool)> {
    let mut wrong = vec![("1979-05-27".to_owned(), true)];
    match kind {
        Kind::Flag | Kind::Table(_) | Kind::OneOf(_) => {}
        Kind::Whole { low, high } => {
            wrong.push(((low - 1).to_string(), true));
            wrong.extend(high.checked_add(1).map(|more| (more.to_string(), true)));
        }
        Kind::Word(_) => wrong.push(("\"greenish\"".into(), true)),
        Kind::Text { longest, .. } => {
            let long = "x".repeat(usize::try_from(*longest).expect("a length") + 1);
            wrong.extend([("\"\"".into(), true), (format!("\"{long}\""), true)]);
        }
        Kind::Duration { low_ms, high_ms } => {
            let days = high_ms / 86_400_000 + 1;
            wrong.extend([("\"soon\"".into(), true), (format!("\"{days}d\""), false)]);
            wrong.extend((*low_ms > 0).then(|| ("\"0s\"".into(), false)));
            wrong.push((format!("\"{days}00d\""), true));
        }
        Kind::List { most, .. } => {
            let items = example.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            wrong.extend(items.map(|items| (format!("[{}]", vec![items; most + 1].join(", ")), true)));
        }
        Kind::Either(kinds) => wrong.extend(kinds.iter().flat_map(|kind| self::wrong(kind, example))),
    }
    wrong
}

#[test]
fn every_example_and_every_default_is_right() {
    let schema = validator();
    for place in places() {
        let Place { row, path, .. } = &place;
        let text = place.with(row.example);
        RepoConfig::parse(&text).unwrap_or_else(|why| panic!("the example of {path}: {why:?}\n{text}"));
        assert!(schema.is_valid(&as_json(&text)), "the schema refuses the example of {path}:\n{text}");
        let without = format!("{}{}", place.before, place.after);
        match row.absent {
            Absent::Like(value) => {
                let text = place.with(value);
                assert_eq!(RepoConfig::parse(&text), RepoConfig::parse(&without), "{path} is not {value} by default");
                assert!(schema.is_valid(&as_json(&text)), "the schema refuses the default of {path}");
            }
            Absent::Means(what) => assert!(RepoConfig::parse(&without).is_ok(), "{path} may be absent: {what}"),
            Absent::Refused => {
                assert!(RepoConfig::parse(&without).is_err(), "{path} may be absent");
                assert!(!schema.is_valid(&as_json(&without)), "the schema does without {path}");
            }
        }
    }
}

#[test]
fn all_examples_together_are_a_file_that_is_right() {
    let line = |row: &Row| format!("{} = {}\n", row.key, row.example);
    let sections = SECTIONS.iter().map(|section| {
        let lines: Vec<_> = section.rows.iter().map(line).collect();
        format!("{}{}", section.above_examples(), lines.concat())
    });
    let text = sections.collect::<Vec<_>>().concat();
    RepoConfig::parse(&text).unwrap_or_else(|why| panic!("{why:?}\n{text}"));
    assert!(validator().is_valid(&as_json(&text)));
}

#[test]
fn what_the_table_does_not_allow_is_refused_by_parser_and_schema() {
    let schema = validator();
    for place in places() {
        for (value, seen) in wrong(&place.row.kind, place.row.example) {
            let text = place.with(&value);
            assert!(RepoConfig::parse(&text).is_err(), "{} may be {value}", place.path);
            assert_eq!(schema.is_valid(&as_json(&text)), !seen, "the schema about {} = {value}", place.path);
        }
    }
}

/// What the parser says it knows where `NOBODYS` stands.
fn known(text: &str) -> BTreeSet<String> {
    let problems = RepoConfig::parse(text).expect_err("nobody knows that key");
    let of_it = |problem: &&Problem| problem.key.ends_with(NOBODYS);
    let problem = problems.iter().find(of_it).unwrap_or_else(|| panic!("{problems:?} of\n{text}"));
    let (_, known) = problem.hint.split_once("known are ").unwrap_or_else(|| panic!("{}", problem.hint));
    known.split(", ").map(str::to_owned).collect()
}

fn keys(rows: &[Row]) -> BTreeSet<String> {
    rows.iter().map(|row| row.key.to_owned()).collect()
}

#[test]
fn the_table_has_exactly_the_keys_that_the_parser_knows() {
    let schema = validator();
    let names: BTreeSet<_> = SECTIONS.iter().map(|section| section.name.to_owned()).collect();
    assert_eq!(known(&format!("{NOBODYS} = 1\n")), names);
    let mut texts = Vec::new();
    for section in SECTIONS {
        texts.push((format!("{}{NOBODYS} = 1\n", section.above_examples()), section.rows));
    }
    for place in places() {
        for (rows, open, close) in tables(&place.row.kind) {
            let (key, example) = (rows[0].key, rows[0].example);
            texts.push((place.with(&format!("{open}{{ {key} = {example}, {NOBODYS} = 1 }}{close}")), rows));
        }
    }
    for (text, rows) in texts {
        assert_eq!(known(&text), keys(rows), "(the parser's keys, those of src/config/reference/table.rs) in\n{text}");
        assert!(!schema.is_valid(&as_json(&text)), "the schema knows {NOBODYS} in\n{text}");
    }
}

#[test]
fn files_as_people_write_them_pass_the_schema_if_they_are_right() {
    let schema = validator();
    for right in [include_str!("../fixtures/config/every-setting.toml"), include_str!("../.github/greenline.toml")] {
        let errors: Vec<_> = schema.iter_errors(&as_json(right)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    let wrong = as_json(include_str!("../fixtures/config/many-mistakes.toml"));
    let places: BTreeSet<_> = schema.iter_errors(&wrong).map(|error| error.instance_path().to_string()).collect();
    for place in [
        "",
        "/queue/strategy",
        "/queue/depth",
        "/checks/finish_deadline",
        "/candidate/tag",
        "/delivery/mode",
        "/stage/0",
        "/stage/1/driver",
    ] {
        assert!(places.contains(place), "no error at `{place}`: {places:?}");
    }
}

#[test]
fn what_is_made_from_the_table_is_current() {
    let made = |path: &str, command: &str, text: &str| {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        assert!(found == text, "{path} is not current; run\n    cargo run -- {command} > {path}\n");
    };
    made("docs/settings.md", "schema --markdown", &page());
    let json = serde_json::to_string_pretty(&schema()).expect("it is JSON");
    made("docs/greenline.schema.json", "schema", &(json + "\n"));
}
