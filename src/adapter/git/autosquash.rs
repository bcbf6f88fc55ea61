//! Which commits of a pull request belong together: `fixup!`, `squash!` and `amend!` go to their targets as
//! `git rebase --autosquash` sends them. Pure; it merges nothing.

use super::message::{body, subject};
use super::objects::Commit;

/// What a commit that follows the first does in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its change only.
    Fixup,
    /// Its change, and its body after the message so far.
    Squash,
    /// Its change, and its body instead of the message so far.
    Amend,
}

/// Commits that become one; author and message are the pick's, the others follow in order.
#[derive(Debug)]
pub struct Group<'a> {
    pub pick: &'a Commit,
    pub follow: Vec<(Role, &'a Commit)>,
}

impl Group<'_> {
    /// The message the one commit gets. As in git, an `amend!` no longer replaces once a `squash!` has added to it.
    pub fn message(&self) -> Vec<u8> {
        let mut message = self.pick.message.clone();
        let mut added_to = false;
        for (role, commit) in &self.follow {
            let more = body(&commit.message);
            match role {
                Role::Fixup => {}
                Role::Amend if !added_to => message = more.to_vec(),
                Role::Squash | Role::Amend => {
                    added_to = true;
                    if !more.is_empty() {
                        message.truncate(message.trim_ascii_end().len());
                        message.extend_from_slice(b"\n\n");
                        message.extend_from_slice(more);
                    }
                }
            }
        }
        message
    }

    /// The latest committer date in it, in seconds since 1970.
    pub fn committed_s(&self) -> i64 {
        let follow = self.follow.iter().map(|(_, commit)| commit.committed_s);
        follow.fold(self.pick.committed_s, i64::max)
    }
}

/// A fixup whose target is not among the commits before it.
#[derive(Debug)]
pub struct Orphan<'a>(pub &'a Commit);

/// Puts the commits (oldest first) into groups.
///
/// The rules are those of `todo_list_rearrange_squash` in git's `sequencer.c`: the first commit with exactly the subject,
/// else the commit named by (the beginning of) its id, else the first whose subject begins so; only commits before it.
pub fn groups(commits: &[Commit]) -> Result<Vec<Group<'_>>, Orphan<'_>> {
    let subjects: Vec<Vec<u8>> = commits.iter().map(|commit| subject(&commit.message)).collect();
    // Per commit, the index of the pick it belongs to and its place in that group.
    let mut owner: Vec<usize> = Vec::with_capacity(commits.len());
    let mut members: Vec<Vec<(Role, usize)>> = vec![Vec::new(); commits.len()];
    for (index, text) in subjects.iter().enumerate() {
        let Some((role, wanted)) = marked(text) else {
            owner.push(index);
            continue;
        };
        let before = 0..index;
        let by_subject = before.clone().find(|i| subjects[*i] == wanted && owner[*i] == *i);
        let by_id = || before.clone().find(|i| names(wanted, &commits[*i]));
        let by_beginning = || before.clone().find(|i| subjects[*i].starts_with(wanted));
        let target = by_subject.or_else(by_id).or_else(by_beginning).ok_or(Orphan(&commits[index]))?;
        let pick = owner[target];
        owner.push(pick);
        // A fixup of a fixup goes right after it and after what followed it already.
        let list = &mut members[pick];
        let at = if target == pick { list.len() } else { after(list, target) };
        list.insert(at, (role, index));
    }
    let picks = (0..commits.len()).filter(|i| owner[*i] == *i);
    Ok(picks
        .map(|i| Group {
            pick: &commits[i],
            follow: members[i].iter().map(|(role, member)| (*role, &commits[*member])).collect(),
        })
        .collect())
}

/// The subject asks for the commit to be melted into another.
pub fn is_marked(subject: &[u8]) -> bool {
    mark(subject).is_some()
}

fn after(list: &[(Role, usize)], target: usize) -> usize {
    list.iter().position(|(_, member)| *member == target).map_or(list.len(), |at| at + 1)
}

/// The role and what is left of the subject after all its marks; `None` for a commit that stands for itself.
fn marked(subject: &[u8]) -> Option<(Role, &[u8])> {
    let (role, mut rest) = mark(subject)?;
    loop {
        rest = rest.trim_ascii_start();
        match mark(rest) {
            Some((_, inner)) => rest = inner,
            None => return Some((role, rest)),
        }
    }
}

fn mark(subject: &[u8]) -> Option<(Role, &[u8])> {
    [(Role::Fixup, &b"fixup! "[..]), (Role::Squash, b"squash! "), (Role::Amend, b"amend! ")]
        .into_iter()
        .find_map(|(role, word)| subject.strip_prefix(word).map(|rest| (role, rest)))
}

fn names(wanted: &[u8], commit: &Commit) -> bool {
    let hex = wanted.iter().all(u8::is_ascii_hexdigit);
    (4..=40).contains(&wanted.len())
        && hex
        && commit.id.to_string().as_bytes().starts_with(&wanted.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::Oid;

    fn commits(messages: &[&str]) -> Vec<Commit> {
        let id = |n: usize| Oid::from_str(&format!("{:04x}{:036}", n + 1, 0)).expect("40 hex digits");
        let commit = |(n, message): (usize, &&str)| Commit {
            id: id(n),
            tree: id(n),
            parents: Vec::new(),
            author: Vec::new(),
            committed_s: 0,
            encoding: None,
            message: message.as_bytes().to_vec(),
        };
        messages.iter().enumerate().map(commit).collect()
    }

    fn shape(messages: &[&str]) -> Result<Vec<String>, String> {
        let commits = commits(messages);
        let text = |commit: &Commit| String::from_utf8_lossy(&subject(&commit.message)).into_owned();
        match groups(&commits) {
            Err(Orphan(commit)) => Err(text(commit)),
            Ok(groups) => Ok(groups
                .iter()
                .map(|group| {
                    let follow = group.follow.iter().map(|(_, commit)| format!(" + {}", text(commit)));
                    text(group.pick) + &follow.collect::<String>()
                })
                .collect()),
        }
    }

    #[test]
    fn fixups_go_to_their_targets() {
        assert_eq!(
            shape(&["a", "b", "fixup! a", "squash! b", "fixup! fixup! a"]),
            Ok(vec!["a + fixup! a + fixup! fixup! a".into(), "b + squash! b".into()])
        );
        assert_eq!(shape(&["add door", "fixup! add"]), Ok(vec!["add door + fixup! add".into()]));
        assert_eq!(shape(&["a", "a", "fixup! a"]), Ok(vec!["a + fixup! a".into(), "a".into()]));
        assert_eq!(shape(&["a", "fixup! b", "b"]), Err("fixup! b".into()));
    }

    #[test]
    fn a_squash_adds_its_body_and_an_amend_replaces() {
        let all = commits(&["a\n\nfirst\n", "squash! a\n\nmore\n"]);
        assert_eq!(groups(&all).expect("no orphan")[0].message(), b"a\n\nfirst\n\nmore\n");
        let all = commits(&["a\n\nfirst\n", "amend! a\n\nnew subject\n\nnew body\n"]);
        assert_eq!(groups(&all).expect("no orphan")[0].message(), b"new subject\n\nnew body\n");
    }
}
