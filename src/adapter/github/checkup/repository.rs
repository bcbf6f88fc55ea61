//! Reads one repository for a checkup. An answer that is missing is kept as missing; the others are read all the same.

use super::super::answer::Ask;
use super::super::app::App;
use super::super::client::Who;
use super::super::host::encoded;
use super::contents::Tree;
use super::{asked, rules};
use crate::doctor::{Inside, Repository, SETTINGS_PATH};
use crate::facts::{self, RequiredCheck};
use crate::ids::{InstallationId, Sha};
use crate::port::{Forge as _, Trouble};
use http::StatusCode;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct RefAnswer {
    object: Target,
}

#[derive(Debug, Deserialize)]
struct Target {
    sha: String,
}

/// Everything about one repository.
pub(super) async fn read(app: &App, installation: InstallationId, fact: facts::Repository) -> Repository {
    let (name, trunk) = (fact.name.to_string(), fact.default_branch.to_string());
    if fact.archived {
        return Repository { name, trunk, inside: None };
    }
    let who = Who::Installation(installation);
    let tree = Tree { app, who, repo: &name, branch: &trunk };
    let rules = rules::Rules { app, who, repo: &name };
    let inside = Inside {
        settings: asked(tree.file(SETTINGS_PATH).await),
        workflows: asked(tree.workflows().await),
        trunk_rules: asked(rules.of_branch(&trunk).await),
        run_rules: asked(rules.of_branch(&format!("greenline/{trunk}/run-1")).await),
        tag_rulesets: asked(rules.about_tags().await),
        protection: asked(rules.protection(&trunk).await),
        reported: asked(reported(app, installation, &fact).await),
    };
    Repository { name, trunk, inside: Some(inside) }
}

/// The checks on trunk's tip.
async fn reported(
    app: &App,
    installation: InstallationId,
    fact: &facts::Repository,
) -> Result<Vec<RequiredCheck>, Trouble> {
    let path = format!("/repos/{}/git/ref/heads/{}", fact.name, encoded(fact.default_branch.as_str()));
    let ask = Ask::get(path, "Contents: read");
    let answer = app.client().get(Who::Installation(installation), &ask).await?;
    // A repository without any commit.
    if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::CONFLICT) {
        return Ok(Vec::new());
    }
    let sha: Sha = answer.json::<RefAnswer>(&ask)?.object.sha.parse().map_err(|why| Trouble::Bug(format!("{why}")))?;
    let checks = app.forge(installation, fact.id, fact.name.clone()).checks(sha).await?;
    let mut reported: Vec<_> =
        checks.into_iter().map(|check| RequiredCheck { name: check.name, app: check.app }).collect();
    reported.sort();
    reported.dedup();
    Ok(reported)
}
