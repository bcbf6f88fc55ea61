//! Stories about what is tested with whom, and when: trials without landing, and groups that wait for others.

use crate::driver::{Pull, Stage, until};
use serde_json::{Value, json};

/// Settings with these lines in their section `[queue]`.
fn queue_settings(stage: &Stage, lines: &str) {
    let app = stage.fact("/ci_app/id");
    stage.configure(&format!("[queue]\n{lines}\n[checks]\nrequired = [{{ name = \"ci\", app = {app} }}]\n"));
}

/// The branches on which trials are checked, with their tips.
fn trials(stage: &Stage) -> Vec<(String, String)> {
    let ours =
        |(name, sha): (String, String)| Some((name.strip_prefix("refs/heads/greenline/main/try-")?.to_owned(), sha));
    stage.refs().into_iter().filter_map(ours).collect()
}

/// Waits for a commit on trial that has exactly this pull request's file more than `base`.
fn on_trial(stage: &Stage, pull: &Pull, base: &str) -> String {
    let mut wanted = stage.files(base);
    wanted.push(format!("{}.txt", pull.branch));
    wanted.sort();
    until(&format!("#{} is on trial", pull.number), || {
        trials(stage).into_iter().map(|(_, tip)| tip).find(|tip| stage.holds(tip, base) && stage.files(tip) == wanted)
    })
}

/// Waits until Greenline knows trunk as it is, and its settings.
fn trunk_is_read(stage: &Stage) {
    until("trunk is read", || (stage.board()["tip"] == json!(stage.trunk())).then_some(()));
}

fn no_trials(stage: &Stage) {
    until("no branch of a trial is left", || trials(stage).is_empty().then_some(()));
}

#[test]
fn a_trial_says_what_ci_says_and_lands_nothing() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let base = stage.push_trunk("moved.txt");
    trunk_is_read(&stage);
    stage.comment("maintainer", &pull, "@greenline try");
    let tip = on_trial(&stage, &pull, &base);
    stage.told(&pull, &["**Trial: under way.**", &pull.head, &base, &tip, "greenline/main/try-1"]);
    let moved = stage.push_trunk("again.txt");
    stage.kill_service();
    stage.conclude(&tip, "success");
    let told = stage.told(&pull, &["**Trial: green.**", &pull.head, &base, &tip, "`ci` passed", "Nothing has landed"]);
    no_trials(&stage);
    assert_eq!((stage.trunk(), stage.words(&pull)), (moved, vec![told]), "one comment, edited in place");
    assert_eq!((stage.queued(&pull), stage.runs(), stage.candidates()), (false, Vec::new(), Vec::new()));
    assert!(stage.reports(&pull.head, "greenline").is_empty(), "it is not the queue's business");
    assert_eq!(stage.board()["trials"][0]["phase"], "green");
    stage.comment("maintainer", &pull, "@greenline status");
    stage.told(&pull, &["It is not in the queue", "Trial: green"]);
    assert!(stage.why(&pull)["trial"].as_str().is_some_and(|trial| trial.contains(&tip)));
    stage.comment("maintainer", &pull, "@greenline merge");
    stage.conclude(&stage.tip(&[&pull]), "success");
    stage.merged(&pull);
    stage.end();
}

#[test]
fn a_red_trial_keeps_nobody_from_the_queue() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let base = stage.trunk();
    stage.comment("maintainer", &pull, &format!("@greenline try {} as squash", pull.head));
    let tip = on_trial(&stage, &pull, &base);
    assert!(stage.bare(&["show", "--no-patch", "--format=%s", &tip]).ends_with(&format!("(#{})", pull.number)));
    stage.conclude(&tip, "failure");
    stage.told(&pull, &["**Trial: not green.**", "by squash", "`ci` did not pass"]);
    stage.comment("maintainer", &pull, "@greenline merge");
    let other = stage.tip(&[&pull]);
    assert_ne!(other, tip);
    stage.conclude(&other, "success");
    stage.merged(&pull);
    stage.end();
}

#[test]
fn whoever_may_not_is_told_so_and_a_setting_lets_authors_try() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.comment("outsider", &pull, "@greenline try");
    stage.told(&pull, &["`try` was not done", "`outsider` may not", "write permission", "`try_by`"]);
    stage.comment("maintainer", &pull, "@greenline try cancel");
    stage.told(&pull, &["`try cancel` was not done", "nothing to end"]);
    stage.comment("maintainer", &pull, &format!("@greenline try {}", "0".repeat(40)));
    stage.told(&pull, &["not its head", &format!("@greenline try {}", pull.head)]);
    let foreign = stage.act("outsider", "POST", "/forks", &json!({}));
    let fork = foreign["full_name"].as_str().expect("a name").to_owned();
    let head = stage.commit("origin/main", "theirs.txt", "theirs\n");
    let token = stage.fact("/tokens/outsider").as_str().expect("text").to_owned();
    stage.push_commit(&token, &fork, &head, "theirs");
    let (owner, _) = fork.split_once('/').expect("an owner");
    let theirs = stage.open_pull("outsider", &format!("{owner}:theirs"), head.clone());
    let theirs = Pull { branch: "theirs".into(), ..theirs };
    stage.comment("outsider", &theirs, "@greenline try");
    stage.told(&theirs, &["`try` was not done", "`outsider` may not"]);
    queue_settings(&stage, "try_by = \"author\"");
    trunk_is_read(&stage);
    let words = stage.words(&theirs).len();
    until("the setting holds", || {
        stage.comment("outsider", &theirs, "@greenline try");
        until("it is answered", || (stage.words(&theirs).len() > words || !trials(&stage).is_empty()).then_some(()));
        (!trials(&stage).is_empty()).then_some(())
    });
    let tip = on_trial(&stage, &theirs, &stage.trunk());
    stage.conclude(&tip, "success");
    stage.told(&theirs, &["**Trial: green.**"]);
    stage.end();
}

#[test]
fn a_push_or_a_word_ends_a_trial() {
    let stage = Stage::empty();
    let (pushed, cancelled) = (stage.pull("pushed"), stage.pull("cancelled"));
    let base = stage.trunk();
    for pull in [&pushed, &cancelled] {
        stage.comment("maintainer", pull, "@greenline try");
        on_trial(&stage, pull, &base);
    }
    let new = stage.push("pushed", &pushed.head, "more.txt", "more\n");
    stage.told(&pushed, &["**Trial: ended.**", &new, &pushed.head, "no longer"]);
    stage.comment("maintainer", &cancelled, "@greenline try cancel");
    stage.told(&cancelled, &["**Trial: ended.**", "`maintainer` ended"]);
    no_trials(&stage);
    assert_eq!((stage.trunk(), stage.words(&pushed).len(), stage.words(&cancelled).len()), (base, 1, 1));
    stage.end();
}

#[test]
fn a_trial_gives_its_run_up_to_the_queue_and_takes_it_again() {
    let stage = Stage::empty();
    queue_settings(&stage, "budget = 1\nstrategy = \"serial\"");
    trunk_is_read(&stage);
    let (tried, queued) = (stage.pull("tried"), stage.pull("queued"));
    stage.comment("maintainer", &tried, "@greenline try");
    on_trial(&stage, &tried, &stage.trunk());
    stage.label(&queued);
    let tip = stage.tip(&[&queued]);
    stage.told(&tried, &["**Trial: waits.**", "gave its CI run up to the queue"]);
    no_trials(&stage);
    stage.conclude(&tip, "success");
    stage.merged(&queued);
    let again = on_trial(&stage, &tried, &tip);
    stage.conclude(&again, "success");
    stage.told(&tried, &["**Trial: green.**", &again]);
    assert_eq!(stage.trunk(), tip);
    stage.end();
}

#[test]
fn a_queued_pull_request_and_its_trial_are_one_commit_checked_once() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    stage.comment("maintainer", &pull, "@greenline try");
    let tip = on_trial(&stage, &pull, &stage.trunk());
    stage.told(&pull, &["**Trial: under way.**", &tip]);
    let begun = json!({"name": "ci", "head_sha": tip, "status": "in_progress"});
    let check = stage.act("ci", "POST", "/check-runs", &begun)["id"].as_u64().expect("an id");
    stage.comment("maintainer", &pull, "@greenline merge");
    stage.told(&pull, &["**Queued.**", &tip]);
    assert_eq!(stage.runs(), Vec::new(), "CI is at it already");
    stage.comment("maintainer", &pull, "@greenline try cancel");
    stage.told(&pull, &["**Trial: ended.**"]);
    stage.act("ci", "PATCH", &format!("/check-runs/{check}"), &json!({"conclusion": "success"}));
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip, "by the queue's own reading of CI");
    stage.end();
}

#[test]
fn without_checks_there_is_nothing_to_try() {
    let stage = Stage::empty();
    stage.configure("[checks]\nallow_no_checks = true\n");
    trunk_is_read(&stage);
    let pull = stage.pull("lamp");
    stage.comment("maintainer", &pull, "@greenline try");
    stage.told(&pull, &["`try` was not done", "No check has to pass here", "`[checks] required`"]);
    assert_eq!(stage.board()["trials"].as_array().map(Vec::len), Some(0));
    assert_ne!(stage.board(), Value::Null);
    stage.end();
}

#[test]
fn a_batch_gathers_until_it_is_full_or_has_waited() {
    let stage = Stage::empty();
    queue_settings(&stage, "strategy = \"batch\"\nbatch_size = 2\ngather = \"1h\"");
    trunk_is_read(&stage);
    let (first, second, third) = (stage.ready("first"), stage.pull("second"), stage.pull("third"));
    stage.told(&first, &["**Queued.**", "waits a while for others", "It gathers until 2", "`gather` under `[queue]`"]);
    assert_eq!((stage.runs(), &stage.why(&first)["code"]), (Vec::new(), &json!("gathers")));
    stage.label(&second);
    let tip = stage.tip(&[&first, &second]);
    stage.conclude(&tip, "success");
    stage.merged(&second);
    let token = stage.fact("/tokens/maintainer").as_str().expect("text").to_owned();
    let url = stage.remote(&token, &stage.full_name());
    stage.git(&["fetch", "--quiet", &url, "+main:refs/remotes/origin/main"]);
    queue_settings(&stage, "strategy = \"batch\"\nbatch_size = 2\ngather = \"2s\"");
    trunk_is_read(&stage);
    stage.label(&third);
    stage.conclude(&stage.tip(&[&third]), "success");
    stage.merged(&third);
    stage.end();
}
