//! Deployments and their statuses: records only; the look-alike deploys nothing.

use super::ci::{Deployment, DeploymentStatus};
use super::time::now;
use super::{By, World, git};
use crate::sandbox::types::Refused;
use serde_json::{Value, json};

/// A deployment to record.
#[derive(Debug)]
pub struct NewDeployment {
    pub r#ref: String,
    pub task: String,
    pub payload: Value,
    pub environment: String,
    pub description: Option<String>,
    pub transient: bool,
    pub production: bool,
    /// Contexts that must be green; `None` means all there are.
    pub required_contexts: Option<Vec<String>>,
}

/// A deployment status to record.
#[derive(Debug)]
pub struct NewDeploymentStatus {
    pub state: String,
    pub description: String,
    pub log_url: String,
    pub environment_url: String,
    pub auto_inactive: bool,
}

impl World {
    pub fn deploy(&mut self, repo: u64, by: By, new: NewDeployment) -> Result<u64, Refused> {
        let git = self.open_git(repo)?;
        let oid = git::resolve(&git, &new.r#ref);
        let sha = oid.ok_or_else(|| Refused::new(422, format!("No ref found for: {}", new.r#ref)))?.to_string();
        let of = self.repo(repo)?;
        let runs = super::checks::latest(of, &sha);
        let wanted = match &new.required_contexts {
            Some(names) => names.clone(),
            None => runs.iter().map(|r| r.name.clone()).collect(),
        };
        if let Some(missing) = Self::missing_checks(of, &sha, wanted.iter().map(|n| (n.as_str(), None))).first() {
            return Err(Refused::new(409, format!("Conflict: Commit status checks failed for {missing}.")));
        }
        let (id, at) = (self.id(), now());
        let made = Deployment {
            id,
            sha,
            r#ref: new.r#ref,
            task: new.task,
            payload: new.payload,
            environment: new.environment,
            description: new.description,
            transient: new.transient,
            production: new.production,
            creator: by.user,
            via_app: by.app,
            created_at: at,
            updated_at: at,
            statuses: Vec::new(),
        };
        let body = json!({"deployment": self.deployment_json(repo, &made), "workflow": null, "workflow_run": null});
        self.repo_mut(repo)?.deployments.insert(id, made);
        self.hook(repo, "deployment", Some("created"), by, body);
        Ok(id)
    }

    pub fn deployment_status(&mut self, repo: u64, id: u64, by: By, new: NewDeploymentStatus) -> Result<u64, Refused> {
        let (status_id, at) = (self.id(), now());
        let made = DeploymentStatus {
            id: status_id,
            state: new.state,
            description: new.description,
            log_url: new.log_url,
            environment_url: new.environment_url,
            creator: by.user,
            via_app: by.app,
            created_at: at,
        };
        let of = self.repo_mut(repo)?;
        let deployment = of.deployments.get_mut(&id).ok_or_else(Refused::not_found)?;
        deployment.updated_at = at;
        deployment.statuses.push(made.clone());
        let (environment, success) = (deployment.environment.clone(), made.state == "success");
        if success && new.auto_inactive {
            let others = of.deployments.values_mut();
            let others = others.filter(|d| d.id != id && d.environment == environment && !d.transient && !d.production);
            for other in others.filter(|d| d.statuses.last().is_some_and(|s| s.state == "success")) {
                other.statuses.push(DeploymentStatus { state: "inactive".into(), ..made.clone() });
            }
        }
        // GitHub sends no webhook for `inactive`.
        if made.state != "inactive" {
            let of = self.repo(repo)?.deployments.get(&id).ok_or_else(Refused::not_found)?;
            let body = json!({"deployment": self.deployment_json(repo, of),
                "deployment_status": self.deployment_status_json(repo, of, &made),
                "check_run": null, "workflow": null, "workflow_run": null});
            self.hook(repo, "deployment_status", Some("created"), by, body);
        }
        Ok(status_id)
    }
}
