//! Pull requests and comments as they truly are, and as the forge shows them.

use crate::facts::{Comment, Labelled, Pull, PullState, Since};
use crate::ids::{BranchName, CommentId, Moment, PrNumber, RefName, RepoName, Sha};
use crate::port::store::Hint;
use crate::sim::ground::trunks::OTHER;
use crate::sim::ground::world::{Due, Ground, person};
use crate::sim::judge::rules::Stand;
use crate::sim::people::words::{Reviewed, Said, Word};
use std::collections::BTreeMap;

/// The label that asks for landing.
pub const LABEL: &str = "ready to merge";
/// A label that keeps out, where there are rules.
pub const BLOCKING: &str = "wip";
/// How a title begins that keeps out, where there are rules.
pub const WIP: &str = "WIP";

/// A pull request.
#[derive(Debug, Clone)]
pub struct PullFile {
    /// As the forge shows it now.
    pub shown: Pull,
    /// As the forge showed it before, oldest first.
    pub past: Vec<(Moment, Pull)>,
    /// Its branch.
    pub branch: RefName,
    /// Where the branch lives, if not in the repository.
    pub fork: Option<RepoName>,
    /// Who last put the label on.
    pub label: Option<Labelled>,
    /// When the label was last put on.
    pub label_tick: u64,
    /// Words given for it.
    pub words: Vec<Word>,
    /// Reviews, in order.
    pub reviews: Vec<Reviewed>,
    /// Conversations on it that are open.
    pub talks: u32,
    /// What else was said in comments, in order.
    pub sayings: Vec<Said>,
    /// How it stood, in order.
    pub stands: Vec<Stand>,
    /// By head, as what it landed.
    pub landed: BTreeMap<Sha, Sha>,
    /// Somebody merged it past the queue, perhaps just while it landed: it may be told the one or the other.
    pub by_hand: bool,
    /// What the bot's status comment said, since when.
    pub said: Vec<(u64, String)>,
}

/// A comment.
#[derive(Debug, Clone)]
pub struct Note {
    /// As the forge shows it.
    pub comment: Comment,
    /// It has our thumbs-up.
    pub acknowledged: bool,
    /// What was changed after it was written.
    pub since: Since,
    /// When it was written.
    pub tick: u64,
}

impl Note {
    /// Ours.
    pub fn own(&self) -> bool {
        self.comment.by.bot
    }
}

impl PullFile {
    /// When it last came to the branch that it goes to.
    pub fn retargeted_at(&self) -> Option<Moment> {
        self.past.iter().rev().find(|(_, pull)| pull.base != self.shown.base).map(|(until, _)| *until)
    }

    /// What the forge shows as its head has landed, or is what it landed as.
    pub fn is_over(&self) -> bool {
        let head = self.shown.head;
        self.landed.iter().any(|(landed, tip)| *landed == head || *tip == head)
    }

    /// It is open, and goes to a branch that may have a queue.
    pub fn open(&self) -> bool {
        self.shown.state == PullState::Open && self.shown.base.as_str() != OTHER
    }
}

impl Ground {
    /// Where a pull request's branch truly is.
    pub fn head(&self, pr: PrNumber) -> Option<Sha> {
        let file = self.pulls.get(&pr)?;
        match &file.fork {
            None => self.refs.get(&file.branch).copied(),
            Some(fork) => self.forks.get(fork)?.get(&file.branch).copied(),
        }
    }

    /// Changes what the forge shows of a pull request, and tells the bot.
    pub fn change(&mut self, pr: PrNumber, change: impl FnOnce(&mut PullFile)) {
        let now = self.now;
        if let Some(file) = self.pulls.get_mut(&pr) {
            file.past.push((now, file.shown.clone()));
            change(file);
            file.shown.updated_at = now;
        }
        self.reckon(pr);
        self.mail(Hint::Pull(pr));
    }

    /// A branch of a pull request moved: the forge notices soon.
    pub fn branch_moved(&mut self, pr: PrNumber) {
        self.reckon(pr);
        let ms = if self.dice.one_in(4) { self.dice.ms(100, 3_000) } else { self.dice.ms(1, 50) };
        self.after(ms, Due::Noticed(pr));
    }

    /// The forge notices where the branch is.
    pub fn notice(&mut self, pr: PrNumber) {
        let Some(head) = self.head(pr) else { return };
        let Some(file) = self.pulls.get(&pr) else { return };
        if file.shown.state != PullState::Open || file.shown.head == head {
            return;
        }
        self.seen_no_more(pr, Since::Pushed);
        self.change(pr, |file| file.shown.head = head);
        self.notice_merged();
    }

    /// What people saw who spoke until now is not what is there now: the forge's timeline tells.
    pub fn seen_no_more(&mut self, pr: PrNumber, changed: Since) {
        let notes = self.comments.values_mut().filter(|note| note.comment.pull == pr);
        notes.for_each(|note| note.since = note.since.max(changed));
        if let Some(label) = self.pulls.get_mut(&pr).and_then(|file| file.label.as_mut()) {
            label.since = label.since.max(changed);
        }
    }

    /// A pull request whose shown head is on trunk is merged.
    pub fn notice_merged(&mut self) {
        let merged = |file: &PullFile| {
            let base = self.refs.get(&file.shown.base.to_ref());
            file.open() && base.is_some_and(|tip| self.truth.is_ancestor(file.shown.head, *tip))
        };
        let merged: Vec<PrNumber> = self.pulls.iter().filter(|(_, file)| merged(file)).map(|(pr, _)| *pr).collect();
        for pr in merged {
            self.change(pr, |file| file.shown.state = PullState::Merged);
            self.may_push_on(pr);
        }
    }

    /// The pull request as a reading shows it, which may be old.
    pub fn shown(&mut self, pr: PrNumber) -> Option<Pull> {
        let stale = self.fault(|f| f.stale);
        let age = if stale { self.dice.ms(1, self.faults.stale_ms.max(1)) } else { 0 };
        let file = self.pulls.get(&pr)?;
        let then = self.now.plus_ms(-age);
        let old = file.past.iter().find(|(until, _)| *until > then).map(|(_, pull)| pull);
        let pull = old.unwrap_or(&file.shown).clone();
        if old.is_some() {
            self.oracle.sometimes("an old reading of a pull request");
        }
        Some(pull)
    }

    /// Writes a comment.
    pub fn write_comment(&mut self, pr: PrNumber, by: &str, body: String) -> CommentId {
        let id = CommentId::new(self.id());
        let comment = Comment { id, pull: pr, by: person(by), body, created_at: self.now, edited: false };
        let (known, tick) = (comment.clone(), self.tick);
        let note = Note { comment: known, acknowledged: false, since: Since::Nothing, tick };
        self.comments.insert(id, note);
        if let Some(file) = self.pulls.get_mut(&pr) {
            file.past.push((self.now, file.shown.clone()));
            file.shown.updated_at = self.now;
        }
        self.mail(Hint::Comment(comment));
        id
    }

    /// A trunk moved, whoever moved it.
    pub fn trunk_moved(&mut self, trunk: &BranchName, tip: Sha) {
        self.refs.insert(trunk.to_ref(), tip);
        self.oracle.trunk_is(trunk, tip, self.now);
        self.mail(Hint::Pushed(trunk.to_ref()));
        let ms = self.dice.ms(1, 2_500);
        self.after(ms, Due::MergedNoticed);
    }
}
