//! Reads which rules hold for branches and tags, whether they let the App pass, and how classic protection guards a branch.
//! Where a plan has no rulesets, none hold.

use super::super::answer::{Answer, Ask};
use super::super::app::App;
use super::super::client::Who;
use super::super::forge::rules::{Required, absent};
use super::super::host::encoded;
use crate::doctor::{Bypass, NamePattern, Origin, Protection, Rule, Ruleset};
use crate::facts::RequiredCheck;
use crate::port::Trouble;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

const NEEDS: &str = "Metadata: read";
/// Rulesets of a repository that are looked at, at the most.
const RULESETS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
struct RuleAnswer {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    parameters: Parameters,
    #[serde(default)]
    ruleset_id: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    required_status_checks: Vec<Required>,
    #[serde(default)]
    strict_required_status_checks_policy: bool,
    #[serde(default)]
    do_not_enforce_on_create: bool,
    #[serde(default)]
    operator: Option<String>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    negate: bool,
}

impl RuleAnswer {
    fn fact(self, origin: Origin) -> Rule {
        let names = self.parameters.operator.zip(self.parameters.pattern);
        let negate = self.parameters.negate;
        Rule {
            kind: self.kind,
            origin,
            required: self.parameters.required_status_checks.iter().filter_map(Required::fact).collect(),
            up_to_date: self.parameters.strict_required_status_checks_policy,
            not_on_create: self.parameters.do_not_enforce_on_create,
            names: names.map(|(operator, pattern)| NamePattern { operator, pattern, negate }),
        }
    }
}

#[derive(Debug, Deserialize)]
struct RulesetAnswer {
    id: u64,
    name: String,
    #[serde(default)]
    target: Option<String>,
    enforcement: String,
    /// Who may bypass is shown to administrators only; whether we may, to us.
    #[serde(default)]
    current_user_can_bypass: Option<String>,
    #[serde(rename = "_links", default)]
    links: Links,
    #[serde(default)]
    conditions: Option<Conditions>,
    #[serde(default)]
    rules: Vec<RuleAnswer>,
}

#[derive(Debug, Default, Deserialize)]
struct Links {
    #[serde(default)]
    html: Option<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(default)]
    href: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Conditions {
    #[serde(default)]
    ref_name: RefNames,
}

#[derive(Debug, Default, Deserialize)]
struct RefNames {
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

impl RulesetAnswer {
    fn origin(&self) -> Origin {
        let bypass = match self.current_user_can_bypass.as_deref() {
            Some("always" | "exempt") => Bypass::Always,
            Some("pull_requests_only") => Bypass::PullRequestsOnly,
            Some("never") => Bypass::Never,
            Some(_) | None => Bypass::Unsaid,
        };
        let page = self.links.html.as_ref().and_then(|link| link.href.clone());
        Origin { ruleset: self.name.clone(), page, bypass }
    }
}

/// The rules of a repository, as one who may look.
pub(super) struct Rules<'a> {
    pub(super) app: &'a App,
    pub(super) who: Who,
    pub(super) repo: &'a str,
}

impl Rules<'_> {
    /// The rules that hold for a branch, which need not exist.
    pub(super) async fn of_branch(&self, branch: &str) -> Result<Vec<Rule>, Trouble> {
        let answers: Vec<RuleAnswer> = self.list(&format!("rules/branches/{}?per_page=100", encoded(branch))).await?;
        let mut origins: BTreeMap<u64, Origin> = BTreeMap::new();
        let mut rules = Vec::new();
        for answer in answers {
            let id = answer.ruleset_id.unwrap_or_default();
            let origin = match origins.get(&id) {
                Some(known) => known.clone(),
                None => self.ruleset(id).await?.map_or_else(|| unnamed(id), |set| set.origin()),
            };
            origins.insert(id, origin.clone());
            rules.push(answer.fact(origin));
        }
        Ok(rules)
    }

    /// The rulesets about tags that are in force.
    pub(super) async fn about_tags(&self) -> Result<Vec<Ruleset>, Trouble> {
        let all: Vec<RulesetAnswer> = self.list("rulesets?per_page=100").await?;
        let about_tags = |set: &&RulesetAnswer| set.target.as_deref() == Some("tag") && set.enforcement == "active";
        let mut found = Vec::new();
        for listed in all.iter().filter(about_tags).take(RULESETS_MAX) {
            let Some(set) = self.ruleset(listed.id).await? else { continue };
            let origin = set.origin();
            let names = set.conditions.unwrap_or_default().ref_name;
            let rules = set.rules.into_iter().map(|rule| rule.fact(origin.clone())).collect();
            found.push(Ruleset { include: names.include, exclude: names.exclude, rules });
        }
        Ok(found)
    }

    async fn ruleset(&self, id: u64) -> Result<Option<RulesetAnswer>, Trouble> {
        let ask = self.ask(&format!("rulesets/{id}"), NEEDS);
        let answer = self.app.client().get(self.who, &ask).await?;
        if absent(answer.status) { Ok(None) } else { answer.json(&ask).map(Some) }
    }

    /// Classic protection of a branch; none if it has none.
    pub(super) async fn protection(&self, branch: &str) -> Result<Option<Protection>, Trouble> {
        let ask = self.ask(&format!("branches/{}/protection", encoded(branch)), "Administration: read");
        let answer = self.app.client().get(self.who, &ask).await?;
        if answer.status == http::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.json::<ProtectionAnswer>(&ask).map(|answer| Some(answer.fact()))
    }

    fn ask(&self, rest: &str, needs: &'static str) -> Ask {
        Ask::get(format!("/repos/{}/{rest}", self.repo), needs)
    }

    async fn list<T: DeserializeOwned + Send>(&self, rest: &str) -> Result<Vec<T>, Trouble> {
        let ask = self.ask(rest, NEEDS);
        let mut items = Vec::new();
        let each = |page: Vec<T>| {
            items.extend(page);
            ControlFlow::Continue(())
        };
        let refused = self.app.client().walk(self.who, ask.clone(), each).await?.refused;
        match refused.filter(|answer: &std::sync::Arc<Answer>| !absent(answer.status)) {
            Some(answer) => Err(answer.refusal(&ask)),
            None => Ok(items),
        }
    }
}

fn unnamed(id: u64) -> Origin {
    Origin { ruleset: format!("number {id}"), page: None, bypass: Bypass::Unsaid }
}

#[derive(Debug, Default, Deserialize)]
struct Switch {
    #[serde(default)]
    enabled: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Apps {
    #[serde(default)]
    apps: Vec<Slug>,
}

#[derive(Debug, Deserialize)]
struct Slug {
    #[serde(default)]
    slug: String,
}

impl Apps {
    fn slugs(self) -> Vec<String> {
        self.apps.into_iter().map(|app| app.slug).collect()
    }
}

#[derive(Debug, Deserialize)]
struct Reviews {
    #[serde(default)]
    bypass_pull_request_allowances: Apps,
}

#[derive(Debug, Deserialize)]
struct Statuses {
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    contexts: Vec<String>,
    #[serde(default)]
    checks: Vec<Required>,
}

#[derive(Debug, Deserialize)]
struct ProtectionAnswer {
    #[serde(default)]
    restrictions: Option<Apps>,
    #[serde(default)]
    required_pull_request_reviews: Option<Reviews>,
    #[serde(default)]
    required_status_checks: Option<Statuses>,
    #[serde(default)]
    required_signatures: Switch,
    #[serde(default)]
    required_linear_history: Switch,
    #[serde(default)]
    lock_branch: Switch,
}

impl ProtectionAnswer {
    fn fact(self) -> Protection {
        let bypass = self.required_pull_request_reviews.map(|reviews| reviews.bypass_pull_request_allowances.slugs());
        Protection {
            pushers: self.restrictions.map(Apps::slugs),
            reviews: bypass.is_some(),
            reviews_bypass: bypass.unwrap_or_default(),
            up_to_date: self.required_status_checks.as_ref().is_some_and(|checks| checks.strict),
            required: self.required_status_checks.map(Statuses::facts).unwrap_or_default(),
            signatures: self.required_signatures.enabled,
            linear: self.required_linear_history.enabled,
            locked: self.lock_branch.enabled,
        }
    }
}

impl Statuses {
    /// `contexts` repeats the names in `checks`, and is all there is on older servers.
    fn facts(self) -> Vec<RequiredCheck> {
        let known: Vec<RequiredCheck> = self.checks.iter().filter_map(Required::fact).collect();
        let bare = self.contexts.iter().filter_map(|name| Some(RequiredCheck { name: name.parse().ok()?, app: None }));
        let bare: Vec<_> = bare.filter(|check| known.iter().all(|other| other.name != check.name)).collect();
        known.into_iter().chain(bare).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protection_says_whom_it_lets_pass() {
        let fact = |text: &str| serde_json::from_str::<ProtectionAnswer>(text).expect("all may miss").fact();
        let open = fact("{}");
        assert!(open.pushers.is_none() && !open.reviews && !open.locked && open.required.is_empty());
        let shut = fact(
            r#"{"restrictions":{"apps":[{"slug":"greenline"}]},"required_pull_request_reviews":
            {"bypass_pull_request_allowances":{"apps":[{"slug":"other"}]}},"required_signatures":{"enabled":true},
            "required_status_checks":{"strict":true,"contexts":["ci","old"],"checks":[{"context":"ci","app_id":7}]}}"#,
        );
        assert_eq!(shut.pushers, Some(vec!["greenline".to_owned()]));
        assert!(shut.reviews && shut.signatures && !shut.linear && shut.up_to_date && !open.up_to_date);
        assert_eq!(shut.reviews_bypass, ["other"]);
        let names: Vec<_> = shut.required.iter().map(|check| (check.name.as_str(), check.app.is_some())).collect();
        assert_eq!(names, [("ci", true), ("old", false)]);
    }
}
