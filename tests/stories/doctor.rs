//! Stories about `greenline doctor`: it finds nothing wrong where nothing is, and each planted fault by its name.

use crate::driver::Stage;
use serde_json::{Value, json};
use std::process::Command;

const WORKFLOW: &str =
    "on:\n  push:\n    branches: [main, \"greenline/**\"]\njobs:\n  ci:\n    runs-on: ubuntu-latest\n";

/// A sandbox whose repository has a workflow.
fn healthy() -> Stage {
    let stage = Stage::empty();
    write_workflow(&stage, WORKFLOW);
    stage
}

fn write_workflow(stage: &Stage, text: &str) {
    stage.push("main", "origin/main", ".github/workflows/ci.yml", text);
    let token = stage.fact("/tokens/maintainer").as_str().expect("text").to_owned();
    let url = stage.remote(&token, &stage.full_name());
    stage.git(&["fetch", "--quiet", &url, "+main:refs/remotes/origin/main"]);
}

/// The checkup's exit code and report, with settings of the environment above those of the sandbox.
fn examine(stage: &Stage, env: &[(&str, &str)]) -> (Option<i32>, Value) {
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_greenline"));
    doctor.args(["doctor", "--json", "--config"]).arg(stage.sandbox_dir().join("bot.toml"));
    let output = doctor.envs(env.iter().copied()).output().expect("the binary starts");
    let words = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no report: {words}"));
    (output.status.code(), report)
}

/// Everything that is not as it should be, as `verdict about: what -> fix`.
fn complaints(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("a list");
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    findings
        .iter()
        .filter(|finding| finding["verdict"] != "ok")
        .map(|f| format!("{} {}: {} -> {}", text(f, "verdict"), text(f, "about"), text(f, "what"), text(f, "fix")))
        .collect()
}

/// Exactly one thing is complained of, and it has these words.
#[track_caller]
fn only(stage: &Stage, env: &[(&str, &str)], code: i32, words: &[&str]) {
    let (ended, report) = examine(stage, env);
    let found = complaints(&report);
    assert_eq!((ended, found.len()), (Some(code), 1), "{found:#?}");
    for word in words {
        assert!(found[0].contains(word), "no `{word}` in {}", found[0]);
    }
}

#[test]
fn a_healthy_installation_is_found_healthy_and_faults_of_the_app_are_named() {
    let stage = healthy();
    let (code, report) = examine(&stage, &[]);
    assert_eq!((code, complaints(&report)), (Some(0), Vec::new()), "{report:#}");

    let world = stage.admin("GET", "/state", &Value::Null);
    let app = &world["apps"][world["cast"]["app"].to_string()];
    let (mut permissions, mut events) = (app["permissions"].clone(), app["events"].clone());
    events.as_array_mut().expect("a list").retain(|event| event != "issue_comment");
    stage.admin("PUT", "/app", &json!({"events": events}));
    only(&stage, &[], 0, &["warning the App", "`issue_comment`", "Subscribe to events, tick \"Issue comment\""]);
    stage.admin("PUT", "/app", &json!({"events": app["events"]}));

    permissions.as_object_mut().expect("an object").remove("workflows");
    stage.admin("PUT", "/app", &json!({"permissions": permissions}));
    only(&stage, &[], 1, &["wrong the App", "Workflows: Read and write", "/settings/apps/greenline/permissions"]);
    stage.admin("PUT", "/app", &json!({"permissions": app["permissions"]}));

    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forge_contract/key.pem");
    let copy = stage.sandbox_dir().join("other-key.pem");
    std::fs::write(&copy, std::fs::read(key).expect("it is there")).expect("a writable directory");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&copy, private).expect("it is ours");
    let other_key = [("GREENLINE__GITHUB__PRIVATE_KEY_FILE", copy.to_str().expect("a plain name"))];
    only(&stage, &other_key, 1, &["is not accepted with this private key", "could not be decoded"]);
    only(&stage, &[("GREENLINE__GITHUB__APP_ID", "4")], 1, &["is not known to GitHub by the number 4"]);

    let date = json!({"path": "/app", "headers": {"date": "Sun, 22 Nov 2015 10:00:00 GMT"}});
    stage.admin("POST", "/faults/routes", &date);
    only(&stage, &[], 1, &["wrong the clock", "ahead of GitHub's", "timedatectl"]);
    stage.admin("DELETE", "/faults", &Value::Null);

    stage.admin("POST", "/faults/routes", &json!({"path": "/app", "status": 503}));
    only(&stage, &[], 75, &["unasked GitHub", "503"]);
    stage.admin("DELETE", "/faults", &Value::Null);
    stage.end();
}

#[test]
fn what_a_repository_forbids_or_lacks_is_found() {
    let stage = healthy();
    let rulesets = format!("/repos/{}/rulesets", stage.full_name());
    let forbid = |include: &str, target: &str, kind: &str, bypass: Value| {
        let set = json!({"name": "strict", "target": target, "bypass_actors": bypass, "rules": [{"type": kind}],
            "conditions": {"ref_name": {"include": [include], "exclude": []}}});
        stage.admin("PUT", &rulesets, &json!([set]));
    };
    let bypass = json!([{"actor_type": "Integration", "actor_id": stage.fact("/app/id"), "bypass_mode": "always"}]);
    for (include, target, kind, words) in [
        ("~DEFAULT_BRANCH", "branch", "update", ["refuses pushes to `main`", "restricts updates"]),
        ("refs/heads/greenline/**", "branch", "deletion", ["refuses pushes to `greenline/**`", "restricts deletions"]),
        ("refs/tags/candidate/*", "tag", "creation", ["the tag `candidate/000001`", "restricts creations"]),
        ("~DEFAULT_BRANCH", "branch", "required_signatures", ["refuses pushes to `main`", "signed commits"]),
    ] {
        forbid(include, target, kind, json!([]));
        only(&stage, &[], 1, &words);
        forbid(include, target, kind, bypass.clone());
        assert_eq!(complaints(&examine(&stage, &[]).1), Vec::<String>::new(), "{kind} with a bypass");
    }
    stage.admin("PUT", &rulesets, &json!([]));

    write_workflow(&stage, &WORKFLOW.replace(", \"greenline/**\"", ""));
    only(&stage, &[], 1, &["waits for `ci` in vain", "branches: [main, \"greenline/**\"]"]);

    stage.configure("[queue]\nlabell = \"x\"\n");
    only(&stage, &[], 1, &[".github/greenline.toml:2: queue.labell", "did you mean `label`?"]);

    stage.admin("POST", &format!("/repos/{}/archive", stage.full_name()), &json!({"value": true}));
    assert_eq!(examine(&stage, &[]).0, Some(0), "an archived repository is left alone");
    stage.end();
}
