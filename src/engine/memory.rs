//! What takes many requests to read of pull requests that wait. Looks at everything use it again for a while, so that they do not
//! spend the forge's limit on what nobody changed; hints and landings are always followed by reading. It asks nobody.

use crate::facts::{Changed, Pull, Unresolved};
use crate::ids::{BranchName, Moment, PrNumber, Reading, Sha};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All that is kept is read again at this pace, a request in so many milliseconds: a quarter of what GitHub allows an installation
/// in an hour, which are 5,000 requests and as many points for questions by GraphQL.
const PACE_MS: i64 = 3_000;
/// Items on a page of what the forge lists.
const PAGE: usize = 100;
/// So many requests' worth is kept; what was read longest ago gives way.
const COST_MAX: usize = 2_400;

/// What was read, as far as the rules ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Costly {
    /// The paths it changes.
    pub changed: Option<Arc<Changed>>,
    /// Conversations on it that nobody resolved.
    pub conversations: Option<Unresolved>,
}

impl Costly {
    /// How many requests it takes, about.
    fn cost(&self) -> usize {
        let pages = self.changed.as_ref().map_or(0, |changed| 1 + changed.paths.len() / PAGE);
        pages + usize::from(self.conversations.is_some())
    }
}

#[derive(Debug)]
struct Kept {
    reading: Reading,
    at: Moment,
    of: Version,
    costly: Costly,
}

/// What a pull request was when it was read.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    head: Sha,
    base: BranchName,
    updated_at: Moment,
}

impl Version {
    fn of(pull: &Pull) -> Self {
        Self { head: pull.head, base: pull.base.clone(), updated_at: pull.updated_at }
    }
}

/// What was read lately of one queue's pull requests.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<PrNumber, Kept>>);

impl Memory {
    /// What was read of the pull request as it is now, unless it is time to read it again: the more is kept, the longer that takes.
    pub fn recall(&self, pull: &Pull, now: Moment) -> Option<Costly> {
        let kept = self.kept();
        let all = cost(&kept);
        let known = kept.get(&pull.number).filter(|known| known.of == Version::of(pull))?;
        let patience_ms = PACE_MS.saturating_mul(i64::try_from(all).unwrap_or(i64::MAX));
        (now.since_ms(known.at) < patience_ms).then(|| known.costly.clone())
    }

    /// Keeps what was read in this reading, unless a later one is known.
    pub fn keep(&self, pull: &Pull, reading: Reading, costly: Costly, now: Moment) {
        let mut kept = self.kept();
        if kept.get(&pull.number).is_some_and(|known| known.reading > reading) {
            return;
        }
        kept.insert(pull.number, Kept { reading, at: now, of: Version::of(pull), costly });
        while cost(&kept) > COST_MAX {
            let oldest = kept.iter().min_by_key(|(_, known)| known.at).map(|(number, _)| *number);
            let Some(oldest) = oldest else { return };
            kept.remove(&oldest);
        }
    }

    /// Forgets all pull requests but these.
    pub fn retain(&self, waits: impl Fn(PrNumber) -> bool) {
        self.kept().retain(|number, _| waits(*number));
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<PrNumber, Kept>> {
        // Each change is one insertion or removal: none can be left half-done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost(kept: &BTreeMap<PrNumber, Kept>) -> usize {
    kept.values().map(|known| known.costly.cost()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Person, PullState};
    use crate::ids::UserId;

    fn at(ms: i64) -> Moment {
        Moment::from_ms(ms)
    }

    fn pull(number: u64, updated_ms: i64) -> Pull {
        Pull {
            number: PrNumber::new(number),
            title: "Lamp".into(),
            author: Person { id: UserId::new(1), login: "ann".parse().expect("a login"), bot: false },
            state: PullState::Open,
            draft: false,
            base: "main".parse().expect("a branch"),
            head: Sha::from_bytes([1; 20]).expect("not zero"),
            head_repo: None,
            maintainer_can_modify: false,
            labels: Vec::new(),
            body: String::new(),
            url: String::new(),
            updated_at: at(updated_ms),
        }
    }

    fn talks(count: u32) -> Costly {
        Costly { changed: None, conversations: Some(Unresolved { count, first: None }) }
    }

    #[test]
    fn a_few_are_read_at_every_look_and_many_seldom() {
        let memory = Memory::default();
        memory.keep(&pull(1, 0), Reading::new(1), talks(1), at(0));
        assert_eq!(memory.recall(&pull(1, 0), at(2_999)), Some(talks(1)));
        assert_eq!(memory.recall(&pull(1, 0), at(3_000)), None, "one question, one pace");
        for number in 2..=200 {
            memory.keep(&pull(number, 0), Reading::new(number), talks(0), at(0));
        }
        assert_eq!(memory.recall(&pull(1, 0), at(599_999)), Some(talks(1)));
        assert_eq!(memory.recall(&pull(1, 0), at(600_000)), None);
        memory.retain(|number| number.get() == 1);
        assert_eq!(memory.recall(&pull(1, 0), at(3_000)), None, "the others wait no more");
    }

    #[test]
    fn what_changed_is_read_again_and_an_older_reading_is_not_believed() {
        let memory = Memory::default();
        memory.keep(&pull(1, 0), Reading::new(2), talks(0), at(0));
        memory.keep(&pull(1, 0), Reading::new(1), talks(1), at(1));
        assert_eq!(memory.recall(&pull(1, 0), at(2)), Some(talks(0)));
        assert_eq!(memory.recall(&pull(1, 5), at(2)), None, "something changed about it");
        let pushed = Pull { head: Sha::from_bytes([2; 20]).expect("not zero"), ..pull(1, 0) };
        assert_eq!(memory.recall(&pushed, at(2)), None);
    }

    #[test]
    fn of_too_much_what_was_read_longest_ago_gives_way() {
        let memory = Memory::default();
        let paths = (0..3_000).map(|n| n.to_string()).collect();
        let costly = Costly { changed: Some(Arc::new(Changed { paths, whole: true })), conversations: None };
        for number in 1..=100 {
            memory.keep(&pull(number, 0), Reading::new(number), costly.clone(), at(number.cast_signed()));
        }
        assert!(cost(&memory.kept()) <= COST_MAX);
        assert_eq!((memory.recall(&pull(1, 0), at(101)), memory.recall(&pull(100, 0), at(101))), (None, Some(costly)));
    }
}
