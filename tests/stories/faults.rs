//! Stories in a world where webhooks are lost and GitHub's answers go wrong.

use crate::driver::{Stage, at_length, until};
use serde_json::{Value, json};

#[test]
fn with_all_webhooks_lost_it_still_lands() {
    let stage = Stage::empty();
    stage.admin("POST", "/faults/webhooks", &json!({"kind": "lose"}));
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    assert_eq!(stage.words(&pull).len(), 1);
    stage.end();
}

#[test]
fn doubled_swapped_and_late_webhooks_change_nothing() {
    let stage = Stage::empty();
    for fault in [
        json!({"kind": "delay", "rate": 0.3, "delay_ms": 700}),
        json!({"kind": "reorder", "rate": 0.4}),
        json!({"kind": "duplicate", "rate": 0.7}),
    ] {
        stage.admin("POST", "/faults/webhooks", &fault);
    }
    for (round, name) in (1..).zip(["one", "two", "three"]) {
        let pull = stage.ready(name);
        let tip = stage.tip(&[&pull]);
        stage.conclude(&tip, "success");
        stage.merged(&pull);
        assert_eq!(stage.trunk(), tip);
        assert_eq!(stage.candidates().len(), round);
        assert_eq!(stage.words(&pull).len(), 1);
    }
    stage.end();
}

#[test]
fn one_that_cannot_be_read_keeps_nobody_waiting_and_lands_when_it_can() {
    let stage = Stage::empty();
    let (lost, other) = (stage.ready("lost"), stage.ready("other"));
    let tip = stage.tip(&[&lost]);
    let path = format!("/repos/*/*/pulls/{}", lost.number);
    stage.admin("POST", "/faults/routes", &json!({"method": "GET", "path": path, "status": 500}));
    stage.conclude(&tip, "success");
    let says = |text: &String| text.contains("**Waiting.**") && text.contains("those behind it go on without it");
    at_length("it is told why the others go on", || stage.words(&lost).into_iter().find(says));
    until("that is why", || (stage.why(&lost)["code"] == "out-of-reach").then_some(()));
    stage.conclude(&stage.tip(&[&other]), "success");
    stage.merged(&other);
    stage.admin("DELETE", "/faults", &Value::Null);
    stage.conclude(&stage.tip(&[&lost]), "success");
    stage.merged(&lost);
    assert_eq!(stage.candidates().len(), 2);
    stage.end();
}

/// Lands one pull request while a route goes wrong up to twice.
fn land_under(method: &str, path: &str, when: &str, status: u16) {
    let stage = Stage::empty();
    let fault = json!({"method": method, "path": path, "when": when, "status": status, "times": 2});
    stage.admin("POST", "/faults/routes", &fault);
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    until("it landed", || (stage.trunk() == tip).then_some(()));
    stage.merged(&pull);
    let struck = stage.admin("GET", "/faults", &Value::Null)["routes"][0]["times"] != 2;
    assert!(struck, "{method} {path} was asked for");
    assert_eq!(stage.candidates(), ["candidate/000001"]);
    assert_eq!(stage.words(&pull).len(), 1, "{method} {path} {when}");
    stage.end();
}

#[test]
fn a_comment_that_failed_is_written_once() {
    land_under("POST", "/repos/*/*/issues/*/comments", "before", 502);
}

#[test]
fn a_comment_whose_answer_was_lost_is_not_written_twice() {
    land_under("POST", "/repos/*/*/issues/*/comments", "after", 502);
}

#[test]
fn an_edit_whose_answer_was_lost_does_no_harm() {
    land_under("PATCH", "/repos/*/*/issues/comments/*", "after", 500);
}

#[test]
fn a_reading_that_failed_is_tried_again() {
    land_under("GET", "/repos/*/*/pulls/*", "before", 503);
    land_under("GET", "/repos/*/*/commits/*/check-runs", "before", 500);
}

#[test]
fn a_webhook_of_one_byte_too_many_is_refused_and_the_service_lives() {
    let stage = Stage::empty();
    let pid = stage.service_pid();
    // The quotes of a JSON string are two more bytes.
    let body = Value::String("x".repeat((25 << 20) - 1));
    assert_eq!(stage.knock(&body), 413);
    assert_eq!(stage.knock(&json!("nobody signed this")), 401);
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.service_pid()), (tip, pid));
    stage.end();
}
