//! What readings of a stage come to: passed, failed, inconclusive, or an error. Four things; only one of them is a failure.

use super::policy::{Probe, Verify};
use crate::ids::Moment;
use serde::{Deserialize, Serialize};

/// Between two looks at a check that has not ended, in milliseconds.
const CHECK_EVERY_MS: i64 = 15_000;
/// Between two tries of a program that asked for another, in milliseconds.
const COMMAND_EVERY_MS: i64 = 10_000;
/// A program that asks for another try gets so many.
const COMMAND_TRIES: u16 = 3;

/// How one thing that is looked at stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckState {
    /// What it is.
    pub verify: Verify,
    /// How it stands.
    pub verdict: Verdict,
    /// Readings that were good, bad, and neither.
    pub good: u16,
    /// Bad ones.
    pub bad: u16,
    /// Those that said nothing, or were none.
    pub blank: u16,
    /// What the last one said.
    pub note: String,
    /// When it began.
    pub began_at: Moment,
    /// When it is looked at next.
    pub next_at: Moment,
}

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not over.
    Running,
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// There was nothing to judge by.
    Inconclusive,
    /// It could not be looked at.
    Error,
}

/// What one reading says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// There is nothing to judge by.
    Nothing,
    /// It could not be read.
    Unread,
}

impl CheckState {
    /// Not looked at yet.
    pub fn new(verify: Verify, now: Moment) -> Self {
        let (verdict, note) = (Verdict::Running, String::new());
        Self { verify, verdict, good: 0, bad: 0, blank: 0, note, began_at: now, next_at: now }
    }

    /// Takes a reading in.
    pub fn sampled(&mut self, sample: Sample, note: &str, now: Moment) {
        if self.verdict != Verdict::Running {
            return;
        }
        note.clone_into(&mut self.note);
        match sample {
            Sample::Good => self.good += 1,
            Sample::Bad => self.bad += 1,
            Sample::Nothing | Sample::Unread => self.blank += 1,
        }
        self.next_at = now.plus_ms(self.pause_ms());
        self.verdict = self.judge(sample);
        self.expire(now);
    }

    /// What does not end in time ends all the same.
    pub fn expire(&mut self, now: Moment) {
        if self.verdict == Verdict::Running && now >= self.ends_at() {
            self.verdict = match self.verify.probe {
                Probe::Http { .. } => Verdict::Failed,
                Probe::Check(_) | Probe::Command { .. } | Probe::Metric { .. } => Verdict::Inconclusive,
            };
            if self.note.is_empty() {
                "it gave no result in time".clone_into(&mut self.note);
            }
        }
    }

    /// When it ends at the latest.
    pub fn ends_at(&self) -> Moment {
        self.began_at.plus_ms(self.verify.timeout_ms)
    }

    fn pause_ms(&self) -> i64 {
        match &self.verify.probe {
            Probe::Http { every_ms, .. } | Probe::Metric { every_ms, .. } => *every_ms,
            Probe::Check(_) => CHECK_EVERY_MS,
            Probe::Command { .. } => COMMAND_EVERY_MS,
        }
    }

    fn judge(&self, last: Sample) -> Verdict {
        let all = self.good + self.bad + self.blank;
        match (&self.verify.probe, last) {
            (Probe::Http { .. } | Probe::Check(_) | Probe::Command { .. }, Sample::Good) => Verdict::Passed,
            // An address that does not answer is as bad as one that answers wrongly: there is somebody who waits for it.
            (Probe::Http { tries, .. }, Sample::Bad | Sample::Nothing | Sample::Unread) => {
                if all >= *tries {
                    Verdict::Failed
                } else {
                    Verdict::Running
                }
            }
            (Probe::Check(_) | Probe::Command { .. }, Sample::Bad) => Verdict::Failed,
            (Probe::Check(_), Sample::Nothing | Sample::Unread) => Verdict::Running,
            (Probe::Command { .. }, Sample::Nothing | Sample::Unread) => {
                if self.blank >= COMMAND_TRIES {
                    Verdict::Error
                } else {
                    Verdict::Running
                }
            }
            (Probe::Metric { count, fail_limit, .. }, _) => {
                if self.bad > *fail_limit {
                    Verdict::Failed
                } else if all < *count {
                    Verdict::Running
                } else if self.blank * 2 > all {
                    Verdict::Inconclusive
                } else {
                    Verdict::Passed
                }
            }
        }
    }
}

/// What all of them come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// Some are not over.
    Running,
    /// All that count passed.
    Passed,
    /// One that counts failed; its place in the list.
    Failed(usize),
    /// None failed, and one that counts came to nothing: a person must say. Its place in the list.
    Undecided(usize),
}

/// What checks come to together; dry ones count for nothing.
pub fn together(checks: &[CheckState]) -> Together {
    let counting = || checks.iter().enumerate().filter(|(_, check)| !check.verify.dry_run);
    let first = |verdict: &dyn Fn(Verdict) -> bool| counting().find(|(_, c)| verdict(c.verdict)).map(|(i, _)| i);
    if let Some(failed) = first(&|v| v == Verdict::Failed) {
        return Together::Failed(failed);
    }
    if first(&|v| v == Verdict::Running).is_some() {
        return Together::Running;
    }
    match first(&|v| matches!(v, Verdict::Inconclusive | Verdict::Error)) {
        Some(undecided) => Together::Undecided(undecided),
        None => Together::Passed,
    }
}
