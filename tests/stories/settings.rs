//! Stories about who decides how a pull request is judged: trunk does.

use crate::driver::{Stage, until};

const BEGINNING: &str = "[queue]\nlabel = \"ready to merge\"\n\n[checks]\n";

fn requires(names: &[&str]) -> String {
    let one = |name: &&str| format!("{{ name = \"{name}\", app = 15368 }}");
    format!("{BEGINNING}required = [{}]\n", names.iter().map(one).collect::<Vec<_>>().join(", "))
}

#[test]
fn without_settings_nothing_lands_and_everybody_can_see_why() {
    let stage = Stage::empty();
    let good = stage.bare(&["show", "main:.github/greenline.toml"]);
    stage.git(&["checkout", "--quiet", "--detach", "origin/main"]);
    stage.git(&["rm", "--quiet", ".github/greenline.toml"]);
    stage.git(&["commit", "--quiet", "--message", "Lose the settings"]);
    let token = stage.fact("/tokens/maintainer").as_str().expect("text").to_owned();
    let without = stage.git(&["rev-parse", "HEAD"]);
    stage.push_commit(&token, &stage.full_name(), &without, "main");
    until("the page says what is wrong", || {
        stage.board()["troubles"].as_array().is_some_and(|troubles| !troubles.is_empty()).then_some(())
    });
    let pull = stage.ready("lamp");
    stage.told(&pull, &["Waiting", ".github/greenline.toml"]);
    assert!(stage.runs().is_empty());
    stage.push("main", &without, ".github/greenline.toml", &good);
    until("the trouble is over", || stage.board()["troubles"].as_array().is_some_and(Vec::is_empty).then_some(()));
    let tip = stage.tip(&[&pull]);
    stage.conclude(&tip, "success");
    stage.merged(&pull);
    assert_eq!(stage.trunk(), tip);
    stage.end();
}

#[test]
fn a_change_of_the_settings_is_judged_by_the_old_and_holds_for_the_next() {
    let stage = Stage::empty();
    let change = stage.pull_with("change", ".github/greenline.toml", &requires(&["lint"]));
    stage.label(&change);
    let tip = until("it is tested", || stage.runs().pop()).1;
    stage.check("lint", &tip, "success");
    stage.conclude(&tip, "success");
    stage.merged(&change);
    let next = stage.ready("next");
    let tip = stage.tip(&[&next]);
    stage.conclude(&tip, "failure");
    stage.check("lint", &tip, "success");
    stage.merged(&next);
    assert_eq!(stage.trunk(), tip, "trunk asks for `lint` now, and no longer for `ci`");
    stage.end();
}

#[test]
fn one_red_check_is_enough_whatever_the_others_do() {
    let stage = Stage::empty();
    stage.configure(&requires(&["ci", "lint"]));
    let pull = stage.ready("lamp");
    let tip = stage.tip(&[&pull]);
    stage.conclude(&stage.trunk(), "success");
    stage.check("lint", &stage.trunk(), "success");
    stage.check("lint", &tip, "failure");
    stage.out(&pull, &["Sent back", "`lint` did not pass"]);
    stage.end();
}

#[test]
fn settings_that_cannot_be_read_are_told_with_their_line_and_the_last_ones_stay_in_force() {
    let stage = Stage::empty();
    stage.configure("[queue]\nbudget = 3\n[checks\n");
    let told = until("the mistake is told", || {
        let troubles = stage.board()["troubles"].to_string();
        troubles.contains("is wrong").then_some(troubles)
    });
    assert!(told.contains("line 3") && told.contains("The last valid settings stay in force"), "{told}");
    stage.end();
}
