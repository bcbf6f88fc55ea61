//! A person or a team, as settings and `CODEOWNERS` name them. Names only: who is in a team is not known here.

use super::{Login, Malformed, TeamName};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A person (`ann`) or a team (`acme/core`); an `@` before either is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A person.
    Person(Login),
    /// A team.
    Team(TeamName),
}

impl FromStr for Party {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let name = text.strip_prefix('@').unwrap_or(text);
        if name.contains('/') { name.parse().map(Self::Team) } else { name.parse().map(Self::Person) }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(login) => login.fmt(f),
            Self::Team(team) => team.fmt(f),
        }
    }
}

impl Serialize for Party {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Party {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
