//! When to look at what again: at everything from time to time, after trouble soon and then later and later; at rows of the inbox
//! that were followed in vain each at its own time, and not for ever. Pure bookkeeping; it looks at nothing.

use crate::ids::Moment;
use crate::port::Trouble;
use std::collections::BTreeMap;

/// Times a row is followed in vain before it is left to the next look at everything: about three minutes.
const ROW_TRIES: u32 = 10;
/// The longest pause before a row is followed again.
const LONGEST_ROW_PAUSE_MS: i64 = 30_000;
/// The first pause after trouble, doubled each time.
const PAUSE_MS: i64 = 2_000;
/// The shortest pause where a person must change something first.
const DENIED_PAUSE_MS: i64 = 30_000;

/// What is to be looked at again, and when.
#[derive(Debug)]
pub(super) struct Lookout {
    period_ms: i64,
    /// Everything is being looked at.
    looking: bool,
    all_at: Moment,
    /// Looks at everything that failed in a row.
    failures: u32,
    trouble: Option<String>,
    rows: BTreeMap<u64, Resting>,
    /// Rows that were due by then have been looked for.
    rows_until: Moment,
}

#[derive(Debug)]
struct Resting {
    times: u32,
    until: Moment,
}

impl Lookout {
    /// Looks at everything first at that moment, and then every so many milliseconds.
    pub(super) fn new(first: Moment, period_ms: u64) -> Self {
        Self {
            period_ms: i64::try_from(period_ms).unwrap_or(i64::MAX),
            looking: false,
            all_at: first,
            failures: 0,
            trouble: None,
            rows: BTreeMap::new(),
            rows_until: Moment::from_ms(0),
        }
    }

    /// Everything is to be looked at, and that begins now.
    pub(super) fn begins(&mut self, now: Moment) -> bool {
        let begins = !self.looking && now >= self.all_at;
        if begins {
            self.looking = true;
            // Whoever wants another look while this one is under way sets an earlier time.
            self.all_at = now.plus_ms(self.period_ms);
        }
        begins
    }

    /// Everything is to be looked at no later than this.
    pub(super) fn hurry(&mut self, at: Moment) {
        self.all_at = self.all_at.min(at);
    }

    /// Everything was looked at, with this trouble.
    pub(super) fn ended(&mut self, trouble: Option<&Trouble>, now: Moment) {
        self.looking = false;
        self.trouble = trouble.map(Trouble::to_string);
        match trouble {
            None => self.failures = 0,
            Some(trouble) => {
                self.failures = self.failures.saturating_add(1);
                // One pull request that cannot be read must not have us ask about all others without end.
                self.hurry(now.plus_ms(pause_ms(trouble, self.failures, self.period_ms)));
            }
        }
    }

    /// Something nobody else would ask about again could not be looked at.
    pub(super) fn missed(&mut self, trouble: &Trouble, now: Moment) {
        self.trouble = Some(trouble.to_string());
        self.hurry(now.plus_ms(pause_ms(trouble, 1, self.period_ms)));
    }

    /// A row was followed in vain; true if it is given up.
    pub(super) fn failed(&mut self, row: u64, trouble: &Trouble, now: Moment) -> bool {
        self.trouble = Some(trouble.to_string());
        let times = self.rows.get(&row).map_or(1, |resting| resting.times + 1);
        let until = now.plus_ms(pause_ms(trouble, times, LONGEST_ROW_PAUSE_MS));
        self.rows.insert(row, Resting { times, until });
        times >= ROW_TRIES
    }

    /// Rows that need not be followed any more.
    pub(super) fn forget(&mut self, rows: &[u64]) {
        self.rows.retain(|row, _| !rows.contains(row));
    }

    /// A row that was followed in vain waits for its time.
    pub(super) fn rests(&self, row: u64, now: Moment) -> bool {
        self.rows.get(&row).is_some_and(|resting| resting.until > now)
    }

    /// How many rows were followed in vain.
    pub(super) fn resting(&self) -> usize {
        self.rows.len()
    }

    /// The time of a row has come that was not looked for since.
    pub(super) fn rows_due(&mut self, now: Moment) -> bool {
        let due = self.next_row().is_some_and(|next| next <= now);
        self.rows_until = self.rows_until.max(now);
        due
    }

    /// When to look again at anything.
    pub(super) fn next(&self) -> Option<Moment> {
        (!self.looking).then_some(self.all_at).into_iter().chain(self.next_row()).min()
    }

    /// What stood in the way last, for the board.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn next_row(&self) -> Option<Moment> {
        self.rows.values().map(|resting| resting.until).filter(|until| *until > self.rows_until).min()
    }
}

/// How long to leave alone what failed so many times in a row.
fn pause_ms(trouble: &Trouble, times: u32, longest: i64) -> i64 {
    let asked = match trouble {
        Trouble::Busy { retry_after_ms: Some(ms), .. } => i64::try_from(*ms).unwrap_or(longest),
        Trouble::Busy { retry_after_ms: None, .. } | Trouble::Bug(_) => 0,
        Trouble::Denied(_) => DENIED_PAUSE_MS,
    };
    asked.max((PAUSE_MS << (times - 1).min(16)).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy() -> Trouble {
        Trouble::busy("no answer")
    }

    #[test]
    fn looks_that_fail_again_and_again_come_later_and_later_up_to_the_period() {
        let mut lookout = Lookout::new(Moment::from_ms(0), 10_000);
        let (mut now, mut pauses) = (Moment::from_ms(0), Vec::new());
        for _ in 0..5 {
            assert!(lookout.begins(now) && !lookout.begins(now));
            lookout.ended(Some(&busy()), now);
            let next = lookout.next().expect("there is always a next");
            pauses.push(next.since_ms(now));
            now = next;
        }
        assert_eq!(pauses, [2_000, 4_000, 8_000, 10_000, 10_000]);
        assert!(lookout.begins(now));
        lookout.ended(None, now);
        assert_eq!((lookout.next(), lookout.trouble()), (Some(now.plus_ms(10_000)), None));
    }

    #[test]
    fn a_wish_made_while_everything_is_looked_at_is_kept() {
        let mut lookout = Lookout::new(Moment::from_ms(0), 10_000);
        assert!(lookout.begins(Moment::from_ms(0)));
        lookout.hurry(Moment::from_ms(1));
        lookout.ended(None, Moment::from_ms(2));
        assert!(lookout.begins(Moment::from_ms(2)));
    }

    #[test]
    fn each_row_rests_for_itself_and_is_given_up_in_the_end() {
        let mut lookout = Lookout::new(Moment::from_ms(1_000_000), 10_000);
        let at = Moment::from_ms;
        assert!(!lookout.failed(1, &busy(), at(0)) && !lookout.failed(2, &busy(), at(1_500)));
        assert_eq!((lookout.rests(1, at(2_000)), lookout.rests(2, at(2_000))), (false, true));
        assert!(lookout.rows_due(at(2_000)) && !lookout.rows_due(at(2_001)), "one is looked for once");
        assert_eq!(lookout.next(), Some(at(3_500)));
        let gives_up = (0..20).find(|_| lookout.failed(1, &busy(), at(2_000)));
        assert_eq!(gives_up, Some(8), "ten times in all");
        lookout.forget(&[1, 2]);
        assert_eq!(lookout.resting(), 0);
    }
}
