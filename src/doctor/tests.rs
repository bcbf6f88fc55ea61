//! Plants one fault after the other into a healthy checkup, and looks for what is said about it.

use super::*;
use crate::config::GITHUB_ACTIONS;
use crate::facts::RequiredCheck;
use crate::ids::Moment;

const WORKFLOW: &str = "on:\n  push:\n    branches: [main, \"greenline/**\"]\njobs:\n  ci:\n    runs-on: x\n";
const SETTINGS: &str = "[checks]\nrequired = [{ name = \"ci\", app = \"github-actions\" }]\n";

fn check(name: &str) -> RequiredCheck {
    RequiredCheck { name: name.parse().expect("a name"), app: Some(GITHUB_ACTIONS) }
}

fn rule(kind: &str) -> Rule {
    let origin = Origin { ruleset: "ours".into(), page: None, bypass: Bypass::Never };
    Rule { kind: kind.into(), origin, required: Vec::new(), up_to_date: false, not_on_create: false, names: None }
}

fn passed(kind: &str) -> Rule {
    let mut rule = rule(kind);
    rule.origin.bypass = Bypass::Always;
    rule
}

fn inside() -> Inside {
    Inside {
        settings: Ok(Some(SETTINGS.into())),
        workflows: Ok(vec![(".github/workflows/ci.yml".into(), WORKFLOW.into())]),
        trunk_rules: Ok(vec![passed("update"), rule("deletion"), rule("non_fast_forward")]),
        run_rules: Ok(Vec::new()),
        tag_rulesets: Ok(vec![Ruleset {
            include: vec!["refs/tags/candidate/*".into()],
            exclude: Vec::new(),
            rules: vec![rule("update"), rule("deletion")],
        }]),
        protection: Ok(None),
        reported: Ok(Vec::new()),
    }
}

fn granted() -> std::collections::BTreeMap<String, String> {
    let level = |wanted: &Permission| match wanted.level {
        Level::Read => "read",
        Level::Write => "write",
    };
    PERMISSIONS.iter().map(|wanted| (wanted.key.to_owned(), level(wanted).to_owned())).collect()
}

fn known(inside: Inside) -> KnownApp {
    let repository = Repository { name: "acme/demo".into(), trunk: "main".into(), inside: Some(inside) };
    let hook = Hook {
        url: "https://queue.example.com/webhook".into(),
        content_type: "json".into(),
        insecure: false,
        has_secret: true,
    };
    KnownApp {
        slug: "greenline".into(),
        settings_url: "https://github.com/settings/apps/greenline".into(),
        permissions: granted(),
        events: EVENTS.iter().map(|event| event.key.to_owned()).collect(),
        hook: Ok(hook),
        failed: Ok(Vec::new()),
        installations: Ok(vec![Installation {
            account: "acme".into(),
            page: "https://github.com/settings/installations/1".into(),
            suspended: false,
            permissions: granted(),
            repositories: Ok(vec![repository]),
        }]),
    }
}

fn findings(ahead_ms: i64, identity: Identity) -> Vec<Finding> {
    let ours = Ours { app: AppId::new(7), public_url: None, reconcile_ms: 120_000, signs: false };
    diagnose(&Checkup { ahead_ms: Some(ahead_ms), identity }, &ours, None)
}

/// What is not right after a change of the App.
fn app(plant: impl FnOnce(&mut KnownApp)) -> Vec<Finding> {
    let mut known = known(inside());
    plant(&mut known);
    trouble(findings(0, Identity::Known(Box::new(known))))
}

/// What is not right after a change in the repository.
fn repo(plant: impl FnOnce(&mut Inside)) -> Vec<Finding> {
    let mut inside = inside();
    plant(&mut inside);
    trouble(findings(0, Identity::Known(Box::new(known(inside)))))
}

fn trouble(findings: Vec<Finding>) -> Vec<Finding> {
    findings.into_iter().filter(|finding| finding.verdict != Verdict::Ok).collect()
}

/// Exactly one thing is said, of this weight, with these words in it or its fix.
#[track_caller]
fn only(found: &[Finding], verdict: Verdict, words: &[&str]) {
    let [finding] = found else { panic!("not one finding: {found:#?}") };
    let text = finding.lines();
    assert_eq!(finding.verdict, verdict, "{text}");
    assert!(finding.verdict == Verdict::Unasked || finding.fix.is_some(), "{text}");
    for word in words {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
}

#[test]
fn nothing_is_wrong_with_a_healthy_installation() {
    assert_eq!(app(|_| {}), []);
    assert_eq!(repo(|inside| inside.workflows = Ok(vec![("a.yml".into(), format!("name: x\n{WORKFLOW}"))])), []);
}

#[test]
fn the_clock_and_the_key() {
    let clock = |ms| trouble(findings(ms, Identity::Known(Box::new(known(inside())))));
    assert_eq!(clock(-3000), []);
    only(&clock(40_000), Verdict::Warning, &["40 s ahead of GitHub's"]);
    only(&clock(-3_600_000), Verdict::Wrong, &["3600 s behind GitHub's", "timedatectl"]);
    let refused =
        |status, said: &str| trouble(findings(0, Identity::Refused { status, said: format!("{status}, {said}") }));
    only(&refused(401, "A JSON web token could not be decoded"), Verdict::Wrong, &["private key", "7 is not accepted"]);
    only(&refused(404, "Integration not found"), Verdict::Wrong, &["by the number 7", "app_id"]);
    let late = "'Expiration time' claim ('exp') must be a numeric value representing the future time";
    only(&refused(401, late), Verdict::Wrong, &["times in its token", "timedatectl"]);
    let away = Unasked { why: "no answer to GET /app".into(), passing: true };
    let silent = trouble(findings(0, Identity::Unasked(away)));
    only(&silent, Verdict::Unasked, &["could not be asked", "no answer"]);
    assert!(silent[0].temporary);
}

#[test]
fn a_rule_that_waits_for_our_own_word_is_to_be_changed_and_not_our_settings() {
    let found = repo(|inside| {
        let own = RequiredCheck { name: "greenline".parse().expect("a name"), app: None };
        let rule = Rule { required: vec![own], ..rule("required_status_checks") };
        inside.trunk_rules.as_mut().expect("set").push(rule);
    });
    only(&found, Verdict::Wrong, &["requires `greenline`", "take `greenline` out"]);
}

#[test]
fn a_job_that_is_skipped_on_the_queues_branches_is_told() {
    let condition = "github.event_name == 'pull_request'";
    let workflow = format!("{WORKFLOW}    if: {condition}\n");
    let planted = |inside: &mut Inside| inside.workflows = Ok(vec![("a.yml".into(), workflow.clone())]);
    only(&repo(planted), Verdict::Warning, &["waits for `ci`", condition, "skipped_passes"]);
    let allowed = repo(|inside| {
        planted(inside);
        inside.settings = Ok(Some(format!("{SETTINGS}skipped_passes = [\"ci\"]\n")));
    });
    assert_eq!(allowed, []);
}

#[test]
fn permissions_and_events() {
    let without = |key: &'static str| {
        app(|app| {
            app.permissions.remove(key);
            app.installations.as_mut().expect("set")[0].permissions.remove(key);
        })
    };
    only(&without("workflows"), Verdict::Wrong, &["Workflows: Read and write", ".github/workflows", "/permissions"]);
    only(&without("actions"), Verdict::Warning, &["Actions: Read and write"]);
    let read_only = app(|app| {
        app.permissions.insert("contents".into(), "read".into());
    });
    only(&read_only, Verdict::Wrong, &["Contents: Read and write"]);
    let pending = app(|app| {
        app.installations.as_mut().expect("set")[0].permissions.remove("workflows");
    });
    only(&pending, Verdict::Wrong, &["the installation of acme", "was not granted", "settings/installations/1"]);
    let deaf = app(|app| app.events.retain(|event| event != "issue_comment"));
    only(&deaf, Verdict::Warning, &["`issue_comment`", "commands are noticed up to 120 s late", "Issue comment"]);
    let suspended = app(|app| app.installations.as_mut().expect("set")[0].suspended = true);
    assert!(suspended.iter().any(|finding| finding.lines().contains("Unsuspend")), "{suspended:?}");
    only(&app(|app| app.installations = Ok(Vec::new())), Verdict::Wrong, &["is installed nowhere"]);
}

#[test]
fn the_webhook() {
    let hook = |plant: fn(&mut Hook)| app(|app| plant(app.hook.as_mut().expect("set")));
    only(&hook(|hook| hook.url.clear()), Verdict::Wrong, &["goes nowhere", "/webhook"]);
    only(&hook(|hook| hook.url = "https://x/hook".into()), Verdict::Warning, &["`https://x/hook`"]);
    only(&hook(|hook| hook.content_type = "form".into()), Verdict::Wrong, &["application/json"]);
    only(&hook(|hook| hook.has_secret = false), Verdict::Wrong, &["has no secret"]);
    only(&hook(|hook| hook.insecure = true), Verdict::Warning, &["certificate"]);
    let failed = |status| {
        app(|app| {
            app.failed = Ok(vec![FailedDelivery { event: "push".into(), status, at: Moment::from_ms(0) }]);
        })
    };
    only(&failed(None), Verdict::Warning, &["an event, the last one `push` at 1970-01-01T00:00:00Z (no answer)"]);
    only(&failed(Some(401)), Verdict::Wrong, &["status 401", "signature", "webhook_secret_files"]);
}

#[test]
fn the_settings_of_a_repository() {
    let broken = repo(|inside| inside.settings = Ok(Some("[queue]\nlabell = 1\n\n[chekcs]\n".into())));
    let lines: Vec<_> = broken.iter().map(Finding::lines).collect();
    assert_eq!(broken.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains(".github/greenline.toml:2: queue.labell") && lines[0].contains("did you mean"),
        "{lines:?}"
    );
    only(&repo(|inside| inside.settings = Ok(None)), Verdict::Wrong, &["nothing is queued", "[checks] required"]);
    let by_ruleset = repo(|inside| {
        inside.settings = Ok(None);
        let required = Rule { required: vec![check("ci")], ..rule("required_status_checks") };
        inside.trunk_rules.as_mut().expect("set").push(required);
    });
    assert_eq!(by_ruleset, []);
    let unread = repo(|inside| inside.settings = Err(Unasked { why: "403".into(), passing: false }));
    only(&unread, Verdict::Unasked, &["could not be asked for its settings: 403"]);
}

#[test]
fn checks_that_nobody_reports() {
    let only_main = WORKFLOW.replace(", \"greenline/**\"", "");
    let deaf = repo(|inside| inside.workflows = Ok(vec![(".github/workflows/ci.yml".into(), only_main)]));
    only(
        &deaf,
        Verdict::Wrong,
        &["`ci` in vain", ".github/workflows/ci.yml on line 3", "branches: [main, \"greenline/**\"]"],
    );
    let nobody = repo(|inside| inside.workflows = Ok(Vec::new()));
    only(&nobody, Verdict::Wrong, &["no workflow on `main` has a job by that name"]);
    let seen = repo(|inside| {
        inside.workflows = Ok(Vec::new());
        inside.reported = Ok(vec![check("ci")]);
    });
    only(&seen, Verdict::Warning, &["no workflow there shows by whom"]);
    let other = |reported: Vec<RequiredCheck>| {
        repo(|inside| {
            inside.settings = Ok(Some("[checks]\nrequired = [{ name = \"lint\", app = 9 }]\n".into()));
            inside.reported = Ok(reported);
        })
    };
    only(&other(Vec::new()), Verdict::Warning, &["`lint`", "nobody reported"]);
    assert_eq!(other(vec![RequiredCheck { app: Some(AppId::new(9)), ..check("lint") }]), []);
    let shared = format!("concurrency: ci\n{WORKFLOW}");
    let stopped = repo(|inside| inside.workflows = Ok(vec![("ci.yml".into(), shared)]));
    only(&stopped, Verdict::Warning, &["concurrency group", "ci.yml on line 1"]);
    let demanded = repo(|inside| {
        let required = Rule { required: vec![check("ci"), check("lint")], ..rule("required_status_checks") };
        inside.trunk_rules.as_mut().expect("set").push(required);
    });
    only(&demanded, Verdict::Wrong, &["requires `lint`", "{ name = \"lint\", app = 15368 }"]);
}

#[test]
fn rules_that_refuse_what_is_pushed() {
    let on_trunk = |rule: Rule| repo(|inside| inside.trunk_rules.as_mut().expect("set").push(rule));
    let on_runs = |rule: Rule| repo(|inside| inside.run_rules.as_mut().expect("set").push(rule));
    let on_tags = |rule: Rule| repo(|inside| inside.tag_rulesets.as_mut().expect("set")[0].rules.push(rule));
    for kind in ["update", "pull_request", "merge_queue", "required_signatures", "required_deployments"] {
        only(&on_trunk(rule(kind)), Verdict::Wrong, &["`main`", "`ours`", "bypass list", "`greenline`"]);
        assert_eq!(on_trunk(passed(kind)), []);
    }
    for kind in ["creation", "deletion", "required_signatures", "required_status_checks"] {
        only(&on_runs(rule(kind)), Verdict::Wrong, &["`greenline/**`", "exclude `greenline/**`"]);
    }
    for kind in ["creation", "required_signatures"] {
        only(&on_tags(rule(kind)), Verdict::Wrong, &["the tag `candidate/000001`", "[candidate] tag"]);
    }
    for kind in ["creation", "deletion", "required_linear_history", "max_file_size", "a_new_one"] {
        assert_eq!(on_trunk(rule(kind)), [], "{kind}");
    }
    let mut half = rule("update");
    half.origin.bypass = Bypass::PullRequestsOnly;
    only(&on_trunk(half), Verdict::Wrong, &["to \"Always allow\""]);
    let mut unsaid = rule("update");
    unsaid.origin.bypass = Bypass::Unsaid;
    only(&on_trunk(unsaid), Verdict::Warning, &["perhaps refuses"]);
    let named = |operator: &str, pattern: &str| {
        let names = NamePattern { operator: operator.into(), pattern: pattern.into(), negate: false };
        on_runs(Rule { names: Some(names), ..rule("branch_name_pattern") })
    };
    assert_eq!(named("starts_with", "greenline/"), []);
    only(&named("starts_with", "feature/"), Verdict::Wrong, &["pattern for names"]);
    only(&named("regex", "^f"), Verdict::Warning, &["perhaps"]);
    let linear = repo(|inside| {
        inside.settings = Ok(Some(format!("{SETTINGS}[merge]\nstrategy = \"merge\"\n")));
        inside.trunk_rules.as_mut().expect("set").push(rule("required_linear_history"));
    });
    only(&linear, Verdict::Wrong, &["forbids merge commits"]);
}

#[test]
fn the_rule_that_branches_are_up_to_date_is_named_and_harmless() {
    let told = |plant: fn(&mut Inside)| {
        let mut inside = inside();
        plant(&mut inside);
        let findings = findings(0, Identity::Known(Box::new(known(inside))));
        assert_eq!(trouble(findings.clone()), []);
        findings.into_iter().find(|finding| finding.what.contains("up to date")).map(|finding| finding.what)
    };
    assert_eq!(told(|_| {}), None);
    let by_rule = told(|inside| {
        let strict = Rule { up_to_date: true, ..rule("required_status_checks") };
        inside.trunk_rules.as_mut().expect("set").push(strict);
    });
    assert!(by_rule.is_some_and(|what| what.contains("(the ruleset `ours`), which does not stand in the way")));
    let classic = told(|inside| {
        inside.protection =
            Ok(Some(Protection { up_to_date: true, required: vec![check("ci")], ..Protection::default() }));
    });
    assert!(classic.is_some_and(|what| what.contains("(branch protection)")));
}

#[test]
fn classic_protection_that_refuses_what_is_pushed() {
    let guarded = |protection: Protection| repo(|inside| inside.protection = Ok(Some(protection)));
    let us = || Some(vec!["greenline".to_owned()]);
    assert_eq!(guarded(Protection { pushers: us(), ..Protection::default() }), []);
    let others = Protection { pushers: Some(vec!["other".into()]), ..Protection::default() };
    only(&guarded(others), Verdict::Wrong, &["does not name the App", "Restrict who can push"]);
    only(&guarded(Protection { reviews: true, ..Protection::default() }), Verdict::Wrong, &["bypass it"]);
    let spared = Protection { reviews: true, reviews_bypass: vec!["greenline".into()], ..Protection::default() };
    assert_eq!(guarded(spared), []);
    only(&guarded(Protection { signatures: true, ..Protection::default() }), Verdict::Wrong, &["signed commits"]);
    only(&guarded(Protection { locked: true, ..Protection::default() }), Verdict::Wrong, &["Lock branch"]);
    assert_eq!(guarded(Protection { linear: true, ..Protection::default() }), []);
    let unread = repo(|inside| inside.protection = Err(Unasked { why: "403".into(), passing: false }));
    only(&unread, Verdict::Unasked, &["branch protection guards `main`", "Administration"]);
    let open = repo(|inside| inside.trunk_rules = Ok(Vec::new()));
    only(&open, Verdict::Warning, &["past the queue", "restrict updates"]);
}
