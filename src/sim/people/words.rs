//! What people say in labels, comments and reviews, as they truly said it, and what they were answered. Nothing here judges.

use crate::facts::{Opinion, Review};
use crate::ids::{BranchName, CommentId, Moment, PrNumber, Sha};
use crate::sim::ground::pulls::PullFile;
use crate::sim::ground::world::{Ground, PEOPLE};
use crate::sim::topics::wishes::Wished;
use std::collections::BTreeSet;

/// By what somebody asked for landing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The label, which must then stay on.
    Label,
    /// A comment.
    Comment,
    /// A comment that names the head, or a program in somebody's name, which must.
    Named,
    /// An approving review, where the settings say that it asks.
    Review,
}

/// Somebody's word that a head may land.
#[derive(Debug, Clone)]
pub struct Word {
    /// Who.
    pub by: String,
    /// Which head.
    pub head: Sha,
    /// The branch it goes to, where somebody looked at the page.
    pub base: Option<BranchName>,
    /// By what.
    pub way: Way,
    /// How it is to land.
    pub wish: Wished,
    /// When.
    pub tick: u64,
}

/// What a comment says beside asking for landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// One of these heads is approved: which one is not certain where the branch was just moving.
    Approve(Vec<Sha>),
    /// It is approved no longer.
    Unapprove,
    /// This person may ask for landing.
    Delegate(String),
    /// These have to land before.
    Depends(BTreeSet<PrNumber>),
}

/// Something said in a comment.
#[derive(Debug, Clone)]
pub struct Said {
    /// The comment.
    pub comment: CommentId,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
    /// What.
    pub saying: Saying,
    /// It was answered that it is done, or that it is not.
    pub done: Option<bool>,
}

/// A review.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// As it was made.
    pub review: Review,
    /// Since when it does not count any more.
    pub dismissed: Option<Moment>,
}

/// What somebody may be taken to think of a pull request at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mind {
    /// Who.
    pub who: &'static str,
    /// They may push.
    pub may: bool,
    /// Heads they may be taken to approve.
    pub approves: Vec<Sha>,
    /// They want changes, whatever was heard of them.
    pub blocks: bool,
}

impl PullFile {
    /// The last review of each person up to a moment, as the forge tells it then.
    pub fn reviews_at(&self, then: Moment) -> Vec<Review> {
        let of = |who: &str| {
            let mut own = self.reviews.iter().filter(|r| r.review.by.login.as_str() == who && r.review.at <= then);
            let last = own.next_back()?;
            last.dismissed.is_none_or(|at| at > then).then(|| last.review.clone())
        };
        PEOPLE.iter().filter_map(|(who, _)| of(who)).collect()
    }

    /// What somebody's comments may have left standing: an approval, or nothing. What is not answered yet may count or not.
    fn approvals_by_comment(&self, who: &str) -> Vec<Option<(Moment, &[Sha])>> {
        let mut standing = vec![None];
        for said in self.sayings.iter().filter(|said| said.by == who) {
            let now = match &said.saying {
                Saying::Approve(heads) => Some((said.at, heads.as_slice())),
                Saying::Unapprove => None,
                Saying::Delegate(_) | Saying::Depends(_) => continue,
            };
            match said.done {
                Some(true) => standing = vec![now],
                Some(false) => {}
                None => standing.push(now),
            }
        }
        standing
    }

    /// What everybody but the author may be taken to think.
    pub fn minds(&self, now: Moment, may_push: impl Fn(&str) -> bool) -> Vec<Mind> {
        let reviews = self.reviews_at(now);
        let others = PEOPLE.iter().map(|(who, _)| *who).filter(|who| *who != self.shown.author.login.as_str());
        let mind = |who| {
            let review = reviews.iter().find(|review| review.by.login.as_str() == who);
            let (mut approves, mut blocks) = (Vec::new(), true);
            for comment in self.approvals_by_comment(who) {
                let spoke = comment.filter(|(at, _)| review.is_none_or(|review| *at >= review.at));
                let wrote = review.filter(|review| spoke.is_none_or(|(at, _)| at <= review.at));
                blocks &= spoke.is_none() && wrote.is_some_and(|review| review.opinion == Opinion::WantsChanges);
                let by_review = wrote.filter(|review| review.opinion == Opinion::Approves).map(|review| review.head);
                approves.extend(spoke.into_iter().flat_map(|(_, heads)| heads.iter().copied()).chain(by_review));
            }
            Mind { who, may: may_push(who), approves, blocks }
        };
        others.map(mind).collect()
    }

    /// What has to land before for certain; nothing while a later word about that is not answered yet.
    pub fn awaits(&self) -> Vec<PrNumber> {
        for said in self.sayings.iter().rev() {
            match (&said.saying, said.done) {
                (Saying::Depends(on), Some(true)) => return on.iter().copied().collect(),
                (Saying::Depends(_), None) => return Vec::new(),
                (Saying::Depends(_), Some(false))
                | (Saying::Approve(_) | Saying::Unapprove | Saying::Delegate(_), _) => {}
            }
        }
        Vec::new()
    }

    /// On whose permission somebody may ask for landing: their own, or that of whoever delegated it to them.
    pub fn vouchers<'a>(&'a self, who: &'a str) -> impl Iterator<Item = &'a str> {
        let delegated = self
            .sayings
            .iter()
            .filter(move |said| matches!(&said.saying, Saying::Delegate(to) if to == who) && said.done != Some(false));
        std::iter::once(who).chain(delegated.map(|said| said.by.as_str()))
    }
}

impl Ground {
    /// The reviews of a pull request as a reading shows them, which may be old.
    pub fn reviews_seen(&mut self, pr: PrNumber) -> Vec<Review> {
        let stale = self.fault(|f| f.stale);
        let age = if stale { self.dice.ms(1, self.faults.stale_ms.max(1)) } else { 0 };
        let then = self.now.plus_ms(-age);
        self.pulls.get(&pr).map(|file| file.reviews_at(then)).unwrap_or_default()
    }

    /// Somebody gives their word for the head that is there, or that they see.
    pub fn give_word(&mut self, pr: PrNumber, by: &str, way: Way, wish: Wished) {
        for head in self.heads_meant(pr) {
            self.give_word_for(pr, by, way, wish, head);
        }
    }

    /// Somebody gives their word for exactly this head.
    pub fn give_word_for(&mut self, pr: PrNumber, by: &str, way: Way, wish: Wished, head: Sha) {
        let tick = self.tick;
        if let Some(file) = self.pulls.get_mut(&pr) {
            let base = matches!(way, Way::Label | Way::Comment).then(|| file.shown.base.clone());
            file.words.push(Word { by: by.to_owned(), head, base, way, wish, tick });
        }
        self.reckon(pr);
    }

    /// The heads somebody may mean who names none: the one they see, and the one that is there.
    pub fn heads_meant(&self, pr: PrNumber) -> Vec<Sha> {
        let seen = self.pulls.get(&pr).map(|file| file.shown.head);
        seen.into_iter().chain(self.head(pr)).collect()
    }

    /// Somebody says something in a comment that was just written.
    pub fn say_in(&mut self, comment: CommentId, pr: PrNumber, by: &str, saying: Saying) {
        let at = self.now;
        if let Some(file) = self.pulls.get_mut(&pr) {
            file.sayings.push(Said { comment, by: by.to_owned(), at, saying, done: None });
        }
        self.reckon(pr);
    }

    /// A comment is answered, in these words or by a thumbs-up.
    pub fn answered(&mut self, comment: CommentId, words: &str) {
        self.stop_answered(comment, words);
        let Some(pr) = self.comments.get(&comment).map(|note| note.comment.pull) else { return };
        let done = !words.contains("was not done");
        let file = self.pulls.get_mut(&pr);
        let said = file.and_then(|file| file.sayings.iter_mut().find(|said| said.comment == comment));
        if let Some(said) = said {
            said.done = Some(done);
            self.reckon(pr);
        }
    }

    /// A person's comment gets our thumbs-up; a cancel that was heard ends every word given before it.
    pub fn acknowledge(&mut self, id: CommentId) -> bool {
        let Some(note) = self.comments.get_mut(&id) else { return false };
        note.acknowledged = true;
        let (pr, tick, cancels) = (note.comment.pull, note.tick, note.comment.body.ends_with("greenline cancel"));
        if cancels {
            if let Some(file) = self.pulls.get_mut(&pr) {
                file.words.retain(|word| word.tick > tick);
            }
            self.reckon(pr);
        }
        self.answered(id, "");
        true
    }
}
