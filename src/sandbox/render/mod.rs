//! The bodies the look-alike answers with and puts into webhooks, in GitHub's shapes. It reads the world and changes nothing.

mod accounts;
mod ci;
mod commits;
mod issues;
mod patch;
mod pulls;
mod repos;
mod rules;
mod timeline;

pub use commits::{commit_json, files_json, git_commit_json, ref_json};
pub use patch::{diff_text, mailbox};
pub use pulls::pull_range;

use crate::sandbox::world::World;
use crate::sandbox::world::model::Repo;
use base64::Engine as _;

/// An opaque global id, as GitHub's older format made them.
pub fn node_id(kind: &str, id: impl std::fmt::Display) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("0{}:{kind}{id}", kind.len()))
}

impl World {
    /// The REST base, `…/api/v3`.
    pub fn api(&self) -> String {
        format!("{}/api/v3", self.base)
    }

    /// The REST URL of a repository.
    pub fn repo_api(&self, repo: &Repo) -> String {
        format!("{}/repos/{}", self.api(), self.full_name(repo))
    }

    /// The URL of a repository's pages for people (and of its git).
    pub fn html(&self, repo: &Repo) -> String {
        format!("{}/{}", self.base, self.full_name(repo))
    }
}
