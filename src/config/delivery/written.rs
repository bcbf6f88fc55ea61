//! The settings of delivery as one would write them, key by key, so that two policies can be compared by people. It reads nothing
//! and judges nothing. A field that is not here does not compile.

use super::bound;
use crate::config::changes::said;
use crate::config::duration;
use crate::delivery::Policy;
use crate::delivery::policy::{
    ApprovalRule, Cut, Driver, Hotfix, Opening, Probe, Promote, RedTrunk, Stage, Trust, Verify,
};
use crate::facts::RequiredCheck;
use serde::Serialize;
use std::collections::BTreeMap;
use toml::Value;

type Written = BTreeMap<String, String>;

/// Every setting of delivery by its key; those of stages have the stage's name in it.
pub(in crate::config) fn written(policy: &Policy) -> Written {
    let Policy { mode, cut, version, stages, hotfix, red, trust } = policy;
    let Cut { when, post_merge, post_merge_timeout_ms, min_interval_ms, manual } = cut;
    let Hotfix { through, approvals } = hotfix;
    let RedTrunk { rerun_once, revert, lock } = red;
    let Trust { deployments, days, failures_percent, demote_for } = trust;
    let mut found: Written = [
        ("delivery.mode", plain(mode)),
        ("delivery.when", plain(when)),
        ("delivery.post_merge", plain(post_merge)),
        ("delivery.post_merge_timeout", duration::written(*post_merge_timeout_ms)),
        ("delivery.min_interval", duration::written(*min_interval_ms)),
        ("delivery.manual", plain(manual)),
        ("delivery.versions", plain(version)),
        ("hotfix.through", plain(through)),
        ("hotfix.approvals", plain(approvals)),
        ("red.rerun_once", plain(rerun_once)),
        ("red.revert", plain(revert)),
        ("red.lock", plain(lock)),
        ("trust.deployments", plain(deployments)),
        ("trust.days", plain(days)),
        ("trust.failures_percent", plain(failures_percent)),
        ("trust.demote_for", plain(demote_for)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    for stage in stages {
        let of_stage = one_stage(stage).into_iter().map(|(key, value)| (format!("stage.{}.{key}", stage.name), value));
        found.extend(of_stage);
    }
    found
}

fn one_stage(stage: &Stage) -> Written {
    let Stage {
        name: _,
        tier,
        after,
        need,
        promote,
        supersede,
        group,
        driver,
        timeout_ms,
        lost_ms,
        retries,
        verify,
        soak_ms,
        windows,
        approval,
        on_failure,
        auto_rollbacks,
        revert,
        url,
    } = stage;
    let mut found: Written = [
        ("tier", plain(tier)),
        ("after", plain(after)),
        ("need", plain(need)),
        ("supersede", plain(supersede)),
        ("driver", one_driver(driver)),
        ("timeout", duration::written(*timeout_ms)),
        ("lost_after", duration::written(*lost_ms)),
        ("retries", plain(retries)),
        ("soak", duration::written(*soak_ms)),
        ("on_failure", plain(on_failure)),
        ("rollback.max_auto", plain(auto_rollbacks)),
        ("rollback.revert", plain(revert)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    let told = [("promote", promote.map(one_promote)), ("group", group.clone()), ("url", url.clone())];
    found.extend(told.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    found.extend(verify.iter().zip(1..).map(|(one, place)| (format!("verify[{place}]"), one_probe(one))));
    found.extend(windows.iter().zip(1..).map(|(one, place)| (format!("windows[{place}]"), one_window(one))));
    found.extend(one_approval(approval).map(|(key, value)| (format!("approval.{key}"), value)));
    found
}

fn one_approval(rule: &ApprovalRule) -> [(&'static str, String); 6] {
    let ApprovalRule { who, min, from, required, permission, expires_ms } = rule;
    [
        ("policy", plain(who)),
        ("min", plain(min)),
        ("from", listed(from.iter().map(ToString::to_string))),
        ("required", listed(required.iter().map(ToString::to_string))),
        ("permission", plain(permission)),
        ("expires", duration::written(*expires_ms)),
    ]
}

/// What is waited for, as one writes it.
pub(in crate::config) fn one_promote(promote: Promote) -> String {
    match promote {
        Promote::Auto => "auto".into(),
        Promote::Approve => "approve".into(),
        Promote::Manual => "manual".into(),
        Promote::VetoAfter(ms) => format!("veto after {}", duration::written(ms)),
    }
}

fn one_driver(driver: &Driver) -> String {
    let (kind, rest) = match driver {
        Driver::Ref { name, observe } => {
            ("ref", vec![("name", name.as_ref().map(quoted)), ("observe", observe.as_ref().map(quoted))])
        }
        Driver::Command { argv } => ("command", vec![("command", Some(words(argv)))]),
        Driver::Webhook { url } => ("webhook", vec![("url", Some(quoted(url)))]),
        Driver::GithubDeployment { environment, by } => (
            "github-deployment",
            vec![("environment", environment.as_ref().map(quoted)), ("by", (!by.is_empty()).then(|| words(by)))],
        ),
        Driver::Actions { workflow } => ("actions", vec![("workflow", Some(quoted(workflow)))]),
        Driver::Push { remote, branch } => {
            ("push", vec![("remote", Some(quoted(remote))), ("branch", Some(quoted(branch)))])
        }
        Driver::Manual => ("manual", Vec::new()),
    };
    table(std::iter::once(("kind", Some(quoted(kind)))).chain(rest))
}

fn one_probe(verify: &Verify) -> String {
    let Verify { name, probe, dry_run, timeout_ms } = verify;
    let length = |ms: &i64| Some(quoted(&duration::written(*ms)));
    let timeout = ("timeout", length(timeout_ms));
    let mut parts = match probe {
        Probe::Http { url, expect, contains, tries, every_ms } => vec![
            ("http", Some(quoted(url))),
            ("expect", Some(plain(expect))),
            ("contains", contains.as_ref().map(quoted)),
            ("tries", Some(plain(tries))),
            ("every", length(every_ms)),
        ],
        Probe::Check(RequiredCheck { name, app }) => {
            let app = app.map_or_else(|| "\"any\"".to_owned(), |app| app.to_string());
            vec![("check", Some(quoted(name))), ("app", Some(app)), timeout]
        }
        Probe::Command { argv } => vec![("command", Some(words(argv))), timeout],
        Probe::Metric { url, path, fail_if, count, every_ms, fail_limit } => vec![
            ("metric", Some(quoted(name))),
            ("url", Some(quoted(url))),
            ("path", Some(quoted(path))),
            ("fail_if", Some(quoted(&bound::written(*fail_if)))),
            ("every", length(every_ms)),
            ("count", Some(plain(count))),
            ("fail_limit", Some(plain(fail_limit))),
        ],
    };
    let named = *name != probe.usual_name() && !matches!(probe, Probe::Metric { .. });
    parts.push(("name", named.then(|| quoted(name))));
    parts.push(("dry_run", dry_run.then(|| "true".to_owned())));
    table(parts)
}

fn one_window(opening: &Opening) -> String {
    let Opening { window, allows, reason } = opening;
    let key = if *allows { "allow" } else { "deny" };
    table([
        (key, Some(quoted(&window.when))),
        ("reason", (!reason.is_empty()).then(|| quoted(reason))),
        ("time_zone", Some(quoted(&window.zone))),
    ])
}

fn table(parts: impl IntoIterator<Item = (&'static str, Option<String>)>) -> String {
    let parts = parts.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", value?)));
    format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
}

fn quoted(text: &(impl ToString + ?Sized)) -> String {
    format!("{:?}", text.to_string())
}

fn words<T: ToString>(texts: &[T]) -> String {
    listed(texts.iter().map(|text| quoted(text)))
}

fn listed(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

/// A value whose form in the state is the word or number that stands in the file.
fn plain(value: &impl Serialize) -> String {
    Value::try_from(value).map(|value| said(&value)).unwrap_or_default()
}
