//! Releases: found by tag, drafts included, made, changed and published. Tags are pushed elsewhere.

use super::records::made;
use super::{GithubForge, done, json};
use crate::adapter::github::answer::Ask;
use crate::adapter::github::host::encoded;
use crate::ids::ReleaseId;
use crate::port::records::{NewRelease, Release};
use crate::port::{Outcome, Trouble};
use http::Method;
use serde::{Deserialize, Serialize};

const READ: &str = "Contents: read";
const WRITE: &str = "Contents: write";

/// A draft is looked for among so many of the newest releases.
const LOOKED_THROUGH: usize = 100;

#[derive(Debug, Deserialize)]
struct Found {
    id: u64,
    tag_name: String,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    prerelease: bool,
    #[serde(default)]
    html_url: Option<String>,
}

impl Found {
    fn fact(self) -> Release {
        let Self { id, tag_name, draft, prerelease, html_url } = self;
        Release { id: ReleaseId::new(id), tag: tag_name, draft, prerelease, url: html_url }
    }
}

#[derive(Serialize)]
struct Text<'a> {
    tag_name: &'a str,
    target_commitish: String,
    name: &'a str,
    body: &'a str,
    draft: bool,
    prerelease: bool,
}

fn text(new: &NewRelease) -> String {
    json(&Text {
        tag_name: &new.tag,
        target_commitish: new.target.to_string(),
        name: &new.title,
        body: &new.notes,
        draft: new.draft,
        prerelease: new.prerelease,
    })
}

impl GithubForge {
    pub(super) async fn release_of(&self, tag: &str) -> Result<Option<Release>, Trouble> {
        if let Some(found) = self.read::<Found>(&format!("releases/tags/{}", encoded(tag)), READ).await? {
            return Ok(Some(found.fact()));
        }
        // GitHub finds no draft by its tag: it has none until it is published.
        let rest = format!("releases?per_page={LOOKED_THROUGH}");
        let newest: Vec<Found> = self.read(&rest, READ).await?.unwrap_or_default();
        let drafts = newest.into_iter().filter(|found| found.draft && found.tag_name == tag);
        Ok(drafts.min_by_key(|found| found.id).map(Found::fact))
    }

    pub(super) async fn new_release(&self, new: &NewRelease) -> Result<Outcome<ReleaseId>, Trouble> {
        let ask = Ask { body: Some(text(new)), ..self.change(Method::POST, "releases", WRITE) };
        Ok(match made(self.write(&ask).await?, "a release") {
            Outcome::Done(id) => Outcome::Done(ReleaseId::new(id)),
            Outcome::Rejected(why) => Outcome::Rejected(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    pub(super) async fn edit_release(&self, id: ReleaseId, to: &NewRelease) -> Result<Outcome<()>, Trouble> {
        let ask = Ask { body: Some(text(to)), ..self.change(Method::PATCH, &format!("releases/{id}"), WRITE) };
        Ok(done(self.write(&ask).await?))
    }
}
