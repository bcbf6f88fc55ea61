//! What the world tells others when something happened: events for this process, webhooks for the App. It only collects.

use super::{By, World};
use crate::sandbox::types::SandboxEvent;
use serde_json::{Map, Value, json};

/// A webhook that is due, without transport.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub app: u64,
    pub event: &'static str,
    pub action: Option<String>,
    pub installation: u64,
    pub repository: Option<u64>,
    pub payload: Value,
}

/// What was collected under the lock.
#[derive(Debug, Default)]
pub struct Outbox {
    pub events: Vec<SandboxEvent>,
    pub hooks: Vec<Outgoing>,
}

impl World {
    pub fn event(&mut self, event: SandboxEvent) {
        self.out.events.push(event);
    }

    /// Our App's installation that covers a repository, unless it is suspended.
    fn listener(&self, repo: u64) -> Option<u64> {
        let owner = self.repos.get(&repo)?.owner;
        let found = self.installations.values().find(|i| i.app == self.cast.app && i.account == owner)?;
        found.suspended_at.is_none().then_some(found.id)
    }

    /// Queues a webhook about a repository, if our App listens there and subscribed to the event.
    pub fn hook(&mut self, repo: u64, event: &'static str, action: Option<&str>, by: By, extra: Value) {
        let subscribed = self.apps.get(&self.cast.app).is_some_and(|a| a.events.iter().any(|e| e == event));
        let Some(installation) = self.listener(repo).filter(|_| subscribed && self.hook.url.is_some()) else { return };
        let Some(of) = self.repos.get(&repo) else { return };
        let mut payload = Map::new();
        if let Some(action) = action {
            payload.insert("action".into(), json!(action));
        }
        if let Value::Object(extra) = extra {
            payload.extend(extra);
        }
        payload.entry("repository").or_insert_with(|| self.repository_json(of));
        if let Some(owner) = self.organization_json(of.owner) {
            payload.insert("organization".into(), owner);
        }
        payload.insert("sender".into(), self.user_json(by.user));
        payload.insert("installation".into(), installation_stub(installation));
        let (payload, action) = (Value::Object(payload), action.map(str::to_owned));
        self.out.hooks.push(Outgoing {
            app: self.cast.app,
            event,
            action,
            installation,
            repository: Some(repo),
            payload,
        });
    }

    /// Queues a webhook about an installation of our App; these are always sent.
    pub fn installation_hook(&mut self, installation: u64, event: &'static str, action: &str, extra: Value) {
        let Some(of) = self.installations.get(&installation) else { return };
        if of.app != self.cast.app || self.hook.url.is_none() {
            return;
        }
        let mut payload = json!({"action": action, "installation": self.installation_json(of),
            "sender": self.user_json(self.cast.admin)});
        if let (Value::Object(into), Value::Object(extra)) = (&mut payload, extra) {
            into.extend(extra);
        }
        self.out.hooks.push(Outgoing {
            app: self.cast.app,
            event,
            action: Some(action.into()),
            installation,
            repository: None,
            payload,
        });
    }

    /// A pull request changed: the event and the webhook.
    pub fn tell_pull(&mut self, repo: u64, number: u64, action: &str, by: By, extra: Value) {
        let Ok(issue) = self.issue(repo, number) else { return };
        let Some(pull) = &issue.pull else { return };
        let label = extra.get("label").and_then(|l| l.get("name")).and_then(Value::as_str).map(str::to_owned);
        let event = SandboxEvent::Pull {
            repo,
            number,
            action: action.to_owned(),
            title: issue.title.clone(),
            head: pull.head_sha.clone(),
            base: pull.base_ref.clone(),
            merged: pull.merged_at.is_some(),
            merge_commit: pull.merged_at.and(pull.merge_commit_sha.clone()),
            label,
            by: self.login(by.user).to_owned(),
        };
        let mut body = json!({"number": number, "pull_request": self.pull_json(repo, issue)});
        if let (Value::Object(into), Value::Object(extra)) = (&mut body, extra) {
            into.extend(extra);
        }
        self.event(event);
        self.hook(repo, "pull_request", Some(action), by, body);
    }

    /// An issue that is no pull request changed.
    pub fn tell_issue(&mut self, repo: u64, number: u64, action: &str, by: By, extra: Value) {
        let Ok(issue) = self.issue(repo, number) else { return };
        let mut body = json!({"issue": self.issue_json(repo, issue)});
        if let (Value::Object(into), Value::Object(extra)) = (&mut body, extra) {
            into.extend(extra);
        }
        self.hook(repo, "issues", Some(action), by, body);
    }
}

fn installation_stub(id: u64) -> Value {
    json!({"id": id, "node_id": crate::sandbox::render::node_id("IntegrationInstallation", id)})
}
