//! Stories about what counts as green.

use crate::driver::{Pull, Stage, until};
use serde_json::json;

/// A pull request under test, and its tip.
fn tested(stage: &Stage, name: &str) -> (Pull, String) {
    let pull = stage.ready(name);
    let tip = stage.tip(&[&pull]);
    (pull, tip)
}

#[test]
fn a_status_of_the_same_name_is_not_the_required_check() {
    let stage = Stage::empty();
    let (pull, tip) = tested(&stage, "lamp");
    for who in ["user", "maintainer", "ci"] {
        let status = json!({"state": "success", "context": "ci"});
        stage.act(who, "POST", &format!("/statuses/{tip}"), &status);
    }
    stage.check("another", &tip, "success");
    stage.blame(&tip);
    stage.out(&pull, &["Sent back", "`ci` did not pass"]);
    assert!(stage.candidates().is_empty());
    stage.end();
}

#[test]
fn skipped_and_neutral_are_no_pass() {
    let stage = Stage::empty();
    for conclusion in ["skipped", "neutral"] {
        let (pull, tip) = tested(&stage, conclusion);
        stage.conclude(&stage.trunk(), "success");
        stage.conclude(&tip, conclusion);
        stage.out(
            &pull,
            &["Sent back", &format!("`ci` ({conclusion}) did not pass"), &format!("`{conclusion}_passes`"), &tip],
        );
    }
    assert!(stage.candidates().is_empty());
    stage.end();
}

#[test]
fn a_check_that_begins_and_ends_later_is_waited_for() {
    let stage = Stage::empty();
    let (pull, tip) = tested(&stage, "lamp");
    let begun = json!({"name": "ci", "head_sha": tip, "status": "in_progress"});
    let run = stage.act("ci", "POST", "/check-runs", &begun)["id"].as_u64().expect("an id");
    let base = stage.trunk();
    stage.act("ci", "PATCH", &format!("/check-runs/{run}"), &json!({"conclusion": "success"}));
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.holds(&tip, &base)), (tip, true));
    stage.end();
}

#[test]
fn a_check_of_the_required_name_by_another_app_does_not_count() {
    let stage = Stage::empty();
    let required = |app: &str| format!("[checks]\nrequired = [{{ name = \"ci\", app = {app} }}]\n");
    stage.configure(&required("4242"));
    let (pull, tip) = tested(&stage, "lamp");
    let before = stage.trunk();
    stage.conclude(&tip, "success");
    stage.comment("maintainer", &pull, "@greenline status");
    stage.told(&pull, &["1st of 1", "tested as", &tip]);
    stage.configure(&required(&stage.fact("/ci_app/id").to_string()));
    let again = stage.tip(&[&pull]);
    assert_eq!(stage.bare(&["rev-parse", "main^"]), before, "nothing landed by it");
    stage.conclude(&again, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), again);
    stage.end();
}

#[test]
fn a_check_that_may_fail_is_run_again_and_that_is_told() {
    let stage = Stage::empty();
    let app = stage.fact("/ci_app/id");
    let checks = ["ci", "browser"].map(|name| format!("{{ name = \"{name}\", app = {app} }}")).join(", ");
    stage.configure(&format!("[checks]\nrequired = [{checks}]\nretries = [{{ name = \"browser\", times = 1 }}]\n"));
    let (pull, tip) = tested(&stage, "lamp");
    let [(first, _)] = stage.runs().try_into().expect("one run");
    stage.check("ci", &tip, "success");
    stage.check("browser", &tip, "failure");
    let again = |(run, sha): &(String, String)| *run != first && *sha == tip;
    until("the same commit is run again", || stage.runs().iter().any(again).then_some(()));
    stage.told(&pull, &["**Queued.**", &tip, "Before that `browser` failed once on it"]);
    stage.check("ci", &tip, "success");
    stage.check("browser", &tip, "success");
    let told = stage.merged(&pull);
    assert!(told.contains("Before that `browser` failed once on it"), "{told}");
    let board = stage.board();
    assert_eq!(board["landings"][0]["retried"], json!(["`browser` failed once"]));
    assert_eq!(board["counters"]["greenline_check_retries_total browser"], 1);
    let (other, tip) = tested(&stage, "other");
    stage.check("browser", &tip, "failure");
    stage.blame(&tip);
    stage.out(&other, &["Sent back", "there `ci`", "did not pass"]);
    assert_eq!(stage.trunk(), stage.bare(&["rev-parse", &format!("{tip}^")]), "any other red is red at once");
    stage.end();
}
