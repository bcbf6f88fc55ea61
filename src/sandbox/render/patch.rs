//! Differences and commits as text, for the media types `diff` and `patch`.

use crate::sandbox::types::Refused;
use git2::{Diff, DiffFormat, Email, EmailCreateOptions, Oid, Repository};

fn between(git: &Repository, from: Option<Oid>, to: Oid) -> Result<Diff<'_>, git2::Error> {
    let tree = |oid| git.find_commit(oid).and_then(|c| c.tree());
    let old = from.map(tree).transpose()?;
    let mut diff = git.diff_tree_to_tree(old.as_ref(), Some(&tree(to)?), None)?;
    diff.find_similar(None)?;
    Ok(diff)
}

/// What `git diff FROM TO` prints; from nothing if there is no FROM.
pub fn diff_text(git: &Repository, from: Option<Oid>, to: Oid) -> Result<Vec<u8>, Refused> {
    let mut text = Vec::new();
    between(git, from, to)?.print(DiffFormat::Patch, |_, _, line| {
        // Lines of context and change come without their mark, headers with all of theirs.
        if matches!(line.origin(), '+' | '-' | ' ') {
            text.push(u8::try_from(line.origin()).unwrap_or(b' '));
        }
        text.extend_from_slice(line.content());
        true
    })?;
    Ok(text)
}

/// The commits as a mailbox, as `git format-patch` writes it; merges are left out.
pub fn mailbox(git: &Repository, commits: &[Oid]) -> Result<Vec<u8>, Refused> {
    let commits = commits.iter().map(|oid| git.find_commit(*oid)).collect::<Result<Vec<_>, _>>()?;
    let commits: Vec<_> = commits.into_iter().filter(|c| c.parent_count() < 2).collect();
    let mut text = Vec::new();
    for (index, commit) in commits.iter().enumerate() {
        let diff = between(git, commit.parent_id(0).ok(), commit.id())?;
        let words = String::from_utf8_lossy(commit.message_bytes()).into_owned();
        let (summary, body) = words.split_once('\n').unwrap_or((&words, ""));
        let mut options = EmailCreateOptions::new();
        let mail = Email::from_diff(
            &diff,
            index + 1,
            commits.len(),
            &commit.id(),
            summary,
            body.trim_start_matches('\n'),
            &commit.author(),
            &mut options,
        )?;
        text.extend_from_slice(mail.as_slice());
    }
    Ok(text)
}
