//! Delivery's core, by scripts that are read like stories, and by a random walk through a small world.

#[path = "delivery/figures.rs"]
mod figures;
#[path = "delivery/notation.rs"]
mod notation;
#[path = "delivery/script.rs"]
mod script;
#[path = "delivery/settings.rs"]
mod settings;
#[path = "delivery/walk.rs"]
mod walk;
#[path = "delivery/wishes.rs"]
mod wishes;
#[path = "delivery/world.rs"]
mod world;

use std::fmt::Write as _;
use std::path::Path;

/// Every script says what the core answers; with `UPDATE_SCRIPTS=1` the answers are written anew, and the diff is the review.
#[test]
fn scripts() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/delivery");
    let update = std::env::var_os("UPDATE_SCRIPTS").is_some();
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .expect("the scripts' directory is part of the sources")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scripts found");
    let mut report = String::new();
    for path in paths {
        let name = path.file_name().expect("a listed file has a name").to_string_lossy().into_owned();
        let written = std::fs::read_to_string(&path).expect("a script is text");
        match std::panic::catch_unwind(|| script::play(&written)) {
            Ok(played) if played == written => {}
            Ok(played) if update => std::fs::write(&path, played).expect("a script can be rewritten"),
            Ok(played) => writeln!(report, "== {name}\n{}", difference(&written, &played)).expect("text grows"),
            Err(_) => writeln!(report, "== {name}: did not play to its end (see above)").expect("text grows"),
        }
    }
    assert!(report.is_empty(), "\n{report}\nIf this is as it should be: UPDATE_SCRIPTS=1, and review the diff.");
}

/// The lines from the first that differs: `-` as written, `+` as played.
fn difference(written: &str, played: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (written.lines().collect(), played.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let tail = tail.min(old.len() - same).min(new.len() - same);
    let signed = [
        (' ', &old[same.saturating_sub(3)..same]),
        ('-', &old[same..old.len() - tail]),
        ('+', &new[same..new.len() - tail]),
    ];
    signed.iter().flat_map(|(sign, lines)| lines.iter().map(move |line| format!("{sign} {line}\n"))).collect()
}
