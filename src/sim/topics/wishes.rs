//! Wishes: in which shape and company somebody wants a pull request to land, and the judge of whether it does.

use crate::config::RepoConfig;
use crate::facts::Strategy;
use crate::ids::{BranchName, Moment, PrNumber, Sha};
use crate::port::git::Composed;
use crate::sim::ground::world::Ground;
use crate::sim::judge::rules::Lands;
use crate::sim::people::words::Way;
use crate::sim::planted::saboteur;

/// How somebody wants it to land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wished {
    /// In this shape.
    pub strategy: Option<Strategy>,
    /// In no group with others.
    pub alone: bool,
    /// Only when the checks on the head itself have passed.
    pub when_green: bool,
}

/// A landing as the judge of wishes sees it.
pub struct Landing<'a> {
    /// Where.
    pub trunk: &'a BranchName,
    /// From which commit of trunk.
    pub from: Sha,
    /// Since when whatever lets it happen was read.
    pub since: Moment,
}

impl Ground {
    /// Somebody wants it landed, and says how; false if nobody here does.
    pub fn ask_with_a_wish(&mut self, pr: PrNumber) -> bool {
        if !self.customs.wishful || self.whims.one_in(3) {
            return false;
        }
        let by = self.whims.pick(&["ann", "ben", "ann", "ben", "eve"]);
        let mut command = "merge".to_owned();
        let mut wish = Wished::default();
        if self.whims.one_in(2) {
            let (word, strategy) = self.whims.pick(&Strategy::WORDS);
            command = format!("{command} as {word}");
            wish.strategy = Some(strategy);
        }
        if self.whims.one_in(3) {
            command += " alone";
            wish.alone = true;
        }
        if self.whims.one_in(3) {
            let rank = self.whims.pick(&["-7", "3", "20"]);
            command = format!("{command} priority={rank}");
        }
        self.note(|| format!("{by} comments {command} on #{pr}"));
        let written = saboteur::written(self, format!("@greenline {command}"));
        self.write_comment(pr, by, written);
        self.give_word(pr, by, Way::Comment, wish);
        true
    }

    /// Whoever lands does so in a shape and company that somebody wished for whose word lets it land.
    pub fn wishes_kept(&mut self, landing: &Landing<'_>, members: &[(PrNumber, Sha, Sha)]) {
        let in_force = self.in_force(landing.from);
        let mut onto = landing.from;
        for (pr, head, tip) in members {
            let lands = Lands { trunk: landing.trunk.clone(), pr: *pr, head: *head, since: landing.since };
            let wished = |config: &RepoConfig| (config.clone(), self.wishes(&lands, config));
            let wished: Vec<(RepoConfig, Vec<Wished>)> = in_force.iter().map(wished).collect();
            let all: Vec<Wished> = wished.iter().flat_map(|(_, wishes)| wishes.clone()).collect();
            let mut shaped = false;
            for (config, wishes) in &wished {
                for wish in wishes {
                    let strategy = self.strategy(*pr, wish.strategy, &config.merge);
                    shaped |= self.becomes(onto, (*pr, *head), strategy) == Some(*tip);
                }
            }
            // Whether anybody asked at all is judged beside this.
            if !all.is_empty() && !shaped {
                let what = format!("#{pr} landed on {onto:?} as {tip:?}, and nobody wished for that shape");
                self.oracle.breaks("wish", what);
            }
            if all.iter().any(|wish| wish.strategy.is_some()) {
                self.oracle.sometimes("a landing in a shape that was wished for");
            }
            if !all.is_empty() && all.iter().all(|wish| wish.alone) {
                self.alone(*pr, &[onto, *tip].map(|at| at == landing.from || self.ever_green(at)));
            }
            onto = *tip;
        }
    }

    fn alone(&mut self, pr: PrNumber, ends: &[bool]) {
        self.oracle.sometimes("a landing of what was to be alone");
        if ends.iter().any(|green| !green) {
            self.oracle
                .breaks("wish", format!("#{pr} was to be in no group with others, and was tested with others only"));
        }
    }

    fn ever_green(&self, sha: Sha) -> bool {
        self.oracle.green_since(sha, Moment::from_ms(0))
    }

    fn becomes(&mut self, onto: Sha, (pr, head): (PrNumber, Sha), strategy: Strategy) -> Option<Sha> {
        match self.truth.compose(onto, head, pr, strategy) {
            Composed::Tip { tip, .. } => Some(tip),
            Composed::Conflict { .. } | Composed::Nothing | Composed::Refused { .. } => None,
        }
    }
}
