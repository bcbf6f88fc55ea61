//! Freezes and holds: people who say them, and the judge of whether they are kept. What was answered counts from the answer
//! on, and until somebody says otherwise, heard or not.

use crate::facts::Permission;
use crate::ids::{BranchName, CommentId, Moment, PrNumber, Sha};
use crate::sim::ground::trunks::{MAIN, branch};
use crate::sim::ground::world::{Due, Ground};

/// From the beginning of a turn to its being written, at most, in milliseconds.
const TURN_MS: i64 = 40_000;

/// What somebody said about stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Nothing lands until then.
    Freeze(Option<Moment>),
    Thaw,
    Hold(PrNumber),
    Release(PrNumber),
}

/// A word about stopping.
#[derive(Debug, Clone)]
pub struct Word {
    /// The branch that the pull request it was said on goes to.
    trunk: BranchName,
    comment: CommentId,
    what: What,
    /// When it was answered that it is done.
    done: Option<Moment>,
}

/// A window of the calendar in the first minutes of a world; they begin at 22:13:20.
pub fn window(dice: &mut crate::sim::ground::dice::Dice) -> String {
    if !dice.one_in(3) {
        return String::new();
    }
    let (from, minutes) = (14 + dice.roll(4), 1 + dice.roll(2));
    let when = format!("2023-11-14 22:{from}..2023-11-14 22:{}", from + minutes);
    format!("[freeze]\nwindows = [{{ when = \"{when}\", reason = \"it is late\" }}]\n")
}

impl Ground {
    /// Somebody stops the queue or a pull request, or wants to go on.
    pub fn stop_or_go(&mut self, pr: PrNumber) {
        match self.dice.roll(7) {
            0 | 1 => {
                let until = self.dice.one_in(2).then(|| self.dice.ms(20_000, 90_000) / 1_000);
                let length = until.map_or_else(String::new, |s| format!("for {s}s "));
                let until = until.map(|s| self.now.plus_ms(s * 1_000));
                self.say(pr, &format!("freeze {length}because it burns"), What::Freeze(until));
            }
            2 | 3 => self.say(pr, "thaw", What::Thaw),
            4 => self.say(pr, "hold because of a doubt", What::Hold(pr)),
            5 => self.say(pr, "release", What::Release(pr)),
            _ => {
                self.hotfixes.insert(pr);
                self.comment(pr, "merge hotfix");
            }
        }
    }

    /// Somebody who may push doubts what was just asked for.
    pub fn doubt(&mut self, pr: PrNumber) {
        let by = self.dice.pick(&["ann", "ben"]);
        self.say_as(by, pr, "hold because of a doubt", What::Hold(pr));
    }

    fn say(&mut self, pr: PrNumber, command: &str, what: What) {
        let by = self.dice.pick(&["ann", "ben", "ann", "eve"]);
        self.say_as(by, pr, command, what);
    }

    fn say_as(&mut self, by: &str, pr: PrNumber, command: &str, what: What) {
        self.note(|| format!("{by} comments {command} on #{pr}"));
        let comment = self.write_comment(pr, by, format!("@greenline {command}"));
        let Some(base) = self.pulls.get(&pr).map(|file| file.shown.base.clone()) else { return };
        // The default branch's queue answers for branches that have none.
        let trunk = if self.trunks().contains(&base) { base } else { branch(MAIN) };
        self.stops.push(Word { trunk, comment, what, done: None });
    }

    /// Somebody permitted ends every freeze and hold there may be.
    pub fn set_free(&mut self) {
        if self.stops.is_empty() {
            return;
        }
        self.permissions.insert("ann".to_owned(), Permission::Write);
        // Who froze the queue has to be heard when they thaw it, wherever they say so.
        self.curse.take_if(|_| self.stops.iter().any(|word| matches!(word.what, What::Freeze(_))));
        let all: Vec<PrNumber> = self.pulls.keys().copied().collect();
        for trunk in self.trunks() {
            let there = self.pulls.iter().find(|(_, file)| file.shown.base == trunk).map(|(pr, _)| *pr);
            if let Some(there) = there {
                self.say_as("ann", there, "thaw", What::Thaw);
            }
        }
        for pr in all {
            self.reckon(pr);
            if self.stops.iter().any(|word| word.what == What::Hold(pr)) {
                self.say_as("ann", pr, "release", What::Release(pr));
            }
        }
        self.after(1, Due::MergedNoticed);
    }

    /// A comment is answered, by a thumbs-up or in words.
    pub fn stop_answered(&mut self, comment: CommentId, words: &str) {
        let (now, done) = (self.now, !words.contains("was not done"));
        let Some(word) = self.stops.iter_mut().find(|word| word.comment == comment && done) else { return };
        word.done.get_or_insert(now);
        match word.what {
            What::Freeze(_) => self.oracle.sometimes("the queue was frozen"),
            What::Hold(_) => self.oracle.sometimes("a pull request was held"),
            What::Thaw | What::Release(_) => {}
        }
    }

    /// Pull requests land by an attempt that was first written at `began`, on a trunk commit: was anything to keep them?
    pub fn kept(&mut self, (trunk, landed): (&BranchName, &[PrNumber]), from: Sha, began: Moment) {
        let exempt = |pr: &PrNumber| self.hotfixes.contains(pr);
        let frozen = self.frozen(trunk, began) || self.in_window(from, began);
        if let Some(pr) = landed.iter().find(|pr| frozen && !exempt(pr)) {
            return self.oracle.breaks("frozen", format!("#{pr} landed while the queue was frozen"));
        }
        if frozen {
            self.oracle.sometimes("a hotfix landed in a freeze");
        }
        if let Some(pr) = landed.iter().find(|pr| self.held(trunk, **pr, began)) {
            self.oracle.breaks("held", format!("#{pr} landed while it was held"));
        }
    }

    fn frozen(&self, trunk: &BranchName, at: Moment) -> bool {
        // The default branch's queue also thaws at a word about a branch that had no queue just then.
        let unnamed = |word: &Word| word.what == What::Thaw && trunk.as_str() == MAIN && self.ever_unnamed();
        let said = self.stops.iter().filter(|word| word.trunk == *trunk || unnamed(word));
        let mut words = said.filter(|word| matches!(word.what, What::Freeze(_) | What::Thaw));
        words.next_back().is_some_and(|word| match word.what {
            What::Freeze(until) => word.done.is_some_and(|done| done < at) && until.is_none_or(|until| at < until),
            What::Thaw | What::Hold(_) | What::Release(_) => false,
        })
    }

    fn held(&self, trunk: &BranchName, pr: PrNumber, at: Moment) -> bool {
        let said = self.stops.iter().filter(|word| word.trunk == *trunk);
        let mut words = said.filter(|word| word.what == What::Hold(pr) || word.what == What::Release(pr));
        words.next_back().is_some_and(|word| word.what == What::Hold(pr) && word.done.is_some_and(|done| done < at))
    }

    /// By the settings on a commit a window had long begun.
    fn in_window(&self, from: Sha, at: Moment) -> bool {
        self.settings_at(from).is_some_and(|config| {
            let before = at.plus_ms(-TURN_MS);
            config.freeze.windows.iter().any(|freeze| freeze.window.at(before).0 && freeze.window.at(at).0)
        })
    }
}
