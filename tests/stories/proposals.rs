//! Stories about pull requests that edit the settings: they are told what that would do, and it does nothing before it is on trunk.

use crate::driver::{Stage, until};
use serde_json::{Value, json};

const NAME: &str = "greenline / settings";
const FILE: &str = ".github/greenline.toml";

fn settings(queue: &str, checks: &str) -> String {
    format!("[queue]\n{queue}\n\n[checks]\n{checks}\nrequired = [{{ name = \"ci\", app = 15368 }}]\n")
}

#[test]
fn valid_settings_say_what_would_change_and_for_whom() {
    let stage = Stage::empty();
    let waiting = stage.ready("waiting");
    stage.in_queue(&waiting);
    let edits = settings("label = \"ship it\"\ndepth = 8\nbudget = 8", "") + "\n[merge]\nstrategy = \"squash\"\n";
    let pull = stage.pull_with("edits", FILE, &edits);
    let number = format!("#{}", waiting.number);
    let said = ["4 settings would change", "up to 8 at once instead of 4", "`merge.strategy`", "`squash`", &number];
    stage.reported(&pull.head, NAME, &json!("success"), &said);
    stage.reported(
        &pull.head,
        NAME,
        &json!("success"),
        &["would be composed and tested anew", "asked by the old label"],
    );
    // It is told, and nothing else happens by it.
    let tip = stage.tip(&[&waiting]);
    stage.conclude(&tip, "success");
    stage.merged(&waiting);
    assert_eq!(stage.trunk(), tip);
    assert!(stage.reports(&waiting.head, NAME).is_empty(), "who does not edit them hears nothing");
    stage.end();
}

#[test]
fn who_makes_the_way_to_production_less_strict_is_told_so() {
    let stage = Stage::empty();
    let edits = settings("", "") + "\n[delivery]\nmode = \"deployment\"\n[[stage]]\nname = \"production\"\n";
    let pull = stage.pull_with("edits", FILE, &edits);
    let said =
        ["`delivery.mode`", "less strict", "`production` would get candidates by `auto`", "`staging` would be gone"];
    stage.reported(&pull.head, NAME, &json!("success"), &said);
    stage.end();
}

#[test]
fn wrong_settings_are_marked_line_by_line() {
    let stage = Stage::empty();
    let wrong = settings("dept = 8", "start_deadline = \"soon\"");
    let pull = stage.pull_with("edits", FILE, &wrong);
    let report = stage.reported(&pull.head, NAME, &json!("failure"), &["2 mistakes", "queue.dept", "depth"]);
    let path = format!("/check-runs/{}/annotations", report["id"]);
    let notes = stage.act("user", "GET", &path, &Value::Null);
    let lines: Vec<_> = notes.as_array().expect("a list").iter().map(|note| note["start_line"].as_u64()).collect();
    assert_eq!(lines, [Some(2), Some(5)], "{notes}");
    assert_eq!(notes[0]["path"], FILE);
    let mended = stage.push("edits", &pull.head, FILE, &settings("depth = 8", ""));
    stage.reported(&mended, NAME, &json!("success"), &["Valid"]);
    stage.end();
}

#[test]
fn a_branch_that_is_only_behind_trunk_edits_nothing() {
    let stage = Stage::empty();
    let old = stage.trunk();
    stage.configure(&settings("depth = 2", ""));
    let behind = stage.push("behind", &old, "behind.txt", "behind\n");
    let behind = stage.open_pull("user", "behind", behind);
    let edits = stage.push("edits", &old, "other.txt", "other\n");
    let edits = stage.push("edits", &edits, FILE, &settings("depth = 2\ntries = 2", ""));
    let edits = stage.open_pull("user", "edits", edits);
    stage.label(&behind);
    until("the other is heard of", || (!stage.reports(&edits.head, NAME).is_empty()).then_some(()));
    stage.in_queue(&behind);
    assert!(stage.reports(&behind.head, NAME).is_empty());
    stage.end();
}
