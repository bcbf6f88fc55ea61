//! The fields we read of GitHub's answers, and nothing else of them: an unknown field or a null elsewhere never matters.

use crate::facts::Person;
use crate::ids::{Malformed, UserId};
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
