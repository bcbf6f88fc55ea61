//! STAND-IN, to be dropped at merge: the real file is written on another branch.

use super::signature::Verified;
use crate::ids::{InstallationId, PrNumber, RepoId, RepoName};
use crate::port::store::Hint;
use bytes::Bytes;

/// What a body says.
#[derive(Debug)]
pub struct Payload {
    /// Which repository.
    pub repo: Option<(RepoId, RepoName)>,
    /// Which installation.
    pub installation: Option<InstallationId>,
    /// What to look at.
    pub hint: Option<Hint>,
    /// Why it could not be read.
    pub unread: Option<String>,
}

#[derive(serde::Deserialize)]
struct Model {
    repository: Option<ModelRepo>,
    number: Option<u64>,
}

#[derive(serde::Deserialize)]
struct ModelRepo {
    id: u64,
    full_name: RepoName,
}

/// Reads a body.
pub fn read(event: &str, body: &Verified<Bytes>) -> Payload {
    match serde_json::from_slice::<Model>(body.get()) {
        Ok(model) => Payload {
            repo: model.repository.map(|r| (RepoId::new(r.id), r.full_name)),
            installation: None,
            hint: model.number.filter(|_| event == "pull_request").map(|n| Hint::Pull(PrNumber::new(n))),
            unread: None,
        },
        Err(error) => {
            Payload { repo: None, installation: None, hint: Some(Hint::Unreadable), unread: Some(error.to_string()) }
        }
    }
}
