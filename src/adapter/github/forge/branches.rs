//! What is asked of GitHub before a branch is deleted: whether it is guarded, who comes from it, and who goes to it. It deletes
//! nothing; branches go by push, under lease.

use super::{GithubForge, done, json};
use crate::adapter::github::answer::Ask;
use crate::adapter::github::host::encoded;
use crate::ids::{BranchName, PrNumber};
use crate::port::{Outcome, Trouble};
use http::Method;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
struct Branch {
    /// Should it ever be missing, nothing is known, and so nothing is deleted.
    #[serde(default = "guarded")]
    protected: bool,
}

fn guarded() -> bool {
    true
}

#[derive(Debug, Deserialize)]
struct Listed {
    number: u64,
    head: Head,
}

#[derive(Debug, Deserialize)]
struct Head {
    #[serde(rename = "ref")]
    name: String,
    #[serde(default)]
    repo: Option<HeadRepo>,
}

#[derive(Debug, Deserialize)]
struct HeadRepo {
    id: u64,
}

#[derive(Serialize)]
struct BaseChange<'a> {
    base: &'a str,
}

impl GithubForge {
    /// A branch that is not there is not guarded either.
    pub(super) async fn is_guarded(&self, branch: &BranchName) -> Result<bool, Trouble> {
        let rest = format!("branches/{}", encoded(branch.as_str()));
        let found: Option<Branch> = self.read(&rest, "Contents: read").await?;
        Ok(found.is_some_and(|branch| branch.protected))
    }

    /// GitHub ignores a filter it cannot follow, and then lists everything: each answer is compared.
    pub(super) async fn pulls_from(&self, branch: &BranchName) -> Result<Vec<PrNumber>, Trouble> {
        let head = encoded(&format!("{}:{branch}", self.name().owner()));
        let rest = format!("pulls?state=open&head={head}&per_page=100");
        let listed: Vec<Listed> = self.list(&rest, "Pull requests: read").await?;
        let ours = |pull: &Listed| {
            let here = pull.head.repo.as_ref().is_some_and(|repo| repo.id == self.repo.get());
            here && pull.head.name == branch.as_str()
        };
        Ok(listed.into_iter().filter(ours).map(|pull| PrNumber::new(pull.number)).collect())
    }

    pub(super) async fn send_to(&self, number: PrNumber, base: &BranchName) -> Result<Outcome<()>, Trouble> {
        let body = Some(json(&BaseChange { base: base.as_str() }));
        let ask = Ask { body, ..self.change(Method::PATCH, &format!("pulls/{number}"), "Pull requests: write") };
        self.write(&ask).await.map(done)
    }
}
