//! Check runs, suites, statuses, workflow runs and deployments as bodies.

use super::node_id;
use crate::sandbox::world::World;
use crate::sandbox::world::ci::{CheckRun, CheckSuite, Deployment, DeploymentStatus, Status, WorkflowRun, suite_state};
use crate::sandbox::world::model::Repo;
use crate::sandbox::world::time::iso;
use serde_json::{Value, json};

impl World {
    /// Open pull requests of the same repository whose head is the commit (forks are left out, as on GitHub).
    fn pulls_at(&self, repo: &Repo, sha: &str) -> Value {
        let api = self.repo_api(repo);
        let stub = json!({"id": repo.id, "url": api, "name": repo.name});
        let open = repo.issues.values().filter(|i| i.open).filter_map(|i| Some((i.number, i.pull.as_ref()?)));
        let at = open.filter(|(_, p)| p.head_sha == sha && p.head_repo == Some(repo.id));
        at.map(|(number, p)| {
            json!({"url": format!("{api}/pulls/{number}"), "id": p.id, "number": number,
                "head": {"ref": p.head_ref, "sha": p.head_sha, "repo": stub},
                "base": {"ref": p.base_ref, "sha": p.base_sha, "repo": stub}})
        })
        .collect()
    }

    /// `check-run`.
    pub fn check_run_json(&self, repo: u64, run: &CheckRun) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let url = format!("{}/check-runs/{}", self.repo_api(of), run.id);
        let html = match run.workflow_run {
            Some(workflow) => format!("{}/actions/runs/{workflow}/job/{}", self.html(of), run.id),
            None => format!("{}/runs/{}", self.html(of), run.id),
        };
        json!({
            "id": run.id, "node_id": node_id("CheckRun", run.id), "head_sha": run.head_sha,
            "external_id": run.external_id, "url": url, "html_url": html,
            "details_url": run.details_url.clone().unwrap_or_else(|| html.clone()),
            "status": run.status, "conclusion": run.conclusion, "started_at": run.started_at.map(iso),
            "completed_at": run.completed_at.map(iso),
            "output": {"title": run.output.title, "summary": run.output.summary, "text": run.output.text,
                "annotations_count": run.output.annotations.len(), "annotations_url": format!("{url}/annotations")},
            "name": run.name, "check_suite": {"id": run.suite}, "app": self.maybe_app_json(Some(run.app)),
            "pull_requests": self.pulls_at(of, &run.head_sha),
        })
    }

    /// `check-suite`.
    pub fn check_suite_json(&self, repo: u64, suite: &CheckSuite) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let url = format!("{}/check-suites/{}", self.repo_api(of), suite.id);
        let runs: Vec<_> = of.check_runs.values().filter(|r| r.suite == suite.id).collect();
        let (status, conclusion) = suite_state(runs.iter().copied());
        json!({
            "id": suite.id, "node_id": node_id("CheckSuite", suite.id), "head_branch": suite.head_branch,
            "head_sha": suite.head_sha, "status": status, "conclusion": conclusion, "url": url,
            "before": suite.before, "after": suite.head_sha, "pull_requests": self.pulls_at(of, &suite.head_sha),
            "app": self.maybe_app_json(Some(suite.app)), "repository": self.simple_repository_json(of),
            "created_at": iso(suite.created_at), "updated_at": iso(suite.updated_at),
            "head_commit": self.head_commit_json(repo, &suite.head_sha), "latest_check_runs_count": runs.len(),
            "check_runs_url": format!("{url}/check-runs"), "rerequestable": true, "runs_rerequestable": true,
        })
    }

    /// `simple-commit`; null when the repository does not have it.
    fn head_commit_json(&self, repo: u64, sha: &str) -> Value {
        let read = || -> Option<Value> {
            let git = self.open_git(repo).ok()?;
            let commit = git.find_commit(git2::Oid::from_str(sha).ok()?).ok()?;
            let who = |w: &git2::Signature<'_>| json!({"name": String::from_utf8_lossy(w.name_bytes()), "email": String::from_utf8_lossy(w.email_bytes())});
            Some(json!({
                "id": sha, "tree_id": commit.tree_id().to_string(),
                "message": String::from_utf8_lossy(commit.message_bytes()),
                "timestamp": iso(commit.committer().when().seconds() * 1000),
                "author": who(&commit.author()), "committer": who(&commit.committer()),
            }))
        };
        read().unwrap_or(Value::Null)
    }

    /// `simple-commit-status`, and `status` with its creator.
    pub fn status_json(&self, repo: &Repo, status: &Status, with_creator: bool) -> Value {
        let at = iso(status.created_at);
        let mut body = json!({
            "url": format!("{}/statuses/{}", self.repo_api(repo), status.sha), "id": status.id,
            "avatar_url": format!("{}/avatars/u/{}", self.base, status.creator),
            "node_id": node_id("StatusContext", status.id), "state": status.state, "description": status.description,
            "target_url": status.target_url, "context": status.context, "created_at": at, "updated_at": at,
        });
        if with_creator {
            body["creator"] = self.user_json(status.creator);
        }
        body
    }

    /// What a status webhook says besides repository and sender.
    pub fn status_hook_json(&self, repo: u64, status: &Status) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let branches =
            of.refs.iter().filter(|(n, at)| **at == status.sha && n.starts_with("refs/heads/")).map(|(n, _)| {
                json!({"name": n.trim_start_matches("refs/heads/"), "protected": false,
                "commit": {"sha": status.sha, "url": format!("{}/commits/{}", self.repo_api(of), status.sha)}})
            });
        let commit = self.open_git(repo).ok().and_then(|git| {
            let commit = git.find_commit(git2::Oid::from_str(&status.sha).ok()?).ok()?;
            Some(super::commit_json(self, of, &commit))
        });
        json!({
            "id": status.id, "sha": status.sha, "name": self.full_name(of), "target_url": status.target_url,
            "context": status.context, "description": status.description, "state": status.state, "commit": commit,
            "branches": branches.collect::<Value>(), "created_at": iso(status.created_at), "updated_at": iso(status.created_at),
        })
    }

    /// `workflow-run`.
    pub fn run_json(&self, repo: u64, run: &WorkflowRun) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let api = self.repo_api(of);
        let url = format!("{api}/actions/runs/{}", run.id);
        let (created, updated) = (iso(run.created_at), iso(run.updated_at));
        json!({
            "id": run.id, "name": run.name, "node_id": node_id("WorkflowRun", run.id), "head_branch": run.head_branch,
            "head_sha": run.head_sha, "path": run.file(),
            "display_title": run.title.as_ref().unwrap_or(&run.name),
            "run_number": run.number, "run_attempt": run.attempt, "event": run.event, "status": run.status,
            "conclusion": run.conclusion, "workflow_id": self.cast.ci_app, "check_suite_id": run.suite,
            "check_suite_node_id": node_id("CheckSuite", run.suite), "url": url,
            "html_url": format!("{}/actions/runs/{}", self.html(of), run.id),
            "pull_requests": self.pulls_at(of, &run.head_sha), "created_at": created, "updated_at": updated,
            "run_started_at": created, "actor": self.user_json(run.actor), "triggering_actor": self.user_json(run.actor),
            "referenced_workflows": [], "jobs_url": format!("{url}/jobs"), "logs_url": format!("{url}/logs"),
            "check_suite_url": format!("{api}/check-suites/{}", run.suite), "artifacts_url": format!("{url}/artifacts"),
            "cancel_url": format!("{url}/cancel"), "rerun_url": format!("{url}/rerun"), "previous_attempt_url": null,
            "workflow_url": format!("{api}/actions/workflows/{}", self.cast.ci_app),
            "head_commit": self.head_commit_json(repo, &run.head_sha),
            "repository": self.simple_repository_json(of), "head_repository": self.simple_repository_json(of),
        })
    }

    /// The workflow a run is of, in webhooks.
    pub fn workflow_json(&self, repo: u64, run: &WorkflowRun) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let (id, path) = (self.cast.ci_app, run.file());
        let url = format!("{}/actions/workflows/{id}", self.repo_api(of));
        json!({
            "id": id, "node_id": node_id("Workflow", id), "name": run.name, "path": path, "state": "active",
            "created_at": iso(of.created_at), "updated_at": iso(of.created_at), "url": url,
            "html_url": format!("{}/blob/{}/{path}", self.html(of), of.default_branch),
            "badge_url": format!("{}/workflows/{}/badge.svg", self.html(of), run.name),
        })
    }

    /// `job`: the one job a run has.
    pub fn job_json(&self, repo: u64, run: &WorkflowRun) -> Value {
        let Some(of) = self.repos.get(&repo) else { return Value::Null };
        let (api, check) = (self.repo_api(of), of.check_runs.get(&run.check_run));
        json!({
            "id": run.check_run, "run_id": run.id, "run_url": format!("{api}/actions/runs/{}", run.id),
            "run_attempt": run.attempt, "node_id": node_id("WorkflowJob", run.check_run), "head_sha": run.head_sha,
            "url": format!("{api}/actions/jobs/{}", run.check_run),
            "html_url": format!("{}/actions/runs/{}/job/{}", self.html(of), run.id, run.check_run),
            "status": run.status, "conclusion": run.conclusion, "created_at": iso(run.created_at),
            "started_at": iso(check.and_then(|c| c.started_at).unwrap_or(run.created_at)),
            "completed_at": check.and_then(|c| c.completed_at).map(iso), "name": run.name, "steps": [],
            "check_run_url": format!("{api}/check-runs/{}", run.check_run), "labels": ["sandbox"], "runner_id": 1,
            "runner_name": "sandbox", "runner_group_id": 1, "runner_group_name": "Default",
            "workflow_name": run.name, "head_branch": run.head_branch,
        })
    }

    /// `deployment`.
    pub fn deployment_json(&self, repo: u64, of: &Deployment) -> Value {
        let Some(repository) = self.repos.get(&repo) else { return Value::Null };
        let api = self.repo_api(repository);
        let url = format!("{api}/deployments/{}", of.id);
        json!({
            "url": url, "id": of.id, "node_id": node_id("Deployment", of.id), "sha": of.sha, "ref": of.r#ref,
            "task": of.task, "payload": of.payload, "original_environment": of.environment,
            "environment": of.environment, "description": of.description, "creator": self.user_json(of.creator),
            "created_at": iso(of.created_at), "updated_at": iso(of.updated_at),
            "statuses_url": format!("{url}/statuses"), "repository_url": api, "transient_environment": of.transient,
            "production_environment": of.production, "performed_via_github_app": self.maybe_app_json(of.via_app),
        })
    }

    /// `deployment-status`.
    pub fn deployment_status_json(&self, repo: u64, of: &Deployment, status: &DeploymentStatus) -> Value {
        let Some(repository) = self.repos.get(&repo) else { return Value::Null };
        let api = self.repo_api(repository);
        let deployment = format!("{api}/deployments/{}", of.id);
        json!({
            "url": format!("{deployment}/statuses/{}", status.id), "id": status.id,
            "node_id": node_id("DeploymentStatus", status.id), "state": status.state,
            "creator": self.user_json(status.creator), "description": status.description,
            "environment": of.environment, "target_url": status.log_url, "created_at": iso(status.created_at),
            "updated_at": iso(status.created_at), "deployment_url": deployment, "repository_url": api,
            "environment_url": status.environment_url, "log_url": status.log_url,
            "performed_via_github_app": self.maybe_app_json(status.via_app),
        })
    }
}
