//! Stories about several branches of a repository that have a queue each, with the settings that stand on them.

use crate::driver::{Pull, Stage, until};
use serde_json::{Value, json};

/// A repository whose branches below `release/` have queues; `release/1` is there.
fn with_releases() -> Stage {
    let stage = Stage::empty();
    settle(&stage, "[queue]\ntrunks = [\"release/*\"]\n");
    stage.git(&["push", "--quiet", &maintainers(&stage), "origin/main:refs/heads/release/1"]);
    until("release/1 has a board", || stage.has_board("release/1").then_some(()));
    stage
}

fn maintainers(stage: &Stage) -> String {
    let token = stage.fact("/tokens/maintainer");
    stage.remote(token.as_str().expect("a token"), &stage.full_name())
}

fn settle(stage: &Stage, queue: &str) {
    let app = stage.fact("/ci_app/id");
    stage.configure(&format!("{queue}\n[checks]\nrequired = [{{ name = \"ci\", app = {app} }}]\n"));
}

impl Stage {
    fn has_board(&self, trunk: &str) -> bool {
        self.try_api(&format!("/queue?trunk={trunk}")).is_some_and(|(status, _)| status == 200)
    }

    /// A pull request onto `base`, with one file.
    fn pull_onto(&self, base: &str, name: &str) -> Pull {
        let head = self.push(name, "origin/main", &format!("{name}.txt"), name);
        let body = json!({"title": format!("The {name}"), "head": name, "base": base, "maintainer_can_modify": false});
        let made = self.act("user", "POST", "/pulls", &body);
        Pull { number: made["number"].as_u64().expect("a number"), branch: name.to_owned(), head }
    }

    fn retarget(&self, pull: &Pull, base: &str) {
        self.act("maintainer", "PATCH", &format!("/pulls/{}", pull.number), &json!({"base": base}));
    }

    /// Waits for a tip that the queue of `trunk` has under test, with exactly this file more than `trunk`.
    fn tested_on(&self, trunk: &str, pull: &Pull) -> String {
        let prefix = format!("refs/heads/greenline/{trunk}/run-");
        let base = self.branch(trunk).expect("it is there");
        let mut wanted = self.files(&base);
        wanted.push(format!("{}.txt", pull.branch));
        wanted.sort();
        until(&format!("#{} is tested on {trunk}", pull.number), || {
            let tips = self.refs().into_iter().filter(|(name, _)| name.starts_with(&prefix)).map(|(_, tip)| tip);
            tips.filter(|tip| self.holds(tip, &base)).find(|tip| self.files(tip) == wanted)
        })
    }
}

#[test]
fn each_branch_has_its_own_queue_and_lands_on_itself_alone() {
    let stage = with_releases();
    let (fix, lamp) = (stage.pull_onto("release/1", "fix"), stage.ready("lamp"));
    stage.label(&fix);
    let tip = stage.tested_on("release/1", &fix);
    let (main, other) = (stage.trunk(), stage.tested_on("main", &lamp));
    let (code, said) = stage.queue("", &["list"]);
    assert!(code == 0 && said.contains("1 in the queue for main"), "{said}");
    assert!(said.contains("1 in the queue for release/1"), "{said}");
    stage.kill_service();
    until("it is ready again", || stage.says_ready().then_some(()));
    stage.conclude(&tip, "success");
    let told = stage.merged(&fix);
    assert!(told.contains("release/1"), "{told}");
    assert_eq!((stage.branch("release/1"), stage.trunk()), (Some(tip), main), "main stays where it is");
    stage.conclude(&other, "success");
    stage.merged(&lamp);
    assert_eq!(stage.trunk(), other);
    assert_eq!(stage.words(&fix).len(), 1, "one queue speaks to it: {:?}", stage.words(&fix));
    let candidates = stage.candidates();
    assert_eq!(candidates.len(), 2, "each landing has its own tag: {candidates:?}");
    stage.end();
}

#[test]
fn commands_and_requests_are_answered_by_one_queue() {
    let stage = with_releases();
    let fix = stage.pull_onto("release/1", "fix");
    stage.comment("maintainer", &fix, "@greenline status");
    stage.told(&fix, &["<!-- greenline:answer"]);
    let (code, said) = stage.queue("maintainer", &["add", &fix.number.to_string(), "--commit", &fix.head]);
    assert!(code == 0, "{code} {said}");
    let tip = stage.tested_on("release/1", &fix);
    until("it is told", || {
        let (code, said) = stage.queue("", &["why", &fix.number.to_string()]);
        (code == 0 && said.contains("in the queue [testing]")).then_some(())
    });
    stage.comment("maintainer", &fix, "@greenline ping");
    stage.conclude(&tip, "success");
    stage.merged(&fix);
    let answers = || stage.words(&fix).iter().filter(|words| words.contains("<!-- greenline:answer")).count();
    until("both commands are answered", || (answers() == 2).then_some(()));
    stage.end();
}

#[test]
fn whoever_is_retargeted_leaves_one_queue_and_may_be_asked_for_in_the_other() {
    let stage = with_releases();
    let run_there = || stage.refs().keys().any(|name| name.contains("greenline/release/1/run-"));
    let pull = stage.ready("lamp");
    stage.tested_on("main", &pull);
    stage.retarget(&pull, "release/1");
    stage.told(&pull, &["release/1"]);
    until("the label is off", || stage.labels(&pull).is_empty().then_some(()));
    assert!(!run_there(), "its label was for another branch");
    stage.comment("maintainer", &pull, "@greenline merge");
    let tip = stage.tested_on("release/1", &pull);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!(stage.branch("release/1"), Some(tip));
    stage.end();
}

#[test]
fn a_hold_stays_with_the_queue_it_was_said_to_and_its_people_hear_of_that() {
    let stage = with_releases();
    let (lamp, vase) = (stage.pull_onto("main", "lamp"), stage.pull_onto("main", "vase"));
    // By a comment: of a label the other queue would say, in the same place, that it was for another branch.
    stage.comment("maintainer", &lamp, "@greenline merge");
    stage.tested_on("main", &lamp);
    for pull in [&lamp, &vase] {
        stage.comment("maintainer", pull, "@greenline hold because of a doubt");
    }
    stage.told(&lamp, &["**Held.** `maintainer` holds it back"]);
    stage.told(&vase, &["It is not in the queue now"]);
    for pull in [&lamp, &vase] {
        stage.retarget(pull, "release/1");
        stage.told(pull, &["held it back in the queue of `main`, because `of a doubt`", "`@greenline hold` again"]);
    }
    stage.told(&lamp, &["**Out of the queue.** It goes to `release/1` now"]);
    stage.comment("maintainer", &vase, "@greenline hold");
    stage.told(&vase, &["whoever asks for it to land will have to wait"]);
    stage.comment("maintainer", &vase, &format!("@greenline merge {}", vase.head));
    stage.told(&vase, &["**Held.** `maintainer` holds it back. Its approval and its place"]);
    stage.end();
}

#[test]
fn a_comment_of_before_it_was_retargeted_asks_the_other_queue_for_nothing() {
    let stage = with_releases();
    let pull = stage.pull_onto("main", "lamp");
    stage.comment("maintainer", &pull, "@greenline merge");
    stage.tested_on("main", &pull);
    stage.retarget(&pull, "release/1");
    stage.told(&pull, &["It was sent to `release/1` after that was said"]);
    assert!(!stage.refs().keys().any(|name| name.contains("greenline/release/1/run-")));
    stage.comment("maintainer", &pull, &format!("@greenline merge {}", pull.head));
    let tip = stage.tested_on("release/1", &pull);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    stage.end();
}

#[test]
fn a_branch_without_a_queue_tells_whoever_waited_in_it() {
    let stage = with_releases();
    let fix = stage.pull_onto("release/1", "fix");
    stage.label(&fix);
    stage.tested_on("release/1", &fix);
    settle(&stage, "");
    stage.told(&fix, &["has no queue any more"]);
    until("its board is gone", || (!stage.has_board("release/1")).then_some(()));
    let why = stage.why(&fix);
    assert_eq!((&why["code"], &why["state"]), (&json!("no-queue"), &json!("out")), "{why}");
    let left = |name: &String| name.contains("greenline/release/1/");
    until("its branches are gone", || (!stage.refs().keys().any(left)).then_some(()));
    assert_eq!(stage.shown(&fix)["state"], "open");
    settle(&stage, "[queue]\ntrunks = [\"release/1\"]\n");
    until("it has one again", || stage.has_board("release/1").then_some(()));
    stage.comment("maintainer", &fix, "@greenline merge");
    let tip = stage.tested_on("release/1", &fix);
    stage.conclude(&tip, "success");
    stage.merged(&fix);
    stage.end();
}

#[test]
fn a_pull_request_from_one_trunk_to_another_never_moves_the_first() {
    let stage = with_releases();
    let head = stage.push("release/1", "origin/main", "backport.txt", "by hand\n");
    let lamp = stage.ready("lamp");
    let tip = stage.tested_on("main", &lamp);
    stage.conclude(&tip, "success");
    stage.merged(&lamp);
    let back = stage.open_pull("maintainer", "release/1", head.clone());
    stage.label(&back);
    let tip = until("the way back is tested", || {
        let tips: Vec<_> = stage.runs().into_iter().map(|(_, tip)| tip).collect();
        tips.into_iter().find(|tip| stage.files(tip).contains(&"backport.txt".to_owned()))
    });
    stage.conclude(&tip, "success");
    until("it is on trunk", || (stage.trunk() == tip).then_some(()));
    assert_eq!(stage.branch("release/1"), Some(head), "a trunk is nobody's branch to move");
    stage.end();
}

#[test]
fn one_commit_on_its_way_to_two_branches_has_a_check_run_for_each() {
    let stage = with_releases();
    // What it becomes on the one is another commit than on the other, so that each has a verdict of its own.
    let moved = stage.push_trunk("moved.txt");
    until("the push is seen", || (stage.board()["tip"] == json!(moved)).then_some(()));
    let lamp = stage.pull_onto("main", "lamp");
    let body =
        json!({"title": "The lamp, here too", "head": "lamp", "base": "release/1", "maintainer_can_modify": false});
    let made = stage.act("user", "POST", "/pulls", &body);
    let backport = Pull { number: made["number"].as_u64().expect("a number"), ..lamp.clone() };
    for pull in [&lamp, &backport] {
        stage.label(pull);
    }
    let tip = stage.tested_on("release/1", &backport);
    stage.conclude(&tip, "failure");
    stage.conclude(&stage.branch("release/1").expect("it is there"), "success");
    stage.out(&backport, &["Sent back"]);
    stage.reported(&lamp.head, "greenline (release/1)", &json!("failure"), &["did not pass"]);
    stage.reported(&lamp.head, "greenline", &Value::Null, &["1st of 1 in the queue for `main`"]);
    stage.end();
}
