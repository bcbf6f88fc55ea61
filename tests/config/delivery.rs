//! The settings of delivery as their owners write them, in a repository's file and in the service's.

use greenline::config::{Problem, RepoConfig};
use greenline::delivery::Policy;
use greenline::delivery::policy::{
    Bound, CutWhen, Driver, Eyes, Mode, Need, OnFailure, Probe, Promote, Stage, Supersede, Tier, VersionScheme,
};
use greenline::facts::Permission;
use greenline::ids::StageName;

const MINUTE_MS: i64 = 60_000;

fn policy(text: &str) -> Policy {
    RepoConfig::parse(text).unwrap_or_else(|why| panic!("{why:#?}\n{text}")).delivery
}

fn problems(text: &str) -> Vec<String> {
    let problems = RepoConfig::parse(text).expect_err(text);
    problems.iter().map(ToString::to_string).collect()
}

fn only(text: &str) -> Problem {
    let mut problems = RepoConfig::parse(text).expect_err(text);
    assert_eq!(problems.len(), 1, "{text}: {problems:#?}");
    problems.remove(0)
}

fn names<'s>(stages: impl IntoIterator<Item = &'s Stage>) -> Vec<&'s str> {
    stages.into_iter().map(|stage| stage.name.as_str()).collect()
}

fn after(stage: &Stage) -> Vec<&str> {
    stage.after.iter().map(StageName::as_str).collect()
}

#[test]
fn every_setting_is_read() {
    let policy = policy(include_str!("../../fixtures/config/every-setting.toml"));
    assert_eq!((policy.mode, policy.version), (Mode::Deployment, VersionScheme::Semver));
    let cut = &policy.cut;
    assert_eq!((cut.when, cut.post_merge.len(), cut.manual), (CutWhen::PostMergeGreen, 1, true));
    assert_eq!((cut.post_merge_timeout_ms, cut.min_interval_ms), (45 * MINUTE_MS, 30 * MINUTE_MS));
    assert_eq!(names(&policy.stages), ["staging", "docs", "canary", "prod"]);
    assert_eq!((policy.hotfix.through[0].as_str(), policy.hotfix.approvals), ("docs", 2));
    assert!(!policy.red.rerun_once && !policy.red.revert && !policy.red.lock);
    let trust = &policy.trust;
    assert_eq!((trust.deployments, trust.days, trust.failures_percent, trust.demote_for), (30, 21, 2, 10));
    let [staging, docs, canary, prod] = policy.stages.as_slice() else { panic!("four stages") };
    assert_eq!((staging.tier, docs.tier, canary.tier, prod.tier), {
        (Tier::Staging, Tier::Other, Tier::Production, Tier::Production)
    });
    assert_eq!(after(docs), [] as [&str; 0]);
    assert_eq!((after(canary), canary.need), (vec!["staging", "docs"], Need::Any));
    assert_eq!((canary.promote, canary.retries), (Some(Promote::VetoAfter(120 * MINUTE_MS)), 2));
    assert_eq!((canary.timeout_ms, canary.lost_ms), (30 * MINUTE_MS, 10 * MINUTE_MS));
    assert_eq!((canary.on_failure, canary.auto_rollbacks, canary.revert), (OnFailure::Rollback, 2, false));
    assert_eq!((staging.supersede, staging.group.as_deref()), (Supersede::Each, Some("cluster-eu")));
    drivers(&policy);
    verification(staging);
    production(prod);
}

fn drivers(policy: &Policy) {
    let of = |at: usize| policy.stages[at].driver.clone();
    assert_eq!(of(0), Driver::Actions { workflow: "deploy.yml".into() });
    let (remote, branch) = ("https://git.heroku.com/acme-docs.git".into(), "main".parse().expect("a branch"));
    assert_eq!(of(1), Driver::Push { remote, branch });
    assert_eq!(of(2), Driver::Command { argv: vec!["./deploy.sh".into(), "canary".into()] });
    let name = Some("refs/heads/deploy/live".parse().expect("a ref"));
    assert_eq!(of(3), Driver::Ref { name, observe: Some("https://example.org/commit".into()) });
}

fn verification(staging: &Stage) {
    assert_eq!((staging.url.as_deref(), staging.soak_ms), (Some("https://staging.example.org"), 30 * MINUTE_MS));
    let [http, check, command, metric] = staging.verify.as_slice() else { panic!("{:?}", staging.verify) };
    let contains = Some("ok".to_owned());
    assert_eq!(http.probe, Probe::Http { url: "/healthz".into(), expect: 204, contains, tries: 5, every_ms: 5_000 });
    assert_eq!((http.name.as_str(), http.timeout_ms), ("http /healthz", 5 * 35_000));
    assert!(matches!(&check.probe, Probe::Check(check) if check.app.is_some()));
    assert_eq!((check.name.as_str(), check.timeout_ms), ("e2e / staging", 45 * MINUTE_MS));
    assert_eq!((command.name.as_str(), command.dry_run, command.timeout_ms), ("smoke", true, 2 * MINUTE_MS));
    let Probe::Metric { fail_if, count, every_ms, fail_limit, .. } = &metric.probe else { panic!("{metric:?}") };
    assert_eq!((*fail_if, *count, *every_ms, *fail_limit), (Bound::Above(20_000), 20, 30_000, 2));
    assert_eq!((metric.name.as_str(), metric.dry_run), ("error_rate", false));
}

fn production(prod: &Stage) {
    let rule = &prod.approval;
    assert_eq!((rule.who, rule.min, rule.permission), (Eyes::Outsider, 2, Permission::Admin));
    assert_eq!((rule.from.len(), rule.required.len(), rule.expires_ms), (2, 1, 480 * MINUTE_MS));
    let [allow, deny] = prod.windows.as_slice() else { panic!("{:?}", prod.windows) };
    assert_eq!((allow.allows, allow.window.zone.name()), (true, "Europe/Berlin"), "the zone of [freeze]");
    assert_eq!((deny.allows, deny.window.zone.name(), deny.reason.as_str()), (false, "America/New_York", "year end"));
    assert_eq!((prod.on_failure, prod.revert), (OnFailure::Hold, true));
}

#[test]
fn what_is_kept_in_the_state_is_the_same_when_it_is_read_again() {
    let config = RepoConfig::parse(include_str!("../../fixtures/config/every-setting.toml")).expect("it is right");
    let kept = serde_json::to_string(&config).expect("settings are JSON");
    assert_eq!(serde_json::from_str::<RepoConfig>(&kept).expect("it is what was written"), config);
    let mut before: serde_json::Value = serde_json::from_str(&kept).expect("it is JSON");
    before.as_object_mut().expect("a table").remove("delivery");
    let old: RepoConfig = serde_json::from_value(before).expect("a state from before there was delivery");
    assert_eq!(old.delivery, Policy::default());
}

#[test]
fn what_is_not_said_follows_from_name_and_place() {
    assert_eq!(policy(""), Policy::default());
    let two = "[[stage]]\nname = \"staging\"\n[[stage]]\nname = \"production\"\n";
    assert_eq!(policy(two), Policy::default(), "the usual two, said in so many words");
    let eyes = |text: &str| policy(text).stages.last().map(|stage| (stage.tier, stage.approval.who));
    assert_eq!(eyes("[[stage]]\nname = \"prod\"\n"), Some((Tier::Production, Eyes::FourEyes)));
    assert_eq!(eyes("[[stage]]\nname = \"live\"\n"), Some((Tier::Other, Eyes::Any)));
    let mode = policy("[delivery]\nmode = \"deployment\"\n");
    assert_eq!((mode.stages.len(), mode.promote(&mode.stages[1])), (2, Promote::Auto));
    let off = policy("[delivery]\nmode = \"off\"\n[[stage]]\nname = \"staging\"\npromote = \"auto\"\n");
    assert_eq!(off.promote(&off.stages[0]), Promote::Manual, "off is off");
    let silent = policy("[[stage]]\nname = \"live\"\ntier = \"production\"\nrollback = { max_auto = 0 }\n");
    assert_eq!(silent.stages[0].on_failure, OnFailure::Hold, "where nothing may be rolled back by itself");
    assert!(silent.hotfix.through.is_empty(), "there is no stage of tier staging");
}

#[test]
fn a_stage_for_tests_that_says_nothing_is_looked_at_or_soaks() {
    let stage = |rest: &str| policy(&format!("[[stage]]\nname = \"staging\"\n{rest}")).stages.remove(0);
    let seen = |stage: &Stage| (stage.verify.len(), stage.soak_ms / MINUTE_MS);
    assert_eq!(seen(&stage("")), (0, 10));
    let with_url = stage("url = \"https://staging.example.org\"\n");
    assert_eq!(seen(&with_url), (1, 0));
    assert!(matches!(&with_url.verify[0].probe, Probe::Http { url, expect: 200, .. } if url == "/"));
    assert_eq!(seen(&stage("verify = []\n")), (0, 0), "said in so many words");
    assert_eq!(seen(&stage("soak = \"0s\"\nurl = \"https://staging.example.org\"\n")), (0, 0));
    assert_eq!(seen(&stage("tier = \"other\"\n")), (0, 0));
}

#[test]
fn candidates_that_are_not_made_with_the_landing_are_made_after_it() {
    assert_eq!(policy("[delivery]\nmanual = true\n").cut.when, CutWhen::PostMergeGreen);
    assert_eq!(policy("[delivery]\nmin_interval = \"5m\"\n").cut.when, CutWhen::PostMergeGreen);
    let problem = only("[delivery]\nmin_interval = \"5m\"\nwhen = \"landed\"\n");
    assert_eq!((problem.line, problem.key.as_str()), (Some(3), "delivery.when"));
    assert!(problem.what.contains("min_interval can never count"), "{problem}");
}

#[test]
fn stages_stand_behind_those_they_come_after() {
    let text = "[[stage]]\nname = \"production\"\nafter = [\"eu\", \"us\"]\n[[stage]]\nname = \"eu\"\nafter = [\"test\"]\n\
                [[stage]]\nname = \"us\"\nafter = [\"test\"]\n[[stage]]\nname = \"test\"\nafter = []\n";
    assert_eq!(names(&policy(text).stages), ["test", "eu", "us", "production"]);
}

#[test]
fn stages_in_each_others_way_are_told() {
    let stages = |stages: &[(&str, &str)]| {
        stages.iter().map(|(name, rest)| format!("[[stage]]\nname = \"{name}\"\n{rest}\n")).collect::<Vec<_>>().concat()
    };
    for (text, expected) in [
        (stages(&[("a", "after = [\"a\"]")]), "line 3: stage[1].after[1]: goes in a circle: `a` comes after `a`"),
        (
            stages(&[("a", "after = [\"c\"]"), ("b", ""), ("c", "after = [\"b\"]")]),
            "line 3: stage[1].after[1]: goes in a circle: `a` comes after `c`, that after `b`, that after `a`",
        ),
        (
            stages(&[("test", ""), ("live", "after = [\"tset\"]")]),
            "line 6: stage[2].after[1]: there is no stage `tset` — did you mean `test`? stages are test, live",
        ),
        (stages(&[("a", ""), ("a", "")]), "line 5: stage[2].name: there is a stage `a` already"),
        (
            stages(&[("a", ""), ("b", "driver = { kind = \"ref\", name = \"refs/deploy/a\" }")]),
            "line 6: stage[2].driver.name: `refs/deploy/a` is moved by the stage `a`, too",
        ),
        (
            stages(&[("a", ""), ("b", "driver = { kind = \"ref\", name = \"refs/deploy/a/b\" }")]),
            "line 6: stage[2].driver.name: git cannot keep `refs/deploy/a/b` beside `refs/deploy/a`",
        ),
        (
            "[queue]\ntrunks = [\"deploy/*\"]\n".to_owned()
                + &stages(&[("a", "driver = { kind = \"ref\", name = \"refs/heads/deploy/a\" }")]),
            "line 5: stage[1].driver.name: `refs/heads/deploy/a` has a queue by queue.trunks",
        ),
        (
            stages(&[("a", ""), ("prod", "")]) + "[hotfix]\nthrough = [\"prod\"]\n",
            "line 8: hotfix.through[1]: `prod` is where a hotfix goes",
        ),
        ("[hotfix]\nthrough = [\"test\"]\n".to_owned(), "line 2: hotfix.through[1]: there is no stage `test`"),
        ("stage = []\n".to_owned(), "line 1: stage: is an empty list"),
        ("[stage]\nname = \"a\"\n".to_owned(), "line 1: stage: is a table, not a list of sections — write [[stage]]"),
    ] {
        let told = only(&text).to_string();
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
    let many: Vec<String> = (0..21).map(|n| format!("[[stage]]\nname = \"s{n}\"\n")).collect();
    assert!(only(&many.concat()).what.contains("stands there 21 times"));
}

#[test]
fn only_refs_that_say_what_runs_may_be_moved() {
    for name in [
        "refs/heads/main",
        "refs/tags/v1",
        "refs/greenline/ledger",
        "refs/deploy/",
        "refs/deploy",
        "deploy/a",
        "refs/deploy/../heads/main",
        "refs/heads/deploy",
        "refs/deploy-stable/a",
        "+refs/deploy/a",
        "refs/deploy/a b",
    ] {
        let text = format!("[[stage]]\nname = \"a\"\ndriver = {{ kind = \"ref\", name = \"{name}\" }}\n");
        let problem = only(&text);
        assert!(problem.hint.starts_with("write a name below refs/deploy/"), "{name}: {problem}");
    }
}

#[test]
fn remotes_run_no_programs_and_show_no_passwords() {
    let with = |remote: &str| {
        format!("[[stage]]\nname = \"a\"\ndriver = {{ kind = \"push\", remote = \"{remote}\", branch = \"main\" }}\n")
    };
    for bad in [
        "ext::sh -c true",
        "https://user:word@example.org/x",
        "https://user@example.org/x",
        "http://example.org/x",
        "file:///etc",
        "/etc",
        "-x",
        "ssh://-oProxyCommand=x/y",
        "ssh://git:word@example.org/x",
        "https://example.org/a/../b",
        "https://",
    ] {
        assert!(only(&with(bad)).what.contains("nothing that can be pushed to"), "{bad}");
    }
    for good in
        ["https://git.heroku.com/acme.git", "ssh://git@example.org:2222/acme.git", "http://127.0.0.1:8080/x.git"]
    {
        policy(&with(good));
    }
}

#[test]
fn windows_that_never_open_are_told() {
    let with = |windows: &str| format!("[[stage]]\nname = \"a\"\nwindows = [{windows}]\n");
    for never in [
        "{ allow = \"mon-thu\" }, { deny = \"mon-thu\", reason = \"x\" }",
        "{ allow = \"tue 09:00-16:00\" }, { deny = \"mon-fri 08:00-12:00\", reason = \"x\" }, { deny = \"12:00-20:00\", reason = \"x\" }",
        "{ allow = \"2026-12-20..2026-12-24\" }, { deny = \"2026-12-18..2027-01-04\", reason = \"x\" }",
    ] {
        let problem = only(&with(never));
        assert_eq!((problem.line, problem.what.as_str()), (Some(3), "are denied whenever they are allowed"), "{never}");
    }
    for sometimes in [
        "{ allow = \"mon-thu\" }, { deny = \"mon-wed\", reason = \"x\" }",
        "{ allow = \"mon-thu\" }, { deny = \"2026-01-01..2036-12-31\", reason = \"x\" }",
        "{ deny = \"fri\", reason = \"x\" }",
        "{ allow = \"2026-12-20..2026-12-24\" }, { deny = \"20:00-08:00\", reason = \"x\" }",
    ] {
        policy(&with(sometimes));
    }
}

#[test]
fn a_name_that_cannot_be_read_makes_no_second_problem() {
    let told = problems(
        "[[stage]]\nname = \"Test\"\n[[stage]]\nname = \"live\"\nafter = [\"test\"]\n[hotfix]\nthrough = [\"test\"]\n",
    );
    assert_eq!(
        told,
        [
            "line 2: stage[1].name: `Test` is no stage's name — write 1 to 40 small letters, digits and dashes, a letter first"
        ]
    );
}
