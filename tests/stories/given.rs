//! Stories about which repositories the App is given, and which process works on them.

use crate::driver::{Stage, until};
use serde_json::{Value, json};

/// Suspends the App's installation, or takes that back.
fn suspend(stage: &Stage, value: bool) {
    let installations = stage.admin("GET", "/state", &Value::Null)["installations"].clone();
    let app = stage.fact("/app/id");
    let ours = installations.as_object().expect("by id").iter().find(|(_, one)| one["app"] == app);
    let (id, _) = ours.expect("the App is installed");
    stage.admin("PUT", &format!("/installations/{id}/suspended"), &json!({"value": value}));
}

#[test]
fn a_repository_that_is_taken_away_is_closed_and_goes_on_when_it_is_given_back() {
    let stage = Stage::empty();
    let (pull, pid) = (stage.ready("lamp"), stage.service_pid());
    let tip = stage.tip(&[&pull]);
    suspend(&stage, true);
    until("its queue is closed", || stage.board().is_null().then_some(()));
    stage.conclude(&tip, "success");
    suspend(&stage, false);
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.service_pid()), (tip, pid), "without a restart");
    assert_eq!(stage.words(&pull).len(), 1);
    stage.end();
}

#[test]
fn an_app_that_is_suspended_in_the_middle_of_a_landing_lands_it_once_when_it_may_again() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    // Whatever is read before the push takes its time.
    let slow = json!({"method": "GET", "path": "/repos/*/*/pulls/*", "when": "before", "delay_ms": 1500});
    stage.admin("POST", "/faults/routes", &slow);
    stage.conclude(&tip, "success");
    until("it is landing", || stage.phases().contains(&"landing".to_owned()).then_some(()));
    suspend(&stage, true);
    until("its queue is closed", || stage.board().is_null().then_some(()));
    stage.admin("DELETE", "/faults", &Value::Null);
    suspend(&stage, false);
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.candidates().len(), stage.words(&pull).len()), (tip, 1, 1));
    stage.end();
}

#[test]
fn a_repository_that_is_given_is_opened() {
    let stage = Stage::empty();
    let owner = stage.fact("/repo/owner");
    let made = stage.admin("POST", "/repos", &json!({"owner": owner, "name": "second", "trunk": "main"}));
    let id = made["id"].as_u64().expect("a number");
    until("it has a board", || stage.boards()[id.to_string()].is_object().then_some(()));
    stage.end();
}

#[test]
fn ready_means_that_every_board_is_drawn() {
    let stage = Stage::empty();
    stage.admin(
        "POST",
        "/faults/routes",
        &json!({"method": "GET", "path": "/repos/**", "when": "before", "status": 503}),
    );
    stage.kill_service();
    until("it is ready", || stage.says_ready().then_some(()));
    assert!(stage.board().is_object(), "also of a repository that cannot be looked at now");
    stage.admin("DELETE", "/faults", &Value::Null);
    stage.end();
}

#[test]
fn of_two_services_on_one_database_one_stops_and_both_say_so() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    let mut second = stage.second_service("second.log");
    let (took, lost) = ("taking over", "another process took over");
    // The first ends, is started again by the sandbox, and so takes over in its turn.
    let ended = until("the second has ended", || second.try_wait().expect("it can be asked"));
    assert_eq!(ended.code(), Some(75), "it may be tried again");
    for log in ["second.log", "sandbox/service.log"] {
        let words = stage.log(log);
        assert!(words.contains(took) && words.contains(lost), "{log}: {words}");
    }
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.words(&pull).len()), (tip, 1));
    stage.end();
}
