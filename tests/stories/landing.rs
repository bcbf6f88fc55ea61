//! Stories that end on trunk.

use crate::driver::{Stage, until};

#[test]
fn a_pull_request_lands_as_exactly_the_commit_that_was_tested() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let base = stage.push_trunk("moved.txt");
    stage.label(&pull);
    let tip = stage.tip(&[&pull]);
    assert_ne!(tip, pull.head, "it was rebased");
    stage.conclude(&tip, "success");
    let told = stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    assert_eq!(stage.branch("lamp").as_deref(), Some(tip.as_str()), "its branch was moved first");
    assert_eq!(stage.bare(&["rev-parse", &format!("{tip}^")]), base, "one commit, on trunk as it was");
    assert_eq!(stage.candidates(), ["candidate/000001"]);
    assert_eq!(stage.bare(&["cat-file", "-t", "candidate/000001"]), "tag");
    assert_eq!(stage.bare(&["rev-parse", "candidate/000001^{commit}"]), tip);
    let message = stage.bare(&["for-each-ref", "--format=%(contents)", "refs/tags/candidate/000001"]);
    assert!(message.contains(&format!("#{} The lamp", pull.number)), "{message}");
    assert!(told.contains(&tip) && told.contains("candidate/000001") && told.contains("ci"), "{told}");
    assert_eq!(stage.words(&pull).len(), 1, "one comment, edited in place");
    until("the tested branch is gone", || stage.runs().is_empty().then_some(()));
    stage.end();
}

#[test]
fn a_push_to_trunk_past_the_queue_costs_only_a_retest() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let old = stage.tip(&[&pull]);
    let foreign = stage.push_trunk("foreign.txt");
    let new = stage.tip_on(&foreign, &[&pull]);
    stage.conclude(&old, "success");
    stage.conclude(&new, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), new);
    assert_eq!(stage.bare(&["rev-parse", "main^"]), foreign);
    assert_eq!(stage.candidates(), ["candidate/000001"]);
    assert_eq!(stage.words(&pull).len(), 1);
    stage.end();
}

#[test]
fn a_fork_that_cannot_be_pushed_lands_and_is_closed_with_the_commit_named() {
    let stage = Stage::empty();
    stage.push_trunk("moved.txt");
    let fork = stage.act("user", "POST", "/forks", &serde_json::json!({}));
    let fork = fork["full_name"].as_str().expect("a name").to_owned();
    let head = stage.commit("origin/main", "lamp.txt", "lamp\n");
    let token = stage.fact("/tokens/user").as_str().expect("text").to_owned();
    stage.push_commit(&token, &fork, &head, "lamp");
    let pull = crate::driver::Pull { branch: "lamp".into(), ..stage.open_pull("user", "user:lamp", head.clone()) };
    stage.label(&pull);
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    let told = stage.told(&pull, &["Landed", "closed", tip.as_str()]);
    assert_eq!(stage.trunk(), tip);
    let shown = stage.shown(&pull);
    assert_eq!((&shown["state"], &shown["merged"]), (&"closed".into(), &false.into()), "{told}");
    assert_eq!(shown["head"]["sha"], head.as_str(), "the fork is its owner's");
    assert_eq!(stage.words(&pull).len(), 1);
    stage.end();
}

#[test]
fn those_behind_are_tested_on_top_and_land_together() {
    let stage = Stage::empty();
    let (one, two, three) = (stage.ready("one"), stage.ready("two"), stage.ready("three"));
    let base = stage.trunk();
    let first = stage.tip_on(&base, &[&one]);
    let second = stage.tip_on(&base, &[&one, &two]);
    let third = stage.tip_on(&base, &[&one, &two, &three]);
    stage.conclude(&third, "success");
    for (pull, tip) in [(&one, &first), (&two, &second), (&three, &third)] {
        assert!(stage.merged(pull).contains(tip.as_str()), "each is told its own commit");
        assert_eq!(stage.branch(&pull.branch).as_ref(), Some(tip));
    }
    assert_eq!(stage.trunk(), third);
    assert_eq!(stage.candidates(), ["candidate/000001"], "one landing, one candidate");
    stage.end();
}
