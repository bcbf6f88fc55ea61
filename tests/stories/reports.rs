//! Stories about our own check run on a pull request's head.

use crate::driver::{Stage, until};
use serde_json::{Value, json};

#[test]
fn the_check_run_says_where_it_stands_and_how_it_landed() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    let begun = stage.reported(&pull.head, "greenline", &Value::Null, &["1st of 1 in the queue", &tip]);
    assert_eq!(begun["status"], "in_progress");
    stage.kill_service();
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    let ended = stage.reported(&pull.head, "greenline", &json!("success"), &["Landed as", &tip]);
    assert_eq!(ended["id"], begun["id"], "one check run, edited");
    stage.end();
}

#[test]
fn a_red_one_is_a_failure_and_a_withdrawn_one_is_neither() {
    let stage = Stage::empty();
    let (red, withdrawn) = (stage.ready("red"), stage.pull("withdrawn"));
    stage.blame(&stage.tip(&[&red]));
    stage.out(&red, &["Sent back"]);
    stage.reported(&red.head, "greenline", &json!("failure"), &["Sent back: checks-failed", "`ci` did not pass"]);
    stage.label(&withdrawn);
    let first = stage.reported(&withdrawn.head, "greenline", &Value::Null, &["in the queue"]);
    stage.unlabel(&withdrawn);
    stage.reported(&withdrawn.head, "greenline", &json!("neutral"), &["Out of the queue: label-removed"]);
    stage.label(&withdrawn);
    let again = stage.reported(&withdrawn.head, "greenline", &Value::Null, &["in the queue"]);
    assert_eq!(first["id"], again["id"], "it is set back to work");
    stage.end();
}

#[test]
fn a_rule_that_waits_for_our_own_word_is_told_and_not_waited_for() {
    let stage = Stage::empty();
    let required = json!([{"context": "greenline", "integration_id": stage.fact("/app/id")}]);
    let rule = json!({"type": "required_status_checks", "parameters":
        {"required_status_checks": required, "strict_required_status_checks_policy": false}});
    let ours = json!({"name": "ours", "target": "branch", "enforcement": "active", "rules": [rule],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}});
    stage.act("admin", "POST", "/rulesets", &ours);
    until("the page says so", || {
        let troubles = stage.board()["troubles"].to_string();
        (troubles.contains("Greenline's own word") && troubles.contains("Take it out")).then_some(())
    });
    stage.end();
}

#[test]
fn an_app_that_may_not_write_checks_says_so_and_lands_all_the_same() {
    let stage = Stage::empty();
    let refusal = json!({"method": "POST", "path": "/repos/*/*/check-runs", "status": 403,
        "body": {"message": "Resource not accessible by integration"}});
    stage.admin("POST", "/faults/routes", &refusal);
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    until("the page says so", || stage.board()["troubles"].to_string().contains("Checks: write").then_some(()));
    stage.admin("DELETE", "/faults", &Value::Null);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    stage.reported(&pull.head, "greenline", &json!("success"), &["Landed as"]);
    until("the trouble is over", || stage.board()["troubles"].as_array().is_some_and(Vec::is_empty).then_some(()));
    stage.end();
}

#[test]
fn an_unanswered_check_run_is_made_once() {
    let stage = Stage::empty();
    let lost = json!({"method": "POST", "path": "/repos/*/*/check-runs", "when": "after", "status": 502, "times": 1});
    stage.admin("POST", "/faults/routes", &lost);
    let pull = stage.ready("lamp");
    stage.reported(&pull.head, "greenline", &Value::Null, &["in the queue"]);
    stage.conclude(&stage.tip(&[&pull]), "success");
    stage.merged(&pull);
    stage.reported(&pull.head, "greenline", &json!("success"), &["Landed as"]);
    stage.end();
}

#[test]
fn after_three_green_runs_it_is_said_when_the_next_should_land() {
    let stage = Stage::empty();
    for name in ["one", "two", "three"] {
        let pull = stage.ready(name);
        assert!(!stage.told(&pull, &["Queued"]).contains("it lands in"), "too few were seen");
        stage.conclude(&stage.tip(&[&pull]), "success");
        stage.merged(&pull);
    }
    let next = stage.ready("next");
    let said = "If everything goes on green, it lands in less than a minute";
    stage.told(&next, &["Queued", said]);
    stage.reported(&next.head, "greenline", &Value::Null, &["1st of 1", said]);
    assert!(stage.board()["queue"][0]["eta_ms"].is_i64() && stage.board()["run_ms"].is_i64(), "{}", stage.board());
    stage.comment("user", &next, "@greenline status");
    until("the answer says it, too", || {
        stage.words(&next).iter().any(|text| text.contains("greenline:answer") && text.contains(said)).then_some(())
    });
    stage.end();
}

/// Everything in it is red where `bad.txt` is there, and says so.
const CI: &str = "test ! -e bad.txt || { echo 'a ``` fence, @everyone'; echo 'bad.txt is bad'; exit 1; }";

#[test]
fn whoever_is_sent_back_reads_the_end_of_the_log() {
    let stage = Stage::open(&["--empty", "--ci", CI]);
    let pull = stage.ready("bad");
    let told = stage.out(&pull, &["Sent back", "`ci` did not pass", "bad.txt is bad", "says more]("]);
    assert!(told.contains("error: Process completed with exit code 1."), "the log, not only the summary: {told}");
    assert!(told.contains("\n````text\n"), "a fence longer than any in it: {told}");
    stage.reported(&pull.head, "greenline", &json!("failure"), &["bad.txt is bad"]);
    stage.end();
}
