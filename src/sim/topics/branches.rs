//! Branches of landed pull requests: people who push to them all the same, what a forge makes of their going, and the judge of
//! which may be deleted.

use crate::facts::PullState;
use crate::ids::{BranchName, Moment, PrNumber, RefName};
use crate::port::git::{Expect, RefUpdate};
use crate::sim::ground::pulls::PullFile;
use crate::sim::ground::world::Ground;
use crate::sim::people::intents::Intent;

/// From looking at who stands on a branch to its being deleted, at most, in milliseconds.
const LOOK_MS: i64 = 15_000;

impl PullFile {
    /// Since when it is open and goes to the branch that it goes to.
    fn stands_since(&self) -> Option<Moment> {
        let same = |pull: &crate::facts::Pull| pull.base == self.shown.base && pull.state == self.shown.state;
        let other = self.past.iter().rev().find(|(_, pull)| !same(pull));
        other.or_else(|| self.past.first()).map(|(until, _)| *until)
    }
}

impl Ground {
    /// Somebody goes on with a branch that has landed.
    pub fn push_on(&mut self, pr: PrNumber) {
        let Some(file) = self.pulls.get(&pr).cloned() else { return };
        let Some(at) = self.head(pr).filter(|_| file.shown.state == PullState::Merged) else { return };
        let mut content = self.truth.get(at).content.clone();
        content.insert(1 + u8::try_from(self.whims.roll(6)).unwrap_or(0), self.truth.blob());
        let head = self.truth.commit(Some(at), content, None);
        self.note(|| format!("somebody pushes {head:?} to the branch of #{pr}, which has landed"));
        self.oracle.sometimes("a branch that had landed was pushed to");
        self.point(&file, head);
    }

    /// Somebody may go on with the branch of what just landed, where branches go.
    pub fn may_push_on(&mut self, pr: PrNumber) {
        if self.customs.deletes && !self.calm && self.whims.one_in(3) {
            let ms = self.whims.ms(1, 6_000);
            self.after(ms, crate::sim::ground::world::Due::Intended(Intent::PushOn(pr)));
        }
    }

    /// S13 of a branch that is about to go: its pull request has landed, it is where the landing left it, and nobody needs it.
    pub fn deletion_accepted(&mut self, update: &RefUpdate) {
        let Some(name) = update.name.branch() else {
            return self.oracle.breaks("S13", format!("{} is not ours to delete", update.name));
        };
        let then = self.now.plus_ms(-LOOK_MS);
        let long = |file: &PullFile| file.stands_since().is_some_and(|since| since < then);
        let mut open = self.pulls.values().filter(|file| file.shown.state == PullState::Open && long(file));
        let needs = |file: &&PullFile| file.shown.base == name || file.comes_from(&name);
        let needed = open.find(needs).map(|file| format!("#{} still needs it", file.shown.number));
        let own: Vec<&PullFile> = self.pulls.values().filter(|file| file.comes_from(&name)).collect();
        let merged = |file: &&&PullFile| file.shown.state == PullState::Merged;
        let left = |file: &&PullFile| {
            let at = |sha| update.expect == Expect::At(sha) && self.refs.get(&update.name) == Some(&sha);
            file.landed.iter().any(|(head, tip)| at(*head) || at(*tip)) || (file.by_hand && at(file.shown.head))
        };
        let asked =
            self.settings.iter().filter_map(|version| version.says.as_ref()).any(|says| says.merge.delete_branch);
        let why = if !asked {
            Some("the settings never said so".to_owned())
        } else if own.iter().filter(merged).any(left) {
            needed
        } else {
            Some("no pull request from it shows as merged that left it there".to_owned())
        };
        match why {
            Some(why) => self.oracle.breaks("S13", format!("{name} is deleted, but {why}")),
            None => self.oracle.sometimes("a branch was deleted after landing"),
        }
    }

    /// A branch is gone: the forge closes what is open onto it or from it.
    pub fn branch_gone(&mut self, name: &RefName) {
        let Some(branch) = name.branch() else { return };
        let needs = |file: &PullFile| file.shown.base == branch || file.comes_from(&branch);
        let open = self.pulls.values().filter(|file| file.shown.state == PullState::Open && needs(file));
        let closed: Vec<PrNumber> = open.map(|file| file.shown.number).collect();
        for pr in closed {
            self.note(|| format!("#{pr} is closed with {branch}"));
            self.change(pr, |file| file.shown.state = PullState::Closed);
        }
    }
}

/// The branch that a state names as one to be deleted.
pub fn left(name: &BranchName) -> String {
    format!("{{\"name\":\"{name}\",\"left_at\"")
}
