//! Stories about pull requests that have to land one after the other: stacked on each other's branches, or by their descriptions.

use crate::driver::{Pull, Stage, until};
use serde_json::json;

impl Stage {
    /// A pull request from a new branch on top of another pull request's, onto that.
    fn stacked(&self, below: &Pull, name: &str) -> Pull {
        let head = self.push(name, &below.head, &format!("{name}.txt"), &format!("{name}\n"));
        let body =
            json!({"title": format!("The {name}"), "head": name, "base": below.branch, "maintainer_can_modify": false});
        let made = self.act("user", "POST", "/pulls", &body);
        Pull { number: made["number"].as_u64().expect("a number"), branch: name.to_owned(), head }
    }
}

#[test]
fn a_stack_lands_from_below_and_each_goes_to_trunk_in_its_turn() {
    let stage = Stage::empty();
    let lamp = stage.pull("lamp");
    let shade = stage.stacked(&lamp, "shade");
    let bulb = stage.stacked(&shade, "bulb");
    stage.comment("maintainer", &shade, "@greenline merge");
    stage.told(&shade, &["was not done", "ask for that one first"]);
    for pull in [&lamp, &shade, &bulb] {
        stage.comment("maintainer", pull, "@greenline merge");
        until(&format!("#{} is taken in", pull.number), || {
            let why = stage.why(pull);
            (why["state"] == "queued" || why["state"] == "waiting").then_some(())
        });
    }
    stage.told(&bulb, &[&format!("goes to the branch of #{}", shade.number)]);
    let first = stage.files(&stage.trunk()).len();
    for (pull, more) in [(&lamp, 1), (&shade, 2), (&bulb, 3)] {
        let base = stage.trunk();
        let tip = until("it is tested", || {
            let tips =
                stage.runs().into_iter().map(|(_, tip)| tip).filter(|tip| stage.holds(tip, &base) && *tip != base);
            tips.into_iter().find(|tip| stage.files(tip).len() == first + more)
        });
        stage.conclude(&tip, "success");
        stage.merged(pull);
        assert_eq!(stage.trunk(), tip);
        assert_eq!(stage.shown(pull)["base"]["ref"], "main");
    }
    stage.end();
}

#[test]
fn a_description_says_what_lands_before() {
    let stage = Stage::empty();
    let (lamp, shade) = (stage.pull("lamp"), stage.pull("shade"));
    let path = format!("/pulls/{}", shade.number);
    stage.act("user", "PATCH", &path, &json!({"body": format!("Over the lamp.\n\nDepends-On: #{}", lamp.number)}));
    stage.comment("maintainer", &shade, "@greenline merge");
    stage.told(&shade, &[&format!("It depends on #{}, which has not landed yet", lamp.number)]);
    stage.act("user", "PATCH", &path, &json!({"body": "Depends-On: elsewhere/place#3"}));
    stage.told(&shade, &["`Depends-On: elsewhere/place#3`", "in another repository", "take the line out"]);
    stage.act("user", "PATCH", &path, &json!({"body": format!("Depends-On: #{}", lamp.number)}));
    stage.told(&shade, &["which has not landed yet"]);
    stage.label(&lamp);
    let tip = stage.tip(&[&lamp]);
    stage.conclude(&tip, "success");
    stage.merged(&lamp);
    let tip = stage.tip(&[&shade]);
    stage.conclude(&tip, "success");
    stage.merged(&shade);
    stage.end();
}

#[test]
fn a_stacked_one_is_found_by_its_label_though_all_webhooks_are_lost() {
    let stage = Stage::empty();
    stage.admin("POST", "/faults/webhooks", &json!({"kind": "lose"}));
    let lamp = stage.pull("lamp");
    let shade = stage.stacked(&lamp, "shade");
    stage.push("apart", "origin/main", "apart.txt", "apart\n");
    let apart = stage.stacked(&Pull { branch: "apart".into(), ..lamp.clone() }, "elsewhere");
    stage.comment("maintainer", &lamp, "@greenline merge");
    stage.label(&shade);
    stage.label(&apart);
    stage.told(&shade, &["**Waiting.**", &format!("goes to the branch of #{}", lamp.number)]);
    stage.told(&apart, &["Not queued.", "`apart`", "Change its base first"]);
    until("its label is off", || stage.labels(&apart).is_empty().then_some(()));
    for pull in [&lamp, &shade] {
        let base = stage.trunk();
        let tip = until("it is tested", || {
            stage.runs().into_iter().map(|(_, tip)| tip).find(|tip| stage.holds(tip, &base) && *tip != base)
        });
        stage.conclude(&tip, "success");
        stage.merged(pull);
    }
    stage.end();
}
