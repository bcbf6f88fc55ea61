//! What `greenline queue freeze` and `thaw` take: which queue, until when, and why. How a moment is written is the service's to say.

use super::at;
use crate::ids::{BranchName, RepoName};
use serde_json::{Value, json};

/// The queue of a branch.
#[derive(Debug, clap::Args)]
pub struct Whole {
    /// The repository, owner/name.
    repo: RepoName,
    /// The queue of this branch; without it, that of the default branch.
    #[arg(long, value_name = "BRANCH")]
    trunk: Option<BranchName>,
    /// How long to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
}

/// A freeze of it.
#[derive(Debug, clap::Args)]
pub struct Freeze {
    #[command(flatten)]
    pub whole: Whole,
    /// The reason; everybody who waits will read it.
    #[arg(long, value_name = "REASON")]
    because: String,
    /// When it ends by itself, as in '18:00', 'mon 08:00' or '2026-12-01 08:00', by the clocks of the settings' `time_zone`.
    #[arg(long, value_name = "MOMENT", conflicts_with = "length")]
    until: Option<String>,
    /// After how long it ends by itself, as in 2h30m.
    #[arg(long = "for", value_name = "TIME")]
    length: Option<String>,
}

impl Whole {
    /// Its address, and how many seconds to wait.
    pub fn place(&self) -> (String, u64) {
        let place = format!("/api/repos/{}/freeze", self.repo);
        (self.trunk.as_ref().map_or_else(|| place.clone(), |trunk| at(&place, trunk)), self.wait)
    }
}

impl Freeze {
    /// What the service is told.
    pub fn body(&self) -> Value {
        let mut body = json!({"because": self.because});
        if let Some(until) = &self.until {
            body["until"] = json!(until);
        }
        if let Some(length) = &self.length {
            body["for"] = json!(length);
        }
        body
    }
}
