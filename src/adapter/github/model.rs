//! The fields we read of GitHub's answers, and nothing else of them: an unknown field or a null elsewhere never matters.

use crate::facts::{Person, Repository};
use crate::ids::{Malformed, RepoId, UserId};
use serde::Deserialize;

/// The account GitHub shows in place of one that was deleted (`github.com/ghost`).
const GHOST: (u64, &str) = (10_137, "ghost");

/// An account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) login: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: Option<String>,
}

impl Account {
    /// An App or a machine account marked as such.
    pub(crate) fn is_bot(&self) -> bool {
        self.kind.as_deref() == Some("Bot") || self.login.ends_with("[bot]")
    }

    /// The person this account is.
    pub(crate) fn person(&self) -> Result<Person, Malformed> {
        Ok(Person { id: UserId::new(self.id), login: self.login.parse()?, bot: self.is_bot() })
    }
}

/// The person behind an account that GitHub gives as null once it is deleted.
pub(crate) fn person_or_ghost(account: Option<&Account>) -> Result<Person, Malformed> {
    account
        .map_or_else(|| Ok(Person { id: UserId::new(GHOST.0), login: GHOST.1.parse()?, bot: false }), Account::person)
}

/// Not printable, for the token's sake.
#[derive(Deserialize)]
pub(super) struct MintedToken {
    pub(super) token: String,
    #[serde(default)]
    pub(super) expires_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AppAnswer {
    pub(super) slug: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct InstallationAnswer {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) account: Option<InstallationAccount>,
    #[serde(default)]
    pub(super) suspended_at: Option<String>,
}

/// An enterprise has no login.
#[derive(Debug, Deserialize)]
pub(super) struct InstallationAccount {
    #[serde(default)]
    pub(super) login: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoryAnswer {
    pub(super) id: u64,
    pub(super) full_name: String,
    pub(super) default_branch: String,
    #[serde(default)]
    pub(super) archived: Option<bool>,
}

impl RepositoryAnswer {
    pub(super) fn fact(&self) -> Result<Repository, Malformed> {
        Ok(Repository {
            id: RepoId::new(self.id),
            name: self.full_name.parse()?,
            default_branch: self.default_branch.parse()?,
            archived: self.archived.unwrap_or(false),
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoryPage {
    pub(super) repositories: Vec<RepositoryAnswer>,
}

/// One attempt to deliver one webhook.
#[derive(Debug, Deserialize)]
pub(super) struct DeliveryAnswer {
    pub(super) id: u64,
    pub(super) guid: String,
    pub(super) delivered_at: String,
    #[serde(default)]
    pub(super) event: String,
    /// Zero or null when there was no answer at all.
    #[serde(default)]
    pub(super) status_code: Option<u16>,
}
