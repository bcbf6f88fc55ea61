//! How often the world is asked the same question again: a job that only looks rests for a while after each look. Nothing here
//! survives a restart, and nothing needs to.

use super::job::{DeliveryJob, DeliveryKey};
use crate::engine::job::Job;
use crate::ids::Moment;
use std::collections::BTreeMap;

/// Between two questions to a driver, in milliseconds.
const WATCH_EVERY_MS: i64 = 5_000;
/// Between two readings of a landed commit's checks, in milliseconds. A webhook tells sooner.
const JUDGE_EVERY_MS: i64 = 20_000;

/// When each question was asked last.
#[derive(Debug, Default)]
pub struct Pace {
    asked: BTreeMap<DeliveryKey, Moment>,
}

impl Pace {
    /// Leaves out what was looked at only just now; says when the next of that is due.
    pub fn keep(&mut self, owed: Vec<Job>, now: Moment) -> (Vec<Job>, Option<Moment>) {
        let keys: Vec<DeliveryKey> = owed.iter().filter_map(delivery).map(DeliveryJob::key).collect();
        self.asked.retain(|key, _| keys.contains(key));
        let mut next: Option<Moment> = None;
        let due = owed.into_iter().filter(|job| {
            let Some(at) = delivery(job).and_then(|job| self.due(job)).filter(|at| *at > now) else { return true };
            next = Some(next.map_or(at, |next| next.min(at)));
            false
        });
        (due.collect(), next)
    }

    /// A look ended.
    pub fn ended(&mut self, batch: &[Job], now: Moment) {
        for job in batch.iter().filter_map(delivery) {
            if every(job).is_some() {
                self.asked.insert(job.key(), now);
            }
        }
    }

    /// Something changed about it: it is looked at again at once.
    pub fn hurry(&mut self, wanted: impl Fn(&DeliveryKey) -> bool) {
        self.asked.retain(|key, _| !wanted(key));
    }

    fn due(&self, job: &DeliveryJob) -> Option<Moment> {
        match job {
            DeliveryJob::Sample { due, .. } => return Some(*due),
            DeliveryJob::Record(recording) => return Some(recording.due),
            _ => {}
        }
        Some(self.asked.get(&job.key())?.plus_ms(every(job)?))
    }
}

fn delivery(job: &Job) -> Option<&DeliveryJob> {
    if let Job::Delivery(job) = job { Some(job) } else { None }
}

/// How long one rests between two looks; none for what is done once.
fn every(job: &DeliveryJob) -> Option<i64> {
    match job {
        DeliveryJob::Watch { .. } => Some(WATCH_EVERY_MS),
        DeliveryJob::Judge { .. } => Some(JUDGE_EVERY_MS),
        DeliveryJob::Record(_)
        | DeliveryJob::Cut { .. }
        | DeliveryJob::Restore { .. }
        | DeliveryJob::ReadChange(_)
        | DeliveryJob::Confirm { .. }
        | DeliveryJob::Start { .. }
        | DeliveryJob::Stop { .. }
        | DeliveryJob::Sample { .. } => None,
    }
}
