//! The fields a checkup reads of GitHub's answers about the App.

use crate::adapter::github::model::InstallationAccount;
use crate::doctor::Hook;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub(super) struct IdentityAnswer {
    pub(super) slug: String,
    html_url: String,
    #[serde(default)]
    owner: Option<Owner>,
    #[serde(default)]
    pub(super) permissions: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) events: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Owner {
    #[serde(default)]
    login: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

impl IdentityAnswer {
    /// Where the App is set up: below the account that owns it, which its public page does not show.
    pub(super) fn settings_url(&self) -> String {
        let site = self.html_url.split("/apps/").next().unwrap_or_default();
        let organization = self.owner.as_ref().filter(|owner| owner.kind.as_deref() == Some("Organization"));
        let owner = organization.and_then(|owner| owner.login.as_ref());
        let below = owner.map(|login| format!("/organizations/{login}")).unwrap_or_default();
        format!("{site}{below}/settings/apps/{}", self.slug)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct InstalledAnswer {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) account: Option<InstallationAccount>,
    pub(super) html_url: String,
    #[serde(default)]
    pub(super) suspended_at: Option<String>,
    #[serde(default)]
    pub(super) permissions: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HookAnswer {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    /// Stars, if there is one.
    #[serde(default)]
    secret: Option<String>,
    /// A text or a number, `0` or `1`.
    #[serde(default)]
    insecure_ssl: Option<serde_json::Value>,
}

impl HookAnswer {
    pub(super) fn fact(self) -> Hook {
        let insecure = self.insecure_ssl.is_some_and(|flag| flag == "1" || flag == 1);
        Hook {
            url: self.url.unwrap_or_default(),
            // GitHub's default.
            content_type: self.content_type.unwrap_or_else(|| "form".to_owned()),
            insecure,
            has_secret: self.secret.is_some_and(|secret| !secret.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_set_up_below_its_owner() {
        let url =
            |text: &str| serde_json::from_str::<IdentityAnswer>(text).expect("it has all we ask for").settings_url();
        let by = |kind: &str| {
            format!(
                r#"{{"slug":"bot","html_url":"https://github.com/apps/bot","owner":{{"login":"acme","type":"{kind}"}}}}"#
            )
        };
        assert_eq!(url(&by("Organization")), "https://github.com/organizations/acme/settings/apps/bot");
        assert_eq!(url(&by("User")), "https://github.com/settings/apps/bot");
    }

    #[test]
    fn a_hook_without_anything_goes_nowhere_unsigned() {
        let fact = |text: &str| serde_json::from_str::<HookAnswer>(text).expect("all may miss").fact();
        let empty = fact("{}");
        assert_eq!((empty.url.as_str(), empty.content_type.as_str(), empty.has_secret), ("", "form", false));
        assert!(fact(r#"{"insecure_ssl":"1"}"#).insecure && fact(r#"{"insecure_ssl":1}"#).insecure);
        assert!(!fact(r#"{"insecure_ssl":"0","url":null}"#).insecure);
    }
}
