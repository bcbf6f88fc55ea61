//! Reads which conversations on a pull request are not resolved: the one thing we need that GitHub's REST API does not tell.

use super::GithubForge;
use crate::adapter::github::answer::Ask;
use crate::adapter::github::host::GRAPHQL;
use crate::facts::Unresolved;
use crate::ids::PrNumber;
use crate::port::Trouble;
use http::Method;
use serde::Deserialize;
use serde_json::json;

/// What is asked; one page of a hundred conversations at a time.
const DOCUMENT: &str = include_str!("unresolved.graphql");
const NEEDS: &str = "Pull requests: read";
/// Pages of one pull request.
const MOST_PAGES: usize = 50;

#[derive(Debug, Deserialize)]
struct Answered {
    #[serde(default)]
    repository: Option<Repository>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    #[serde(default)]
    database_id: Option<u64>,
    #[serde(default)]
    pull_request: Option<PullRequest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequest {
    review_threads: Threads,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Threads {
    page_info: PageInfo,
    #[serde(default)]
    nodes: Option<Vec<Option<Thread>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    #[serde(default)]
    end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thread {
    is_resolved: bool,
    #[serde(default)]
    comments: Option<Comments>,
}

#[derive(Debug, Deserialize)]
struct Comments {
    #[serde(default)]
    nodes: Option<Vec<Option<Comment>>>,
}

#[derive(Debug, Deserialize)]
struct Comment {
    #[serde(default)]
    url: Option<String>,
}

impl Thread {
    fn url(self) -> Option<String> {
        self.comments?.nodes?.into_iter().flatten().next()?.url
    }
}

impl GithubForge {
    pub(super) async fn unresolved_on(&self, number: PrNumber) -> Result<Unresolved, Trouble> {
        let mut found = Unresolved::default();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.threads(number, after.as_deref()).await?;
            let open = page.nodes.into_iter().flatten().flatten().filter(|thread| !thread.is_resolved);
            for thread in open {
                found.count += 1;
                found.first = found.first.or_else(|| thread.url());
            }
            after = page.page_info.end_cursor;
            if !page.page_info.has_next_page || after.is_none() {
                return Ok(found);
            }
        }
        Err(Trouble::Bug(format!(
            "{number} has more than {MOST_PAGES} pages of conversations, which is more than we read"
        )))
    }

    async fn threads(&self, number: PrNumber, after: Option<&str>) -> Result<Threads, Trouble> {
        let repo = self.name();
        let variables = json!({"owner": repo.owner(), "name": repo.name(), "number": number.get(), "after": after});
        let body = json!({"query": DOCUMENT, "operationName": "Unresolved", "variables": variables}).to_string();
        let ask = Ask { method: Method::POST, path: GRAPHQL.to_owned(), body: Some(body), fine: None, needs: NEEDS };
        let answered: Answered = self.app.client().question(self.who, &ask).await?;
        let nothing = || Trouble::Bug(format!("GitHub's answer about the conversations on {number} has none of them"));
        let repository = answered.repository.ok_or_else(nothing)?;
        if let Some(id) = repository.database_id {
            self.belongs(id).await?;
        }
        repository.pull_request.map(|pull| pull.review_threads).ok_or_else(nothing)
    }
}
