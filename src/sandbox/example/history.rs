//! Commits without a working tree: a description in Rust becomes a repository by one run of `git fast-import`.
//! Decides nothing about what the commits hold.

use super::super::git_program::{GitTrouble, answer, checked, git, git_in};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

/// One commit; its files are put over those of its parent.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The branch it becomes the tip of.
    pub branch: &'static str,
    /// The branch it starts from, when it is the first of its own.
    pub from: Option<&'static str>,
    /// Name of the author; the address follows from it.
    pub author: &'static str,
    /// Author and commit date: minutes after the first commit of the story.
    pub minute: u32,
    /// Its message.
    pub message: &'static str,
    /// Path and new text of each file it changes.
    pub files: Vec<(&'static str, String)>,
}

/// A repository made from commits.
pub struct History;

impl History {
    /// Makes a bare repository in `dir` with these commits, in order.
    ///
    /// # Errors
    /// When git refuses.
    pub async fn write(dir: &Path, commits: &[Commit]) -> Result<(), GitTrouble> {
        let mut init = git(["init", "--quiet", "--bare", "--template="]);
        init.arg(dir);
        answer(init).await?;
        let mut command = git_in(dir, &["fast-import", "--quiet", "--done"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(GitTrouble::Absent)?;
        let mut stdin = child.stdin.take().expect("stdin is piped above");
        // A refusal shows in the exit code and on stderr, which say more than a broken pipe.
        let _ = stdin.write_all(stream(commits).as_bytes()).await;
        drop(stdin);
        let output = child.wait_with_output().await.map_err(GitTrouble::Absent)?;
        checked(&command, &output)
    }
}

/// 2026-03-02 08:00 UTC, a Monday.
const FIRST_SECOND: u64 = 1_772_438_400;

fn stream(commits: &[Commit]) -> String {
    let mut text = String::new();
    for commit in commits {
        let address = commit.author.to_lowercase().replace(' ', ".");
        let when = FIRST_SECOND + u64::from(commit.minute) * 60;
        let who = format!("{} <{address}@example.org> {when} +0000", commit.author);
        let _ = write!(text, "commit refs/heads/{}\nauthor {who}\ncommitter {who}\n", commit.branch);
        let _ = write!(text, "data {}\n{}\n", commit.message.len(), commit.message);
        if let Some(from) = commit.from {
            let _ = writeln!(text, "from refs/heads/{from}");
        }
        for (path, content) in &commit.files {
            let mode = if content.starts_with("#!") { "100755" } else { "100644" };
            let _ = write!(text, "M {mode} inline {path}\ndata {}\n{content}\n", content.len());
        }
        text.push('\n');
    }
    text.push_str("done\n");
    text
}
