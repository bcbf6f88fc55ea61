//! One seed from its beginning to its end: faults for a while, then quiet, then everything must have come to its end.

use super::bot::process::{Polled, Process};
use super::ground::dice::mix;
use super::ground::world::{Due, Ground, Shared};
use super::judge::oracle::Violation;
use super::planted::bugs::Bug;
use crate::engine::repo::Ended;
use std::collections::BTreeMap;

/// Far more steps than any seed needs; a seed that needs more does not come to rest.
const STEPS: u64 = 100_000;

/// What is to be run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Order {
    /// The planted bug, if any.
    pub bug: Option<Bug>,
    /// Everything that happens is written down.
    pub trace: bool,
}

/// What came of a seed.
#[derive(Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What was broken, if anything was.
    pub violation: Option<Violation>,
    /// How often rare things happened.
    pub counters: BTreeMap<&'static str, u64>,
    /// Follows from everything that happened.
    pub hash: u64,
    /// How much happened.
    pub steps: u64,
    /// What happened, if it was to be written down.
    pub trace: Vec<String>,
}

struct Script {
    shared: Shared,
    processes: Vec<Process>,
    next_process: u32,
    pushes_per_minute: Option<u32>,
    ends_at: Option<i64>,
    horizon: i64,
}

/// Runs one seed.
pub fn run(seed: u64, order: Order) -> Report {
    let mut ground = Ground::new(seed, order.bug, order.trace);
    let quiet_at = 60_000 + ground.dice.ms(0, 240_000);
    let pushes_per_minute = if ground.dice.one_in(3) { Some(6) } else { None };
    let acts = 10 + ground.dice.roll(20);
    for _ in 0..acts {
        let at = ground.dice.ms(0, u64::try_from(quiet_at).unwrap_or(0));
        ground.after(at, Due::Act);
    }
    if ground.dice.one_in(3) {
        let at = ground.dice.ms(1_000, u64::try_from(quiet_at).unwrap_or(1_000));
        ground.after(at, Due::Start);
    }
    ground.after(0, Due::Start);
    ground.after(quiet_at, Due::Calm);
    let shared = Shared::new(ground);
    let script =
        Script { shared, processes: Vec::new(), next_process: 1, pushes_per_minute, ends_at: None, horizon: 0 };
    script.go(seed)
}

impl Script {
    fn go(mut self, seed: u64) -> Report {
        let mut steps = 0;
        loop {
            steps += 1;
            let due = self.shared.ground().next();
            let over = match due {
                None => {
                    self.shared.ground().oracle.breaks("L1", "nothing is due any more, and not everything has ended");
                    true
                }
                Some(due) => self.step(due),
            };
            self.poll();
            if over || steps > STEPS || self.shared.ground().oracle.broken.is_some() {
                break;
            }
        }
        if steps > STEPS {
            self.shared.ground().oracle.breaks("L1", "it does not come to rest");
        }
        self.processes.clear();
        let mut ground = self.shared.ground();
        Report {
            seed,
            violation: ground.oracle.broken.clone(),
            counters: std::mem::take(&mut ground.oracle.counters),
            hash: mix(ground.hash() ^ steps),
            steps,
            trace: ground.trace.take().unwrap_or_default(),
        }
    }

    /// True when everything has come to its end.
    fn step(&mut self, due: Due) -> bool {
        if let Due::Start = due {
            self.start();
            return false;
        }
        let mut ground = self.shared.ground();
        match due {
            Due::Ticket(id) => {
                let waker = ground.grant(id);
                drop(ground);
                if let Some(waker) = waker {
                    waker.wake();
                }
                return false;
            }
            Due::Delivery(hint, id) => ground.deliver(&hint, id),
            Due::Ci(sha, at) => ground.ci_step(sha, at),
            Due::Rerun(sha) => ground.rerun(sha),
            Due::Noticed(pr) => ground.notice(pr),
            Due::MergedNoticed => ground.notice_merged(),
            Due::Act => ground.act(),
            Due::Intended(intent) => ground.carry_out(intent),
            Due::Arrives(push) => {
                ground.rival(&push);
                ground.arrive(&push, true);
            }
            Due::Start => {}
            Due::Calm => {
                ground.calm_down();
                self.horizon = ground.horizon_ms();
                self.ends_at = Some(ground.now.ms() + self.horizon);
                let ms = 2 * i64::try_from(ground.reconcile_ms).unwrap_or(0) + 30_000;
                ground.after(ms, Due::Ended);
            }
            Due::Ended => {
                let Some(unfinished) = ground.unfinished() else {
                    ground.sum_up();
                    return true;
                };
                if self.ends_at.is_some_and(|end| ground.now.ms() > end) {
                    ground.oracle.breaks(unfinished.invariant, unfinished.what);
                }
                ground.after(30_000, Due::Ended);
            }
        }
        false
    }

    /// A process starts; if one runs already, both believe for a while that they are the one.
    fn start(&mut self) {
        if !self.processes.is_empty() {
            let mut ground = self.shared.ground();
            if ground.dice.one_in(3) {
                ground.oracle.sometimes("a process was asked to stop");
                drop(ground);
                return self.processes.iter().for_each(Process::stop);
            }
            ground.oracle.sometimes("two processes at once");
        }
        let id = self.next_process;
        self.next_process += 1;
        self.shared.ground().note(|| format!("process {id} starts"));
        self.processes.push(Process::start(&self.shared, id, self.pushes_per_minute));
    }

    fn poll(&mut self) {
        let mut i = 0;
        while i < self.processes.len() {
            let polled = self.processes[i].poll();
            let id = self.processes[i].id;
            let doomed = self.shared.ground().doomed.contains(&id);
            let fenced = matches!(polled, Polled::Ended(Ended::Fenced));
            match polled {
                Polled::Waits if !doomed => {
                    i += 1;
                    continue;
                }
                Polled::Waits => {
                    let mut ground = self.shared.ground();
                    ground.crashed(id);
                }
                Polled::Ended(ended) => self.shared.ground().note(|| format!("process {id} ends: {ended:?}")),
                Polled::Broke(why) => self.shared.ground().oracle.breaks("assertion", why),
            }
            drop(self.processes.remove(i));
            let mut ground = self.shared.ground();
            ground.processes.remove(&id);
            ground.doomed.retain(|doomed| *doomed != id);
            if ground.processes.is_empty() {
                // What was lost in the last moment of faults may still be found out.
                let calm = self.ends_at.is_some_and(|end| ground.now.ms() > end - self.horizon + 60_000);
                if fenced && calm {
                    ground.oracle.breaks("L4", format!("process {id} gave up, and nothing had gone wrong"));
                }
                let ms = ground.dice.ms(50, 20_000);
                ground.after(ms, Due::Start);
            }
        }
    }
}
