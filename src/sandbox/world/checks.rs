//! Check suites, check runs, statuses and workflow runs: how they are made, change and are asked to run again.

use super::ci::{CheckRun, CheckSuite, Output, Status, WorkflowRun, suite_state};
use super::model::Repo;
use super::time::now;
use super::{By, World, git};
use crate::sandbox::types::{Refused, RunStarted, SandboxEvent};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a new check run is made of.
#[derive(Debug, Default)]
pub struct NewCheck {
    pub name: String,
    pub head_sha: String,
    pub workflow_run: Option<u64>,
    pub change: CheckChange,
}

/// What may change about a check run; `None` leaves it.
#[derive(Debug, Default)]
pub struct CheckChange {
    pub name: Option<String>,
    pub status: Option<String>,
    pub conclusion: Option<String>,
    pub details_url: Option<String>,
    pub external_id: Option<String>,
    pub started_at: Option<i64>,
    pub completed_at: Option<i64>,
    pub output: Option<Output>,
    pub actions: Option<Vec<Value>>,
}

/// A commit status to post.
#[derive(Debug)]
pub struct NewStatus {
    pub sha: String,
    pub state: String,
    pub context: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
}

/// The latest run of each (suite, name) on a commit, as `filter=latest` answers.
pub fn latest<'a>(repo: &'a Repo, sha: &str) -> Vec<&'a CheckRun> {
    let mut newest: BTreeMap<(u64, &str), &CheckRun> = BTreeMap::new();
    for run in repo.check_runs.values().filter(|r| r.head_sha == sha) {
        newest.insert((run.suite, &run.name), run);
    }
    let mut runs: Vec<_> = newest.into_values().collect();
    runs.sort_by_key(|r| r.id);
    runs
}

impl World {
    /// The App's suite for a commit, made when there is none.
    fn suite(&mut self, repo: u64, app: u64, sha: &str, branch: Option<&str>) -> Result<u64, Refused> {
        if let Some(suite) = self.repo(repo)?.suites.values().find(|s| s.app == app && s.head_sha == sha) {
            return Ok(suite.id);
        }
        let head_branch = match branch {
            Some(branch) => Some(branch.to_owned()),
            None => self.branch_at(repo, sha),
        };
        let (id, at, head_sha) = (self.id(), now(), sha.to_owned());
        let suite = CheckSuite { id, app, head_sha, head_branch, before: None, created_at: at, updated_at: at };
        self.repo_mut(repo)?.suites.insert(id, suite);
        Ok(id)
    }

    /// A branch whose tip is the commit.
    fn branch_at(&self, repo: u64, sha: &str) -> Option<String> {
        let refs = &self.repos.get(&repo)?.refs;
        refs.iter().find(|(_, at)| *at == sha).and_then(|(name, _)| name.strip_prefix("refs/heads/")).map(str::to_owned)
    }

    /// Verdicts are about whole commit ids; a branch or a short id names none.
    fn expect_commit(&self, repo: u64, sha: &str) -> Result<(), Refused> {
        let known = git::resolve(&self.open_git(repo)?, sha).is_some_and(|oid| oid.to_string() == sha);
        if known { Ok(()) } else { Err(Refused::new(422, format!("No commit found for SHA: {sha}"))) }
    }

    pub fn create_check(&mut self, repo: u64, app: u64, new: NewCheck) -> Result<u64, Refused> {
        self.expect_commit(repo, &new.head_sha)?;
        let suite = self.suite(repo, app, &new.head_sha, None)?;
        let id = self.id();
        let run = CheckRun {
            id,
            suite,
            app,
            name: new.name,
            head_sha: new.head_sha,
            external_id: String::new(),
            details_url: None,
            status: "queued".into(),
            conclusion: None,
            started_at: Some(now()),
            completed_at: None,
            output: Output::default(),
            actions: Vec::new(),
            workflow_run: new.workflow_run,
        };
        self.repo_mut(repo)?.check_runs.insert(id, run);
        self.apply_check(repo, id, new.change)?;
        self.tell_check(repo, id, "created")?;
        if self.check(repo, id)?.status == "completed" {
            self.tell_check(repo, id, "completed")?;
            self.tell_suite_end(repo, suite)?;
        }
        Ok(id)
    }

    pub fn check(&self, repo: u64, id: u64) -> Result<&CheckRun, Refused> {
        self.repo(repo)?.check_runs.get(&id).ok_or_else(Refused::not_found)
    }

    fn apply_check(&mut self, repo: u64, id: u64, change: CheckChange) -> Result<(), Refused> {
        let run = self.repo_mut(repo)?.check_runs.get_mut(&id).ok_or_else(Refused::not_found)?;
        let completed = change.conclusion.is_some() || change.status.as_deref() == Some("completed");
        if change.status.as_deref() == Some("completed") && change.conclusion.is_none() && run.conclusion.is_none() {
            return Err(Refused::invalid("CheckRun", "conclusion", "missing_field"));
        }
        if let Some(status) = change.status.filter(|_| !completed) {
            // A check run that is set back to work has no conclusion any more.
            (run.status, run.conclusion, run.completed_at) = (status, None, None);
        }
        if completed {
            run.status = "completed".into();
            run.conclusion = change.conclusion.or(run.conclusion.take());
            run.completed_at = Some(change.completed_at.unwrap_or_else(now));
        }
        run.name = change.name.unwrap_or_else(|| std::mem::take(&mut run.name));
        run.details_url = change.details_url.or(run.details_url.take());
        run.external_id = change.external_id.unwrap_or_else(|| std::mem::take(&mut run.external_id));
        run.started_at = change.started_at.or(run.started_at);
        run.actions = change.actions.unwrap_or_else(|| std::mem::take(&mut run.actions));
        if let Some(mut output) = change.output {
            let mut annotations = std::mem::take(&mut run.output.annotations);
            annotations.append(&mut output.annotations);
            run.output = Output { annotations, ..output };
        }
        Ok(())
    }

    pub fn update_check(&mut self, repo: u64, id: u64, change: CheckChange) -> Result<(), Refused> {
        let before = self.check(repo, id)?.clone();
        self.apply_check(repo, id, change)?;
        let suite = before.suite;
        if let Some(suite) = self.repo_mut(repo)?.suites.get_mut(&suite) {
            suite.updated_at = now();
        }
        if self.check(repo, id)?.status == "completed" && before.status != "completed" {
            self.tell_check(repo, id, "completed")?;
            self.tell_suite_end(repo, suite)?;
        } else {
            self.event_check(repo, id)?;
        }
        Ok(())
    }

    fn event_check(&mut self, repo: u64, id: u64) -> Result<(), Refused> {
        let run = self.check(repo, id)?.clone();
        let app = self.apps.get(&run.app).map(|a| a.slug.clone()).unwrap_or_default();
        let (name, sha, status, conclusion) = (run.name, run.head_sha, run.status, run.conclusion);
        self.event(SandboxEvent::Check { repo, id, name, sha, status, conclusion, app });
        Ok(())
    }

    /// Every App with `checks:write` hears of reruns of its own runs only, of creation and completion of all runs of the repository
    /// it is subscribed to; our App is subscribed to all.
    fn tell_check(&mut self, repo: u64, id: u64, action: &str) -> Result<(), Refused> {
        self.event_check(repo, id)?;
        let run = self.check(repo, id)?;
        let by = self.by_app(run.app);
        let body = json!({"check_run": self.check_run_json(repo, run)});
        self.hook(repo, "check_run", Some(action), by, body);
        Ok(())
    }

    fn tell_suite_end(&mut self, repo: u64, suite: u64) -> Result<(), Refused> {
        let of = self.repo(repo)?;
        let state = suite_state(of.check_runs.values().filter(|r| r.suite == suite));
        let Some(suite) = of.suites.get(&suite).filter(|_| state.0 == "completed") else { return Ok(()) };
        let by = self.by_app(suite.app);
        let body = json!({"check_suite": self.check_suite_json(repo, suite)});
        self.hook(repo, "check_suite", Some("completed"), by, body);
        Ok(())
    }

    fn by_app(&self, app: u64) -> By {
        By { user: self.apps.get(&app).map_or(0, |a| a.bot), app: Some(app) }
    }

    /// Asks the App to run a check again: GitHub resets nothing by itself, the App makes a new run.
    pub fn rerequest(&mut self, repo: u64, id: u64, by: By) -> Result<(), Refused> {
        let run = self.check(repo, id)?;
        if run.status != "completed" {
            return Err(Refused::new(422, "This check run is not rerequestable"));
        }
        let sha = run.head_sha.clone();
        let body = json!({"check_run": self.check_run_json(repo, run)});
        self.event(SandboxEvent::RerunRequested { repo, check_run: id, sha });
        self.hook(repo, "check_run", Some("rerequested"), by, body);
        Ok(())
    }

    pub fn create_status(&mut self, repo: u64, by: By, new: NewStatus) -> Result<u64, Refused> {
        self.expect_commit(repo, &new.sha)?;
        let id = self.id();
        let status = Status {
            id,
            sha: new.sha,
            state: new.state,
            context: new.context,
            description: new.description,
            target_url: new.target_url,
            creator: by.user,
            created_at: now(),
        };
        let (sha, context, state) = (status.sha.clone(), status.context.clone(), status.state.clone());
        let body = self.status_hook_json(repo, &status);
        self.repo_mut(repo)?.statuses.push(status);
        self.event(SandboxEvent::Status { repo, sha, context, state });
        self.hook(repo, "status", None, by, body);
        Ok(id)
    }

    pub fn queue_run(&mut self, repo: u64, branch: &str, sha: &str, name: &str) -> Result<RunStarted, Refused> {
        let (app, at, run) = (self.cast.ci_app, now(), self.id());
        let suite = self.suite(repo, app, sha, Some(branch))?;
        let new = NewCheck {
            name: name.to_owned(),
            head_sha: sha.to_owned(),
            workflow_run: Some(run),
            change: CheckChange::default(),
        };
        let check_run = self.create_check(repo, app, new)?;
        let of = self.repo(repo)?;
        let number = of.runs.values().filter(|r| r.name == name).count() as u64 + 1;
        let made = WorkflowRun {
            id: run,
            name: name.to_owned(),
            number,
            attempt: 1,
            event: "push".into(),
            head_branch: branch.to_owned(),
            head_sha: sha.to_owned(),
            status: "queued".into(),
            conclusion: None,
            suite,
            check_run,
            actor: self.by_app(app).user,
            created_at: at,
            updated_at: at,
            title: None,
            path: None,
            command: None,
        };
        self.repo_mut(repo)?.runs.insert(run, made);
        self.tell_run(repo, run, "requested")?;
        Ok(RunStarted { run, check_run })
    }

    pub fn run_mut(&mut self, repo: u64, run: u64) -> Result<&mut WorkflowRun, Refused> {
        self.repo_mut(repo)?.runs.get_mut(&run).ok_or_else(Refused::not_found)
    }

    pub fn begin_run(&mut self, repo: u64, run: RunStarted) -> Result<(), Refused> {
        let of = self.run_mut(repo, run.run)?;
        (of.status, of.updated_at) = ("in_progress".into(), now());
        let change =
            CheckChange { status: Some("in_progress".into()), started_at: Some(now()), ..CheckChange::default() };
        self.update_check(repo, run.check_run, change)?;
        self.tell_run(repo, run.run, "in_progress")
    }

    pub fn end_run(&mut self, repo: u64, run: RunStarted, conclusion: &str, summary: &str) -> Result<(), Refused> {
        let of = self.run_mut(repo, run.run)?;
        (of.status, of.updated_at) = ("completed".into(), now());
        of.conclusion = Some(conclusion.to_owned());
        let title = format!("{}: {conclusion}", of.name);
        let output = Output { title: Some(title), summary: Some(summary.to_owned()), ..Output::default() };
        let change =
            CheckChange { conclusion: Some(conclusion.to_owned()), output: Some(output), ..CheckChange::default() };
        self.update_check(repo, run.check_run, change)?;
        self.tell_run(repo, run.run, "completed")
    }

    /// Asks for a run to be stopped; the runner reports `cancelled` when it did.
    pub fn cancel_run(&mut self, repo: u64, run: u64) -> Result<(), Refused> {
        let of = self.run_mut(repo, run)?;
        if of.status == "completed" {
            return Err(Refused::new(409, "Cannot cancel a workflow run that is completed."));
        }
        self.event(SandboxEvent::CancelRequested { repo, run });
        Ok(())
    }

    fn tell_run(&mut self, repo: u64, run: u64, action: &str) -> Result<(), Refused> {
        let of = self.repo(repo)?.runs.get(&run).ok_or_else(Refused::not_found)?;
        let by = By { user: of.actor, app: None };
        let body = json!({"workflow_run": self.run_json(repo, of), "workflow": self.workflow_json(repo, of)});
        self.hook(repo, "workflow_run", Some(action), by, body);
        Ok(())
    }
}
