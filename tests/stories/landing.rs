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
