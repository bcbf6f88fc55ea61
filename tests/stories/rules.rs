//! Stories about what keeps a pull request waiting, and how it comes in by itself.

use crate::driver::{Pull, Stage, until};
use serde_json::{Value, json};

const CHECKS: &str = "[checks]\nrequired = [{ name = \"ci\", app = 15368 }]\n";

fn with(rules: &str) -> Stage {
    let stage = Stage::empty();
    stage.configure(&format!("{rules}\n{CHECKS}"));
    until("the settings are read", || stage.board()["tip"].as_str().filter(|tip| *tip == stage.trunk()).map(drop));
    stage
}

fn review(stage: &Stage, pull: &Pull, event: &str) -> u64 {
    let body = json!({"event": event, "body": "by the story"});
    let made = stage.act("maintainer", "POST", &format!("/pulls/{}/reviews", pull.number), &body);
    made["id"].as_u64().expect("an id")
}

fn lands(stage: &Stage, pull: &Pull) {
    let tip = stage.tip(&[pull]);
    stage.conclude(&tip, "success");
    stage.merged(pull);
    assert_eq!(stage.trunk(), tip);
}

#[test]
fn an_approving_review_lets_in_what_waits_for_one_and_a_dismissed_one_sets_it_aside() {
    let stage = with("[rules]\napprovals = 1\n");
    let pull = stage.ready("lamp");
    stage.told(&pull, &["Waiting", "needs 1 approving review"]);
    until("the page lists it", || (stage.board()["waiting"][0]["codes"] == json!(["approvals-missing"])).then_some(()));
    let id = review(&stage, &pull, "APPROVE");
    stage.in_queue(&pull);
    let message = json!({"message": "not yet"});
    let path = format!("/pulls/{}/reviews/{id}/dismissals", pull.number);
    stage.act("maintainer", "PUT", &path, &message);
    until("it is set aside", || (!stage.queued(&pull)).then_some(()));
    stage.told(&pull, &["Waiting", "needs 1 approving review"]);
    review(&stage, &pull, "APPROVE");
    lands(&stage, &pull);
    assert_eq!(stage.words(&pull).len(), 1, "one comment, edited in place");
    stage.end();
}

#[test]
fn what_branch_protection_demands_is_honoured_though_the_app_might_bypass_it() {
    let stage = Stage::empty();
    let owner = stage.full_name();
    let (owner, name) = owner.split_once('/').expect("owner and name");
    let protection = json!({"branch": "main", "protection": {"required_approvals": 1}});
    stage.admin("PUT", &format!("/repos/{owner}/{name}/protection"), &protection);
    let pull = stage.ready("lamp");
    stage.told(&pull, &["Waiting", "needs 1 approving review"]);
    stage.end();
}

#[test]
fn a_blocking_label_keeps_out_until_it_is_taken_off() {
    let stage = with("[rules]\nblocking_labels = [\"on hold\"]\n");
    let pull = stage.pull("lamp");
    stage.act("maintainer", "POST", &format!("/issues/{}/labels", pull.number), &json!({"labels": ["on hold"]}));
    stage.comment("maintainer", &pull, "@greenline merge");
    stage.told(&pull, &["Waiting", "`on hold`"]);
    stage.act("maintainer", "DELETE", &format!("/issues/{}/labels/on%20hold", pull.number), &Value::Null);
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn merge_when_green_waits_for_its_own_checks() {
    let stage = with("");
    let pull = stage.pull("lamp");
    stage.comment("maintainer", &pull, "@greenline merge when green");
    stage.told(&pull, &["Waiting", "`ci` has not passed yet"]);
    stage.conclude(&pull.head, "success");
    stage.in_queue(&pull);
    stage.end();
}

#[test]
fn a_review_asks_for_landing_where_the_settings_say_so() {
    let stage = with("[queue]\nreview_asks = true\n");
    let pull = stage.pull("lamp");
    review(&stage, &pull, "APPROVE");
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn approvals_by_comment_count_like_reviews_and_can_be_taken_back() {
    let stage = with("[rules]\napprovals = 1\n");
    let pull = stage.ready("lamp");
    stage.told(&pull, &["Waiting"]);
    stage.comment("maintainer", &pull, &format!("@greenline approve {}", pull.head));
    stage.in_queue(&pull);
    stage.comment("maintainer", &pull, "@greenline unapprove");
    until("it is set aside", || (!stage.queued(&pull)).then_some(()));
    stage.told(&pull, &["Waiting", "needs 1 approving review"]);
    stage.end();
}

#[test]
fn a_delegate_may_ask_for_this_pull_request_and_for_no_other() {
    let stage = with("");
    let (pull, other) = (stage.pull("lamp"), stage.pull("chair"));
    stage.comment("maintainer", &pull, "@greenline delegate @outsider");
    until("it is answered", || stage.words(&pull).iter().any(|word| word.contains("may now")).then_some(()));
    stage.comment("outsider", &other, "@greenline merge");
    until("it is refused", || stage.words(&other).iter().any(|word| word.contains("write permission")).then_some(()));
    stage.comment("outsider", &pull, "@greenline merge");
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn nothing_waits_for_a_pull_request_that_there_is_not() {
    let stage = with("");
    let pull = stage.pull("lamp");
    stage.comment("maintainer", &pull, "@greenline depends on #999");
    stage
        .told(&pull, &["`depends` was not done. There is no pull request #999 in this repository", "Say on which one"]);
    let described = json!({"body": "The lamp.\n\nDepends-On: #998"});
    stage.act("user", "PATCH", &format!("/pulls/{}", pull.number), &described);
    stage.label(&pull);
    stage.told(&pull, &["Waiting", "It depends on #998, which is no pull request here"]);
    let why = stage.why(&pull);
    let (sentence, next) = (why["sentence"].to_string(), why["next"].to_string());
    assert_eq!(why["code"], "depends-on-unknown", "{why}");
    assert!(!sentence.contains("Mend the line") && next.contains("Mend the line in its description"), "{why}");
    stage.act("user", "PATCH", &format!("/pulls/{}", pull.number), &json!({"body": "The lamp."}));
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn what_depends_on_another_enters_when_that_has_landed() {
    let stage = with("");
    let (base, pull) = (stage.pull("lamp"), stage.pull("chair"));
    stage.comment("maintainer", &pull, &format!("@greenline depends on #{}", base.number));
    stage.comment("maintainer", &pull, "@greenline merge");
    stage.told(&pull, &["Waiting", &format!("#{}", base.number)]);
    stage.label(&base);
    lands(&stage, &base);
    stage.in_queue(&pull);
    stage.end();
}
