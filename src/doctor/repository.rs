//! One repository: its settings on trunk, the checks it waits for, and what GitHub would refuse there.

use super::Ours;
use super::finding::Finding;
use super::reading::{Bypass, Inside, KnownApp, Repository, Rule};
use super::{rules, workflows};
use crate::config::RepoConfig;
use crate::config::repo::SETTINGS_PATH;
use crate::facts::RequiredCheck;
use crate::wording::shown;

/// The names of the check runs that Greenline itself reports.
const OURS: [&str; 2] = ["greenline", "greenline / settings"];

/// The repository that is looked at, and who looks.
pub(super) struct Place<'a> {
    pub name: &'a str,
    pub trunk: &'a str,
    pub app: &'a KnownApp,
    pub ours: &'a Ours,
}

impl Place<'_> {
    /// The branch on which CI would test the first run.
    pub fn run_branch(&self) -> String {
        format!("greenline/{}/run-1", self.trunk)
    }
}

/// Everything about one repository.
pub(super) fn repository(repository: &Repository, app: &KnownApp, ours: &Ours) -> Vec<Finding> {
    let (name, trunk) = (repository.name.as_str(), repository.trunk.as_str());
    let place = Place { name, trunk, app, ours };
    let Some(inside) = &repository.inside else {
        return vec![Finding::ok(name, "is archived, and left alone")];
    };
    let (mut findings, config) = settings(&place, inside);
    if let Some(config) = &config {
        let (required, told) = required(&place, inside, config);
        findings.extend(told);
        findings.extend(refused_by_checks(&place, inside, config));
        findings.extend(workflows::reported(&place, inside, &required, &config.checks.skipped_passes));
    }
    // What a broken file meant is not known; the rules are looked at as if it had the defaults.
    findings.extend(rules::refusals(&place, inside, &config.unwrap_or_default()));
    findings
}

/// The settings on trunk, unless they are broken or were not read.
fn settings(place: &Place<'_>, inside: &Inside) -> (Vec<Finding>, Option<RepoConfig>) {
    let (name, trunk) = (place.name, place.trunk);
    match &inside.settings {
        Err(unasked) => (vec![Finding::unasked(name, "for its settings", unasked)], None),
        Ok(None) => {
            let what = format!("has no {SETTINGS_PATH} on `{trunk}`; the defaults hold");
            (vec![Finding::ok(name, what)], Some(RepoConfig::default()))
        }
        Ok(Some(text)) => match RepoConfig::parse(text) {
            Ok(config) => (vec![Finding::ok(name, format!("has valid settings on `{trunk}`"))], Some(config)),
            Err(problems) => {
                let wrong = |problem: &crate::config::Problem| {
                    let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
                    let key = if problem.key.is_empty() { String::new() } else { format!(" {}", problem.key) };
                    Finding::wrong(name, format!("{SETTINGS_PATH}{line}:{key} {}", problem.what), &problem.hint)
                };
                (problems.iter().map(wrong).collect(), None)
            }
        },
    }
}

/// The checks that are waited for: the file's, or else those that GitHub requires.
fn required(place: &Place<'_>, inside: &Inside, config: &RepoConfig) -> (Vec<RequiredCheck>, Option<Finding>) {
    if !config.checks.required.is_empty() {
        return (config.checks.required.clone(), None);
    }
    let rules = inside.trunk_rules.iter().flatten().flat_map(|rule| &rule.required);
    let classic = inside.protection.iter().flatten().flat_map(|protection| &protection.required);
    let mut required: Vec<RequiredCheck> = rules.chain(classic).cloned().collect();
    required.sort();
    required.dedup();
    let unread = inside.trunk_rules.is_err() || inside.protection.is_err();
    let told = if !required.is_empty() {
        None
    } else if config.checks.allow_no_checks {
        Some(Finding::ok(place.name, "lets everything pass, because allow_no_checks says so"))
    } else if unread {
        let what = "names no required checks in its settings, and not all that GitHub requires could be read";
        Some(Finding::warning(place.name, what, format!("name them in {SETTINGS_PATH}, [checks] required")))
    } else {
        let what = "says nowhere which checks must pass, so nothing is queued";
        let fix = format!(
            "write them into {SETTINGS_PATH} on `{}`: [checks] required = [{{ name = \"ci\", app = \"github-actions\" }}]",
            place.trunk
        );
        Some(Finding::wrong(place.name, what, fix))
    };
    (required, told)
}

/// Checks that GitHub demands of a commit on trunk, and that nobody waits for before it is pushed there.
fn refused_by_checks(place: &Place<'_>, inside: &Inside, config: &RepoConfig) -> Vec<Finding> {
    let file = &config.checks.required;
    if file.is_empty() && !config.checks.allow_no_checks {
        return Vec::new();
    }
    let enforced = |rule: &&Rule| rule.origin.bypass != Bypass::Always;
    let rules = inside.trunk_rules.iter().flatten().filter(enforced).flat_map(|rule| &rule.required);
    let classic = inside.protection.iter().flatten().flat_map(|protection| &protection.required);
    let waited = |check: &&RequiredCheck| {
        file.iter()
            .any(|own| own.name == check.name && (own.app == check.app || own.app.is_none() || check.app.is_none()))
    };
    let mut missing: Vec<&RequiredCheck> = rules.chain(classic).filter(|check| !waited(check)).collect();
    missing.sort();
    missing.dedup();
    let wrong = |check: &RequiredCheck| {
        let (name, trunk) = (shown(check.name.as_str()), place.trunk);
        if OURS.contains(&check.name.as_str()) {
            let what = format!(
                "requires `{name}` on `{trunk}`, which turns green only after landing: that wait would never end"
            );
            let fix =
                format!("take `{name}` out of the required checks of that rule, and require the checks of CI instead");
            return Finding::wrong(place.name, what, fix);
        }
        let what =
            format!("requires `{name}` on `{trunk}`, and its settings do not wait for that: GitHub refuses to land");
        let app = check.app.map_or("\"any\"".to_owned(), |app| app.to_string());
        let fix = format!("add {{ name = \"{name}\", app = {app} }} to [checks] required in {SETTINGS_PATH}");
        Finding::wrong(place.name, what, fix)
    };
    missing.into_iter().map(wrong).collect()
}
