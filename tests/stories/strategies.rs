//! Stories about how a pull request's commits become commits on trunk.

use crate::driver::{Pull, Stage};

/// Lands a pull request of two commits; answers it, trunk before, and trunk after.
fn land_two_commits(stage: &Stage, strategy: &str) -> (Pull, String, String) {
    let app = stage.fact("/ci_app/id");
    let checks = format!("[checks]\nrequired = [{{ name = \"ci\", app = {app} }}]\n");
    stage.configure(&format!("{checks}\n[merge]\nstrategy = \"{strategy}\"\n"));
    let base = stage.push_trunk("moved.txt");
    let first = stage.push("lamp", "origin/main", "lamp.txt", "on\n");
    let head = stage.push("lamp", &first, "lamp.txt", "off\n");
    let pull = stage.open_pull("user", "lamp", head);
    stage.label(&pull);
    let tip = stage.tip_on(&base, &[&pull]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.candidates()), (tip.clone(), vec!["candidate/000001".to_owned()]));
    assert_eq!(stage.bare(&["rev-parse", "candidate/000001^{commit}"]), tip);
    assert_eq!(stage.bare(&["show", "main:lamp.txt"]), "off");
    (pull, base, tip)
}

#[test]
fn squash_makes_one_commit_by_its_author() {
    let stage = Stage::empty();
    let (pull, base, tip) = land_two_commits(&stage, "squash");
    assert_eq!(stage.bare(&["show", "--no-patch", "--format=%P", &tip]), base);
    assert_eq!(stage.bare(&["show", "--no-patch", "--format=%an <%ae>", &tip]), "Ada <ada@example.com>");
    let message = stage.bare(&["show", "--no-patch", "--format=%B", &tip]);
    assert_eq!(message, format!("The lamp (#{})\n\n* Write lamp.txt\n* Write lamp.txt", pull.number));
    stage.end();
}

#[test]
fn merge_keeps_its_commits_and_adds_one_of_ours() {
    let stage = Stage::empty();
    let (pull, base, tip) = land_two_commits(&stage, "merge");
    assert_eq!(stage.bare(&["show", "--no-patch", "--format=%P", &tip]), format!("{base} {}", pull.head));
    assert_eq!(stage.bare(&["show", "--no-patch", "--format=%an", &tip]), "Greenline");
    let message = stage.bare(&["show", "--no-patch", "--format=%B", &tip]);
    assert_eq!(message, format!("Merge pull request #{}: The lamp", pull.number));
    stage.end();
}
