//! Reads who pushed a commit, from the repository's own record of what happened to a branch. Commits do not say it.

use super::GithubForge;
use crate::adapter::github::answer::Ask;
use crate::adapter::github::host::encoded;
use crate::adapter::github::model::{Account, person_or_ghost};
use crate::facts::Pusher;
use crate::ids::{PrNumber, Sha};
use crate::port::{Forge, Trouble};
use http::StatusCode;
use serde::Deserialize;

const READ: &str = "Contents: read";

/// Something that happened to a branch: a push, or that it was made.
#[derive(Debug, Deserialize)]
struct Activity {
    after: String,
    #[serde(default)]
    actor: Option<Account>,
}

impl GithubForge {
    /// A fork that the App cannot see, a server that keeps no such record, or a record that has been forgotten: then nobody knows.
    pub(super) async fn pusher_of(&self, number: PrNumber, head: Sha) -> Result<Pusher, Trouble> {
        let pull = self.pull(number).await?;
        let Some(home) = pull.and_then(|pull| pull.head_repo) else { return Ok(Pusher::Unknown) };
        let (repo, branch) = (&home.name, encoded(&format!("refs/heads/{}", home.branch)));
        let ask = Ask::get(format!("/repos/{repo}/activity?ref={branch}&per_page=100"), READ);
        let answer = self.app.client().get(self.who, &ask).await?;
        if matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY) {
            return Ok(Pusher::Unknown);
        }
        let found: Vec<Activity> = answer.json(&ask)?;
        // Newest first.
        let last = found.into_iter().find(|activity| activity.after == head.to_string());
        let actor = last.and_then(|activity| activity.actor);
        Ok(actor.and_then(|actor| person_or_ghost(Some(&actor)).ok()).map_or(Pusher::Unknown, Pusher::Known))
    }
}
