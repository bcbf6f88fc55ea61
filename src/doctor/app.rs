//! The clock, the App's key, permissions, events and webhook: what must be so for all repositories.

use super::Ours;
use super::finding::Finding;
use super::needs::{EVENTS, Level, PERMISSIONS, Permission};
use super::reading::{FailedDelivery, Hook, Installation, KnownApp};
use crate::when;
use crate::wording::shown;
use std::collections::BTreeMap;

/// GitHub refuses a token that ends more than ten minutes from its now, and one from its future (GitHub Docs, *Generating a
/// JSON Web Token*). Ours are dated a minute back and end in nine.
const AHEAD_MAX_MS: i64 = 60_000;
const BEHIND_MAX_MS: i64 = 8 * 60_000;
/// More than this is no delay of an answer.
const DRIFT_MS: i64 = 15_000;

const ABOUT: &str = "the App";

/// What the clock's difference means.
pub(super) fn clock(ahead_ms: Option<i64>) -> Option<Finding> {
    let ahead_ms = ahead_ms?;
    let side = if ahead_ms > 0 { "ahead of" } else { "behind" };
    let told = format!("is {} s {side} GitHub's", ahead_ms.unsigned_abs() / 1000);
    let fix = "set it right, and have it kept so (`timedatectl set-ntp true`)";
    Some(if !(-BEHIND_MAX_MS..=AHEAD_MAX_MS).contains(&ahead_ms) {
        Finding::wrong("the clock", format!("{told}, and GitHub refuses tokens that are dated so"), fix)
    } else if ahead_ms.abs() > DRIFT_MS {
        Finding::warning("the clock", format!("{told}; GitHub will refuse our tokens when it is much more"), fix)
    } else {
        Finding::ok("the clock", "agrees with GitHub's")
    })
}

/// GitHub's words about a token, as what a person has to change.
pub(super) fn refused(status: u16, said: &str, ours: &Ours) -> Finding {
    let (app, words) = (ours.app, shown(said));
    let lower = said.to_lowercase();
    if status == 404 || lower.contains("integration not found") {
        let what = format!("is not known to GitHub by the number {app} ({words})");
        return Finding::wrong(ABOUT, what, "write the App ID that the App's settings page shows into [github] app_id");
    }
    if ["'exp'", "'iat'", "expir"].iter().any(|sign| lower.contains(sign)) {
        let what = format!("is refused because of the times in its token ({words})");
        return Finding::wrong(ABOUT, what, "set this machine's clock right (`timedatectl set-ntp true`)");
    }
    let fix = "make a new private key on the App's settings page, put the file where [github] private_key_file says, \
               and see that app_id is that App's";
    Finding::wrong(ABOUT, format!("{app} is not accepted with this private key ({words})"), fix)
}

/// The App itself: that it is known, what it may, what it is told.
pub(super) fn app(known: &KnownApp, ours: &Ours) -> Vec<Finding> {
    let mut findings = vec![Finding::ok(ABOUT, format!("is `{}`, and GitHub accepts its key", shown(&known.slug)))];
    let lacking = lacking(&known.permissions);
    if lacking.is_empty() {
        findings.push(Finding::ok(ABOUT, "has every permission that it needs"));
    }
    findings.extend(lacking.into_iter().map(|lack| {
        let fix = format!(
            "{}/permissions: {}, {}: {}; then accept it for each installation",
            known.settings_url,
            lack.under,
            lack.name,
            lack.level.choice()
        );
        lacks(ABOUT, "lacks", lack, fix)
    }));
    findings.extend(events(known, ours));
    match &known.hook {
        Ok(hook) => findings.extend(self::hook(hook, known, ours)),
        Err(unasked) => findings.push(Finding::unasked("the webhook", "how it is set", unasked)),
    }
    match &known.failed {
        Ok(failed) => findings.push(deliveries(failed, known)),
        Err(unasked) => findings.push(Finding::unasked("the webhook", "what it could not deliver", unasked)),
    }
    findings
}

fn lacking(have: &BTreeMap<String, String>) -> Vec<&'static Permission> {
    let level = |lack: &Permission| have.get(lack.key).and_then(|word| Level::named(word));
    PERMISSIONS.iter().filter(|wanted| level(wanted) < Some(wanted.level)).collect()
}

fn lacks(about: &str, verb: &str, lack: &Permission, fix: String) -> Finding {
    let what = format!("{verb} the permission \"{}: {}\": {}", lack.name, lack.level.choice(), lack.without);
    if lack.optional { Finding::warning(about, what, fix) } else { Finding::wrong(about, what, fix) }
}

fn events(known: &KnownApp, ours: &Ours) -> Vec<Finding> {
    let missing = EVENTS.iter().filter(|event| !known.events.iter().any(|have| have == event.key));
    let missing: Vec<Finding> = missing
        .map(|event| {
            let (late, seconds) = (event.late, ours.reconcile_ms / 1000);
            let what = format!("is not told of the event `{}`: {late} are noticed up to {seconds} s late", event.key);
            let page = format!("{}/permissions", known.settings_url);
            Finding::warning(ABOUT, what, format!("{page}: Subscribe to events, tick \"{}\"", event.name))
        })
        .collect();
    if missing.is_empty() { vec![Finding::ok(ABOUT, "is told of every event that it listens to")] } else { missing }
}

fn hook(hook: &Hook, known: &KnownApp, ours: &Ours) -> Vec<Finding> {
    let (about, page) = ("the webhook", &known.settings_url);
    let ours = ours.public_url.as_deref().unwrap_or("https://YOUR-HOST");
    let mut findings = Vec::new();
    if hook.url.is_empty() {
        let fix = format!("{page}: Webhook, tick \"Active\", Webhook URL: {ours}/webhook");
        return vec![Finding::wrong(about, "goes nowhere, so everything is noticed late", fix)];
    }
    if !hook.url.split(['?', '#']).next().unwrap_or_default().ends_with("/webhook") {
        let what = format!("goes to `{}`, and the service listens at /webhook", shown(&hook.url));
        findings.push(Finding::warning(about, what, format!("{page}: Webhook URL: {ours}/webhook")));
    }
    if hook.content_type != "json" {
        let what = format!("sends `{}`, which is not read", shown(&hook.content_type));
        findings.push(Finding::wrong(about, what, format!("{page}: Content type: application/json")));
    }
    if !hook.has_secret {
        let fix = format!("{page}: Webhook secret: what is in the file that [github] webhook_secret_files names");
        findings.push(Finding::wrong(about, "has no secret, so every delivery is refused as unsigned", fix));
    }
    if hook.insecure {
        let fix = format!("{page}: SSL verification: Enable");
        findings.push(Finding::warning(about, "does not verify the service's certificate", fix));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(about, format!("goes to `{}`, signed, as JSON", shown(&hook.url))));
    }
    findings
}

/// The last failure tells why: earlier ones may be from when the service was down.
fn deliveries(failed: &[FailedDelivery], known: &KnownApp) -> Finding {
    let about = "the webhook";
    let Some(last) = failed.last() else { return Finding::ok(about, "has delivered everything that GitHub remembers") };
    let (event, at) = (shown(&last.event), when::print(last.at));
    let answer =
        last.status.filter(|status| *status > 0).map_or("no answer".into(), |status| format!("status {status}"));
    let count = match failed.len() {
        1 => "an event".to_owned(),
        many => format!("{many} events"),
    };
    let what = format!("could not deliver {count}, the last one `{event}` at {at} ({answer})");
    let log = format!("{}/advanced", known.settings_url);
    if matches!(last.status, Some(401 | 403)) {
        let what = format!("{what}: the service takes the signature for wrong");
        let page = &known.settings_url;
        let fix = format!("write the secret of the file in [github] webhook_secret_files into {page}: Webhook secret");
        return Finding::wrong(about, what, fix);
    }
    let fix = format!(
        "see that GitHub reaches the service, and at {log} what it was told; `serve` asks for them again by itself"
    );
    Finding::warning(about, what, fix)
}

/// What an installation was granted of what the App asks for.
pub(super) fn installation(installation: &Installation, known: &KnownApp) -> Vec<Finding> {
    let about = format!("the installation of {}", shown(&installation.account));
    if installation.suspended {
        let fix = format!("{}: Unsuspend", installation.page);
        return vec![Finding::wrong(&about, "is suspended, so its repositories are not served", fix)];
    }
    let of_app: Vec<_> = lacking(&known.permissions).iter().map(|lack| lack.key).collect();
    let pending = lacking(&installation.permissions).into_iter().filter(|lack| !of_app.contains(&lack.key));
    let accept = format!("an owner accepts the new permissions at {}", installation.page);
    pending.map(|lack| lacks(&about, "was not granted", lack, accept.clone())).collect()
}
