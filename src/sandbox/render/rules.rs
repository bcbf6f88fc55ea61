//! Branches, their protection and rulesets as bodies.

use crate::sandbox::types::Actor;
use crate::sandbox::world::World;
use crate::sandbox::world::model::{Protection, Repo};
use serde_json::{Value, json};

impl World {
    /// `branch-protection`.
    pub fn protection_json(&self, repo: &Repo, branch: &str, rule: &Protection) -> Value {
        let url = format!("{}/branches/{branch}/protection", self.repo_api(repo));
        let part = |name: &str, enabled: bool| json!({"url": format!("{url}/{name}"), "enabled": enabled});
        let on = |enabled: bool| json!({"enabled": enabled});
        let mut body = json!({
            "url": url, "enforce_admins": part("enforce_admins", rule.enforce_admins),
            "required_signatures": part("required_signatures", false),
            "required_linear_history": on(rule.required_linear_history),
            "allow_force_pushes": on(rule.allow_force_pushes), "allow_deletions": on(rule.allow_deletions),
            "block_creations": on(false), "required_conversation_resolution": on(rule.conversation_resolution), "lock_branch": on(false),
            "allow_fork_syncing": on(false),
        });
        if rule.required_checks.is_some() {
            body["required_status_checks"] = self.status_policy_json(repo, branch, rule);
        }
        if let Some(count) = rule.required_approvals {
            body["required_pull_request_reviews"] = json!({"url": format!("{url}/required_pull_request_reviews"),
                "dismiss_stale_reviews": false, "require_code_owner_reviews": rule.code_owner_reviews,
                "required_approving_review_count": count, "require_last_push_approval": false});
        }
        if let Some(who) = &rule.restrict_pushes {
            let users = who.users.iter().filter_map(|u| Some(self.user_json(self.account(u)?.id)));
            let apps = who.apps.iter().filter_map(|a| self.apps.values().find(|app| app.slug == *a));
            let url = format!("{url}/restrictions");
            body["restrictions"] = json!({"url": url, "users_url": format!("{url}/users"),
                "teams_url": format!("{url}/teams"), "apps_url": format!("{url}/apps"),
                "users": users.collect::<Value>(), "teams": [],
                "apps": apps.map(|a| self.app_json(a)).collect::<Value>()});
        }
        body
    }

    /// `status-check-policy`.
    pub fn status_policy_json(&self, repo: &Repo, branch: &str, rule: &Protection) -> Value {
        let url = format!("{}/branches/{branch}/protection/required_status_checks", self.repo_api(repo));
        let checks = rule.required_checks.as_deref().unwrap_or_default();
        json!({
            "url": url, "strict": rule.strict, "contexts_url": format!("{url}/contexts"),
            "contexts": checks.iter().map(|c| c.context.clone()).collect::<Vec<_>>(),
            "checks": checks.iter().map(|c| json!({"context": c.context, "app_id": c.app_id})).collect::<Value>(),
        })
    }

    /// The short form of protection inside `branch-with-protection`.
    pub fn branch_protection_stub(rule: Option<&Protection>) -> Value {
        let checks = rule.and_then(|r| r.required_checks.as_deref()).unwrap_or_default();
        let level = match rule {
            Some(r) if r.enforce_admins => "everyone",
            Some(_) => "non_admins",
            None => "off",
        };
        json!({"enabled": rule.is_some(), "required_status_checks": {"enforcement_level": level,
            "contexts": checks.iter().map(|c| c.context.clone()).collect::<Vec<_>>(),
            "checks": checks.iter().map(|c| json!({"context": c.context, "app_id": c.app_id})).collect::<Value>()}})
    }

    /// A ruleset without its rules, as lists have it; who may bypass is for writers only.
    pub fn ruleset_json(&self, repo: &Repo, ruleset: &Value, actor: &Actor, whole: bool) -> Value {
        let mut body = ruleset.clone();
        let writer = self.actor_role(actor, repo) >= crate::sandbox::world::model::Role::Write;
        if let Value::Object(fields) = &mut body {
            if !whole {
                fields.remove("rules");
                fields.remove("conditions");
            }
            if !whole || !writer {
                fields.remove("bypass_actors");
            }
            if whole {
                let passes = if self.bypasses(repo, actor, ruleset) { "always" } else { "never" };
                fields.insert("current_user_can_bypass".into(), passes.into());
            }
        }
        body
    }
}
