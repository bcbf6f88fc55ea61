//! What people do a little later because of what they just did or saw: they ask again for what they pushed, doubt what they asked
//! for, think better of a review, and cure what they see red. By seed; the histories that matter most are made of such pairs.

use crate::ids::PrNumber;
use crate::sim::ground::world::{Due, Ground};
use crate::sim::people::words::Saying;

/// Something that somebody is about to do.
#[derive(Debug, Clone, Copy)]
pub enum Intent {
    /// Asks for the head that was just pushed.
    Ask(PrNumber),
    /// Holds what was just asked for.
    Doubt(PrNumber),
    /// Dismisses a review that was just given.
    Regret(PrNumber),
    /// Has it go to another branch than the one it was just asked for on.
    Retarget(PrNumber),
    /// Takes an approval by comment back, whether anybody has heard of it or not.
    TakeBack(PrNumber, &'static str),
    /// Says again what has to land before.
    DependAnew(PrNumber),
    /// Pushes to trunk what others wait for.
    Cure,
    /// Pushes to a trunk that just moved.
    Push,
    /// Goes on with a branch that just landed.
    PushOn(PrNumber),
}

impl Ground {
    /// Somebody may have this in mind, once in `n` times, and does it within so many milliseconds.
    pub fn intend(&mut self, n: u64, (soonest, latest): (u64, u64), intent: Intent) {
        if !self.calm && self.dice.one_in(n) {
            let ms = self.dice.ms(soonest, latest);
            self.after(ms, Due::Intended(intent));
        }
    }

    /// They do it, unless people rest by now.
    pub fn carry_out(&mut self, intent: Intent) {
        if self.calm {
            return;
        }
        match intent {
            Intent::Ask(pr) => self.ask(pr),
            Intent::Doubt(pr) => {
                self.doubt(pr);
                // Whoever works on the bot itself restarts it when least expected.
                if self.dice.one_in(3) {
                    let ms = self.dice.ms(500, 20_000);
                    self.after(ms, Due::Start);
                }
            }
            Intent::Regret(pr) => self.dismiss(pr),
            Intent::Retarget(pr) => self.retarget(pr),
            Intent::TakeBack(pr, by) => self.say_as_person(pr, by, "unapprove", Saying::Unapprove),
            Intent::DependAnew(pr) => self.depend(pr),
            Intent::Cure => self.cure(),
            Intent::Push => self.push_foreign(),
            Intent::PushOn(pr) => self.push_on(pr),
        }
    }
}
