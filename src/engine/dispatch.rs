//! Which owed jobs are begun now: one of a key at a time, refs batched into one push, after trouble with growing pauses,
//! and pushes within their budget. Pure bookkeeping; the jobs themselves come from the state.

use super::job::{Job, Key};
use crate::ids::Moment;
use crate::port::Trouble;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Compositions, readings and the like under way at once, at the most.
const AT_ONCE: usize = 16;
/// First pause after trouble, doubled up to the longest.
const PAUSE_MS: i64 = 500;
const LONGEST_PAUSE_MS: i64 = 60_000;
/// The push budget counts over this long.
const MINUTE_MS: i64 = 60_000;

/// What is under way, what waits after trouble, and how many pushes were made lately.
#[derive(Debug)]
pub struct Dispatch {
    under_way: BTreeSet<Key>,
    resting: BTreeMap<Key, Resting>,
    pushes_per_minute: Option<u32>,
    pushes: VecDeque<Moment>,
}

#[derive(Debug, Clone)]
struct Resting {
    times: u32,
    until: Moment,
    what: String,
}

/// What to begin, and when to look again if nothing happens.
#[derive(Debug, Default)]
pub struct Begin {
    /// Jobs, those of one list to be done together.
    pub batches: Vec<Vec<Job>>,
    /// When a resting job is due.
    pub next: Option<Moment>,
}

impl Dispatch {
    /// Nothing under way; `pushes_per_minute` none means no limit.
    pub fn new(pushes_per_minute: Option<u32>) -> Self {
        Self { under_way: BTreeSet::new(), resting: BTreeMap::new(), pushes_per_minute, pushes: VecDeque::new() }
    }

    /// Chooses from all that is owed, most urgent first.
    pub fn begin(&mut self, owed: Vec<Job>, now: Moment) -> Begin {
        let keys: BTreeSet<Key> = owed.iter().map(Job::key).collect();
        self.resting.retain(|key, _| keys.contains(key));
        let mut begin = Begin::default();
        let mut refs = Vec::new();
        for job in owed {
            let key = job.key();
            if self.under_way.contains(&key) {
                continue;
            }
            if let Some(resting) = self.resting.get(&key).filter(|resting| resting.until > now) {
                begin.next = Some(begin.next.map_or(resting.until, |next| next.min(resting.until)));
                continue;
            }
            match kind(&job) {
                Kind::Refs => refs.push(job),
                Kind::Comment if self.under_way.iter().any(|key| matches!(key, Key::Post(_) | Key::Answer(_))) => {}
                Kind::Landing => match self.wait_for_push(now, 0) {
                    None => self.start(vec![job], now, &mut begin),
                    Some(until) => begin.next = Some(begin.next.map_or(until, |next| next.min(until))),
                },
                Kind::Comment | Kind::Other if self.under_way.len() < AT_ONCE => self.start(vec![job], now, &mut begin),
                Kind::Comment | Kind::Other => {}
            }
        }
        self.begin_refs(refs, now, &mut begin);
        begin
    }

    /// All refs go in one push, one push at a time; two pushes a minute are left to landings.
    fn begin_refs(&mut self, refs: Vec<Job>, now: Moment, begin: &mut Begin) {
        let pushing = self.under_way.iter().any(|key| matches!(key, Key::Start(_) | Key::Cancel(_) | Key::Drop(_)));
        // A stray ref is tidied with the next push that is needed anyway, or when pushes cost nothing.
        let needed = refs.iter().any(|job| !matches!(job, Job::DropRef(_))) || self.pushes_per_minute.is_none();
        if refs.is_empty() || pushing {
            return;
        }
        match self.wait_for_push(now, if needed { 2 } else { 4 }) {
            None => self.start(refs, now, begin),
            Some(until) => begin.next = Some(begin.next.map_or(until, |next| next.min(until))),
        }
    }

    fn start(&mut self, batch: Vec<Job>, now: Moment, begin: &mut Begin) {
        let pushes = match batch.first().map(kind) {
            Some(Kind::Refs) => 1,
            Some(Kind::Landing) => 2,
            Some(Kind::Comment | Kind::Other) | None => 0,
        };
        self.pushes.extend(std::iter::repeat_n(now, pushes));
        self.under_way.extend(batch.iter().map(Job::key));
        begin.batches.push(batch);
    }

    /// Until when a push has to wait so that `reserve` pushes of this minute stay free; none if it need not.
    fn wait_for_push(&mut self, now: Moment, reserve: u32) -> Option<Moment> {
        let limit = self.pushes_per_minute?;
        let allowed = usize::try_from(limit.saturating_sub(reserve).max(1)).unwrap_or(usize::MAX);
        while self.pushes.front().is_some_and(|at| now.since_ms(*at) >= MINUTE_MS) {
            self.pushes.pop_front();
        }
        let excess = self.pushes.len().checked_sub(allowed)?;
        self.pushes.get(excess).map(|at| at.plus_ms(MINUTE_MS))
    }

    /// Takes in how a batch ended.
    pub fn ended(&mut self, batch: &[Job], trouble: Option<&Trouble>, now: Moment) {
        for key in batch.iter().map(Job::key) {
            self.under_way.remove(&key);
            match trouble {
                None => {
                    self.resting.remove(&key);
                }
                Some(trouble) => self.rest(key, trouble, now),
            }
        }
    }

    fn rest(&mut self, key: Key, trouble: &Trouble, now: Moment) {
        let times = self.resting.get(&key).map_or(1, |resting| resting.times.saturating_add(1));
        let asked = match trouble {
            Trouble::Busy { retry_after_ms: Some(ms), .. } => i64::try_from(*ms).unwrap_or(LONGEST_PAUSE_MS),
            Trouble::Busy { retry_after_ms: None, .. } | Trouble::Bug(_) => 0,
            Trouble::Denied(_) => LONGEST_PAUSE_MS / 2,
        };
        let grown = (PAUSE_MS << times.min(8)).min(LONGEST_PAUSE_MS) / 2;
        self.resting.insert(key, Resting { times, until: now.plus_ms(asked.max(grown)), what: trouble.to_string() });
    }

    /// What has gone wrong more than once in a row, for the board.
    pub fn troubles(&self) -> Vec<String> {
        let lasting = self.resting.values().filter(|resting| resting.times > 1);
        let mut troubles: Vec<String> = lasting.map(|resting| resting.what.clone()).collect();
        troubles.sort();
        troubles.dedup();
        troubles.truncate(10);
        troubles
    }

    /// Nothing is under way.
    pub fn idle(&self) -> bool {
        self.under_way.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refs,
    Landing,
    Comment,
    Other,
}

fn kind(job: &Job) -> Kind {
    match job {
        Job::StartRun { .. } | Job::CancelRun { .. } | Job::DropRef(_) => Kind::Refs,
        Job::Land(_) | Job::Revoke { .. } => Kind::Landing,
        Job::Post { .. } | Job::Answer { .. } => Kind::Comment,
        Job::ReadSettings { .. }
        | Job::ReadTrunk(_)
        | Job::Compose { .. }
        | Job::ConfirmEject { .. }
        | Job::RemoveLabel { .. }
        | Job::Close { .. } => Kind::Other,
    }
}
