//! Stories told by comments.

use crate::driver::{Pull, Stage, until};
use serde_json::json;

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
    stage.told(&pull, &["**Queued.**", &tip]);
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

#[test]
fn a_commit_can_be_named_with_a_shape_and_a_rank() {
    let stage = Stage::empty();
    let first = stage.ready("first");
    let tip = stage.tip(&[&first]);
    let (usual, urgent) = (stage.ready("usual"), stage.pull("urgent"));
    stage.in_queue(&usual);
    stage.comment("maintainer", &urgent, &format!("@greenline merge {}", "0".repeat(40)));
    stage.told(&urgent, &["not its head", &format!("`@greenline merge {}`", urgent.head)]);
    stage.comment("maintainer", &urgent, &format!("@greenline merge {} as squash priority=5", &urgent.head[..12]));
    let ahead = stage.tip(&[&urgent]);
    stage.conclude(&ahead, "success");
    stage.merged(&urgent);
    assert_eq!(stage.trunk(), ahead);
    assert!(!stage.holds(&stage.trunk(), &tip) && stage.bare(&["log", "-1", "--format=%s", &ahead]).contains("(#"));
    stage.end();
}

#[test]
fn whoever_asks_for_help_is_helped() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.comment("outsider", &pull, "@greenline help");
    stage.told(&pull, &["`@greenline merge [COMMIT]", "`@greenline status` (or `why`)"]);
    stage.comment("outsider", &pull, "@greenline ping");
    stage.told(&pull, &["listens"]);
    stage.comment("maintainer", &pull, "@greenline merge soon");
    stage.told(&pull, &["`soon` means nothing", "`@greenline merge [COMMIT]"]);
    assert!(!stage.queued(&pull));
    stage.end();
}

#[test]
fn a_locked_one_lands_and_is_told_a_merged_one_is_refused_and_an_issue_is_nobodys_business() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.act("maintainer", "PUT", &format!("/issues/{}/lock", pull.number), &json!({"lock_reason": "resolved"}));
    stage.comment("maintainer", &pull, "@greenline merge");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    stage.comment("maintainer", &pull, "@greenline merge");
    stage.told(&pull, &["`merge` was not done", "It has landed already"]);
    let issue = stage.act("user", "POST", "/issues", &json!({"title": "A question"}));
    let issue = Pull { number: issue["number"].as_u64().expect("a number"), ..pull.clone() };
    stage.comment("maintainer", &issue, "@greenline merge");
    let other = stage.pull("chair");
    stage.comment("maintainer", &other, "@greenline ping");
    stage.told(&other, &["<!-- greenline:answer"]);
    assert_eq!(stage.words(&issue), [""; 0], "it is no pull request");
    stage.end();
}
