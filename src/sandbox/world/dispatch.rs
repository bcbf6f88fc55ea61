//! Workflows that somebody starts by hand or by the API: which file on which ref, and the run that comes of it. The runner carries
//! it out.

use super::ci::WorkflowRun;
use super::{By, World, git};
use crate::sandbox::dispatch::{Workflow, filled};
use crate::sandbox::types::{Refused, RunStarted, SandboxEvent};
use git2::Repository;
use std::collections::BTreeMap;

/// What is to be started.
#[derive(Debug)]
pub struct NewDispatch {
    /// The file, `deploy.yml`.
    pub workflow: String,
    /// A branch or tag.
    pub r#ref: String,
    pub inputs: BTreeMap<String, String>,
}

impl World {
    /// Starts a workflow; answers its run.
    pub fn dispatch(&mut self, repo: u64, by: By, new: &NewDispatch) -> Result<u64, Refused> {
        let (git, of) = (self.open_git(repo)?, self.repo(repo)?);
        let path = format!(".github/workflows/{}", new.workflow);
        // GitHub knows the workflows of the default branch, and runs what stands at the ref.
        file(&git, &format!("refs/heads/{}", of.default_branch), &path).ok_or_else(Refused::not_found)?;
        let full = ["refs/heads/", "refs/tags/", ""].map(|space| format!("{space}{}", new.r#ref));
        let full = full.into_iter().find(|name| name.starts_with("refs/") && of.refs.contains_key(name));
        let full = full.ok_or_else(|| Refused::new(422, format!("No ref found for: {}", new.r#ref)))?;
        let sha = git::resolve(&git, &full).ok_or_else(Refused::not_found)?.to_string();
        let text = file(&git, &full, &path).ok_or_else(Refused::not_found)?;
        let workflow = Workflow::parse(&text).map_err(|why| Refused::new(422, why))?;
        let inputs = workflow.inputs(&new.inputs).map_err(|why| Refused::new(422, why))?;
        let mut known: BTreeMap<String, String> =
            inputs.into_iter().map(|(name, value)| (format!("inputs.{name}"), value)).collect();
        known.extend([("github.sha".to_owned(), sha.clone()), ("github.ref_name".to_owned(), new.r#ref.clone())]);

        let RunStarted { run, check_run } = self.queue_run(repo, &full, &sha, &workflow.job)?;
        let command = workflow.script(&known);
        let made: &mut WorkflowRun = self.run_mut(repo, run)?;
        made.name = workflow.name.unwrap_or_else(|| path.clone());
        made.title = workflow.run_name.map(|title| filled(&title, &known));
        (made.path, made.command) = (Some(path), Some(command.clone()));
        (made.event, made.actor) = ("workflow_dispatch".into(), by.user);
        made.head_branch.clone_from(&new.r#ref);
        let started = RunStarted { run, check_run };
        self.event(SandboxEvent::Dispatched { repo, started, r#ref: full, sha, command });
        Ok(run)
    }
}

fn file(git: &Repository, full: &str, path: &str) -> Option<String> {
    let tree = git.find_reference(full).ok()?.peel_to_tree().ok()?;
    let blob = tree.get_path(std::path::Path::new(path)).ok()?.to_object(git).ok()?.into_blob().ok()?;
    String::from_utf8(blob.content().to_vec()).ok()
}
