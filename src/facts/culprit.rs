//! A check that keeps a commit from being green, as far as people are told of it. It judges nothing.

use super::CheckState;
use crate::ids::{AppId, CheckName};
use serde::{Deserialize, Serialize};

/// A check that keeps a commit from being green.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Culprit {
    /// Its name.
    pub name: CheckName,
    /// What is known beside that.
    pub how: How,
}

/// How a culprit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Nothing that is worth a word.
    Plain,
    /// In this state.
    Stands(CheckState),
    /// There was no sign of it by this App.
    Unseen {
        /// By whom it was to be.
        app: AppId,
        /// Who else reported one of that name.
        instead: Instead,
    },
}

/// Who reported a check in another's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// Nobody.
    Nobody,
    /// Another App.
    App(AppId),
    /// Somebody, as a commit status.
    Status,
}

impl Culprit {
    /// One of which only the name is told.
    pub fn plain(name: CheckName) -> Self {
        Self { name, how: How::Plain }
    }
}

/// States that were written before hold a text in its place.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Value { name: CheckName, how: How },
}

impl From<Written> for Culprit {
    fn from(written: Written) -> Self {
        match written {
            Written::Text(text) => Self::plain(text.parse().unwrap_or_else(|_| unnamed())),
            Written::Value { name, how } => Self { name, how },
        }
    }
}

fn unnamed() -> CheckName {
    "a check".parse().expect("nine letters are a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_states_say_is_read_too() {
        let read = |text: &str| serde_json::from_str::<Culprit>(text).expect("it is read");
        let skipped = Culprit { how: How::Stands(CheckState::Skipped), ..read("\"ci\"") };
        assert_eq!(read("\"ci\""), Culprit::plain("ci".parse().expect("a name")));
        assert_eq!(read(&serde_json::to_string(&skipped).expect("it is written")), skipped);
        assert_eq!(read(&format!("\"{}\"", "x".repeat(300))).name, unnamed(), "no text stands in the way of a start");
    }
}
