//! Stories in which people stop the queue, or one pull request, and go on again.

use crate::driver::{Pull, Stage, until};
use serde_json::json;

/// Settings with a section about freezes.
fn configure(stage: &Stage, freeze: &str) {
    let app = stage.fact("/ci_app/id");
    stage.configure(&format!("[checks]\nrequired = [{{ name = \"ci\", app = {app} }}]\n\n[freeze]\n{freeze}"));
    until("the settings are read", || (!stage.board()["closures"].as_array()?.is_empty()).then_some(()));
}

/// It is green, and waits for the freeze to end.
fn waits_green(stage: &Stage, pull: &Pull, tip: &str) {
    stage.conclude(tip, "success");
    stage.told(pull, &["**Queued.**", &format!("green as commit {tip}"), "Nothing lands"]);
}

#[test]
fn a_frozen_queue_keeps_what_is_green_and_lands_it_when_thawed() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    stage.comment("outsider", &pull, "@greenline freeze because I say so");
    stage.told(&pull, &["`freeze` was not done", "`outsider` would need write permission"]);
    stage.comment("maintainer", &pull, "@greenline freeze because the release burns");
    stage.told(
        &pull,
        &["<!-- greenline:answer", "Nothing lands: `maintainer` froze the queue", "`the release burns`", "tests go on"],
    );
    waits_green(&stage, &pull, &tip);
    stage.kill_service();
    until("it is ready again", || stage.says_ready().then_some(()));
    until("it is frozen after a restart", || {
        (stage.board()["closures"][0]["reason"] == "the release burns").then_some(())
    });
    assert_ne!(stage.trunk(), tip);
    let fix = stage.pull("fix");
    stage.comment("maintainer", &fix, "@greenline merge as hotfix");
    let ahead = stage.tip(&[&fix]);
    stage.conclude(&ahead, "success");
    stage.merged(&fix);
    assert_eq!(stage.trunk(), ahead, "a hotfix passes, and takes nobody along");
    let tip = stage.tip(&[&pull]);
    waits_green(&stage, &pull, &tip);
    let runs = stage.runs();
    stage.comment("maintainer", &pull, "@greenline thaw");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    let later: Vec<_> = stage.runs().into_iter().filter(|run| !runs.contains(run)).collect();
    assert_eq!(later, [], "nothing was tested again");
    stage.comment("maintainer", &pull, "@greenline thaw");
    stage.told(&pull, &["Nobody has frozen the queue"]);
    stage.end();
}

#[test]
fn a_freeze_ends_by_itself_when_it_was_to_end() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    stage.comment("maintainer", &pull, "@greenline freeze for 12s because of a look at the graphs");
    stage.told(&pull, &["<!-- greenline:answer", "Nothing lands until", "`maintainer` froze the queue"]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    assert_eq!(stage.board()["closures"], json!([]));
    stage.end();
}

#[test]
fn the_calendar_keeps_everything_but_what_is_exempt() {
    let stage = Stage::empty();
    configure(
        &stage,
        "windows = [{ when = \"2020-01-01..2998-12-31\", reason = \"a long winter\", exempt_labels = [\"urgent\"] }]\n",
    );
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    waits_green(&stage, &pull, &tip);
    stage.told(&pull, &["until 2999-01-01 00:00 (UTC)", "`a long winter`", "the label `urgent`"]);
    stage.comment("maintainer", &pull, "@greenline thaw");
    stage.told(&pull, &["`thaw` was not done", "`[[freeze.windows]]`"]);
    assert_ne!(stage.trunk(), tip);
    let path = format!("/issues/{}/labels", pull.number);
    stage.act("maintainer", "POST", &path, &json!({"labels": ["urgent"]}));
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    stage.end();
}

#[test]
fn who_is_held_waits_aside_and_those_behind_it_go_on() {
    let stage = Stage::empty();
    let (first, second) = (stage.ready("first"), stage.ready("second"));
    stage.tip(&[&first, &second]);
    stage.comment("user", &first, "@greenline hold because of a doubt");
    stage.told(&first, &["**Held.** `user` holds it back, because `of a doubt`.", "`@greenline release`"]);
    let tip = stage.tip(&[&second]);
    stage.conclude(&tip, "success");
    stage.merged(&second);
    assert_eq!(stage.trunk(), tip);
    assert_eq!((stage.board()["held"][0]["pull"].as_u64(), stage.queued(&first)), (Some(first.number), false));
    stage.comment("outsider", &first, "@greenline release");
    stage.told(&first, &["`release` was not done", "`outsider` would need write permission"]);
    stage.comment("maintainer", &first, "@greenline release");
    let tip = stage.tip(&[&first]);
    stage.conclude(&tip, "success");
    stage.merged(&first);
    assert_eq!((stage.trunk(), stage.board()["held"].clone()), (tip, json!([])));
    stage.end();
}
