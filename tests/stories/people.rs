//! Stories about who has to say yes: owners by `CODEOWNERS`, members of teams, and conversations that wait for an answer.

use crate::driver::{Pull, Stage, until};
use serde_json::{Value, json};

const CHECKS: &str = "[checks]\nrequired = [{ name = \"ci\", app = 15368 }]\n";

/// A stage with this on trunk, and what it says in force.
fn with(rules: &str, owners: &str) -> Stage {
    let stage = Stage::empty();
    if !owners.is_empty() {
        stage.push("main", "origin/main", ".github/CODEOWNERS", owners);
        stage.git(&["update-ref", "refs/remotes/origin/main", &stage.trunk()]);
    }
    stage.configure(&format!("{rules}\n{CHECKS}"));
    until("the settings are read", || stage.board()["tip"].as_str().filter(|tip| *tip == stage.trunk()).map(drop));
    stage
}

fn org(stage: &Stage) -> String {
    stage.fact("/repo/owner").as_str().expect("a name").to_owned()
}

fn team(stage: &Stage, members: &[&str]) {
    stage.admin("PUT", "/teams", &json!({"org": org(stage), "team": "core", "members": members}));
}

fn approve(stage: &Stage, pull: &Pull) {
    let body = json!({"event": "APPROVE", "body": "by the story"});
    stage.act("maintainer", "POST", &format!("/pulls/{}/reviews", pull.number), &body);
}

fn codes(stage: &Stage, wanted: &Value) {
    until(&format!("the page shows {wanted}"), || (stage.board()["waiting"][0]["codes"] == *wanted).then_some(()));
}

fn lands(stage: &Stage, pull: &Pull) {
    let tip = stage.tip(&[pull]);
    stage.conclude(&tip, "success");
    stage.merged(pull);
    assert_eq!(stage.trunk(), tip);
}

/// Begins a conversation; answers the administrator's path of it.
fn thread(stage: &Stage, pull: &Pull) -> String {
    let threads = format!("/repos/{}/pulls/{}/threads", stage.full_name(), pull.number);
    let body = json!({"user": "maintainer", "path": format!("{}.txt", pull.branch), "body": "Why?"});
    let id = stage.admin("POST", &threads, &body)["id"].clone();
    format!("{threads}/{id}/resolved")
}

#[test]
fn owners_by_trunks_file_have_to_approve_and_a_pull_request_cannot_change_that() {
    let stage = with("[rules]\ncode_owners = true\n", "*.txt @maintainer\n[odd] @user\n/.github/ @maintainer\n");
    let pull = stage.ready("lamp");
    let told = stage.told(&pull, &["Waiting", "`lamp.txt` needs an approving review", "`@maintainer`", "Line 2"]);
    assert!(!told.contains("@maintainer "), "nobody is mentioned: {told}");
    codes(&stage, &json!(["owners-missing"]));
    let told = stage.board()["troubles"].to_string();
    assert!(told.contains("Line 2 of `.github/CODEOWNERS` on main cannot be used"), "{told}");
    let thief = stage.pull_with("thief", ".github/CODEOWNERS", "* @user\n");
    stage.label(&thief);
    stage.told(&thief, &["Waiting", "`.github/CODEOWNERS`", "`@maintainer`"]);
    approve(&stage, &pull);
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn what_nobody_owns_needs_no_owner() {
    let stage = with("[rules]\ncode_owners = true\n", "* @maintainer\n/lamp.txt\n");
    let pull = stage.ready("lamp");
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn a_team_that_cannot_be_read_is_told_with_what_is_missing_and_counts_once_it_can() {
    let stage = Stage::empty();
    let permissions =
        stage.admin("GET", "/state", &Value::Null)["apps"][stage.fact("/app/id").to_string()]["permissions"].clone();
    let mut fewer = permissions.clone();
    fewer.as_object_mut().expect("by name").remove("members");
    stage.admin("PUT", "/app", &json!({"permissions": fewer}));
    stage.admin("POST", "/tokens/expire", &Value::Null);
    team(&stage, &["maintainer"]);
    stage.push("main", "origin/main", "CODEOWNERS", &format!("* @{}/core\n", org(&stage)));
    let protection = json!({"branch": "main", "protection": {"required_approvals": 1, "code_owner_reviews": true}});
    stage.admin("PUT", &format!("/repos/{}/protection", stage.full_name()), &protection);
    let pull = stage.ready("lamp");
    approve(&stage, &pull);
    stage.told(&pull, &["Waiting", "`lamp.txt`", "/core`", "Members: read"]);
    codes(&stage, &json!(["owners-missing", "team-unreadable"]));
    stage.admin("PUT", "/app", &json!({"permissions": permissions}));
    stage.admin("POST", "/tokens/expire", &Value::Null);
    approve(&stage, &pull);
    stage.in_queue(&pull);
    stage.end();
}

#[test]
fn who_may_ask_can_be_a_team() {
    let stage = Stage::empty();
    team(&stage, &["user"]);
    stage.configure(&format!("[rules]\nmergers = [\"@{}/core\"]\n{CHECKS}", org(&stage)));
    until("the settings are read", || stage.board()["tip"].as_str().filter(|tip| *tip == stage.trunk()).map(drop));
    let pull = stage.pull("lamp");
    stage.comment("maintainer", &pull, "@greenline merge");
    until("it is refused", || stage.words(&pull).iter().any(|word| word.contains("not among `mergers`")).then_some(()));
    stage.comment("user", &pull, "@greenline merge");
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn open_conversations_keep_it_out_and_set_it_aside() {
    let stage = with("[rules]\nconversations_resolved = true\n", "");
    let pull = stage.pull("lamp");
    let first = thread(&stage, &pull);
    stage.label(&pull);
    stage.told(&pull, &["Waiting", "One conversation", "#discussion_r"]);
    codes(&stage, &json!(["conversations-open"]));
    stage.admin("PUT", &first, &json!({"value": true}));
    stage.in_queue(&pull);
    let second = thread(&stage, &pull);
    until("it is set aside", || (!stage.queued(&pull)).then_some(()));
    stage.admin("PUT", &second, &json!({"value": true}));
    lands(&stage, &pull);
    stage.end();
}

#[test]
fn conversations_that_branch_protection_wants_resolved_are_waited_for() {
    let stage = Stage::empty();
    let protection = json!({"branch": "main", "protection": {"conversation_resolution": true}});
    stage.admin("PUT", &format!("/repos/{}/protection", stage.full_name()), &protection);
    let pull = stage.pull("lamp");
    let talk = thread(&stage, &pull);
    stage.comment("maintainer", &pull, "@greenline merge");
    stage.told(&pull, &["Waiting", "One conversation"]);
    stage.admin("PUT", &talk, &json!({"value": true}));
    stage.in_queue(&pull);
    stage.end();
}

#[test]
fn a_squashed_commit_names_whose_reviews_let_it_in() {
    let merge = "[merge]\nstrategy = \"squash\"\ntrailers = [\"reviewed-by\"]\n";
    let stage = with(&format!("[rules]\napprovals = 1\n{merge}"), "");
    let pull = stage.ready("lamp");
    stage.told(&pull, &["Waiting"]);
    approve(&stage, &pull);
    let tip = stage.tip(&[&pull]);
    let message = stage.bare(&["log", "-1", "--format=%(trailers)", &tip]);
    assert!(message.starts_with("Reviewed-by: maintainer <"), "{message}");
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    stage.end();
}

#[test]
fn whoever_pushed_last_cannot_be_the_one_who_approves() {
    let stage = with("[rules]\nlast_push_approved = true\n", "");
    let pull = stage.ready("lamp");
    stage.told(&pull, &["Waiting", "`maintainer` pushed exactly this commit", "`last_push_approved` under `[rules]`"]);
    codes(&stage, &json!(["last-push-unapproved"]));
    approve(&stage, &pull);
    stage.comment("maintainer", &pull, "@greenline status");
    stage.told(&pull, &["<!-- greenline:answer", "`maintainer` pushed exactly this commit"]);
    assert!(!stage.queued(&pull));
    let path = format!("/repos/{}/permission", stage.full_name());
    stage.admin("PUT", &path, &json!({"user": "outsider", "role": "write"}));
    let body = json!({"event": "APPROVE", "body": "by the story"});
    stage.act("outsider", "POST", &format!("/pulls/{}/reviews", pull.number), &body);
    lands(&stage, &pull);
    stage.end();
}
