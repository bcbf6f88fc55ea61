//! A bare repository that is thrown away, laid over someone's repository: it reads that one's objects and keeps its own apart.
//! The repository underneath is never written.

use super::program;
use crate::ids::{RefName, Sha};
use crate::port::Trouble;
use crate::port::git::RemoteRef;
use git2::Repository;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(30);
/// Repositories that borrow from repositories: git follows them five deep.
const MAX_DEPTH: usize = 5;

/// A throw-away repository over another; gone when dropped.
#[derive(Debug)]
pub struct Scratch {
    dir: TempDir,
    under: PathBuf,
}

impl Scratch {
    /// Lays one over `repo`: bare or not, a linked working tree, or one that borrows objects itself.
    pub fn over(repo: &Path) -> Result<Self, Trouble> {
        let paths =
            ["--path-format=absolute", "--git-path", "objects", "--git-path", "shallow", "--show-object-format"];
        let said = ask(repo, &paths)?.ok_or_else(|| no_repository(repo))?;
        let mut lines = said.lines();
        let (Some(objects), Some(shallow), Some(format)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(no_repository(repo));
        };
        if format != "sha1" {
            return Err(Trouble::Denied(format!(
                "{} uses {format} object ids; only sha1 is supported",
                repo.display()
            )));
        }
        let dir = TempDir::with_prefix("greenline-compose-").map_err(|error| {
            Trouble::Denied(format!("no temporary directory can be made: {error}; set TMPDIR to a writable place"))
        })?;
        let cannot = |what: &str| Trouble::Denied(format!("the temporary repository could not be made: {what}"));
        Repository::init_bare(dir.path()).map_err(|error| cannot(error.message()))?;
        let mut stores = BTreeSet::new();
        borrowed(Path::new(objects), 0, &mut stores);
        let mut alternates = Vec::new();
        for store in &stores {
            alternates.extend_from_slice(store.as_os_str().as_bytes());
            alternates.push(b'\n');
        }
        let info = dir.path().join("objects/info");
        std::fs::create_dir_all(&info)
            .and_then(|()| std::fs::write(info.join("alternates"), alternates))
            .map_err(|error| cannot(&error.to_string()))?;
        if Path::new(shallow).exists() {
            std::fs::copy(shallow, dir.path().join("shallow")).map_err(|error| cannot(&error.to_string()))?;
        }
        Ok(Self { dir, under: repo.to_owned() })
    }

    /// Where it is, for a composer.
    pub fn git_dir(&self) -> &Path {
        self.dir.path()
    }

    /// The refs of the repository underneath.
    pub fn refs(&self) -> Result<BTreeMap<RefName, RemoteRef>, Trouble> {
        let mut git = program::bare_command();
        git.args(["-c", "safe.directory=*", "-C"]).arg(&self.under);
        git.args(["for-each-ref", "--format=%(refname) %(objectname) %(*objectname)"]);
        let ran = program::run_blocking(git, LIMIT)?;
        if !ran.ok() {
            return Err(Trouble::Denied(format!("the refs could not be read: {}", ran.complaint())));
        }
        let text = ran.text();
        let read = |line: &str| {
            let mut words = line.split(' ');
            let (name, target) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            Some((name, RemoteRef { target, peeled: words.next().and_then(|peeled| peeled.parse().ok()) }))
        };
        Ok(text.lines().filter_map(read).collect())
    }

    /// The commit a revision names in the repository underneath, by git's own rules; `None` if it names none.
    pub fn resolve(&self, revision: &str) -> Result<Option<Sha>, Trouble> {
        let commit = format!("{revision}^{{commit}}");
        let said = ask(&self.under, &["--verify", "--quiet", "--end-of-options", &commit])?;
        Ok(said.and_then(|id| id.trim().parse().ok()))
    }
}

/// `git rev-parse` in someone's repository; `None` when it fails.
fn ask(repo: &Path, arguments: &[&str]) -> Result<Option<String>, Trouble> {
    let mut git = program::bare_command();
    // The person names the repository; whose it is does not matter for reading.
    git.args(["-c", "safe.directory=*", "-C"]).arg(repo).arg("rev-parse").args(arguments);
    let ran = program::run_blocking(git, LIMIT)?;
    Ok(ran.ok().then(|| ran.text()))
}

fn no_repository(repo: &Path) -> Trouble {
    Trouble::Denied(format!("{} is not a git repository; name its directory", repo.display()))
}

/// An object directory and those it borrows from. Written out flat, since libgit2 does not follow relative ones further on.
fn borrowed(objects: &Path, depth: usize, stores: &mut BTreeSet<PathBuf>) {
    if depth > MAX_DEPTH || !stores.insert(objects.to_owned()) {
        return;
    }
    let listed = std::fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
    for line in listed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Ok(store) = objects.join(line).canonicalize() {
            borrowed(&store, depth + 1, stores);
        }
    }
}
