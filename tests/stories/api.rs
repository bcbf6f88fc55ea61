//! Stories told by programs: through the API and by `greenline queue`.

use crate::driver::{Stage, until};
use serde_json::{Value, json};

#[test]
fn a_program_adds_a_pull_request_and_it_lands() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    until("it was heard of", || stage.why(&pull)["head"].is_string().then_some(()));
    assert_eq!(stage.why(&pull)["code"], "not-asked");
    let (code, said) = stage.queue("maintainer", &["add", &pull.number.to_string()]);
    assert!(code == 0 && said.contains("done. 1st of 1") && said.contains(&pull.head), "{code} {said}");
    let tip = stage.tip(&[&pull]);
    until("CI was asked", || (stage.why(&pull)["code"] == "testing").then_some(()));
    let (code, said) = stage.queue("", &["why", &format!("#{}", pull.number)]);
    let rule = "checks.required at .github/greenline.toml:";
    assert!(code == 0 && said.contains("in the queue [testing]") && said.contains(rule), "{code} {said}");
    let (code, said) = stage.queue("", &["list"]);
    assert!(code == 0 && said.contains("1 in the queue for main") && said.contains("The lamp"), "{code} {said}");
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.words(&pull).len()), (tip, 1));
    let (code, said) = stage.queue("", &["why", &pull.number.to_string()]);
    assert!(code == 0 && said.contains("landed [landed]"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["add", &pull.number.to_string()]);
    assert!(code == 1 && said.contains("refused"), "{code} {said}");
    stage.end();
}

#[test]
fn a_token_may_what_its_person_may_and_a_commit_is_meant_exactly() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let number = pull.number.to_string();
    let (code, said) = stage.queue("outsider", &["add", &number, "--commit", &pull.head]);
    assert!(code == 1 && said.contains("[needs-write]") && said.contains("`outsider`"), "{code} {said}");
    let why = stage.why(&pull);
    assert_eq!(why["state"], "refused");
    assert_eq!(why["sentence"], "`outsider` would need write permission in this repository.", "{why}");
    assert_eq!(why["next"], "Ask somebody who has it.", "and nothing is said twice: {why}");
    let later = stage.push("lamp", "origin/main", "lamp.txt", "another lamp\n");
    let (code, said) = stage.queue("maintainer", &["add", &number, "--commit", &pull.head]);
    assert!(code == 1 && said.contains("[other-head]") && said.contains(&later), "{code} {said}");
    assert!(!stage.queued(&pull));
    let (code, said) = stage.queue("maintainer", &["add", "99", "--commit", &pull.head]);
    assert!(code == 1 && said.contains("[no-such-pull]"), "{code} {said}");
    let (code, said) = stage.queue("nobody", &["add", &number, "--commit", &pull.head]);
    assert!(code == 2 && said.contains("401") && said.contains("[[api.token]]"), "{code} {said}");
    let (code, said) = stage.queue("", &["remove", &number]);
    assert!(code == 2 && said.contains("GREENLINE_TOKEN"), "{code} {said}");
    assert!(stage.words(&pull).is_empty(), "nobody on the pull request asked for anything");
    stage.end();
}

#[test]
fn a_program_takes_out_what_is_queued() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    stage.in_queue(&pull);
    let number = pull.number.to_string();
    let (code, said) = stage.queue("outsider", &["remove", &number]);
    assert!(code == 1 && said.contains("[needs-write]"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["remove", &number]);
    assert!(code == 0 && said.contains("cancel: done."), "{code} {said}");
    stage.out(&pull, &["Out of the queue", "`maintainer`"]);
    until("the label is off", || stage.labels(&pull).is_empty().then_some(()));
    assert_eq!(stage.why(&pull)["code"], "cancelled");
    let (code, said) = stage.queue("maintainer", &["remove", &number]);
    assert!(code == 0 && said.contains("nothing to take out"), "{code} {said}");
    stage.end();
}

#[test]
fn a_program_hears_at_once_that_nothing_can_land_in_an_archived_repository() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let archive = |is: bool| {
        stage.admin("POST", &format!("/repos/{}/archive", stage.full_name()), &json!({"value": is}));
        let says = || stage.board()["troubles"].to_string().contains("archived");
        until("the queue has noticed", || (says() == is).then_some(()));
    };
    archive(true);
    let add = || stage.queue("maintainer", &["add", &pull.number.to_string(), "--commit", &pull.head]);
    let (code, said) = add();
    assert!(code == 1 && said.contains("refused [archived]") && said.contains("Unarchive it"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["remove", &pull.number.to_string()]);
    assert!(code == 0, "to take something out needs no push: {code} {said}");
    archive(false);
    let (code, said) = add();
    assert!(code == 0, "{code} {said}");
    stage.tip(&[&pull]);
    stage.end();
}

#[test]
fn what_was_accepted_is_answered_though_the_service_dies_and_once_though_it_is_sent_twice() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let accepted = stage.api("maintainer", "POST", &format!("/queue/{}", pull.number), &json!({"commit": pull.head}));
    stage.kill_service();
    assert_eq!(accepted.0, 202, "{}", accepted.1);
    let look = format!("/requests/{}", accepted.1["request"].as_str().expect("an id"));
    let answer = until("it is answered", || {
        let (status, answer) = stage.try_api(&look)?;
        (status == 200 && answer["answered"] == true).then_some(answer)
    });
    assert_eq!((&answer["done"], &answer["login"]), (&true.into(), &"maintainer".into()), "{answer}");
    stage.conclude(&stage.tip(&[&pull]), "success");
    stage.merged(&pull);
    assert_eq!(stage.words(&pull).len(), 1);
    assert_eq!(stage.api("", "DELETE", &format!("/queue/{}", pull.number), &Value::Null).0, 401);
    stage.end();
}

#[test]
fn a_program_stops_the_queue_and_one_pull_request_as_a_comment_does() {
    let stage = Stage::empty();
    let pull = stage.ready("lamp");
    let number = pull.number.to_string();
    let tip = stage.tip(&[&pull]);
    let (code, said) = stage.queue("outsider", &["freeze", "--because", "I say so"]);
    assert!(code == 1 && said.contains("[needs-write]") && said.contains("`outsider`"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["freeze", "--because", "it burns", "--until", "2020-01-01"]);
    assert!(code == 1 && said.contains("[no-end]") && said.contains("over already"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["freeze", "--because", "it burns", "--for", "2h"]);
    assert!(
        code == 0 && said.starts_with("main: freeze for 2h because it burns: done. Nothing lands"),
        "{code} {said}"
    );
    let (_, said) = stage.queue("", &["list"]);
    assert!(said.contains("`maintainer` froze the queue, because `it burns`"), "{said}");
    stage.conclude(&tip, "success");
    stage.told(&pull, &["**Queued.**", &format!("green as commit {tip}"), "Nothing lands"]);
    let (code, said) = stage.queue("user", &["hold", &number, "--because", "of a doubt"]);
    assert!(code == 0 && said.contains("done. `user` holds it back, because `of a doubt`."), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["thaw"]);
    assert!(code == 0 && said.contains("thaw: done. The freeze is over"), "{code} {said}");
    stage.told(&pull, &["**Held.** `user` holds it back"]);
    assert_ne!(stage.trunk(), tip, "it is held");
    let (code, said) = stage.queue("outsider", &["release", &number]);
    assert!(code == 1 && said.contains("[needs-write]"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["release", &number]);
    assert!(code == 0 && said.contains("release: done. 1st of 1"), "{code} {said}");
    stage.merged(&pull);
    let (code, said) = stage.queue("maintainer", &["thaw", "--trunk", "main"]);
    assert!(code == 0 && said.contains("nothing to thaw"), "{code} {said}");
    assert_eq!(stage.words(&pull).len(), 1, "nobody was asked on the pull request");
    stage.end();
}

#[test]
fn a_program_has_a_pull_request_tried_and_ends_that() {
    let stage = Stage::empty();
    let pull = stage.pull("lamp");
    let number = pull.number.to_string();
    let (code, said) = stage.queue("outsider", &["try", &number]);
    assert!(code == 1 && said.contains("[not-tried]") && said.contains("`try_by`"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["try", &number, "--commit", &pull.head, "--as", "squash"]);
    assert!(code == 0 && said.contains("done. Trial: waits.") && said.contains(&pull.head), "{code} {said}");
    stage.told(&pull, &["**Trial: under way.**", "by squash"]);
    let (code, said) = stage.queue("maintainer", &["try", &number, "--cancel"]);
    assert!(code == 0 && said.contains("done. Trial: ended. `maintainer` ended the trial"), "{code} {said}");
    let (code, said) = stage.queue("maintainer", &["try", &number, "--cancel"]);
    assert!(code == 1 && said.contains("nothing to end"), "{code} {said}");
    stage.end();
}
