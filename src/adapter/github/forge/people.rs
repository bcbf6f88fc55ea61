//! Reads what a person may do in the repository. An unknown level is no permission.

use super::GithubForge;
use crate::adapter::github::host::encoded;
use crate::facts::Permission;
use crate::ids::Login;
use crate::port::Trouble;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Collaborator {
    permission: String,
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
        let rest = format!("collaborators/{}/permission", encoded(login.as_str()));
        let found: Option<Collaborator> = self.read(&rest, "Metadata: read").await?;
        Ok(found.map_or(Permission::None, |found| level(&found.permission)))
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
