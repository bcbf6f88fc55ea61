//! What stands in the way of the service on its GitHub: readings in, findings with their fixes out. It asks nobody; what it
//! judges was read before (`reading`), and what could not be read is said to be so, never taken for right or wrong.

mod app;
mod finding;
mod needs;
mod reading;
mod refs;
mod repository;
mod rules;
mod workflows;

pub use crate::config::repo::SETTINGS_PATH;
pub use finding::{Finding, Verdict};
pub use needs::{EVENTS, Event, Level, PERMISSIONS, Permission};
pub use reading::{
    Asked, Bypass, Checkup, FailedDelivery, Hook, Identity, Inside, Installation, KnownApp, NamePattern, Origin,
    Protection, Repository, Rule, Ruleset, Unasked,
};

use crate::ids::{AppId, RepoName};

/// What the service's own settings say.
#[derive(Debug, Clone)]
pub struct Ours {
    /// The App we say we are.
    pub app: AppId,
    /// How people reach the service, if that is set.
    pub public_url: Option<String>,
    /// How long what a lost webhook would have told stays unknown, in milliseconds.
    pub reconcile_ms: u64,
    /// Commits and tags that are made carry signatures.
    pub signs: bool,
}

/// Everything there is to say about a checkup, the App first, then repository by repository. If `only` one repository was
/// asked for and is not among those read, that is said.
pub fn diagnose(checkup: &Checkup, ours: &Ours, only: Option<&RepoName>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = app::clock(checkup.ahead_ms).into_iter().collect();
    let known = match &checkup.identity {
        Identity::Known(known) => known,
        Identity::Refused { status, said } => {
            findings.push(app::refused(*status, said, ours));
            return findings;
        }
        Identity::Unasked(unasked) => {
            findings.push(Finding::unasked("GitHub", "whether it accepts the App's key", unasked));
            return findings;
        }
    };
    findings.extend(app::app(known, ours));
    let installations = match &known.installations {
        Ok(installations) => installations,
        Err(unasked) => {
            findings.push(Finding::unasked("the App", "where it is installed", unasked));
            return findings;
        }
    };
    if installations.is_empty() {
        let fix = format!("install it on the repositories that it shall serve: {}/installations", known.settings_url);
        findings.push(Finding::wrong("the App", "is installed nowhere", fix));
    }
    for installation in installations {
        findings.extend(app::installation(installation, known));
        match &installation.repositories {
            Ok(repositories) => {
                findings.extend(repositories.iter().flat_map(|r| repository::repository(r, known, ours)));
            }
            Err(unasked) if !installation.suspended => {
                findings.push(Finding::unasked(&installation.account, "which repositories it covers", unasked));
            }
            Err(_) => {}
        }
    }
    let names = installations.iter().flat_map(|i| i.repositories.iter().flatten()).map(|r| &r.name);
    if let Some(only) = only.filter(|only| !names.into_iter().any(|name| name.eq_ignore_ascii_case(only.as_str()))) {
        let fix = format!("add it to the App's repositories: {}/installations", known.settings_url);
        findings.push(Finding::wrong(
            only.as_str(),
            "is not among the repositories on which the App is installed",
            fix,
        ));
    }
    findings
}

#[cfg(test)]
mod tests;
