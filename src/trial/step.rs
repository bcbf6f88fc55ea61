//! What happens to trials, and what becomes of them by that. Whatever is late, or about a trial that is over, changes nothing.

use super::{Asked, End, LIVE_MAX, PUT_OFF_MAX, Phase, Trial, Trials, Tried, WAITS_MS};
use crate::facts::Culprit;
use crate::ids::{Moment, PrNumber, Sha, TrialNumber};
use crate::queue::{Composition, Silence, Unfit};
use std::collections::BTreeSet;

/// Trials that are over and kept to be asked about, at the most.
const OVER_KEPT: usize = 100;

/// What the queue leaves to trials.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// CI runs that it has no use for.
    pub free: usize,
    /// Trunk as last read.
    pub trunk: Option<Sha>,
    /// Now.
    pub now: Moment,
}

/// A pull request as it is now.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Its head.
    pub head: Sha,
    /// It is open, and has not landed.
    pub open: bool,
    /// The branch it goes to, if that is another than the queue's.
    pub other_base: Option<&'a str>,
}

/// What CI says about a tried commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// These required checks passed, which are all.
    Passed(Vec<String>),
    /// These did not.
    Failed(Vec<Culprit>),
    /// None.
    Silent(Silence),
}

impl Trials {
    /// Begins a trial in the place of the pull request's last one; the same one that is under way goes on.
    pub fn ask(&mut self, pr: PrNumber, asked: Asked, now: Moment) {
        if let Some(same) = self.live(pr)
            && (same.asked.head, same.asked.strategy) == (asked.head, asked.strategy)
        {
            return;
        }
        self.stop(pr);
        let others = self.by_pull.iter().filter(|(other, trial)| **other != pr && trial.live()).count();
        let phase =
            if others < LIVE_MAX { Phase::Waiting { since: now } } else { Phase::Over { end: End::Crowded, at: now } };
        self.by_pull.insert(
            pr,
            Trial { asked, since: now, phase, begun_at: now, put_off: 0, checked: None, spent: BTreeSet::new() },
        );
    }

    /// Somebody ends the pull request's trial.
    pub fn cancel(&mut self, pr: PrNumber, by: &str, now: Moment) {
        self.end(pr, End::Cancelled { by: by.to_owned() }, now);
    }

    /// Nothing says any more what a trial would be judged by.
    pub fn unjudgeable(&mut self, now: Moment) {
        let live: Vec<PrNumber> = self.by_pull.iter().filter(|(_, trial)| trial.live()).map(|(pr, _)| *pr).collect();
        for pr in live {
            self.end(pr, End::NoChecks, now);
        }
    }

    /// The pull request was read: a trial is about one head of an open one.
    pub fn seen(&mut self, pr: PrNumber, sight: Sight<'_>, now: Moment) {
        let Some(trial) = self.live(pr) else { return };
        let end = match sight.other_base {
            _ if !sight.open => End::Closed,
            _ if sight.head != trial.asked.head => End::NewHead(sight.head),
            Some(base) => End::OtherBase(base.to_owned()),
            None => return,
        };
        self.end(pr, end, now);
    }

    /// A head was composed, or cannot be.
    pub fn composed(&mut self, pr: PrNumber, (onto, head): (Sha, Sha), result: &Composition, now: Moment) {
        let number = self.next;
        let Some(trial) = self.by_pull.get_mut(&pr) else { return };
        if trial.phase != (Phase::Composing { onto }) || trial.asked.head != head {
            return;
        }
        let unfit = match result {
            Composition::Tip(tip) if *tip != onto => {
                self.next = number.next();
                trial.phase = Phase::Testing { number, onto, tip: Tried(*tip), asked_at: None };
                return;
            }
            Composition::Tip(_) | Composition::Nothing => Unfit::Nothing,
            Composition::Conflict(paths) => Unfit::Conflict(paths.clone()),
            Composition::Refused(why) => Unfit::Refused(why.clone()),
            Composition::HeadMissing => Unfit::HeadMissing(head),
        };
        self.end(pr, End::Unfit(onto, unfit), now);
    }

    /// These checks on a commit that is about to be checked were stopped before: they say nothing about it.
    pub fn spend(&mut self, number: TrialNumber, checks: &BTreeSet<u64>) {
        if let Some((_, trial)) = self.under(number) {
            trial.spent.extend(checks);
        }
    }

    /// CI was asked.
    pub fn begun(&mut self, number: TrialNumber, now: Moment) {
        if let Some((_, trial)) = self.under(number)
            && let Phase::Testing { tip, asked_at, .. } = &mut trial.phase
        {
            asked_at.get_or_insert(now);
            trial.checked = Some(tip.sha());
        }
    }

    /// The commit is lost, or would become another today: it is made anew, a few times.
    pub fn lost(&mut self, number: TrialNumber, now: Moment) {
        if let Some((pr, _)) = self.under(number) {
            self.put_off(pr, End::NoRoom, now);
        }
    }

    /// CI said something about the commit, by these checks.
    pub fn judged(&mut self, number: TrialNumber, verdict: Verdict, checks: BTreeSet<u64>, now: Moment) {
        let Some((pr, trial)) = self.under(number) else { return };
        let Some(on) = trial.on() else { return };
        match verdict {
            Verdict::Passed(checks) => self.over(pr, End::Green(on, checks), now),
            Verdict::Failed(checks) => self.over(pr, End::Red(on, checks), now),
            // Whoever stopped it may have meant a run of the queue on the same commit.
            Verdict::Silent(silence @ Silence::Cancelled(_)) => {
                trial.spent.extend(checks);
                self.put_off(pr, End::Silent(on, silence), now);
            }
            Verdict::Silent(silence) => self.end(pr, End::Silent(on, silence), now),
        }
    }

    /// A run that was called off is no more.
    pub fn stopped(&mut self, number: TrialNumber) {
        self.stopping.remove(&number);
    }

    /// Puts off what the queue has use for, ends what has waited for long, and begins what there is room for.
    pub fn settle(&mut self, room: Room) {
        let unasked =
            |trial: &Trial| matches!(trial.phase, Phase::Composing { .. } | Phase::Testing { asked_at: None, .. });
        let late = |trial: &Trial| unasked(trial) && room.now.since_ms(trial.begun_at) >= WAITS_MS;
        let late: Vec<_> = self.by_pull.iter().filter(|(_, trial)| late(trial)).map(|(pr, _)| *pr).collect();
        for pr in late {
            self.end(pr, End::NotAsked, room.now);
        }
        let mut running: Vec<_> = self.by_pull.iter().filter(|(_, trial)| trial.runs()).collect();
        running.sort_by_key(|(pr, trial)| (trial.since, **pr));
        let excess: Vec<PrNumber> = running.iter().skip(room.free).map(|(pr, _)| **pr).collect();
        let mut taken = running.len() - excess.len();
        for pr in excess {
            self.put_off(pr, End::NoRoom, room.now);
        }
        taken += self.stopping.len();
        for pr in self.waiting() {
            let Some(trial) = self.by_pull.get_mut(&pr) else { continue };
            let Phase::Waiting { since } = trial.phase else { continue };
            if let Some(onto) = room.trunk.filter(|_| taken < room.free) {
                (trial.phase, trial.begun_at) = (Phase::Composing { onto }, room.now);
                taken += 1;
            } else if room.now.since_ms(since) >= WAITS_MS {
                self.over(pr, End::NoRoom, room.now);
            }
        }
    }

    /// Forgets trials that are over: of pull requests that are `gone`, and the oldest of too many.
    pub fn forget(&mut self, gone: impl Fn(PrNumber) -> bool) {
        self.by_pull.retain(|pr, trial| trial.live() || !gone(*pr));
        let over = |trial: &Trial| if let Phase::Over { at, .. } = trial.phase { Some(at) } else { None };
        let mut ended: Vec<_> = self.by_pull.iter().filter_map(|(pr, trial)| Some((over(trial)?, *pr))).collect();
        ended.sort_unstable();
        for (_, pr) in ended.iter().rev().skip(OVER_KEPT) {
            self.by_pull.remove(pr);
        }
    }

    /// The trial that CI is checking a commit for under this number.
    fn under(&mut self, number: TrialNumber) -> Option<(PrNumber, &mut Trial)> {
        self.by_pull.iter_mut().find(|(_, trial)| trial.is_under(number)).map(|(pr, trial)| (*pr, trial))
    }

    /// Calls the trial's run off, and has it wait again; if that was so too often, it ends like this.
    fn put_off(&mut self, pr: PrNumber, end: End, now: Moment) {
        self.stop(pr);
        let Some(trial) = self.by_pull.get_mut(&pr) else { return };
        trial.put_off = trial.put_off.saturating_add(1);
        trial.phase =
            if trial.put_off >= PUT_OFF_MAX { Phase::Over { end, at: now } } else { Phase::Waiting { since: now } };
    }

    /// Ends a trial, and calls its run off.
    fn end(&mut self, pr: PrNumber, end: End, now: Moment) {
        if self.live(pr).is_some() {
            self.stop(pr);
            self.over(pr, end, now);
        }
    }

    fn over(&mut self, pr: PrNumber, end: End, now: Moment) {
        if let Some(trial) = self.by_pull.get_mut(&pr) {
            trial.phase = Phase::Over { end, at: now };
        }
    }

    fn stop(&mut self, pr: PrNumber) {
        if let Some(Phase::Testing { number, tip, .. }) = self.by_pull.get(&pr).map(|trial| &trial.phase) {
            self.stopping.insert(*number, *tip);
        }
    }
}
