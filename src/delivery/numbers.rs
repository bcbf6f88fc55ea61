//! The five numbers by which deliveries are measured (DORA's, 2026-01), of one stage, over one stretch of time. Each comes with
//! how many it rests on; of fewer than five nobody should conclude anything.

use super::deployment::Kind;
use super::history::{Delivery, Outcome, Remark, Split};
use crate::ids::{Moment, StageName};
use std::collections::BTreeSet;

const DAY_MS: i64 = 86_400_000;
/// Below this many deployments there is not enough to say anything.
const ENOUGH: usize = 5;

/// What came of the deployments of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// Days that were looked at.
    pub days: u16,
    /// Newer candidates that reached people and were as they should be.
    pub deployments: usize,
    /// There are enough of them to conclude something.
    pub enough: bool,
    /// How often that is.
    pub pace: Pace,
    /// Between two of them, half of the times at most; in milliseconds.
    pub gap_ms: Option<i64>,
    /// From the first commit of a change until it was there, in milliseconds, over changes.
    pub lead_ms: Option<Spread>,
    /// Where that time went, on the average of deployments.
    pub split: Split,
    /// Deployments that needed somebody's hand at once, of those that reached people. One counts once.
    pub failed: Share,
    /// From when a failed one was there until the next one was good, half of the times at most; in milliseconds.
    pub recovery_ms: Option<i64>,
    /// Deployments that were not planned, of all.
    pub rework: Share,
    /// Rollbacks.
    pub rollbacks: usize,
    /// Deployments that never got there.
    pub undelivered: usize,
}

/// How often something happens, by the weeks and months in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// On three days or more of most weeks.
    Daily,
    /// In most weeks.
    Weekly,
    /// In most months.
    Monthly,
    /// More seldom.
    Yearly,
}

/// The middle of many, and what nine of ten do not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Half are at most this.
    pub median: i64,
    /// Nine of ten are at most this.
    pub p90: i64,
    /// Of so many.
    pub of: usize,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// These.
    pub count: usize,
    /// Of these.
    pub of: usize,
}

impl Share {
    /// In hundredths, rounded to the nearest; none of nothing.
    pub fn percent(self) -> Option<usize> {
        (self.of > 0).then(|| (self.count * 200 + self.of) / (self.of * 2))
    }
}

/// Counts what was delivered to a stage in the days up to `now`.
pub fn numbers(history: &[Delivery], stage: &StageName, days: u16, now: Moment) -> Numbers {
    let from = now.plus_ms(-i64::from(days) * DAY_MS);
    let here: Vec<&Delivery> = history.iter().filter(|d| d.stage == *stage && d.ended_at > from).collect();
    let forward = |d: &&&Delivery| matches!(d.kind, Kind::Forward | Kind::Hotfix);
    let planned: Vec<&Delivery> = here.iter().filter(forward).copied().collect();
    let good: Vec<&Delivery> = planned.iter().filter(|d| d.outcome == Outcome::Succeeded).copied().collect();
    let reached: Vec<&Delivery> =
        planned.iter().filter(|d| matches!(d.outcome, Outcome::Succeeded | Outcome::Bad)).copied().collect();
    let failed: Vec<&Delivery> = reached.iter().filter(|d| d.failed()).copied().collect();
    let ends: Vec<Moment> = good.iter().filter_map(|d| d.done_at).collect();
    let lead = good.iter().flat_map(|d| &d.lead_ms).copied().collect();
    Numbers {
        days,
        deployments: good.len(),
        enough: good.len() >= ENOUGH,
        pace: pace(&ends, days, now),
        gap_ms: median(ends.windows(2).map(|pair| pair[1].since_ms(pair[0])).collect()),
        lead_ms: spread(lead),
        split: mean(&good),
        failed: Share { count: failed.len(), of: reached.len() },
        recovery_ms: median(failed.iter().filter_map(|d| recovery(d, &here)).collect()),
        rework: Share { count: good.iter().filter(|d| d.remarks.contains(&Remark::Mends)).count(), of: good.len() },
        rollbacks: here.iter().filter(|d| d.kind.is_rollback() && d.outcome == Outcome::Succeeded).count(),
        undelivered: here.iter().filter(|d| d.outcome == Outcome::Undelivered).count(),
    }
}

/// Until the first later deployment of any kind that was good.
fn recovery(failed: &Delivery, all: &[&Delivery]) -> Option<i64> {
    let next = all.iter().find(|later| later.id > failed.id && later.outcome == Outcome::Succeeded)?;
    Some(next.ended_at.since_ms(failed.done_at?))
}

fn pace(ends: &[Moment], days: u16, now: Moment) -> Pace {
    let busy = |span_days: i64| -> Vec<i64> {
        let spans = i64::from(days) / span_days;
        let days_of = |span: i64| {
            let (from, to) = (now.plus_ms(-(span + 1) * span_days * DAY_MS), now.plus_ms(-span * span_days * DAY_MS));
            let within = ends.iter().filter(|at| **at > from && **at <= to);
            let distinct: BTreeSet<i64> = within.map(|at| at.ms().div_euclid(DAY_MS)).collect();
            i64::try_from(distinct.len()).unwrap_or(i64::MAX)
        };
        (0..spans).map(days_of).collect()
    };
    match (median(busy(7)).unwrap_or(0), median(busy(30)).unwrap_or(0)) {
        (3.., _) => Pace::Daily,
        (1.., _) => Pace::Weekly,
        (_, 1..) => Pace::Monthly,
        _ => Pace::Yearly,
    }
}

fn mean(all: &[&Delivery]) -> Split {
    let with: Vec<&Split> = all.iter().filter(|d| !d.lead_ms.is_empty()).map(|d| &d.split).collect();
    let count = i64::try_from(with.len().max(1)).unwrap_or(i64::MAX);
    let of = |part: &dyn Fn(&Split) -> i64| with.iter().map(|split| part(split)).sum::<i64>() / count;
    Split {
        coding_ms: of(&|s| s.coding_ms),
        review_ms: of(&|s| s.review_ms),
        queue_ms: of(&|s| s.queue_ms),
        post_merge_ms: of(&|s| s.post_merge_ms),
        staging_ms: of(&|s| s.staging_ms),
        word_ms: of(&|s| s.word_ms),
        deploy_ms: of(&|s| s.deploy_ms),
    }
}

/// The middle one; of an even number the mean of the two in the middle.
pub(super) fn median(mut all: Vec<i64>) -> Option<i64> {
    all.sort_unstable();
    let upper = *all.get(all.len() / 2)?;
    if all.len() % 2 == 1 { Some(upper) } else { all.get(all.len() / 2 - 1).map(|lower| i64::midpoint(*lower, upper)) }
}

pub(super) fn spread(mut all: Vec<i64>) -> Option<Spread> {
    let median = median(all.clone())?;
    all.sort_unstable();
    let p90 = *all.get((all.len() * 9).div_ceil(10).max(1) - 1)?;
    Some(Spread { median, p90, of: all.len() })
}
