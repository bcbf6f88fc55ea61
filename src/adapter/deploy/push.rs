//! The commit is pushed to a branch of another remote, under a lease on what is there. Only remotes that the service's own
//! settings name are pushed to.

use crate::adapter::git::{Elsewhere, GitCache};
use crate::ids::BranchName;
use crate::port::deploy::{Order, Progress, Started};
use crate::port::git::{Expect, Pushed, RefUpdate};
use crate::port::{Git, Trouble};

pub async fn start(
    git: &GitCache,
    remotes: &[Elsewhere],
    remote: &str,
    branch: &BranchName,
    order: &Order,
) -> Result<Started, Trouble> {
    let Some(to) = find(remotes, remote) else {
        return Ok(Started::Refused(format!(
            "this service does not push to {}; whoever runs it adds a `[[deploy.remote]]` with that address to bot.toml",
            super::line(remote)
        )));
    };
    let there = git.tip_elsewhere(to, branch).await?;
    if there == Some(order.commit) {
        return Ok(Started::Done);
    }
    git.fetch(&[order.commit], &[]).await?;
    let expect = there.map_or(Expect::Absent, Expect::At);
    let update = RefUpdate { name: branch.to_ref(), expect, to: Some(order.commit) };
    Ok(match git.push_elsewhere(to, &update).await? {
        Pushed::Done => Started::Done,
        Pushed::Rejected(why) => Started::Refused(format!("{remote} does not take the push to `{branch}`: {why}")),
        Pushed::Unknown(why) => Started::Unknown(why),
    })
}

/// What the remote has is how it stands: a push is done or it is not.
pub async fn progress(
    git: &GitCache,
    remotes: &[Elsewhere],
    remote: &str,
    branch: &BranchName,
    order: &Order,
) -> Result<Progress, Trouble> {
    let Some(to) = find(remotes, remote) else { return Ok(Progress::NotBegun) };
    let there = git.tip_elsewhere(to, branch).await?;
    Ok(if there == Some(order.commit) { Progress::Succeeded { at: None } } else { Progress::NotBegun })
}

fn find<'r>(remotes: &'r [Elsewhere], remote: &str) -> Option<&'r Elsewhere> {
    remotes.iter().find(|to| to.url == remote.trim_end_matches('/'))
}
