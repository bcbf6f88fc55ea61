//! The house rules as a test: who may see whom, which crate belongs where, and how long a file may be. It reads the source
//! as text, so that a rule holds for code that does not compile here as well. Every failure says file, line and reason.

#[path = "architecture/floors.rs"]
mod floors;
#[path = "architecture/outside.rs"]
mod outside;
#[path = "architecture/shape.rs"]
mod shape;
#[path = "architecture/source.rs"]
mod source;

use source::Source;
use std::path::PathBuf;

/// A broken rule, where, and why the rule is there.
struct Breach {
    place: String,
    what: String,
}

impl Breach {
    fn at(source: &Source, offset: usize, what: impl Into<String>) -> Self {
        Self { place: format!("{}:{}", source.path, source.line(offset)), what: what.into() }
    }
}

/// Asked at run time, so that the rules can also be held against another checkout.
fn project() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

fn hold(rule: impl Fn(&Source) -> Vec<Breach>) {
    let sources = source::all(&project());
    assert!(sources.len() > 20, "the scan found only {} files", sources.len());
    let told: Vec<String> = sources.iter().flat_map(rule).map(|b| format!("{}: {}", b.place, b.what)).collect();
    assert!(told.is_empty(), "{} broken rules\n{}\n", told.len(), told.join("\n"));
}

#[test]
fn a_module_sees_only_the_floors_below_it() {
    hold(floors::looks_up);
}

#[test]
fn every_module_has_a_floor() {
    floors::complete(&project());
}

#[test]
fn deciding_needs_no_clock_no_chance_and_no_waiting() {
    hold(floors::impure);
}

#[test]
fn third_party_names_stand_only_where_they_belong() {
    hold(outside::strays);
}

#[test]
fn every_dependency_has_its_place() {
    outside::complete(&project());
}

#[test]
fn files_and_functions_are_short() {
    hold(shape::too_long);
}

#[test]
fn every_file_says_what_it_is_for() {
    hold(shape::silent);
}

#[test]
fn names_say_what_a_thing_does() {
    hold(shape::empty_names);
}

#[test]
fn product_code_does_not_know_that_it_is_tested() {
    hold(shape::test_marks);
}

#[test]
fn the_rules_find_what_they_forbid() {
    let breaches = |path: &str, text: &str| {
        let source = Source::new(path, text);
        let rules =
            [floors::looks_up, floors::impure, outside::strays, shape::silent, shape::empty_names, shape::test_marks];
        rules.iter().flat_map(|rule| rule(&source)).map(|breach| breach.what).collect::<Vec<_>>()
    };
    for (path, text) in [
        ("src/queue/step.rs", "//! x\nuse crate::engine::Engine;"),
        ("src/queue/step.rs", "//! x\nuse crate::{ids::Sha, admission};"),
        ("src/queue/mod.rs", "//! x\nuse super::admission::Admit;"),
        ("src/engine/mod.rs", "//! x\nfn f() { crate::adapter::git::open(); }"),
        ("src/adapter/git/mod.rs", "//! x\nuse crate::http;"),
        ("src/queue/step.rs", "//! x\nuse std::collections::HashMap;"),
        ("src/checks/mod.rs", "//! x\nasync fn f() {}"),
        ("src/checks/mod.rs", "//! x\nuse tracing::info;"),
        ("src/engine/mod.rs", "//! x\nfn f() -> octocrab::Octocrab {}"),
        ("src/http/mod.rs", "//! x\n#[sqlx::test] fn f() {}"),
        ("src/engine/mod.rs", "use crate::ids::Sha;"),
        ("src/engine/mod.rs", "//! x\nfn handle_event() {}"),
        ("src/engine/mod.rs", "//! x\nmod util;"),
        ("src/engine/util.rs", "//! x\n"),
        ("src/engine/mod.rs", "//! x\n#[cfg(test)]\nconst WAIT: u32 = 1;"),
    ] {
        assert_eq!(breaches(path, text).len(), 1, "{path}: {text} {:?}", breaches(path, text));
    }
    for (path, text) in [
        (
            "src/queue/step.rs",
            "//! x\nuse crate::ids::Sha; // crate::engine, octocrab::x, async\nconst X: &str = \"tokio::x\";",
        ),
        (
            "src/queue/step.rs",
            "//! x\n#[cfg(test)]\nmod tests {\n use crate::admission::X; use std::collections::HashMap; }",
        ),
        ("src/sandbox/mod.rs", "//! x\nmod http;\nuse super::sandbox::http::X;"),
        (
            "src/http/mod.rs",
            "//! x\nuse crate::engine::board::Board; use axum::Router; fn f<'a>(c: &'a char) { let _ = '\"'; }",
        ),
    ] {
        assert_eq!(breaches(path, text), [] as [String; 0], "{path}: {text}");
    }
}
