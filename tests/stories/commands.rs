//! Stories told by comments.

use crate::driver::{Stage, until};

#[test]
fn a_maintainer_says_merge_and_it_lands() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.comment("maintainer", &pull, "Looks good.\n\n@greenline merge");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    assert_eq!(stage.words(&pull).len(), 1, "what can be seen needs no answer of its own");
    stage.end();
}

#[test]
fn who_may_not_is_told_so_once_and_quoting_asks_for_nothing() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.comment("user", &pull, "> @greenline merge\n\nWhat does this do?\n\n    @greenline merge");
    stage.comment("outsider", &pull, "@greenline merge");
    let told = stage.told(&pull, &["outsider", "write permission"]);
    let other = stage.ready("other");
    stage.conclude(&stage.tip(&[&other]), "success");
    stage.merged(&other);
    assert!(!stage.queued(&pull));
    assert_eq!(stage.words(&pull), [told]);
    stage.end();
}

#[test]
fn status_cancel_and_a_slip_of_the_pen_are_answered() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.comment("maintainer", &pull, "@greenline mrege");
    stage.told(&pull, &["mrege", "Did you mean `@greenline merge`?"]);
    assert!(!stage.queued(&pull), "a guess is only ever said");
    stage.comment("maintainer", &pull, "@greenline cancel");
    stage.told(&pull, &["not in the queue"]);
    stage.comment("maintainer", &pull, "@greenline merge");
    let tip = stage.tip(&[&pull]);
    let before = stage.words(&pull).len();
    stage.comment("user", &pull, "@greenline status");
    until("status is answered", || (stage.words(&pull).len() > before).then_some(()));
    let answer = stage.words(&pull).pop().expect("there is one");
    assert!(answer.contains("1st of 1") && answer.contains(&tip), "{answer}");
    stage.comment("maintainer", &pull, "@greenline cancel");
    stage.out(&pull, &["Out of the queue", "`maintainer`"]);
    assert_eq!(stage.words(&pull).len(), before + 1);
    stage.end();
}
