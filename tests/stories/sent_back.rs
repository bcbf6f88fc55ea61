//! Stories of pull requests that must not land, and of their neighbours who must.

use crate::driver::{Stage, another_second, until};
use serde_json::{Value, json};

#[test]
fn a_red_one_is_sent_back_and_the_next_lands_without_it() {
    let stage = Stage::empty();
    let (bad, good) = (stage.ready("bad"), stage.ready("good"));
    let base = stage.trunk();
    let alone = stage.tip_on(&base, &[&bad]);
    let both = stage.tip_on(&base, &[&bad, &good]);
    stage.blame(&alone);
    let told = stage.out(&bad, &["Sent back", "`ci` did not pass", alone.as_str()]);
    until("the label is off", || stage.labels(&bad).is_empty().then_some(()));
    let again = stage.tip_on(&base, &[&good]);
    stage.conclude(&both, "success");
    stage.conclude(&again, "success");
    stage.merged(&good);
    assert_eq!(stage.trunk(), again, "what was tested with the red one is void");
    assert_eq!(stage.words(&bad), [told], "one comment, and it stands");
    stage.end();
}

#[test]
fn a_mended_one_may_try_again() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    stage.blame(&stage.tip(&[&pull]));
    stage.out(&pull, &["Sent back"]);
    until("the label is off", || stage.labels(&pull).is_empty().then_some(()));
    stage.push("lamp", &pull.head, "lamp.txt", "mended\n");
    // GitHub dates labels by the second: within one it could not be told whether the label came before the push.
    another_second();
    stage.label(&pull);
    let tip = stage.tip(&[&pull]);
    assert_eq!(stage.bare(&["show", &format!("{tip}:lamp.txt")]), "mended");
    stage.conclude(&tip, "success");
    assert!(stage.merged(&pull).contains(&tip));
    assert_eq!(stage.words(&pull).len(), 1, "the same comment tells the new story");
    stage.end();
}

#[test]
fn on_a_red_trunk_nobody_is_blamed_and_the_cure_lands() {
    let stage = Stage::empty();
    let red = stage.trunk();
    let innocent = stage.ready("innocent");
    stage.conclude(&stage.tip(&[&innocent]), "failure");
    stage.conclude(&red, "failure");
    stage.told(&innocent, &["nobody in the queue is blamed"]);
    assert!(stage.queued(&innocent));
    let mended = stage.push_trunk("mended.txt");
    let tip = stage.tip_on(&mended, &[&innocent]);
    stage.conclude(&tip, "success");
    stage.merged(&innocent);
    assert_eq!(stage.trunk(), tip);
    stage.end();
}

#[test]
fn a_conflict_is_named_with_its_files() {
    let stage = Stage::empty();
    let first = stage.pull_with("first", "README.md", "one\n");
    let second = stage.pull_with("second", "README.md", "two\n");
    stage.label(&first);
    stage.in_queue(&first);
    stage.label(&second);
    let tip = until("the first is tested", || stage.runs().pop()).1;
    assert_eq!(stage.bare(&["show", &format!("{tip}:README.md")]), "one");
    stage.conclude(&tip, "success");
    stage.merged(&first);
    let told = stage.out(&second, &["Sent back", "conflict", "README.md"]);
    assert_eq!(stage.words(&second), [told]);
    assert_eq!(stage.trunk(), tip);
    stage.end();
}

#[test]
fn a_head_that_the_remote_does_not_hand_out_is_sent_back_and_the_next_lands() {
    let stage = Stage::empty();
    let (lost, next) = (stage.pull("lost"), stage.pull("next"));
    stage.bare(&["update-ref", "-d", &format!("refs/pull/{}/head", lost.number)]);
    for pull in [&lost, &next] {
        stage.label(pull);
        stage.in_queue(pull);
    }
    stage.out(&lost, &["Sent back", &lost.head, "cannot be fetched", "Push its branch again"]);
    let tip = stage.tip(&[&next]);
    stage.conclude(&tip, "success");
    stage.merged(&next);
    assert_eq!((stage.trunk(), stage.words(&lost).len()), (tip, 1));
    stage.end();
}

#[test]
fn what_is_in_already_is_said_to_be() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let other = stage.push("main", "origin/main", "other.txt", "other\n");
    let twin = stage.push("main", &other, "lamp.txt", "lamp\n");
    stage.label(&pull);
    stage.out(&pull, &["already"]);
    assert_eq!(stage.trunk(), twin);
    stage.end();
}

#[test]
fn what_may_not_be_pushed_for_what_is_in_it_is_sent_back_alone() {
    let stage = Stage::empty();
    let world = stage.admin("GET", "/state", &Value::Null);
    let mut permissions = world["apps"][world["cast"]["app"].to_string()]["permissions"].clone();
    permissions.as_object_mut().expect("an object").remove("workflows");
    stage.admin("PUT", "/app", &json!({"permissions": permissions}));
    stage.admin("POST", "/tokens/expire", &Value::Null);
    let path = ".github/workflows/ci.yml";
    let text = |top: &str, end: &str| format!("# {top}\non: push\n\n\n\n\n\njobs: {{}}\n# {end}\n");
    stage.push("main", "origin/main", path, &text("top", "end"));
    let token = stage.fact("/tokens/maintainer");
    let url = stage.remote(token.as_str().expect("a token"), &stage.full_name());
    stage.git(&["fetch", "--quiet", &url, "+main:refs/remotes/origin/main"]);
    let known = stage.pull_with("known", path, &text("other", "end"));
    let new = stage.pull_with("new", path, &text("top", "other"));
    stage.label(&known);
    let (_, tip) = until("what is on a branch already may be pushed again", || stage.runs().pop());
    stage.conclude(&tip, "success");
    stage.merged(&known);
    stage.label(&new);
    stage.told(&new, &["Sent back", "without `workflows` permission", "Workflows: write"]);
    assert_eq!(stage.why(&new)["code"], "push-refused");
    let lamp = stage.ready("lamp");
    let tip = stage.tip(&[&lamp]);
    stage.conclude(&tip, "success");
    stage.merged(&lamp);
    stage.end();
}
