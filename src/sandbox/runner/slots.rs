//! Which CI run has a slot, which waits, which gives way. Pure: starts and stops nothing.
//!
//! The service's runs go first. Runs of pull request heads, which GitHub would start too, use idle slots only and give way
//! when the queue needs one: a demonstration must not wait for them.

use super::super::types::RunStarted;
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Runs that may wait, at the most.
const WAITING_MAX: usize = 2_000;
/// Commits and check runs remembered, at the most; the oldest are forgotten.
const REMEMBERED_MAX: usize = 20_000;

/// Who waits for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// The queue.
    Queue,
    /// Nobody but a reader of the pull request.
    Head,
}

/// One run of the CI command.
#[derive(Debug, Clone)]
pub struct Job {
    /// The branch whose push asked for it.
    pub branch: String,
    /// The commit.
    pub sha: String,
    /// Who waits for it.
    pub urgency: Urgency,
    /// Its ids in the look-alike.
    pub run: RunStarted,
    /// What it runs in place of the runner's own command; then it tests nothing.
    pub command: Option<String>,
}

/// All runs that wait or run.
#[derive(Debug)]
pub struct Slots {
    count: usize,
    waiting: VecDeque<Job>,
    running: BTreeMap<u64, Job>,
    /// Commits that have had a run.
    seen: HashSet<String>,
    /// Branches by check run, for reruns; newest last.
    branches: VecDeque<(u64, String)>,
}

impl Slots {
    /// Nothing waits, nothing runs; at least one slot.
    pub fn new(count: usize) -> Self {
        Self {
            count: count.max(1),
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            seen: HashSet::new(),
            branches: VecDeque::new(),
        }
    }

    /// Whether a push asks for a run of its own. Every push to a queue branch does, unless the same commit waits or runs
    /// already: then that run becomes the queue's. Any other commit is tested once, so that a landing (which moves the head
    /// branch and then trunk to the tested commit) tests nothing again.
    pub fn is_news(&mut self, branch: &str, sha: &str, urgency: Urgency) -> bool {
        match urgency {
            Urgency::Head => !self.seen.contains(sha),
            Urgency::Queue => {
                let adopted = self.waiting.iter_mut().chain(self.running.values_mut()).find(|job| job.sha == sha);
                match adopted {
                    Some(job) if job.urgency == Urgency::Head => {
                        job.urgency = Urgency::Queue;
                        branch.clone_into(&mut job.branch);
                        false
                    }
                    Some(_) | None => true,
                }
            }
        }
    }

    /// Puts a run in the line; gives it back when the line is full.
    pub fn add(&mut self, job: Job) -> Result<(), Job> {
        if self.waiting.len() >= WAITING_MAX {
            return Err(job);
        }
        if self.seen.len() >= REMEMBERED_MAX {
            self.seen.clear();
        }
        if job.command.is_none() {
            self.seen.insert(job.sha.clone());
        }
        self.branches.push_back((job.run.check_run, job.branch.clone()));
        if self.branches.len() > REMEMBERED_MAX {
            self.branches.pop_front();
        }
        self.waiting.push_back(job);
        Ok(())
    }

    /// The branch a check run was for.
    pub fn branch_of(&self, check_run: u64) -> Option<&str> {
        self.branches.iter().rev().find(|(id, _)| *id == check_run).map(|(_, branch)| branch.as_str())
    }

    /// Gives a free slot to the next run.
    pub fn begin(&mut self) -> Option<Job> {
        if self.running.len() >= self.count {
            return None;
        }
        let first = self.waiting.iter().position(|job| job.urgency == Urgency::Queue).unwrap_or(0);
        let job = self.waiting.remove(first)?;
        self.running.insert(job.run.run, job.clone());
        Some(job)
    }

    /// Running runs that must give way: one head's run for each run of the queue that waits.
    pub fn in_the_way(&self) -> Vec<u64> {
        let wanting = self.waiting.iter().filter(|job| job.urgency == Urgency::Queue).count();
        let heads = self.running.values().filter(|job| job.urgency == Urgency::Head);
        heads.take(wanting).map(|job| job.run.run).collect()
    }

    /// A run has ended; `again` puts it back at the front of the line.
    pub fn end(&mut self, run: u64, again: bool) {
        if let Some(job) = self.running.remove(&run)
            && again
        {
            self.waiting.push_front(job);
        }
    }

    /// Takes runs out of the line.
    pub fn withdraw(&mut self, which: impl Fn(&Job) -> bool) -> Vec<Job> {
        let (out, stay): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting).into_iter().partition(which);
        self.waiting = stay.into();
        out
    }

    /// Running runs of a branch.
    pub fn running_for(&self, branch: &str) -> Vec<u64> {
        self.running.values().filter(|job| job.branch == branch).map(|job| job.run.run).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(run: u64, branch: &str, sha: &str, urgency: Urgency) -> Job {
        Job {
            branch: branch.into(),
            sha: sha.into(),
            urgency,
            run: RunStarted { run, check_run: run + 100 },
            command: None,
        }
    }

    fn add(slots: &mut Slots, job: Job) {
        slots.add(job).expect("there is room");
    }

    #[test]
    fn the_queue_goes_first_and_heads_give_way() {
        let mut slots = Slots::new(1);
        add(&mut slots, job(1, "topic", "a", Urgency::Head));
        assert_eq!(slots.begin().map(|job| job.run.run), Some(1));
        assert!(slots.in_the_way().is_empty());
        add(&mut slots, job(2, "greenline/run/1", "b", Urgency::Queue));
        assert!(slots.begin().is_none());
        assert_eq!(slots.in_the_way(), [1]);
        slots.end(1, true);
        assert_eq!(slots.begin().map(|job| job.run.run), Some(2));
        slots.end(2, false);
        assert_eq!(slots.begin().map(|job| job.run.run), Some(1), "what gave way runs in the end");
    }

    #[test]
    fn a_commit_is_tested_once_unless_the_queue_asks_again() {
        let mut slots = Slots::new(2);
        add(&mut slots, job(1, "greenline/run/1", "a", Urgency::Queue));
        assert!(!slots.is_news("topic", "a", Urgency::Head), "the head moved to the tested tip");
        assert!(slots.is_news("greenline/run/2", "a", Urgency::Queue), "a second try of the same tip");
        add(&mut slots, job(2, "topic", "b", Urgency::Head));
        assert!(!slots.is_news("greenline/run/3", "b", Urgency::Queue), "the waiting run is adopted");
        assert_eq!(slots.withdraw(|job| job.branch == "greenline/run/3").len(), 1);
    }

    #[test]
    fn runs_end_with_their_branch() {
        let mut slots = Slots::new(1);
        add(&mut slots, job(1, "greenline/run/1", "a", Urgency::Queue));
        add(&mut slots, job(2, "greenline/run/1", "b", Urgency::Queue));
        slots.begin().expect("a slot is free");
        assert_eq!(slots.withdraw(|job| job.branch == "greenline/run/1").len(), 1);
        assert_eq!(slots.running_for("greenline/run/1"), [1]);
        assert_eq!(slots.branch_of(102), Some("greenline/run/1"));
    }
}
