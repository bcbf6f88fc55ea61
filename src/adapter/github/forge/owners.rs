//! Reads what ownership turns on beside the owners' file: which paths a pull request changes, and who is in a team.

use super::GithubForge;
use crate::adapter::github::answer::Ask;
use crate::adapter::github::host::encoded;
use crate::facts::{Changed, Membership};
use crate::ids::{Login, PrNumber, TeamName};
use crate::port::Trouble;
use http::StatusCode;
use serde::Deserialize;

/// GitHub lists no more files of a pull request than this, and does not say so.
const FILES_MAX: usize = 3_000;
const MEMBERS: &str = "Members: read";

#[derive(Debug, Deserialize)]
struct File {
    filename: String,
    /// Of a file that was moved or copied.
    #[serde(default)]
    previous_filename: Option<String>,
}

#[derive(Debug, Deserialize)]
struct InTeam {
    state: String,
}

impl GithubForge {
    pub(super) async fn changed_by(&self, number: PrNumber) -> Result<Changed, Trouble> {
        let files: Vec<File> = self.list(&format!("pulls/{number}/files?per_page=100"), "Pull requests: read").await?;
        let whole = files.len() < FILES_MAX;
        let paths =
            files.into_iter().flat_map(|file| [Some(file.filename), file.previous_filename]).flatten().collect();
        Ok(Changed { paths, whole })
    }

    /// GitHub answers 404 both for who is not in a team and for a team that we may not see.
    pub(super) async fn membership_of(&self, team: &TeamName, login: &Login) -> Result<Membership, Trouble> {
        let team = format!("/orgs/{}/teams/{}", encoded(team.org()), encoded(team.slug()));
        let ask = Ask::get(format!("{team}/memberships/{}", encoded(login.as_str())), MEMBERS);
        let answer = self.app.client().get(self.who, &ask).await?;
        match answer.status {
            StatusCode::FORBIDDEN => return Ok(Membership::Unreadable),
            StatusCode::NOT_FOUND => {}
            _ => {
                let InTeam { state } = answer.json(&ask)?;
                // Who was invited and has not accepted is `pending`.
                return Ok(if state == "active" { Membership::Member } else { Membership::Outsider });
            }
        }
        let ask = Ask::get(format!("{team}/members?per_page=1"), MEMBERS);
        let answer = self.app.client().get(self.who, &ask).await?;
        match answer.status {
            StatusCode::OK => Ok(Membership::Outsider),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Ok(Membership::Unreadable),
            _ => Err(answer.refusal(&ask)),
        }
    }
}
