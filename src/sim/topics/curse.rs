//! A pull request that falls out of reach for good: from some moment on what the bot asks the forge, or git, about it is never
//! answered. Whom that concerns beside itself is the judge's to see (L6). By seed, apart from every other choice.

use crate::engine::delivery::DeliveryKey;
use crate::engine::job::{Job, Key};
use crate::ids::{Moment, PrNumber};
use crate::port::Trouble;
use crate::port::git::PullHead;
use crate::sim::ground::dice::{Dice, mix};
use crate::sim::ground::world::Ground;
use crate::sim::people::traffic::PULLS;
use crate::sim::planted::saboteur;

/// Apart from the choices that everything else is drawn by.
const APART: u64 = 0xc0_75ed;

/// Who does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Forge,
    Git,
}

/// Which pull request is out of reach, and since when.
#[derive(Debug, Clone, Copy)]
pub struct Curse {
    pr: PrNumber,
    since: Moment,
    side: Side,
}

impl Curse {
    /// In one seed of six there is one.
    pub fn draw(seed: u64, now: Moment) -> Option<Self> {
        let mut dice = Dice::new(mix(seed ^ APART));
        dice.one_in(6).then(|| Self {
            pr: PrNumber::new(1 + dice.roll(PULLS)),
            since: now.plus_ms(dice.ms(0, 240_000)),
            side: dice.pick(&[Side::Forge, Side::Git]),
        })
    }
}

impl Ground {
    /// This pull request is out of reach.
    pub fn lost(&self, pr: PrNumber) -> bool {
        self.curse.is_some_and(|curse| curse.pr == pr && curse.since <= self.now)
    }

    /// What is owed is about one that is out of reach.
    pub fn concerns_the_lost(&self, job: &Job) -> bool {
        let of = match job.key() {
            Key::Compose(_, entry) | Key::Eject(entry) => Some(entry.pr),
            Key::Weigh(pr)
            | Key::Delivery(DeliveryKey::Change(pr))
            | Key::Post(_, pr)
            | Key::Report(pr, ..)
            | Key::Proposal(pr, _)
            | Key::Base(pr)
            | Key::Label(pr)
            | Key::Close(pr)
            | Key::Branch(pr) => Some(pr),
            Key::Settings(_)
            | Key::Trunk
            | Key::Start(_)
            | Key::Cancel(_)
            | Key::Trial(_)
            | Key::Drop(_)
            | Key::Land(_)
            | Key::Revoke(_)
            | Key::Delivery(_)
            | Key::Answer(_) => None,
        };
        of.is_some_and(|pr| self.lost(pr))
    }

    /// The forge is asked about a pull request.
    pub fn forge_finds(&mut self, pr: PrNumber) -> Result<(), Trouble> {
        self.finds(pr, Side::Forge)
    }

    /// Git is asked for the heads of pull requests.
    pub fn git_finds(&mut self, heads: &[PullHead]) -> Result<(), Trouble> {
        heads.iter().try_for_each(|head| self.finds(head.number, Side::Git))
    }

    fn finds(&mut self, pr: PrNumber, side: Side) -> Result<(), Trouble> {
        if !self.lost(pr) || self.curse.is_some_and(|curse| curse.side != side) {
            return Ok(());
        }
        self.oracle.sometimes("a pull request was out of reach");
        Err(saboteur::out_of_reach(self, Trouble::busy("the server answered 500")))
    }
}
