//! Which owed jobs are begun now: one of a key at a time, refs batched into one push, after trouble with growing pauses,
//! and pushes within their budget. Pure bookkeeping; the jobs themselves come from the state.

use super::delivery::DeliveryKey;
use super::job::{Job, Key};
use super::perform::Failed;
use super::trials::TrialKey;
use crate::ids::{Moment, PrNumber};
use crate::port::Trouble;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Compositions, readings and the like under way at once, at the most.
const AT_ONCE: usize = 16;
/// Closings under way at once, at the most. Each may wait half a minute for the forge, so they have places of their own.
const CLOSINGS_AT_ONCE: usize = 4;
/// Heads looked at for settings at once, at the most: after a first start there may be hundreds, and nothing waits for them.
const PROPOSALS_AT_ONCE: usize = 2;
/// First pause after trouble, doubled up to the longest.
const PAUSE_MS: i64 = 500;
const LONGEST_PAUSE_MS: i64 = 30_000;
/// What has failed for so long, and more than once, over the same pull request keeps nobody waiting for that any more.
const PATIENCE_MS: i64 = 60_000;
/// Pushes a minute that are not used for tidying up.
const SPARED_FOR_LANDINGS: u32 = 4;
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
    /// Whose failures these have been, and since when.
    of: Option<PrNumber>,
    since: Moment,
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
            match kind(&key) {
                Kind::Refs => refs.push(job),
                Kind::Landing => match self.wait_for_push(now, 0) {
                    None => self.start(vec![job], now, &mut begin),
                    Some(until) => begin.next = Some(begin.next.map_or(until, |next| next.min(until))),
                },
                // Trials push by themselves: what keeps them must not keep the queue's runs.
                kind @ (Kind::Branch | Kind::Trial | Kind::Ledger) if self.count(kind) > 0 => {}
                Kind::Branch | Kind::Trial | Kind::Ledger => match self.wait_for_push(now, SPARED_FOR_LANDINGS) {
                    None => self.start(vec![job], now, &mut begin),
                    Some(until) => begin.next = Some(begin.next.map_or(until, |next| next.min(until))),
                },
                kind @ (Kind::Comment | Kind::Closing | Kind::Proposal | Kind::Delivery | Kind::Other) => {
                    if self.count(kind) < kind.at_once() {
                        self.start(vec![job], now, &mut begin);
                    }
                }
            }
        }
        self.begin_refs(refs, now, &mut begin);
        begin
    }

    /// All refs go in one push, one push at a time; two pushes a minute are left to landings.
    fn begin_refs(&mut self, refs: Vec<Job>, now: Moment, begin: &mut Begin) {
        // A stray ref is tidied with the next push that is needed anyway, or when pushes cost nothing.
        let needed = refs.iter().any(|job| !matches!(job, Job::DropRef(_))) || self.pushes_per_minute.is_none();
        if refs.is_empty() || self.count(Kind::Refs) > 0 {
            return;
        }
        match self.wait_for_push(now, if needed { 2 } else { SPARED_FOR_LANDINGS }) {
            None => self.start(refs, now, begin),
            Some(until) => begin.next = Some(begin.next.map_or(until, |next| next.min(until))),
        }
    }

    fn count(&self, of: Kind) -> usize {
        self.under_way.iter().filter(|key| kind(key) == of).count()
    }

    fn start(&mut self, batch: Vec<Job>, now: Moment, begin: &mut Begin) {
        let pushes = match batch.first().map(|job| kind(&job.key())) {
            Some(Kind::Refs | Kind::Branch | Kind::Trial | Kind::Ledger) => 1,
            Some(Kind::Landing) => 2,
            Some(Kind::Comment | Kind::Closing | Kind::Proposal | Kind::Delivery | Kind::Other) | None => 0,
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

    /// Takes in how a batch ended; the first pull request that nobody waits for any more, and what stands in its way.
    pub fn ended(&mut self, batch: &[Job], failed: &[(Key, Failed)], now: Moment) -> Option<(PrNumber, String)> {
        for key in batch.iter().map(Job::key) {
            self.under_way.remove(&key);
            if !failed.iter().any(|(of, _)| *of == key) {
                self.resting.remove(&key);
            }
        }
        for (key, failed) in failed {
            self.rest(key.clone(), failed, now);
        }
        failed.iter().find_map(|(key, failed)| Some((failed.of?, self.hopeless(key, &failed.trouble, now)?)))
    }

    /// What stands in the way of a job for long. That the other side asks everybody to wait is no reason to go without one.
    fn hopeless(&self, key: &Key, trouble: &Trouble, now: Moment) -> Option<String> {
        let what = match trouble {
            Trouble::Busy { retry_after_ms: Some(_), .. } => return None,
            Trouble::Busy { what, retry_after_ms: None } | Trouble::Denied(what) | Trouble::Bug(what) => what,
        };
        self.resting.get(key).filter(|resting| now.since_ms(resting.since) >= PATIENCE_MS).map(|_| what.clone())
    }

    fn rest(&mut self, key: Key, Failed { trouble, of }: &Failed, now: Moment) {
        let before = self.resting.get(&key);
        let times = before.map_or(1, |resting| resting.times.saturating_add(1));
        let since = before.filter(|resting| resting.of == *of).map_or(now, |resting| resting.since);
        let asked = match trouble {
            Trouble::Busy { retry_after_ms: Some(ms), .. } => i64::try_from(*ms).unwrap_or(LONGEST_PAUSE_MS),
            Trouble::Busy { retry_after_ms: None, .. } | Trouble::Bug(_) => 0,
            Trouble::Denied(_) => LONGEST_PAUSE_MS,
        };
        let grown = (PAUSE_MS << (times - 1).min(7)).min(LONGEST_PAUSE_MS);
        let (of, until, what) = (*of, now.plus_ms(asked.max(grown)), trouble.to_string());
        self.resting.insert(key, Resting { times, until, of, since, what });
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
    Closing,
    Branch,
    Trial,
    Proposal,
    Ledger,
    Delivery,
    Other,
}

impl Kind {
    /// Batches of this kind under way at once, at the most; landings are held back by their budget and by the queue.
    fn at_once(self) -> usize {
        match self {
            Self::Refs | Self::Comment | Self::Branch | Self::Trial | Self::Ledger => 1,
            Self::Landing => usize::MAX,
            Self::Closing => CLOSINGS_AT_ONCE,
            Self::Proposal => PROPOSALS_AT_ONCE,
            Self::Delivery | Self::Other => AT_ONCE,
        }
    }
}

fn kind(key: &Key) -> Kind {
    match key {
        Key::Start(_) | Key::Cancel(_) | Key::Drop(_) => Kind::Refs,
        Key::Trial(TrialKey::Start(_) | TrialKey::Stop(_)) => Kind::Trial,
        Key::Land(_) | Key::Revoke(_) => Kind::Landing,
        Key::Post(..) | Key::Report(..) | Key::Answer(_) => Kind::Comment,
        Key::Close(_) => Kind::Closing,
        Key::Settings(_)
        | Key::Trunk
        | Key::Weigh(_)
        | Key::Compose(..)
        | Key::Trial(TrialKey::Compose(..))
        | Key::Eject(_)
        | Key::Base(_)
        | Key::Label(_) => Kind::Other,
        Key::Branch(_) => Kind::Branch,
        Key::Delivery(DeliveryKey::Record | DeliveryKey::Tag(_)) => Kind::Ledger,
        Key::Delivery(
            DeliveryKey::Judge(_)
            | DeliveryKey::Change(_)
            | DeliveryKey::Confirm(_)
            | DeliveryKey::Driver(_)
            | DeliveryKey::Sample(..),
        ) => Kind::Delivery,
        Key::Proposal(..) => Kind::Proposal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PrNumber;

    const NOW: Moment = Moment::from_ms(0);

    fn close(pr: u64) -> Job {
        let tip = "757107ea0eb2509fc211221cce984b8a37570b6d".parse().expect("a sha");
        Job::Close { pr: PrNumber::new(pr), tip, unmoved: false, kept: None }
    }

    fn label(pr: u64) -> Job {
        Job::RemoveLabel { pr: PrNumber::new(pr), label: "ready to merge".into() }
    }

    fn stray(n: u64) -> Job {
        Job::DropRef(format!("refs/greenline/landing/{n}").parse().expect("a ref"))
    }

    #[test]
    fn closings_have_places_of_their_own() {
        let mut dispatch = Dispatch::new(None);
        assert_eq!(dispatch.begin((0..20).map(close).collect(), NOW).batches.len(), CLOSINGS_AT_ONCE);
        let owed = (0..20).map(close).chain((0..20).map(label)).collect();
        assert_eq!(dispatch.begin(owed, NOW).batches.len(), AT_ONCE);
    }

    #[test]
    fn a_push_of_many_refs_is_one_and_takes_nobody_elses_place() {
        let mut dispatch = Dispatch::new(None);
        let begun = dispatch.begin((0..40).map(stray).collect(), NOW).batches;
        assert_eq!(begun.iter().map(Vec::len).collect::<Vec<_>>(), [40]);
        let owed = (0..60).map(stray).chain((0..20).map(label)).collect();
        assert_eq!(dispatch.begin(owed, NOW).batches.len(), AT_ONCE, "no second push meanwhile");
        dispatch.ended(&begun[0], &[], NOW);
        let owed = (40..60).map(stray).collect();
        assert_eq!(dispatch.begin(owed, NOW).batches.iter().map(Vec::len).collect::<Vec<_>>(), [20]);
    }

    fn failed(key: Key, of: Option<u64>, trouble: Trouble) -> Vec<(Key, Failed)> {
        vec![(key, Failed { trouble, of: of.map(PrNumber::new) })]
    }

    #[test]
    fn what_fails_of_a_push_rests_and_the_rest_of_it_does_not() {
        let mut dispatch = Dispatch::new(None);
        let both = [stray(1), stray(2)];
        assert_eq!(dispatch.begin(both.to_vec(), NOW).batches.len(), 1);
        dispatch.ended(&both, &failed(stray(1).key(), None, Trouble::busy("refused")), NOW);
        assert_eq!(dispatch.begin(both.to_vec(), NOW).batches, [vec![stray(2)]]);
    }

    #[test]
    fn after_a_minute_nobody_waits_for_whoever_it_is_about() {
        let in_the_way = |of: fn(i64) -> Option<u64>, trouble: Trouble| {
            let mut dispatch = Dispatch::new(None);
            let mut ends =
                |s: i64| dispatch.ended(&[], &failed(Key::Trunk, of(s), trouble.clone()), Moment::from_ms(s * 1_000));
            (0..200).step_by(10).find_map(|s| Some((s, ends(s)?)))
        };
        let seven = Some((60, (PrNumber::new(7), "502".to_owned())));
        assert_eq!(in_the_way(|_| Some(7), Trouble::busy("502")), seven);
        assert_eq!(in_the_way(|_| None, Trouble::busy("502")), None, "it is about everybody");
        let late = Some((160, (PrNumber::new(7), "502".to_owned())));
        assert_eq!(in_the_way(|s| (s >= 100).then_some(7), Trouble::busy("502")), late, "it was not, at first");
        let asked = Trouble::Busy { what: "too many requests".into(), retry_after_ms: Some(1) };
        assert_eq!(in_the_way(|_| Some(7), asked), None);
    }

    #[test]
    fn pauses_grow_to_the_longest() {
        let mut dispatch = Dispatch::new(None);
        let (mut now, mut pauses) = (NOW, Vec::new());
        for _ in 0..9 {
            assert_eq!(dispatch.begin(vec![label(1)], now).batches.len(), 1);
            dispatch.ended(&[label(1)], &failed(label(1).key(), None, Trouble::busy("no answer")), now);
            let next = dispatch.begin(vec![label(1)], now).next.expect("it rests");
            pauses.push(next.since_ms(now));
            now = next;
        }
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    }
}
