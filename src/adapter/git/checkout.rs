//! Checks a commit out for a program that deploys it: a repository of its own that borrows the cache's objects. Nothing of the
//! checkout leads back into the cache.

use super::GitCache;
use super::program;
use crate::ids::Sha;
use crate::port::{Git, Trouble};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(5);

impl GitCache {
    /// Checks a commit out into an empty folder; fetches it first if it is not there.
    pub async fn check_out(&self, commit: Sha, to: &Path) -> Result<(), Trouble> {
        self.fetch(&[commit], &[]).await?;
        let cannot = |why: &dyn std::fmt::Display| {
            Trouble::busy(format!("{commit} cannot be checked out in {}: {why}", to.display()))
        };
        let mut init = program::bare_command();
        init.args(["init", "--quiet", "--template=", "--end-of-options"]).arg(to);
        run(init).await.map_err(|why| cannot(&why))?;
        let borrowed = format!("{}\n", self.dir().join("objects").display());
        let info = to.join(".git/objects/info");
        std::fs::create_dir_all(&info)
            .and_then(|()| std::fs::write(info.join("alternates"), borrowed))
            .map_err(|why| cannot(&why))?;
        let mut checkout = program::bare_command();
        checkout.current_dir(to).args(["checkout", "--quiet", "--force", "--detach", &commit.to_string()]);
        run(checkout).await.map_err(|why| cannot(&why))
    }
}

async fn run(git: Command) -> Result<(), String> {
    match program::run(git, LIMIT).await {
        Ok(ran) if ran.ok() => Ok(()),
        Ok(ran) => Err(ran.complaint()),
        Err(stopped) => Err(Trouble::from(stopped).to_string()),
    }
}
