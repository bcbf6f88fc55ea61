//! Stories of candidates on their way to people, by the refs that stages are where nobody says otherwise.

use crate::driver::{Stage, until};
use serde_json::{Value, json};

const STAGING: &str = "refs/deploy/staging";
const PRODUCTION: &str = "refs/deploy/production";

/// Two stages whose candidates are verified at once.
fn configured() -> Stage {
    let stage = Stage::empty();
    let app = stage.fact("/ci_app/id");
    stage.configure(&format!(
        "[checks]\nrequired = [{{ name = \"ci\", app = {app} }}]\n\n[[stage]]\nname = \"staging\"\nsoak = \"0s\"\n\n\
         [[stage]]\nname = \"production\"\n"
    ));
    stage
}

fn is_at(stage: &Stage, name: &str, commit: &str) {
    until(&format!("{name} is at {commit}"), || {
        (stage.refs().get(name).map(String::as_str) == Some(commit)).then_some(())
    });
}

/// The ledger says that this candidate's deployment to production stands so.
fn stands(stage: &Stage, candidate: usize, phase: &Value) {
    until(&format!("candidate {candidate} is {phase} on production"), || {
        let told = stage.bare(&["show", "refs/greenline/ledger:delivery/main.json"]);
        let value: Value = serde_json::from_str(&told).ok()?;
        let mut all = value["deployments"].as_object()?.values();
        let here = |one: &&Value| one["stage"] == "production" && one["candidate"] == candidate;
        all.find(|one| here(one) && one["phase"] == *phase).map(|_| ())
    });
}

#[test]
fn a_change_goes_to_staging_by_itself_to_production_by_somebody_elses_word_and_back() {
    let stage = configured();
    let mut tips = Vec::new();
    for name in ["lamp", "chair"] {
        let pull = stage.ready(name);
        let tip = stage.tip(&[&pull]);
        stage.conclude(&tip, "success");
        stage.merged(&pull);
        is_at(&stage, STAGING, &tip);
        stands(&stage, tips.len() + 1, &json!("waiting"));
        stage.comment("outsider", &pull, "@greenline promote production");
        stage.told(&pull, &["Your word does not count for production"]);
        stage.comment("maintainer", &pull, "@greenline promote production because it is well tested");
        is_at(&stage, PRODUCTION, &tip);
        stands(&stage, tips.len() + 1, &json!({"ended": "succeeded"}));
        stage.kill_service();
        until("it is ready again", || stage.says_ready().then_some(()));
        tips.push(tip);
    }
    let pull = stage.pull("note");
    stage.comment("maintainer", &pull, "@greenline rollback production because it burns");
    is_at(&stage, PRODUCTION, &tips[0]);
    stage.comment("maintainer", &pull, "@greenline promote production 2");
    stage.told(&pull, &["was rejected for production", "it burns"]);
    stage.end();
}
