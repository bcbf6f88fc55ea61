//! Reactions to issues and comments. GitHub sends no webhook for them.

use super::issue::Reaction;
use super::time::now;
use super::{By, World};
use crate::sandbox::types::Refused;

/// What is reacted to.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// An issue or pull request, by number.
    Issue(u64),
    /// A comment, by id.
    Comment(u64),
}

const KINDS: [&str; 8] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

impl World {
    pub fn reactions(&self, repo: u64, target: Target) -> Result<&[Reaction], Refused> {
        match target {
            Target::Issue(number) => self.issue(repo, number).map(|i| i.reactions.as_slice()),
            Target::Comment(id) => self.find_comment(repo, id).map(|(_, c)| c.reactions.as_slice()),
        }
    }

    fn reactions_mut(&mut self, repo: u64, target: Target) -> Result<&mut Vec<Reaction>, Refused> {
        match target {
            Target::Issue(number) => self.issue_mut(repo, number).map(|i| &mut i.reactions),
            Target::Comment(id) => self.comment_mut(repo, id).map(|c| &mut c.reactions),
        }
    }

    /// Answers the reaction's id and whether it is new; a second one of the same kind by the same person is the first.
    pub fn react(&mut self, repo: u64, target: Target, by: By, content: &str) -> Result<(u64, bool), Refused> {
        if !KINDS.contains(&content) {
            return Err(Refused::invalid("Reaction", "content", "invalid"));
        }
        let id = self.id();
        let all = self.reactions_mut(repo, target)?;
        if let Some(there) = all.iter().find(|r| r.user == by.user && r.content == content) {
            return Ok((there.id, false));
        }
        all.push(Reaction { id, user: by.user, content: content.to_owned(), created_at: now() });
        Ok((id, true))
    }

    /// Takes one's own reaction back.
    pub fn unreact(&mut self, repo: u64, target: Target, by: By, id: u64) -> Result<(), Refused> {
        let all = self.reactions_mut(repo, target)?;
        let at = all.iter().position(|r| r.id == id && r.user == by.user).ok_or_else(Refused::not_found)?;
        all.remove(at);
        Ok(())
    }
}
