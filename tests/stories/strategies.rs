//! Stories about how a pull request's commits become commits on trunk.

use crate::driver::{Pull, Stage};

/// Settings with these lines in their section `[merge]`.
pub fn merge_settings(stage: &Stage, lines: &str) {
    let app = stage.fact("/ci_app/id");
    let checks = format!("[checks]\nrequired = [{{ name = \"ci\", app = {app} }}]\n");
    stage.configure(&format!("{checks}\n[merge]\n{lines}\n"));
}

/// Lands a pull request of two commits; answers it, trunk before, and trunk after.
fn land_two_commits(stage: &Stage, strategy: &str) -> (Pull, String, String) {
    merge_settings(stage, &format!("strategy = \"{strategy}\""));
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

#[test]
fn rebase_merge_puts_rebased_commits_under_one_merge() {
    let stage = Stage::empty();
    let (pull, base, tip) = land_two_commits(&stage, "rebase-merge");
    assert_eq!(stage.bare(&["rev-list", "--first-parent", &format!("{base}..{tip}")]), tip);
    assert_eq!(stage.bare(&["rev-parse", &format!("{tip}^1"), &format!("{tip}^2~2")]), format!("{base}\n{base}"));
    assert_eq!(stage.bare(&["rev-list", "--count", &format!("{base}..{tip}^2")]), "2");
    assert_eq!(stage.branch(&pull.branch), Some(tip));
    stage.end();
}

#[test]
fn fast_forward_lands_the_head_itself_or_says_why_not() {
    let stage = Stage::empty();
    merge_settings(&stage, "strategy = \"fast-forward\"");
    let base = stage.trunk();
    let beside = stage.pull("beside");
    let head = stage.push("lamp", &base, "lamp.txt", "on\n");
    let pull = stage.open_pull("user", "lamp", head.clone());
    stage.label(&pull);
    assert_eq!(stage.tip_on(&base, &[&pull]), head);
    stage.conclude(&head, "success");
    stage.merged(&pull);
    assert_eq!((stage.trunk(), stage.branch("lamp")), (head.clone(), Some(head)));
    stage.label(&beside);
    let told = stage.out(&beside, &["Sent back", "by fast-forward", "Rebase the branch"]);
    assert!(told.contains("as rebase"), "{told}");
    stage.comment("maintainer", &beside, "@greenline merge as rebase");
    let tip = stage.tip(&[&beside]);
    stage.conclude(&tip, "success");
    stage.merged(&beside);
    stage.end();
}

#[test]
fn messages_are_made_of_the_description_as_it_was_approved() {
    let stage = Stage::empty();
    let template = "squash_message = \"{title} (#{number})\\n\\n{body}\"";
    merge_settings(
        &stage,
        &format!("strategy = \"squash\"\n{template}\ntrailers = [\"approved-by\", \"pull-request\"]"),
    );
    let pull = stage.pull("lamp");
    let describe = |body: &str| {
        stage.act("user", "PATCH", &format!("/pulls/{}", pull.number), &serde_json::json!({ "body": body }));
    };
    describe("It shines, @ada. [skip ci]\r\n<!-- form -->\r\nApproved-by: root <r@x>");
    stage.label(&pull);
    let tip = stage.tip(&[&pull]);
    describe("Something else.");
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    let message = stage.bare(&["show", "--no-patch", "--format=%B", &tip]);
    let body = format!("The lamp (#{})\n\nIt shines, `@ada`. (skip ci)\n\n> Approved-by: root <r@x>\n\n", pull.number);
    let trailers = message.strip_prefix(&body).unwrap_or_else(|| panic!("{message}"));
    let lines: Vec<&str> = trailers.lines().collect();
    assert!(lines[0].starts_with("Approved-by: ") && lines[0].ends_with("@users.noreply.127.0.0.1>"), "{message}");
    assert!(lines[1].ends_with(&format!("/pull/{}", pull.number)) && lines.len() == 2, "{message}");
    stage.end();
}

#[test]
fn a_last_commit_that_skips_ci_is_sent_back_before_it_waits_for_nothing() {
    let stage = Stage::empty();
    stage.commit("origin/main", "lamp.txt", "on\n");
    stage.git(&["commit", "--quiet", "--amend", "--message", "Docs [skip ci]"]);
    let head = stage.git(&["rev-parse", "HEAD"]);
    let token = stage.fact("/tokens/maintainer").as_str().expect("text").to_owned();
    stage.push_commit(&token, &stage.full_name(), &head, "lamp");
    let pull = stage.open_pull("user", "lamp", head);
    stage.label(&pull);
    stage.out(&pull, &["Sent back", "[skip ci]", "git commit --amend"]);
    stage.comment("maintainer", &pull, "@greenline squash");
    let tip = stage.tip(&[&pull]);
    assert_eq!(stage.bare(&["show", "--no-patch", "--format=%s", &tip]), format!("The lamp (#{})", pull.number));
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    stage.end();
}
