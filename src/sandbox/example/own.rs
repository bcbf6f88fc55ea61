//! The user's own repository in the sandbox: cloned, never written; each matching branch becomes a pull request.

use super::super::Lookalike;
use super::super::git_program::{GitTrouble, answer, checked, git, git_in};
use super::super::trouble::SandboxTrouble;
use super::super::types::NewPull;
use super::{Expected, MAINTAINER, OWNER, Planned, Scene, open_pull, push, settings};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

/// Pull requests, at the most; more would only make a story nobody can follow.
const PULLS_MAX: usize = 200;
const SETTINGS_PATH: &str = ".github/greenline.toml";

/// Puts a clone of `path` into the look-alike, with `.github/greenline.toml` in one more commit on trunk and a pull request
/// for each branch that matches `patterns` (shell patterns, comma between them).
///
/// # Errors
/// When `path` is no repository, has no commit, or no branch matches.
pub async fn own_repository(
    forge: &Lookalike,
    base_url: &str,
    path: &Path,
    patterns: &str,
) -> Result<Scene, SandboxTrouble> {
    let scratch = tempfile::tempdir()?;
    let clone = clone(path, scratch.path()).await?;
    let trunk = trunk_of(&clone, path).await?;
    let branches = matching(&clone, patterns, &trunk).await?;
    let repo = forge.create_repository(OWNER, &name_of(path), &trunk)?;
    add_settings(&clone, &trunk, &settings(forge.identities().ci_app.id)).await?;
    let pushed: Vec<_> = std::iter::once(&trunk).chain(&branches).map(String::as_str).collect();
    push(forge, base_url, &clone, &repo, &pushed).await?;
    let mut scene = Scene { repo: repo.clone(), trunk: trunk.clone(), pulls: Vec::new() };
    for branch in branches {
        let reference = format!("refs/heads/{branch}");
        let title = answer(git_in(&clone, &["log", "-1", "--format=%s", &reference, "--"])).await?;
        let title = if title.is_empty() { branch.clone() } else { title };
        let new = NewPull {
            repo: repo.id,
            head_repo: repo.id,
            head: branch.clone(),
            base: trunk.clone(),
            title: title.clone(),
            body: format!("Branch `{branch}` of {}.", path.display()),
            draft: false,
            maintainer_can_modify: false,
        };
        match open_pull(forge, MAINTAINER, new).await {
            Ok(number) => scene.pulls.push(Planned { number, title, expected: Expected::Ends }),
            // As on GitHub: a branch with nothing that trunk does not have makes no pull request.
            Err(SandboxTrouble::Refused(refused)) => eprintln!("no pull request from {branch}: {refused}"),
            Err(other @ (SandboxTrouble::Git(_) | SandboxTrouble::Io(_) | SandboxTrouble::Said(_))) => {
                return Err(other);
            }
        }
    }
    Ok(scene)
}

async fn clone(path: &Path, scratch: &Path) -> Result<PathBuf, SandboxTrouble> {
    let clone = scratch.join("clone.git");
    let mut command = git(["clone", "--quiet", "--bare", "--no-hardlinks", "--"]);
    command.arg(path).arg(&clone);
    match answer(command).await {
        Ok(_) => Ok(clone),
        Err(trouble) => Err(SandboxTrouble::said(format!(
            "{} could not be cloned ({trouble}); give --repo the path of a git repository",
            path.display()
        ))),
    }
}

async fn trunk_of(clone: &Path, path: &Path) -> Result<String, SandboxTrouble> {
    let head = answer(git_in(clone, &["symbolic-ref", "--short", "HEAD"])).await;
    let exists = answer(git_in(clone, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])).await;
    match (head, exists) {
        (Ok(trunk), Ok(_)) => Ok(trunk),
        (Err(_), _) | (_, Err(_)) => Err(SandboxTrouble::said(format!(
            "HEAD of {} is not a branch with a commit; check out the branch that is to be trunk there",
            path.display()
        ))),
    }
}

/// Branches that match, sorted, without trunk.
async fn matching(clone: &Path, patterns: &str, trunk: &str) -> Result<Vec<String>, SandboxTrouble> {
    let wanted: Vec<_> =
        patterns.split(',').map(str::trim).filter(|p| !p.is_empty()).map(|p| format!("refs/heads/{p}")).collect();
    let mut args = vec!["for-each-ref", "--format=%(refname:lstrip=2)"];
    args.extend(wanted.iter().map(String::as_str));
    let found = if wanted.is_empty() { String::new() } else { answer(git_in(clone, &args)).await? };
    let found: Vec<_> = found.lines().filter(|branch| *branch != trunk).map(str::to_owned).collect();
    match found.len() {
        0 => Err(SandboxTrouble::said(format!(
            "no branch other than {trunk} matches --branches '{patterns}'; `git branch --list` shows what there is"
        ))),
        1..=PULLS_MAX => Ok(found),
        many => Err(SandboxTrouble::said(format!(
            "{many} branches match --branches '{patterns}', more than {PULLS_MAX}; choose a narrower pattern"
        ))),
    }
}

/// One more commit on trunk of the clone, made without a working tree. A file of that name is replaced: the sandbox's CI App
/// is another than the repository's own.
async fn add_settings(clone: &Path, trunk: &str, text: &str) -> Result<(), GitTrouble> {
    let head = format!("refs/heads/{trunk}");
    let commit = format!(
        "commit {head}\ncommitter Greenline Sandbox <sandbox@greenline.invalid> now\ndata <<END\n\
         Add the merge queue's settings (in the sandbox only)\nEND\nfrom {head}^0\n\
         M 100644 inline {SETTINGS_PATH}\ndata {}\n{text}\ndone\n",
        text.len(),
    );
    let mut command = git_in(clone, &["fast-import", "--quiet", "--done", "--date-format=now"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(GitTrouble::Absent)?;
    let mut stdin = child.stdin.take().expect("stdin is piped above");
    // A refusal shows in the exit code and on stderr, which say more than a broken pipe.
    let _ = stdin.write_all(commit.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.map_err(GitTrouble::Absent)?;
    checked(&command, &output)
}

/// The directory's name, as far as GitHub allows it in a repository's.
fn name_of(path: &Path) -> String {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".git").unwrap_or(&name);
    let legal = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().take(100).map(legal).collect();
    if name.trim_matches(['.', '-']).is_empty() { "repository".into() } else { name }
}
