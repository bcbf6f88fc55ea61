//! Facts that reviewing turns on beside the reviews themselves: teams, changed paths, the file of owners, open conversations.

use super::Person;
use crate::ids::{Login, TeamName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// GitHub loads no larger `CODEOWNERS` ("About code owners": 3 MB).
pub const OWNERS_MAX: usize = 3 << 20;

/// What the forge says of a person and a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// In it, or in a team below it.
    Member,
    /// Not in it.
    Outsider,
    /// The forge shows us no such team: there is none, or we may not see it.
    Unreadable,
}

/// Who is in which team, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rolls(Vec<(TeamName, Login, Membership)>);

impl Rolls {
    /// What was read of this person and this team.
    pub fn of(&self, team: &TeamName, login: &Login) -> Option<Membership> {
        self.0.iter().find(|(known, who, _)| known.is(team) && who.is(login)).map(|(.., membership)| *membership)
    }

    /// The team could not be read.
    pub fn is_unreadable(&self, team: &TeamName) -> bool {
        self.0.iter().any(|(known, _, membership)| known.is(team) && *membership == Membership::Unreadable)
    }
}

impl FromIterator<(TeamName, Login, Membership)> for Rolls {
    fn from_iter<T: IntoIterator<Item = (TeamName, Login, Membership)>>(read: T) -> Self {
        Self(read.into_iter().collect())
    }
}

/// Who pushed a commit to where a pull request comes from. Author and committer of a commit are what whoever pushes it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pusher {
    /// This person.
    Known(Person),
    /// The forge does not say.
    Unknown,
}

/// A branch's `CODEOWNERS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnersFile {
    /// Where it stands.
    pub path: String,
    /// What is in it; `None` beyond [`OWNERS_MAX`].
    pub text: Option<String>,
}

/// The paths a pull request changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Their names, of a moved file the former one as well.
    pub paths: BTreeSet<String>,
    /// These are all; the forge lists no more than so many.
    pub whole: bool,
}

/// Conversations on a pull request that nobody resolved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Unresolved {
    /// How many.
    pub count: u32,
    /// The page of the first.
    pub first: Option<String>,
}
