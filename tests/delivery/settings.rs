//! Lines of a script that are settings: stages, windows, checks, and everything else that trunk may ask for.

use greenline::calendar::{When, Window, Zone, duration};
use greenline::delivery::policy::{
    Bound, CutWhen, Driver, Eyes, Mode, Need, OnFailure, Opening, Policy, Probe, Promote, Stage, Supersede, Tier,
    Verify, VersionScheme,
};
use greenline::facts::{Permission, RequiredCheck};

/// Nothing is asked, but the one switch stands at delivery.
pub fn none() -> Policy {
    Policy { stages: Vec::new(), ..Policy::default() }
}

/// Takes the line as a setting, if it is one.
pub fn set(policy: &mut Policy, words: &[&str]) -> bool {
    match words {
        ["default"] => *policy = Policy::default(),
        ["mode", "off"] => policy.mode = Mode::Off,
        ["mode", "delivery"] => policy.mode = Mode::Delivery,
        ["mode", "deployment"] => policy.mode = Mode::Deployment,
        ["stage", name, rest @ ..] => stage(policy, name, rest),
        ["no", "stage", name] => policy.stages.retain(|stage| stage.name.as_str() != *name),
        ["window", name, "allow", zone, when @ ..] => open(policy, name, (true, zone, &when.join(" "), "")),
        ["window", name, "deny", zone, when, reason @ ..] => {
            open(policy, name, (false, zone, when, &reason.join(" ")));
        }
        ["verify", name, kind, rest @ ..] => verify(policy, name, kind, rest),
        ["no", "verify", name] => known(policy, name).verify.clear(),
        ["post_merge", check] => {
            policy.cut.post_merge = vec![RequiredCheck { name: check.parse().expect("a check's name"), app: None }];
        }
        ["post_merge_timeout", time] => policy.cut.post_merge_timeout_ms = ms(time),
        ["cut", "landed"] => policy.cut.when = CutWhen::Landed,
        ["cut", "post-merge-green"] => policy.cut.when = CutWhen::PostMergeGreen,
        ["cut", "manual"] => policy.cut.manual = true,
        ["cut", "every", time] => policy.cut.min_interval_ms = ms(time),
        ["hotfix", "through", "none"] => policy.hotfix.through.clear(),
        ["hotfix", "approvals", count] => policy.hotfix.approvals = number(count),
        ["red", "rerun", on] => policy.red.rerun_once = *on == "on",
        ["red", "lock", on] => policy.red.lock = *on == "on",
        ["red", "revert", on] => policy.red.revert = *on == "on",
        ["trust", "demote", count] => policy.trust.demote_for = number(count),
        ["trust", "deployments", count] => policy.trust.deployments = number(count),
        ["trust", "days", count] => policy.trust.days = number(count),
        ["version", "semver"] => policy.version = VersionScheme::Semver,
        ["version", "calver"] => policy.version = VersionScheme::Calver,
        ["version", "sequence"] => policy.version = VersionScheme::Sequence,
        _ => return false,
    }
    true
}

fn known<'p>(policy: &'p mut Policy, name: &str) -> &'p mut Stage {
    let found = policy.stages.iter_mut().find(|stage| stage.name.as_str() == name);
    found.unwrap_or_else(|| panic!("no stage {name}"))
}

fn stage(policy: &mut Policy, name: &str, rest: &[&str]) {
    if !policy.stages.iter().any(|stage| stage.name.as_str() == name) {
        let tier = match name {
            "production" => Tier::Production,
            "staging" => Tier::Staging,
            _ => Tier::Other,
        };
        policy.stages.push(Stage::usual(name.parse().expect("a stage's name"), tier));
    }
    let stage = known(policy, name);
    for word in rest {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("`{word}` is no setting of a stage"));
        way(stage, key, value);
    }
}

/// How candidates get there.
fn way(stage: &mut Stage, key: &str, value: &str) {
    match (key, value) {
        ("tier", "production") => stage.tier = Tier::Production,
        ("after", names) => stage.after = names.split(',').map(|name| name.parse().expect("a stage's name")).collect(),
        ("need", "any") => stage.need = Need::Any,
        ("promote", "auto") => stage.promote = Some(Promote::Auto),
        ("promote", "approve") => stage.promote = Some(Promote::Approve),
        ("promote", "manual") => stage.promote = Some(Promote::Manual),
        ("promote", veto) => stage.promote = veto.strip_prefix("veto:").map(|time| Promote::VetoAfter(ms(time))),
        ("supersede", "each") => stage.supersede = Supersede::Each,
        ("group", group) => stage.group = Some(group.into()),
        ("driver", "manual") => stage.driver = Driver::Manual,
        ("timeout", time) => stage.timeout_ms = ms(time),
        ("lost", time) => stage.lost_ms = ms(time),
        ("retries", count) => stage.retries = number(count),
        ("soak", time) => stage.soak_ms = ms(time),
        ("failure", "rollback") => stage.on_failure = OnFailure::Rollback,
        ("failure", "hold") => stage.on_failure = OnFailure::Hold,
        ("failure", "notify") => stage.on_failure = OnFailure::Notify,
        ("auto_rollbacks", count) => stage.auto_rollbacks = number(count),
        (key, value) => approval(stage, key, value),
    }
}

/// Who must agree.
fn approval(stage: &mut Stage, key: &str, value: &str) {
    let rule = &mut stage.approval;
    let parties = || value.split(',').map(|party| party.parse().expect("a person or a team")).collect();
    match (key, value) {
        ("who", "any") => rule.who = Eyes::Any,
        ("who", "not-requester") => rule.who = Eyes::NotRequester,
        ("who", "four-eyes") => rule.who = Eyes::FourEyes,
        ("who", "outsider") => rule.who = Eyes::Outsider,
        ("min", count) => rule.min = number(count),
        ("from", _) => rule.from = parties(),
        ("required", _) => rule.required = parties(),
        ("expires", time) => rule.expires_ms = ms(time),
        ("permission", "admin") => rule.permission = Permission::Admin,
        _ => panic!("`{key}={value}` is no setting of a stage"),
    }
}

fn open(policy: &mut Policy, name: &str, (allows, zone, when, reason): (bool, &str, &str, &str)) {
    let when = When::parse(when).unwrap_or_else(|(wrong, how)| panic!("{wrong}; {how}"));
    let window = Window { when, zone: Zone::named(zone).unwrap_or_else(|wrong| panic!("{wrong}")) };
    known(policy, name).windows.push(Opening { window, allows, reason: reason.into() });
}

fn verify(policy: &mut Policy, stage: &str, kind: &str, rest: &[&str]) {
    let value = |key: &str| rest.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let count = |key: &str, otherwise: u16| value(key).map_or(otherwise, number);
    let every_ms = value("every").map_or(10_000, ms);
    let probe = match kind {
        "http" => {
            Probe::Http { url: "/healthz".into(), expect: 200, contains: None, tries: count("tries", 3), every_ms }
        }
        "check" => Probe::Check(RequiredCheck { name: rest[0].parse().expect("a check's name"), app: None }),
        "command" => Probe::Command { argv: vec![rest[0].into()] },
        "metric" => Probe::Metric {
            url: "https://metrics.example.org".into(),
            path: "errors".into(),
            fail_if: Bound::Above(20_000),
            count: count("count", 3),
            every_ms,
            fail_limit: count("limit", 1),
        },
        _ => panic!("`{kind}` is nothing that can be looked at"),
    };
    let timeout_ms = value("timeout").map_or(45 * 60_000, ms);
    let check = Verify { name: kind.into(), probe, dry_run: rest.contains(&"dry"), timeout_ms };
    known(policy, stage).verify.push(check);
}

pub fn ms(text: &str) -> i64 {
    duration::parse_ms(text).unwrap_or_else(|| panic!("`{text}` is no length of time"))
}

pub fn number<N: std::str::FromStr>(word: &str) -> N {
    word.parse().unwrap_or_else(|_| panic!("`{word}` is not a number that fits"))
}
