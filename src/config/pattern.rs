//! A pattern that titles are matched with: any regular expression that stays small. It decides nothing.

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// A regular expression that is known to compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

impl Pattern {
    /// A compiled pattern is at most this large, in bytes: a settings file must not eat the machine.
    const SIZE_MAX: usize = 64 * 1024;

    /// Somewhere in the text it matches.
    pub fn matches(&self, text: &str) -> bool {
        Self::compile(&self.0).is_ok_and(|regex| regex.is_match(text))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn compile(text: &str) -> Result<Regex, regex::Error> {
        RegexBuilder::new(text).size_limit(Self::SIZE_MAX).build()
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;
    fn try_from(text: String) -> Result<Self, regex::Error> {
        Self::compile(&text).map(|_| Self(text))
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}
