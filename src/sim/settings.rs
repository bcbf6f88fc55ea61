//! The settings file as it stands on commits. Nothing here decides which settings are in force.

use super::world::Ground;
use crate::config::RepoConfig;
use crate::ids::Sha;

/// A version of the settings file.
#[derive(Debug, Clone)]
pub struct Version {
    /// The file.
    pub text: String,
    /// What it says; `None` if it is wrong.
    pub says: Option<RepoConfig>,
}

impl Version {
    /// A version with this text.
    pub fn new(text: String) -> Self {
        Self { says: RepoConfig::parse(&text).ok(), text }
    }
}

impl Ground {
    /// What the settings file on a commit says; `None` if it is wrong.
    pub fn settings_at(&self, commit: Sha) -> Option<&RepoConfig> {
        let version = self.truth.get(commit).content.get(&0).and_then(|version| usize::try_from(*version).ok())?;
        self.settings.get(version.checked_sub(1)?)?.says.as_ref()
    }
}
