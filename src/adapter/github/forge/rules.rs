//! Reads what branch protection and rulesets demand of a branch. A repository without rules demands nothing.

use super::GithubForge;
use crate::adapter::github::host::encoded;
use crate::facts::{Demands, RequiredCheck};
use crate::ids::{AppId, BranchName};
use crate::port::Trouble;
use http::StatusCode;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
struct Rule {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Debug, Deserialize)]
struct Parameters {
    #[serde(default)]
    required_status_checks: Option<Vec<Required>>,
    #[serde(default)]
    required_approving_review_count: Option<u8>,
    #[serde(default)]
    require_code_owner_review: Option<bool>,
    #[serde(default)]
    require_last_push_approval: Option<bool>,
    #[serde(default)]
    required_review_thread_resolution: Option<bool>,
}

/// Classic branch protection.
#[derive(Debug, Deserialize)]
struct Protection {
    #[serde(rename = "required_status_checks", default)]
    checks: Option<Checks>,
    #[serde(rename = "required_pull_request_reviews", default)]
    reviews: Option<Reviews>,
    #[serde(rename = "required_conversation_resolution", default)]
    conversations: Option<Switch>,
}

#[derive(Debug, Deserialize)]
struct Switch {
    enabled: bool,
}

#[derive(Debug, Deserialize)]
struct Reviews {
    #[serde(default)]
    required_approving_review_count: Option<u8>,
    #[serde(rename = "require_code_owner_reviews", default)]
    code_owners: Option<bool>,
    #[serde(rename = "require_last_push_approval", default)]
    last_push: Option<bool>,
}

/// Its part about checks.
#[derive(Debug, Deserialize)]
struct Checks {
    #[serde(default)]
    contexts: Option<Vec<String>>,
    /// Not on old Enterprise Servers.
    #[serde(default)]
    checks: Option<Vec<Required>>,
}

#[derive(Debug, Deserialize)]
pub(in crate::adapter::github) struct Required {
    context: String,
    /// Null, or -1 in classic protection, for "any App".
    #[serde(alias = "app_id", default)]
    integration_id: Option<i64>,
}

impl Rule {
    /// What it demands of reviews, if it is about them.
    fn reviewing(&self) -> Option<&Parameters> {
        self.parameters.as_ref().filter(|_| self.kind.as_deref() == Some("pull_request"))
    }
}

impl Required {
    pub(in crate::adapter::github) fn fact(&self) -> Option<RequiredCheck> {
        let app = self.integration_id.and_then(|id| u64::try_from(id).ok()).filter(|id| *id > 0).map(AppId::new);
        Some(RequiredCheck { name: self.context.parse().ok()?, app })
    }
}

/// A rule that requires checks but does not say which is no rule we can keep.
fn by_rules(rules: &[Rule]) -> Result<Vec<RequiredCheck>, Trouble> {
    let mut required = Vec::new();
    for rule in rules.iter().filter(|rule| rule.kind.as_deref() == Some("required_status_checks")) {
        let checks = rule.parameters.as_ref().and_then(|parameters| parameters.required_status_checks.as_ref());
        required.extend(checks.ok_or_else(|| unsaid("a ruleset"))?.iter().filter_map(Required::fact));
    }
    Ok(required)
}

/// `contexts` repeats the names in `checks` without their Apps; only names that stand nowhere else add anything.
fn by_protection(protection: Checks) -> Result<Vec<RequiredCheck>, Trouble> {
    if protection.contexts.is_none() && protection.checks.is_none() {
        return Err(unsaid("branch protection"));
    }
    let (contexts, checks) = (protection.contexts.unwrap_or_default(), protection.checks.unwrap_or_default());
    let bare = contexts.iter().filter(|name| checks.iter().all(|check| check.context != **name));
    let bare = bare.filter_map(|name| Some(RequiredCheck { name: name.parse().ok()?, app: None }));
    Ok(checks.iter().filter_map(Required::fact).chain(bare).collect())
}

fn unsaid(what: &str) -> Trouble {
    Trouble::Bug(format!("GitHub says that {what} requires checks, but not which"))
}

impl GithubForge {
    pub(super) async fn demands_on(&self, branch: &BranchName) -> Result<Demands, Trouble> {
        let branch = encoded(branch.as_str());
        let ask = self.ask(&format!("rules/branches/{branch}?per_page=100"), "Metadata: read");
        let mut required = BTreeSet::new();
        let mut demands = Demands::default();
        match self.pages::<Vec<Rule>>(&ask).await? {
            Ok(pages) => {
                for rules in pages {
                    required.extend(by_rules(&rules)?);
                    for asked in rules.iter().filter_map(Rule::reviewing) {
                        demands.approvals = demands.approvals.max(asked.required_approving_review_count.unwrap_or(0));
                        demands.code_owners |= asked.require_code_owner_review == Some(true);
                        demands.last_push |= asked.require_last_push_approval == Some(true);
                        demands.conversations |= asked.required_review_thread_resolution == Some(true);
                    }
                }
            }
            // Where the plan has no rulesets the answer is a 403 or 404.
            Err(answer) if absent(answer.status) => {
                tracing::debug!(repo = %self.repo, said = answer.message(), "no rulesets are readable");
            }
            Err(answer) => return Err(answer.refusal(&ask)),
        }
        let ask = self.ask(&format!("branches/{branch}/protection"), "Administration: read");
        let answer = self.app.client().get(self.who, &ask).await?;
        if absent(answer.status) {
            tracing::debug!(repo = %self.repo, said = answer.message(), "no classic branch protection is readable");
        } else {
            let protection: Protection = answer.json(&ask)?;
            if let Some(checks) = protection.checks {
                required.extend(by_protection(checks)?);
            }
            if let Some(asked) = protection.reviews {
                demands.approvals = demands.approvals.max(asked.required_approving_review_count.unwrap_or(0));
                demands.code_owners |= asked.code_owners == Some(true);
                demands.last_push |= asked.last_push == Some(true);
            }
            demands.conversations |= protection.conversations.is_some_and(|asked| asked.enabled);
        }
        Ok(Demands { checks: required.into_iter().collect(), ..demands })
    }
}

/// Where there are no rules, or a plan has none.
pub(in crate::adapter::github) fn absent(status: StatusCode) -> bool {
    matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(required: Result<Vec<RequiredCheck>, Trouble>) -> Vec<(String, Option<u64>)> {
        required.expect("a readable answer").into_iter().map(|r| (r.name.to_string(), r.app.map(AppId::get))).collect()
    }

    #[test]
    fn rules_of_other_kinds_require_no_check() {
        let rules: Vec<Rule> = serde_json::from_str(
            r#"[{"type":"deletion"},{"type":"a_new_kind","parameters":{"x":1}},
            {"type":"required_status_checks","parameters":{"strict_required_status_checks_policy":true,
             "required_status_checks":[{"context":"ci","integration_id":7},{"context":"lint"},{"context":"x","integration_id":null}]}}]"#,
        )
        .expect("it has all we ask for");
        assert_eq!(show(by_rules(&rules)), [("ci".into(), Some(7)), ("lint".into(), None), ("x".into(), None)]);
    }

    #[test]
    fn classic_protection_names_each_check_once() {
        let protection: Checks = serde_json::from_str(
            r#"{"strict":true,"contexts":["ci","any","old"],"checks":[{"context":"ci","app_id":7},{"context":"any","app_id":-1}]}"#,
        )
        .expect("it has all we ask for");
        assert_eq!(
            show(by_protection(protection)),
            [("ci".into(), Some(7)), ("any".into(), None), ("old".into(), None)]
        );
    }

    #[test]
    fn what_is_not_said_is_not_nothing() {
        for text in [r#"[{"type":"required_status_checks"}]"#, r#"[{"type":"required_status_checks","parameters":{}}]"#]
        {
            let rules: Vec<Rule> = serde_json::from_str(text).expect("it has all we ask for");
            assert!(by_rules(&rules).is_err(), "{text}");
        }
        // An empty list reads as a struct whose fields are all missing.
        for text in ["{}", "[]", r#"{"contexts":null}"#] {
            assert!(by_protection(serde_json::from_str(text).expect("all may miss")).is_err(), "{text}");
        }
    }
}
