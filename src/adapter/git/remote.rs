//! The remote, asked by the git program: which refs it has, and bringing commits into the cache. The token goes by the
//! environment and only to the service's own git URL; it stands in no argument and in no error.

use super::program::{self, Ran, Stopped};
use crate::ids::{RefName, RepoName, Sha};
use crate::port::Trouble;
use crate::port::git::{PullHead, RemoteRef};
use base64::Engine;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Where a token for the remote comes from, asked before every call.
pub type TokenSource = Arc<dyn Fn() -> BoxFuture<'static, Result<SecretString, Trouble>> + Send + Sync>;

/// How long a call to the remote may take before it is ended.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimits {
    /// For reading refs.
    pub list: Duration,
    /// For fetching.
    pub fetch: Duration,
    /// For pushing.
    pub push: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { list: seconds(60), fetch: seconds(600), push: seconds(120) }
    }
}

/// How the remote is reached.
pub struct Remote {
    pub git_dir: PathBuf,
    pub git_url: String,
    pub token: Option<TokenSource>,
}

impl Remote {
    /// The URL of a repository.
    pub fn url(&self, repo: &RepoName) -> String {
        format!("{}/{repo}.git", self.git_url)
    }

    /// A git command that may talk to the remote, with the token if there is one.
    pub async fn command(&self) -> Result<Command, Trouble> {
        let mut git = program::command(&self.git_dir);
        let web = self.git_url.starts_with("http://") || self.git_url.starts_with("https://");
        git.env("GIT_ALLOW_PROTOCOL", if web { "http:https" } else { "file" });
        if let (true, Some(token)) = (web, &self.token) {
            let token = token().await?;
            let basic =
                base64::engine::general_purpose::STANDARD.encode(format!("x-access-token:{}", token.expose_secret()));
            git.env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", format!("http.{}/.extraHeader", self.git_url))
                .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {basic}"));
        }
        Ok(git)
    }

    /// The remote's refs that begin with one of the prefixes.
    pub async fn refs(
        &self,
        repo: &RepoName,
        prefixes: &[&str],
        limit: Duration,
    ) -> Result<BTreeMap<RefName, RemoteRef>, Trouble> {
        if prefixes.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut git = self.command().await?;
        git.args(["ls-remote", "--quiet"]);
        // With these two the server leaves out everything else, such as a hundred thousand refs/pull.
        if prefixes.iter().all(|p| p.starts_with("refs/heads/") || p.starts_with("refs/tags/")) {
            for (space, option) in [("refs/heads/", "--heads"), ("refs/tags/", "--tags")] {
                if prefixes.iter().any(|prefix| prefix.starts_with(space)) {
                    git.arg(option);
                }
            }
        }
        git.args(["--end-of-options", &self.url(repo)]).args(prefixes.iter().map(|prefix| format!("{prefix}*")));
        let ran = settled(program::run(git, limit).await, "the remote's refs could not be read")?;
        Ok(parse_refs(&ran.text(), prefixes))
    }

    /// Brings commits and pull request heads into the cache, under refs of ours so that later fetches know them.
    pub async fn fetch(
        &self,
        repo: &RepoName,
        commits: &[Sha],
        heads: &[PullHead],
        limit: Duration,
    ) -> Result<(), Trouble> {
        let by_id = commits.iter().enumerate().map(|(slot, sha)| format!("+{sha}:refs/greenline/trunk/{slot}"));
        let pulls = heads.iter().map(|pull| {
            let number = pull.number;
            format!("+refs/pull/{number}/head:refs/greenline/pull/{number}")
        });
        let wanted: Vec<String> = by_id.chain(pulls.clone()).collect();
        let ran = self.fetch_refs(repo, &wanted, limit).await?;
        if ran.ok() {
            return Ok(());
        }
        if commits.is_empty() || !refuses_ids(&ran.stderr) {
            return Err(fetch_trouble(&ran, heads));
        }
        // A remote may serve only what its refs point to; then the commit is found below one of its branches, or nowhere.
        let branches = std::iter::once("+refs/heads/*:refs/greenline/heads/*".to_owned());
        let ran = self.fetch_refs(repo, &branches.chain(pulls).collect::<Vec<_>>(), limit).await?;
        if ran.ok() { Ok(()) } else { Err(fetch_trouble(&ran, heads)) }
    }

    async fn fetch_refs(&self, repo: &RepoName, refspecs: &[String], limit: Duration) -> Result<Ran, Trouble> {
        let mut git = self.command().await?;
        git.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-prune"]);
        git.args(["--recurse-submodules=no", "--end-of-options", &self.url(repo)]).args(refspecs);
        Ok(program::run(git, limit).await?)
    }
}

fn refuses_ids(stderr: &str) -> bool {
    ["not our ref", "unadvertised object", "couldn't find remote ref"].iter().any(|word| stderr.contains(word))
}

fn fetch_trouble(ran: &Ran, heads: &[PullHead]) -> Trouble {
    let missing =
        |pull: &&PullHead| ran.stderr.contains(&format!("couldn't find remote ref refs/pull/{}/head", pull.number));
    if let Some(pull) = heads.iter().find(missing) {
        return Trouble::Bug(format!(
            "the remote has no refs/pull/{}/head; is there a pull request by that number?",
            pull.number
        ));
    }
    trouble(ran, "commits could not be fetched")
}

/// A call that failed, as trouble of the right kind.
fn trouble(ran: &Ran, what: &str) -> Trouble {
    let denied =
        ["Authentication failed", "could not read Username", "error: 401", "error: 403", "not found", "does not exist"];
    let text = format!("{what}: {}", ran.complaint());
    if denied.iter().any(|word| ran.stderr.contains(word)) {
        Trouble::Denied(format!("{text}; check the repository's name and that the App is installed there"))
    } else {
        Trouble::busy(text)
    }
}

pub(super) fn settled(ran: Result<Ran, Stopped>, what: &str) -> Result<Ran, Trouble> {
    let ran = ran?;
    if ran.ok() { Ok(ran) } else { Err(trouble(&ran, what)) }
}

/// Reads `id TAB name` lines; `name^{}` is the commit behind the tag before it.
pub(super) fn parse_refs(text: &str, prefixes: &[&str]) -> BTreeMap<RefName, RemoteRef> {
    let mut refs: BTreeMap<RefName, RemoteRef> = BTreeMap::new();
    for line in text.lines() {
        let Some((id, name)) = line.split_once('\t') else { continue };
        let (name, peeled) = name.strip_suffix("^{}").map_or((name, false), |name| (name, true));
        let (Ok(id), Ok(name)) = (id.parse::<Sha>(), name.parse::<RefName>()) else { continue };
        if !prefixes.iter().any(|prefix| name.as_str().starts_with(prefix)) {
            continue;
        }
        if !peeled {
            refs.insert(name, RemoteRef { target: id, peeled: None });
        } else if let Some(tag) = refs.get_mut(&name) {
            tag.peeled = Some(id);
        }
    }
    refs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_and_what_it_names_are_one_ref() {
        let (tag, commit) = ("1".repeat(40), "2".repeat(40));
        let text = format!(
            "{commit}\tHEAD\n{tag}\trefs/tags/c/1\n{commit}\trefs/tags/c/1^{{}}\n{commit}\trefs/x/refs/tags/c/2\n"
        );
        let refs = parse_refs(&text, &["refs/tags/"]);
        assert_eq!(refs.len(), 1);
        let only = refs.values().next().expect("one");
        assert_eq!((only.target.to_string(), only.peeled.map(|sha| sha.to_string())), (tag, Some(commit)));
    }
}
