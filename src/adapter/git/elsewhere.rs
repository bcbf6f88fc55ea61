//! Remotes other than the repository's own, to which a commit is delivered: what stands on a branch there, and a leased push of
//! it. Which remotes these may be is decided by whoever names one.

use super::GitCache;
use super::program::{self, Stopped};
use super::push;
use super::remote::{parse_refs, settled};
use crate::ids::{BranchName, Sha};
use crate::port::Trouble;
use crate::port::git::{Pushed, RefUpdate};
use base64::Engine;
use secrecy::{ExposeSecret, SecretString};
use std::process::Command;

/// A remote, and what opens it.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// Its address: `https://…`, `http://…`, or a path on this machine.
    pub url: String,
    /// A password or token; none, it is asked without.
    pub secret: Option<SecretString>,
}

impl Elsewhere {
    fn open(&self, mut git: Command) -> Result<Command, Trouble> {
        let web = self.url.starts_with("https://") || self.url.starts_with("http://");
        if !web && !self.url.starts_with('/') {
            return Err(Trouble::Denied(format!(
                "{} cannot be pushed to: only https://, http:// and paths are; give its https:// address",
                self.url
            )));
        }
        git.env("GIT_ALLOW_PROTOCOL", if web { "http:https" } else { "file" });
        if let (true, Some(secret)) = (web, &self.secret) {
            // GitHub, GitLab and Heroku look at the password and take any name.
            let basic = format!("greenline:{}", secret.expose_secret());
            let basic = base64::engine::general_purpose::STANDARD.encode(basic);
            git.env("GIT_CONFIG_COUNT", "1")
                .env("GIT_CONFIG_KEY_0", format!("http.{}.extraHeader", self.url))
                .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {basic}"));
        }
        Ok(git)
    }
}

impl GitCache {
    /// The commit that a branch of another remote points to now.
    pub async fn tip_elsewhere(&self, to: &Elsewhere, branch: &BranchName) -> Result<Option<Sha>, Trouble> {
        let (name, mut git) = (branch.to_ref(), to.open(program::command(self.dir()))?);
        git.args(["ls-remote", "--quiet", "--end-of-options", &to.url, name.as_str()]);
        let ran = settled(program::run(git, self.limits().list).await, &format!("{} could not be read", to.url))?;
        Ok(parse_refs(&ran.text(), &[name.as_str()]).get(&name).map(|found| found.target))
    }

    /// Pushes a commit of the cache to another remote, under its lease; what is there may be no ancestor of it.
    pub async fn push_elsewhere(&self, to: &Elsewhere, update: &RefUpdate) -> Result<Pushed, Trouble> {
        let updates = std::slice::from_ref(update);
        push::check(updates)?;
        let mut git = to.open(program::command(self.dir()))?;
        git.args(push::arguments(&to.url, updates, false));
        let ran: Result<_, Stopped> = program::run(git, self.limits().push).await;
        let mut outcome = push::outcome(ran, updates)?;
        outcome.pop().ok_or_else(|| Trouble::Bug("a push of one ref had no answer".into()))
    }
}
