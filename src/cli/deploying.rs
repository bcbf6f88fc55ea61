//! From the service's settings to what one repository's drivers may do.

use super::keep;
use crate::adapter::deploy::Allowed;
use crate::adapter::git::Elsewhere;
use crate::config::service::DeployConfig;
use crate::ids::RepoName;
use std::path::PathBuf;

/// This executable, though its file be replaced meanwhile (proc(5)); where there is no such name, by its path.
fn this_executable() -> Option<PathBuf> {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { Some(own) } else { std::env::current_exe().ok() }
}

/// What a repository may.
pub fn allowed(config: &DeployConfig, repo: &RepoName) -> Allowed {
    let may_run = config.programs.contains(repo);
    let keeper = this_executable().filter(|_| may_run).map(|program| (program, vec![keep::NAME.to_owned()]));
    let webhooks = config.webhooks.iter().filter(|target| target.serves(repo));
    let remotes = config.remotes.iter().filter(|target| target.serves(repo));
    Allowed {
        programs: keeper,
        private_addresses: config.private_addresses,
        webhooks: webhooks.filter_map(|target| Some((target.url.clone(), target.secret.clone()?))).collect(),
        remotes: remotes.map(|target| Elsewhere { url: target.url.clone(), secret: target.secret.clone() }).collect(),
    }
}
