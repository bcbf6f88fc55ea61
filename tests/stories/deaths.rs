//! Stories in which the service is killed where it stands, ended politely, or started again with everything around it.

use crate::driver::{Pull, Stage, signal_end, until};
use serde_json::json;
use std::time::{Duration, Instant};

const ONE_AT_A_TIME: &str = "[queue]\nstrategy = \"pipeline\"\ndepth = 4\nbudget = 1\n\n[checks]\n\
                             required = [{ name = \"ci\", app = APP }]\n";

/// Everything landed exactly once, was tagged once, and is told in one comment.
fn once_each(stage: &Stage, pulls: &[Pull]) {
    let subjects = stage.bare(&["log", "--format=%s", "main"]);
    for pull in pulls {
        let times = subjects.lines().filter(|line| *line == format!("Write {}.txt", pull.branch)).count();
        assert_eq!(times, 1, "#{} in {subjects}", pull.number);
        assert_eq!(stage.words(pull).len(), 1, "#{}", pull.number);
    }
    assert_eq!(stage.candidates().len(), pulls.len());
    until("nothing is left over", || stage.runs().is_empty().then_some(()));
}

#[test]
fn killed_before_the_verdict_it_goes_on() {
    let stage = Stage::empty();
    let mut pulls = Vec::new();
    for name in ["one", "two"] {
        let pull = stage.ready(name);
        stage.kill_service();
        let tip = stage.tip(&[&pull]);
        stage.kill_service();
        stage.conclude(&tip, "success");
        stage.merged(&pull);
        assert_eq!(stage.trunk(), tip, "a run is not begun twice");
        pulls.push(pull);
    }
    once_each(&stage, &pulls);
    stage.end();
}

#[test]
fn killed_while_landing_it_lands_once() {
    let stage = Stage::empty();
    let mut pulls = Vec::new();
    let moments: [fn(&Stage, &Pull, &str) -> bool; 5] = [
        |_, _, _| true,
        |stage, _, _| stage.refs().keys().any(|name| name.starts_with("refs/greenline/landing/")),
        |stage, pull, tip| stage.branch(&pull.branch).as_deref() == Some(tip),
        |stage, _, tip| stage.trunk() == tip,
        |stage, pull, _| stage.shown(pull)["merged"] == true,
    ];
    for (round, moment) in moments.iter().enumerate() {
        let pull = stage.ready(&format!("round{round}"));
        let tip = stage.tip(&[&pull]);
        stage.conclude(&tip, "success");
        until("the moment comes", || (moment(&stage, &pull, &tip) || stage.trunk() == tip).then_some(()));
        stage.kill_service();
        stage.merged(&pull);
        assert_eq!(stage.trunk(), tip);
        pulls.push(pull);
    }
    once_each(&stage, &pulls);
    stage.end();
}

#[test]
fn the_whole_sandbox_goes_on_from_its_directory() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    stage.start_again();
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    once_each(&stage, &[pull]);
    stage.end();
}

#[test]
fn with_its_git_cache_lost_it_goes_on() {
    let stage = Stage::empty();
    // One run at a time: what waits for its slot is composed, and nowhere but in the cache.
    stage.configure(&ONE_AT_A_TIME.replace("APP", &stage.fact("/ci_app/id").to_string()));
    let pulls = ["one", "two", "three"].map(|name| stage.ready(name));
    let base = stage.trunk();
    let first = stage.tip_on(&base, &[&pulls[0]]);
    until("the others are composed", || (stage.phases() == ["testing", "composed", "composed"]).then_some(()));
    stage.lose_cache();
    let late = stage.ready("late");
    stage.conclude(&first, "success");
    stage.merged(&pulls[0]);
    let mut under_test: Vec<&Pull> = vec![&pulls[0]];
    for pull in [&pulls[1], &pulls[2], &late] {
        under_test.push(pull);
        stage.conclude(&stage.tip_on(&base, &under_test), "success");
        stage.merged(pull);
    }
    assert!(stage.log("sandbox/service.log").contains("composing it again"), "something was lost");
    once_each(&stage, &[pulls.to_vec(), vec![late]].concat());
    stage.end();
}

#[test]
fn with_its_git_cache_lost_in_the_middle_of_a_landing_it_lands() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.push_trunk("moved.txt");
    stage.label(&pull);
    let tip = stage.tip(&[&pull]);
    // A landing reads its pull requests again first: it is held there, and the fault ends with the sandbox.
    let held = json!({"method": "GET", "path": "/repos/*/*/pulls/*", "when": "before", "status": 503});
    stage.admin("POST", "/faults/routes", &held);
    stage.conclude(&tip, "success");
    until("it is landing", || (stage.phases() == ["landing"]).then_some(()));
    stage.lose_cache();
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    once_each(&stage, &[pull]);
    stage.end();
}

#[test]
fn asked_to_end_it_ends_within_ten_seconds() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    let (asked, pid) = (Instant::now(), stage.service_pid());
    signal_end(pid);
    until("another service has begun", || (stage.service_pid() != pid).then_some(()));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    stage.end();
}
