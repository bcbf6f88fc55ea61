//! `[deploy]` of `bot.toml`: what the service lets repositories' drivers do on its machine, in its network and with its secrets.
//! Nothing is allowed that does not stand there.

use super::problem::Fault;
use super::read::{Reader, Section};
use super::service_file::{Surroundings, path, secret};
use super::tree::{Node, Table};
use super::url;
use crate::ids::RepoName;
use crate::wording::shown;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

/// Repositories, addresses and remotes, at the most.
const MOST: usize = 100;
/// A shorter secret can be guessed.
const SECRET_MIN: usize = 16;

/// `[deploy]`
#[derive(Debug, Clone)]
pub struct DeployConfig {
    /// Where it is kept what deploying programs did and said; running ones are found again by it.
    pub dir: PathBuf,
    /// Repositories whose programs may run on this machine.
    pub programs: Vec<RepoName>,
    /// Repositories may have addresses in private networks and on this machine asked.
    pub private_addresses: bool,
    /// Addresses that may be told to deploy.
    pub webhooks: Vec<DeployTarget>,
    /// Other git remotes that may be pushed to.
    pub remotes: Vec<DeployTarget>,
}

/// `[[deploy.webhook]]` and `[[deploy.remote]]`
#[derive(Debug, Clone)]
pub struct DeployTarget {
    /// A remote's address, or how a webhook's begins; without a slash at its end.
    pub url: String,
    /// What signs orders, or opens the remote.
    pub secret: Option<SecretString>,
    /// The only repositories that may use it; none, all that are served.
    pub repositories: Option<Vec<RepoName>>,
}

impl DeployTarget {
    /// Whether a repository may use it.
    pub fn serves(&self, repo: &RepoName) -> bool {
        self.repositories
            .as_ref()
            .is_none_or(|only| only.iter().any(|one| one.as_str().eq_ignore_ascii_case(repo.as_str())))
    }
}

pub(super) fn deploy(read: &mut Reader, root: &Table, around: &Surroundings<'_>) -> DeployConfig {
    let mut section = read.section(root, "deploy");
    let dir = read.checked(&mut section, "dir", path).unwrap_or("deployments".into());
    let programs = read.each(&mut section, "programs", MOST, repository).unwrap_or_default();
    let private_addresses = read.flag(&mut section, "private_addresses").unwrap_or(false);
    let mut targets = |key, signs: bool| -> Vec<DeployTarget> {
        let items = read.items(&mut section, key, MOST).unwrap_or_default();
        items.iter().filter_map(|item| target(read, item, around, signs)).collect()
    };
    let (webhooks, remotes) = (targets("webhook", true), targets("remote", false));
    read.close(&section);
    DeployConfig { dir: around.folder.join(dir), programs, private_addresses, webhooks, remotes }
}

fn target(read: &mut Reader, item: &Node, around: &Surroundings<'_>, signs: bool) -> Option<DeployTarget> {
    let Some(mut section) = Section::of(item) else {
        read.wrong(&item.at, "is no section", "write [[deploy.webhook]] or [[deploy.remote]], and `url` below it");
        return None;
    };
    if !section.has("url") {
        read.wrong(&section.at("url"), "is missing", "write the address that repositories may name in their files");
    }
    if signs && !section.has("secret_file") {
        let hint =
            "write the path of a file with a secret, as `openssl rand -hex 32` makes one; whoever deploys needs it too";
        read.wrong(&section.at("secret_file"), "is missing", hint);
    }
    let url = read.checked(&mut section, "url", |text| {
        // Orders are signed and hold no secret; a remote is given its password.
        if !signs && text.starts_with('/') { Ok(text.trim_end_matches('/').to_owned()) } else { url::base(text, signs) }
    });
    let at = section.at("secret_file");
    let file = read.text(&mut section, "secret_file");
    let secret = file.as_deref().and_then(|file| secret(read, &at, file, around));
    let secret = secret.map(|text| SecretString::from(text.expose_secret().trim_end_matches(['\r', '\n']).to_owned()));
    if signs && secret.as_ref().is_some_and(|text| text.expose_secret().len() < SECRET_MIN) {
        let what = format!("holds fewer than {SECRET_MIN} bytes, which can be guessed");
        read.wrong(&at, what, "make a secret with `openssl rand -hex 32`");
    }
    let repositories = read.each(&mut section, "repositories", MOST, repository);
    read.close(&section);
    Some(DeployTarget { url: url?, secret, repositories })
}

fn repository(text: &str) -> Result<RepoName, Fault> {
    text.parse().map_err(|_| Fault::new(format!("`{}` is no repository", shown(text)), "write owner/name"))
}
