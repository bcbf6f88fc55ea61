//! Reads what a person may do in the repository. An unknown level is no permission.

use super::{GithubForge, malformed};
use crate::adapter::github::host::encoded;
use crate::adapter::github::model::Account;
use crate::facts::{Permission, Person};
use crate::ids::Login;
use crate::port::Trouble;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Collaborator {
    permission: String,
    #[serde(default)]
    user: Option<Account>,
}

/// GitHub folds maintain into write and triage into read here; custom roles show the level they are based on.
fn level(permission: &str) -> Permission {
    match permission {
        "admin" => Permission::Admin,
        "write" | "maintain" | "push" => Permission::Write,
        "read" | "triage" | "pull" => Permission::Read,
        _ => Permission::None,
    }
}

impl GithubForge {
    /// GitHub answers 404 for those who are no users, and for Apps.
    pub(super) async fn permission_of(&self, login: &Login) -> Result<Permission, Trouble> {
        let found = self.collaborator_answer(login).await?;
        Ok(found.map_or(Permission::None, |found| level(&found.permission)))
    }

    /// The same with who it is; an account that is gone is nobody.
    pub(super) async fn collaborator_by(&self, login: &Login) -> Result<Option<(Person, Permission)>, Trouble> {
        let found = self.collaborator_answer(login).await?;
        let Some(Collaborator { permission, user: Some(user) }) = found else { return Ok(None) };
        let person = user.person().map_err(|why| malformed("a collaborator", &why))?;
        Ok(Some((person, level(&permission))))
    }

    async fn collaborator_answer(&self, login: &Login) -> Result<Option<Collaborator>, Trouble> {
        self.read(&format!("collaborators/{}/permission", encoded(login.as_str())), "Metadata: read").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_levels_permit_nothing() {
        for (text, expected) in [
            ("admin", Permission::Admin),
            ("maintain", Permission::Write),
            ("triage", Permission::Read),
            ("none", Permission::None),
            ("owner-of-everything", Permission::None),
            ("", Permission::None),
        ] {
            assert_eq!(level(text), expected, "{text}");
        }
    }
}
