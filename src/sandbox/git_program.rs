//! How the sandbox calls the git program: with settings of its own, never those of whoever runs it. Decides nothing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;
use tokio::process::Command;

/// The oldest git whose `merge-tree` and atomic pushes the service can rely on.
const OLDEST: (u32, u32) = (2, 40);

/// Settings of every repository the sandbox serves. Nothing is fsynced: it must survive its own death, not a power cut.
const SETTINGS: [(&str, &str); 12] = [
    ("safe.directory", "*"),
    ("core.fsync", "none"),
    ("core.autocrlf", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("init.defaultBranch", "main"),
    ("advice.detachedHead", "false"),
    ("http.receivepack", "true"),
    ("receive.autogc", "false"),
    ("receive.hideRefs", "refs/pull"),
    ("uploadpack.allowAnySHA1InWant", "true"),
    ("uploadpack.allowFilter", "true"),
];

/// Why a git command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitTrouble {
    /// The program could not be started.
    #[error("git could not be started ({0}); install git 2.40 or newer and put it on PATH")]
    Absent(#[source] std::io::Error),
    /// The program is too old.
    #[error("git {found} is too old; the sandbox needs git 2.40 or newer")]
    TooOld {
        /// What `git version` said.
        found: String,
    },
    /// The program said no.
    #[error("`git {asked}` failed: {said}")]
    Failed {
        /// The arguments.
        asked: String,
        /// Its standard error, trimmed.
        said: String,
    },
}

/// A git command whose behaviour depends on nothing but its arguments and [`isolate`]'s settings.
pub fn git<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(args: I) -> Command {
    let mut command = Command::new("git");
    isolate(&mut command, &[]);
    command.args(args).kill_on_drop(true);
    command
}

/// Cuts a command off from the caller's git settings and gives it the sandbox's, and `more`.
pub fn isolate(command: &mut Command, more: &[(&str, &str)]) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GIT_")) {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_TERMINAL_PROMPT", "0");
    let settings = SETTINGS.iter().chain(more);
    for (at, (key, value)) in settings.clone().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
    }
    command.env("GIT_CONFIG_COUNT", settings.count().to_string());
}

/// Runs a command to its end and answers its standard output, trailing newlines cut.
///
/// # Errors
/// When it cannot be started or exits other than 0.
pub async fn answer(mut command: Command) -> Result<String, GitTrouble> {
    let output = command.stdin(std::process::Stdio::null()).output().await.map_err(GitTrouble::Absent)?;
    checked(&command, &output)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Whether a finished command succeeded.
///
/// # Errors
/// When it exited other than 0, with its arguments (never its environment: tokens are there) and what it said.
pub fn checked(command: &Command, output: &Output) -> Result<(), GitTrouble> {
    if output.status.success() {
        return Ok(());
    }
    let asked: Vec<_> = command.as_std().get_args().map(OsStr::to_string_lossy).collect();
    Err(GitTrouble::Failed { asked: asked.join(" "), said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}

/// Refuses a git that is absent or too old; answers where git keeps its own programs.
///
/// # Errors
/// With a sentence that says what to install.
pub async fn require() -> Result<PathBuf, GitTrouble> {
    let said = answer(git(["version"])).await?;
    let found = said.trim_start_matches("git version ").to_owned();
    if version(&found).is_none_or(|version| version < OLDEST) {
        return Err(GitTrouble::TooOld { found });
    }
    answer(git(["--exec-path"])).await.map(PathBuf::from)
}

/// `-C dir` and the rest.
pub fn git_in<'a>(dir: &'a Path, args: &[&'a str]) -> Command {
    git([OsStr::new("-C"), dir.as_os_str()].into_iter().chain(args.iter().map(OsStr::new)))
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("2.39.5"), Some((2, 39)));
        assert_eq!(version("2.47.3 (Apple Git-154)"), Some((2, 47)));
        assert_eq!(version("2.9"), Some((2, 9)));
        assert_eq!(version("unknown"), None);
        let accepted = [(2, 9), (2, 39), (2, 40), (2, 47), (3, 0)].map(|version| version >= OLDEST);
        assert_eq!(accepted, [false, false, true, true, true]);
    }
}
