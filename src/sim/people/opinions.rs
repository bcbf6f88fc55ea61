//! People who have opinions on other people's pull requests: reviews, approvals by comment, delegation, dependencies, marks. By
//! seed, and blind to the queue.

use crate::facts::{Opinion, Review};
use crate::ids::{PrNumber, Sha};
use crate::sim::ground::pulls::{BLOCKING, WIP};
use crate::sim::ground::world::{Ground, PEOPLE, person};
use crate::sim::people::intents::Intent;
use crate::sim::people::words::{Reviewed, Saying, Way};
use crate::sim::topics::wishes::Wished;
use std::collections::BTreeSet;

impl Ground {
    /// Somebody who did not ask for it has a say.
    pub fn have_a_say(&mut self, pr: PrNumber) {
        match self.dice.roll(12) {
            0..5 => self.review(pr),
            5 => self.dismiss(pr),
            6 => self.approve_by_comment(pr),
            7 => self.say_something(pr, "unapprove", Saying::Unapprove),
            8 => self.delegate(pr),
            9 | 10 => self.mark(pr),
            _ => self.depend(pr),
        }
    }

    /// A head that somebody may have in mind: the one that shows, seldom one before it.
    fn head_in_mind(&mut self, pr: PrNumber) -> Option<Sha> {
        let file = self.pulls.get(&pr)?;
        let old = file.past.first().map(|(_, pull)| pull.head);
        let shown = file.shown.head;
        Some(if self.dice.one_in(6) { old.unwrap_or(shown) } else { shown })
    }

    pub(in crate::sim) fn review(&mut self, pr: PrNumber) {
        let Some(head) = self.head_in_mind(pr) else { return };
        let (by, _) = self.dice.pick(&PEOPLE);
        let opinion = if self.dice.one_in(5) { Opinion::WantsChanges } else { Opinion::Approves };
        let review = Review { id: self.id(), by: person(by), opinion, head, at: self.now };
        self.note(|| format!("{by} reviews #{pr} at {head:?}: {opinion:?}"));
        if opinion == Opinion::WantsChanges && crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("changes were wanted while something settled");
        }
        self.change(pr, |file| file.reviews.push(Reviewed { review, dismissed: None }));
        if opinion == Opinion::Approves {
            self.give_word_for(pr, by, Way::Review, Wished::default(), head);
            self.intend(6, (2_000, 40_000), Intent::Regret(pr));
        }
    }

    pub(in crate::sim) fn dismiss(&mut self, pr: PrNumber) {
        let standing = self.pulls.get(&pr).map_or(0, |file| file.reviews.len());
        if standing == 0 {
            return;
        }
        let at = usize::try_from(self.dice.roll(standing as u64)).unwrap_or(0);
        let now = self.now;
        self.note(|| format!("review {at} of #{pr} is dismissed"));
        if crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a review was dismissed while something settled");
        }
        self.change(pr, |file| _ = file.reviews[at].dismissed.get_or_insert(now));
    }

    fn approve_by_comment(&mut self, pr: PrNumber) {
        if self.dice.one_in(2) {
            let Some(head) = self.head_in_mind(pr) else { return };
            return self.say_something(pr, &format!("approve {head}"), Saying::Approve(vec![head]));
        }
        let heads = self.heads_meant(pr);
        self.say_something(pr, "approve", Saying::Approve(heads));
    }

    fn delegate(&mut self, pr: PrNumber) {
        let to = self.dice.pick(&["eve", "dora", "ben"]);
        self.say_something(pr, &format!("delegate @{to}"), Saying::Delegate(to.to_owned()));
    }

    pub(in crate::sim) fn depend(&mut self, pr: PrNumber) {
        self.intend(3, (50, 15_000), Intent::DependAnew(pr));
        let other = PrNumber::new(1 + self.dice.roll(crate::sim::people::traffic::PULLS));
        if self.dice.one_in(4) || other == pr {
            return self.say_something(pr, "depends on nothing", Saying::Depends(BTreeSet::new()));
        }
        self.say_something(pr, &format!("depends on #{other}"), Saying::Depends(BTreeSet::from([other])));
    }

    fn say_something(&mut self, pr: PrNumber, command: &str, saying: Saying) {
        let (by, _) = self.dice.pick(&PEOPLE);
        if matches!(saying, Saying::Approve(_)) {
            self.intend(3, (50, 15_000), Intent::TakeBack(pr, by));
        }
        self.say_as_person(pr, by, command, saying);
    }

    pub(in crate::sim) fn say_as_person(&mut self, pr: PrNumber, by: &str, command: &str, saying: Saying) {
        self.note(|| format!("{by} comments {command} on #{pr}"));
        let comment = self.write_comment(pr, by, format!("@greenline {command}"));
        self.say_in(comment, pr, by, saying);
    }

    /// A pull request is marked as not to land, or no longer.
    fn mark(&mut self, pr: PrNumber) {
        let by_title = self.dice.one_in(3);
        self.note(|| format!("#{pr} changes its {}", if by_title { "title" } else { "blocking label" }));
        if crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a mark was changed while something settled");
        }
        self.change(pr, |file| {
            let shown = &mut file.shown;
            if by_title {
                shown.title = match shown.title.strip_prefix(WIP) {
                    Some(ready) => ready.trim_start().to_owned(),
                    None => format!("{WIP} {}", shown.title),
                };
            } else if shown.labels.iter().any(|label| label == BLOCKING) {
                shown.labels.retain(|label| label != BLOCKING);
            } else {
                shown.labels.push(BLOCKING.to_owned());
            }
        });
    }
}
