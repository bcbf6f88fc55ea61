//! Stories about what becomes of branches and forks once a pull request has landed.

use crate::driver::{Pull, Stage, until};
use crate::strategies::merge_settings;
use serde_json::json;

fn land(stage: &Stage, pull: &Pull) -> String {
    stage.label(pull);
    let tip = stage.tip(&[pull]);
    stage.conclude(&tip, "success");
    stage.merged(pull);
    tip
}

#[test]
fn a_landed_branch_goes_and_who_stands_on_it_is_sent_to_trunk_first() {
    let stage = Stage::empty();
    merge_settings(&stage, "delete_branch = true");
    let parent = stage.pull("lamp");
    let head = stage.push("shade", &parent.head, "shade.txt", "shade\n");
    let body = json!({"title": "The shade", "head": "shade", "base": "lamp"});
    let made = stage.act("user", "POST", "/pulls", &body);
    let child = Pull { number: made["number"].as_u64().expect("a number"), branch: "shade".into(), head };
    let other = stage.pull("other");
    let base = stage.push_trunk("moved.txt");
    land(&stage, &parent);
    until("the branch is deleted", || stage.branch("lamp").is_none().then_some(()));
    let shown = stage.shown(&child);
    assert_eq!((&shown["state"], &shown["base"]["ref"]), (&"open".into(), &"main".into()));
    assert!(stage.branch(&other.branch).is_some());
    // What the child stood on is on trunk in another shape; it lands as its own commit alone.
    land(&stage, &child);
    until("its branch is deleted", || stage.branch("shade").is_none().then_some(()));
    assert_eq!(stage.bare(&["rev-list", "--count", &format!("{base}..main")]), "2");
    stage.end();
}

#[test]
fn a_branch_that_somebody_needs_stays() {
    let stage = Stage::empty();
    merge_settings(&stage, "delete_branch = true");
    let (kept, shared) = (stage.pull("kept"), stage.pull("shared"));
    let protected = json!({"branch": "kept", "protection": {"allow_force_pushes": true, "allow_deletions": true}});
    stage.admin("PUT", &format!("/repos/{}/protection", stage.full_name()), &protected);
    let body = json!({"title": "Elsewhere too", "head": "shared", "base": "stable"});
    stage.push_commit(&token(&stage, "maintainer"), &stage.full_name(), "origin/main", "stable");
    stage.act("user", "POST", "/pulls", &body);
    land(&stage, &kept);
    land(&stage, &shared);
    let last = stage.pull("last");
    land(&stage, &last);
    until("the last branch is deleted", || stage.branch("last").is_none().then_some(()));
    assert!(stage.branch("kept").is_some() && stage.branch("shared").is_some());
    stage.end();
}

fn token(stage: &Stage, who: &str) -> String {
    stage.fact(&format!("/tokens/{who}")).as_str().expect("text").to_owned()
}

#[test]
fn a_fork_that_cannot_be_pushed_is_merged_as_it_is_where_the_settings_say_so() {
    let stage = Stage::empty();
    merge_settings(&stage, "forks = \"merge-commit\"");
    let base = stage.push_trunk("moved.txt");
    let fork = stage.act("user", "POST", "/forks", &json!({}));
    let fork = fork["full_name"].as_str().expect("a name").to_owned();
    let head = stage.commit("origin/main", "lamp.txt", "lamp\n");
    stage.push_commit(&token(&stage, "user"), &fork, &head, "lamp");
    let pull = Pull { branch: "lamp".into(), ..stage.open_pull("user", "user:lamp", head.clone()) };
    stage.label(&pull);
    let tip = stage.tip_on(&base, &[&pull]);
    assert_eq!(stage.bare(&["show", "--no-patch", "--format=%P", &tip]), format!("{base} {head}"));
    stage.conclude(&tip, "success");
    let told = stage.merged(&pull);
    assert!(!told.contains("closed"), "{told}");
    assert_eq!((stage.trunk(), stage.shown(&pull)["head"]["sha"].clone()), (tip, head.into()));
    stage.end();
}
