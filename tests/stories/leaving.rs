//! Stories of people who change their minds while the queue is at work.

use crate::driver::{Pull, Stage};
use serde_json::{Value, json};

/// Lands another pull request, so that whatever was still to happen has had its time.
fn land_another(stage: &Stage) {
    let other = stage.ready("another");
    let tip = stage.tip(&[&other]);
    stage.conclude(&tip, "success");
    stage.merged(&other);
    assert_eq!(stage.trunk(), tip);
}

#[test]
fn a_push_during_the_test_takes_it_out_and_a_late_green_lands_nothing() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    let new = stage.push("lamp", &pull.head, "lamp.txt", "another\n");
    stage.out(&pull, &["Out of the queue", new.as_str(), pull.head.as_str()]);
    stage.conclude(&tip, "success");
    land_another(&stage);
    assert!(!stage.files("main").contains(&"lamp.txt".to_owned()));
    assert_eq!(stage.branch("lamp"), Some(new), "their branch is theirs");
    assert_eq!(stage.words(&pull).len(), 1);
    stage.end();
}

/// Takes a pull request out in the middle of its test; answers what its people were told.
fn take_out(stage: &Stage, name: &str, how: impl FnOnce(&Pull), parts: &[&str]) {
    let pull = stage.ready(name);
    let tip = stage.tip(&[&pull]);
    how(&pull);
    let told = stage.out(&pull, parts);
    stage.conclude(&tip, "success");
    assert_eq!(stage.words(&pull), [told]);
}

#[test]
fn label_off_draft_close_and_another_base_take_it_out() {
    let stage = Stage::empty();
    let main = stage.trunk();
    take_out(&stage, "unlabelled", |pull| stage.unlabel(pull), &["label", "taken off"]);
    let draft = |pull: &Pull| {
        let path = format!("/repos/{}/pulls/{}/draft", stage.full_name(), pull.number);
        stage.admin("POST", &path, &json!({"value": true}));
    };
    take_out(&stage, "draft", draft, &["draft"]);
    let patch = |pull: &Pull, body: &Value| {
        stage.act("user", "PATCH", &format!("/pulls/{}", pull.number), body);
    };
    take_out(&stage, "closed", |pull| patch(pull, &json!({"state": "closed"})), &["closed"]);
    stage.push("release", "origin/main", "release.txt", "1\n");
    take_out(&stage, "elsewhere", |pull| patch(pull, &json!({"base": "release"})), &["`release`"]);
    assert_eq!(stage.trunk(), main);
    land_another(&stage);
    assert_eq!(stage.candidates(), ["candidate/000001"]);
    stage.end();
}

#[test]
fn the_one_behind_a_leaver_goes_on_without_it() {
    let stage = Stage::empty();
    let (leaver, stayer) = (stage.ready("leaver"), stage.ready("stayer"));
    let base = stage.trunk();
    let both = stage.tip_on(&base, &[&leaver, &stayer]);
    stage.unlabel(&leaver);
    stage.out(&leaver, &["taken off"]);
    stage.conclude(&both, "success");
    let alone = stage.tip_on(&base, &[&stayer]);
    stage.conclude(&alone, "success");
    stage.merged(&stayer);
    assert_eq!(stage.trunk(), alone);
    stage.end();
}

#[test]
fn one_that_a_person_merges_meanwhile_is_told_so_and_the_next_is_tested_on_it() {
    let stage = Stage::empty();
    let (merged, next) = (stage.ready("merged"), stage.ready("next"));
    stage.tip(&[&merged, &next]);
    stage.act("maintainer", "PUT", &format!("/pulls/{}/merge", merged.number), &json!({}));
    stage.told(&merged, &["Out of the queue", "merged, but not by me"]);
    let by_hand = stage.trunk();
    let tip = stage.tip_on(&by_hand, &[&next]);
    stage.conclude(&tip, "success");
    stage.merged(&next);
    assert_eq!((stage.trunk(), stage.bare(&["rev-parse", "main^"])), (tip, by_hand));
    assert_eq!((stage.candidates().len(), stage.words(&merged).len()), (1, 1));
    stage.end();
}
