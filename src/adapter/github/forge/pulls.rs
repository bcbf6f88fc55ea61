//! Reads pull requests, closes them and takes labels off. What GitHub computes later (`mergeable`) is not read at all.

use super::{GithubForge, done, json, malformed};
use crate::adapter::github::answer::Ask;
use crate::adapter::github::host::encoded;
use crate::adapter::github::model::{Account, person_or_ghost};
use crate::facts::{BODY_MAX, HeadRepo, Pull, PullState};
use crate::ids::{BranchName, Malformed, Moment, PrNumber, RepoId};
use crate::port::{Outcome, Trouble};
use crate::when;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const READ: &str = "Pull requests: read";
const WRITE: &str = "Pull requests: write";

#[derive(Debug, Deserialize)]
struct PullAnswer {
    number: u64,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    user: Option<Account>,
    state: String,
    #[serde(default)]
    merged: Option<bool>,
    #[serde(default)]
    merged_at: Option<String>,
    #[serde(default)]
    draft: Option<bool>,
    base: Side,
    head: Side,
    /// Not in lists.
    #[serde(default)]
    maintainer_can_modify: Option<bool>,
    #[serde(default)]
    labels: Vec<Label>,
    updated_at: String,
}

#[derive(Debug, Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    name: String,
    sha: String,
    #[serde(default)]
    repo: Option<SideRepo>,
}

#[derive(Debug, Deserialize)]
struct SideRepo {
    id: u64,
    full_name: String,
}

#[derive(Debug, Deserialize)]
struct Label {
    name: String,
}

impl PullAnswer {
    fn fact(self) -> Result<Pull, Malformed> {
        let merged = self.merged == Some(true) || self.merged_at.is_some();
        let state = match (merged, self.state.as_str()) {
            (true, _) => PullState::Merged,
            (false, "open") => PullState::Open,
            (false, _) => PullState::Closed,
        };
        Ok(Pull {
            number: PrNumber::new(self.number),
            title: self.title.unwrap_or_default(),
            author: person_or_ghost(self.user.as_ref())?,
            state,
            draft: self.draft.unwrap_or(false),
            base: self.base.name.parse()?,
            head: self.head.sha.parse()?,
            head_repo: self.head.home(),
            maintainer_can_modify: self.maintainer_can_modify.unwrap_or(false),
            labels: self.labels.into_iter().map(|label| label.name).collect(),
            body: beginning(self.body.unwrap_or_default()),
            url: self.html_url.filter(|url| is_page(url)).unwrap_or_default(),
            updated_at: when::parse(&self.updated_at).unwrap_or(Moment::from_ms(0)),
        })
    }
}

/// As much of a description as is kept.
fn beginning(mut body: String) -> String {
    body.truncate(body.floor_char_boundary(BODY_MAX));
    body
}

/// It can stand in a line of a commit's message.
fn is_page(url: &str) -> bool {
    let plain = url.len() <= 1_000 && !url.chars().any(|c| c.is_whitespace() || c.is_control());
    plain && (url.starts_with("https://") || url.starts_with("http://"))
}

impl Side {
    /// Where it lives; a place we cannot name is as good as gone, as nothing can be pushed there.
    fn home(&self) -> Option<HeadRepo> {
        let repo = self.repo.as_ref()?;
        Some(HeadRepo { id: RepoId::new(repo.id), name: repo.full_name.parse().ok()?, branch: self.name.parse().ok()? })
    }
}

#[derive(Serialize)]
struct StateChange {
    state: &'static str,
}

impl GithubForge {
    pub(super) async fn one_pull(&self, number: PrNumber) -> Result<Option<Pull>, Trouble> {
        let Some(answer) = self.read::<PullAnswer>(&format!("pulls/{number}"), READ).await? else { return Ok(None) };
        if let Some(base) = &answer.base.repo {
            self.belongs(base.id).await?;
        }
        answer.fact().map(Some).map_err(|why| malformed(&format!("pull request {number}"), &why))
    }

    /// The open ones, by number, all or those onto a branch. All are asked for in the same words whoever asks, so that of several
    /// queues only the first is given the list anew. Lists do not say whether maintainers may push, so there it is always "no"; a pull
    /// request that cannot be read is left out, for it must not keep the others waiting.
    pub(super) async fn pulls_listed(&self, base: Option<&BranchName>) -> Result<Vec<Pull>, Trouble> {
        let onto = base.map_or_else(String::new, |base| format!("&base={}", encoded(base.as_str())));
        let rest = format!("pulls?state=open{onto}&sort=created&direction=asc&per_page=100");
        let answers: Vec<PullAnswer> = self.list(&rest, READ).await?;
        if let Some(base) = answers.first().and_then(|a| a.base.repo.as_ref()) {
            self.belongs(base.id).await?;
        }
        let mut pulls = BTreeMap::new();
        for answer in answers {
            let number = answer.number;
            match answer.fact() {
                Ok(pull) => drop(pulls.insert(number, pull)),
                Err(why) => tracing::warn!(repo = %self.repo, number, %why, "a pull request is left out"),
            }
        }
        Ok(pulls.into_values().collect())
    }

    pub(super) async fn close_pull(&self, number: PrNumber) -> Result<Outcome<()>, Trouble> {
        let body = Some(json(&StateChange { state: "closed" }));
        let ask = Ask { body, ..self.change(Method::PATCH, &format!("pulls/{number}"), WRITE) };
        self.write(&ask).await.map(done)
    }

    pub(super) async fn take_label_off(&self, number: PrNumber, label: &str) -> Result<Outcome<()>, Trouble> {
        let rest = format!("issues/{number}/labels/{}", encoded(label));
        let ask = Ask { fine: Some(StatusCode::NOT_FOUND), ..self.change(Method::DELETE, &rest, WRITE) };
        self.write(&ask).await.map(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "757107ea0eb2509fc211221cce984b8a37570b6d";

    fn pull(fields: &str, head_repo: &str) -> Pull {
        let text = format!(
            r#"{{"number":3,"title":null,"user":null,"state":"open","base":{{"ref":"main","sha":"{SHA}","repo":null}},
            "head":{{"ref":"topic","sha":"{SHA}","repo":{head_repo}}},"mergeable":null,"updated_at":"2026-01-01T00:00:00Z"{fields}}}"#
        );
        serde_json::from_str::<PullAnswer>(&text).expect("it has all we ask for").fact().expect("all names are legal")
    }

    #[test]
    fn nulls_and_missing_fields_are_taken_for_the_safe_side() {
        let got = pull("", "null");
        assert_eq!((got.head_repo, got.maintainer_can_modify, got.draft), (None, false, false));
        assert_eq!((got.author.login.as_str(), got.author.id.get(), got.state), ("ghost", 10_137, PullState::Open));
    }

    #[test]
    fn merged_is_known_by_either_field() {
        assert_eq!(pull(r#","merged":true"#, "null").state, PullState::Merged);
        assert_eq!(pull(r#","merged_at":"2026-01-01T00:00:00Z""#, "null").state, PullState::Merged);
    }

    #[test]
    fn a_head_whose_branch_has_no_legal_name_has_no_home() {
        let home = r#"{"id":9,"full_name":"fork/r","private":false}"#;
        assert_eq!(pull("", home).head_repo.map(|h| h.id), Some(RepoId::new(9)));
        assert_eq!(pull("", r#"{"id":9,"full_name":"fork"}"#).head_repo, None);
    }
}
