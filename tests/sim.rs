//! The world by seed: the real core and loop in thousands of faulty histories, seeds that once failed first, and the proof
//! that the judge sees: each planted bug must be found.

use greenline::sim::{Bug, Order, Report, Violation, run};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// `SIM_SEEDS=FROM..TO` plays others.
const SEEDS: std::ops::Range<u64> = 0..20_000;
/// Within so many seeds each planted bug must be found.
const TO_FIND: u64 = 1_000;
/// One seed of so many is played twice.
const TWICE: u64 = 100;

/// What must have happened somewhere, or the seeds do not reach what they are there for.
const SOMETIMES: &[&str] = &[
    "a landing",
    "a crash while something settled",
    "a process was fenced",
    "two processes at once",
    "a foreign push while something settled",
    "a new head while something settled",
    "a permission was lost while something settled",
    "a withdrawal while something settled",
    "a push was done and not answered",
    "a push was not answered and done later",
    "a push outlived its process",
    "a lease did not hold",
    "only the ledger had moved on",
    "a webhook was lost",
    "a webhook came twice",
    "CI never started",
    "CI never ended",
    "somebody was sent back with blame",
    "a composed commit was lost",
    "the queue was frozen",
    "a pull request was held",
    "a hotfix landed in a freeze",
    "a landing that needed approvals",
    "a landing after what it depended on",
    "a review was dismissed while something settled",
    "changes were wanted while something settled",
    "a mark was changed while something settled",
    "a pull request edits the settings",
    "a head landed by a merge commit",
    "a head landed rebased and merged",
    "a head landed as it is",
    "a head landed rebased or squashed",
    "CI was run again",
    "a landing on another trunk",
    "a queue was retired",
    "something was tried",
    "something was tried beside the queue",
    "a trial was green",
    "a trial was red",
    "a trial was cancelled",
    "a check that may fail was run again",
    "a batch waited for company",
    "a pull request was out of reach",
    "others went on without one that is out of reach",
    "a stacked pull request was sent to trunk",
    "a landing after what it stood on",
    "a pull request was merged by hand",
    "a branch was deleted after landing",
    "a branch that had landed was pushed to",
    "a landing in a shape that was wished for",
    "a landing of what was to be alone",
    "a landing that needed its owners",
    "a landing after it was talked about",
    "a conversation went on while something settled",
];

fn seeds() -> std::ops::Range<u64> {
    std::env::var("SIM_SEEDS").ok().map_or(SEEDS, |text| {
        let (from, to) = text.split_once("..").expect("SIM_SEEDS=FROM..TO");
        from.parse().expect("a number")..to.parse().expect("a number")
    })
}

fn told(report: &Report) -> Option<String> {
    let Violation { invariant, what } = report.violation.as_ref()?;
    Some(format!("{invariant} is broken: {what}\n  greenline sim --seed {} --trace", report.seed))
}

/// Plays seeds on two threads; what was broken, and how often rare things happened.
fn play(seeds: std::ops::Range<u64>) -> (Vec<String>, BTreeMap<&'static str, u64>) {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let (mut broken, mut counters) = (Vec::new(), BTreeMap::<&'static str, u64>::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return (broken, counters);
            }
            let report = run(seed, Order::default());
            broken.extend(told(&report));
            if seed.is_multiple_of(TWICE) && run(seed, Order::default()).hash != report.hash {
                broken.push(format!("seed {seed} is not the same history twice"));
            }
            for (what, times) in report.counters {
                *counters.entry(what).or_default() += times;
            }
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let (mut broken, mut counters) = work();
        let (more, counted) = other.join().expect("a violation is a report, not a panic");
        broken.extend(more);
        for (what, times) in counted {
            *counters.entry(what).or_default() += times;
        }
        (broken, counters)
    })
}

#[test]
fn seeds_that_failed_once_hold() {
    let kept = include_str!("seeds.txt").lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let broken: Vec<String> = kept.filter_map(|seed| told(&run(seed, Order::default()))).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_history_breaks_an_invariant() {
    let (broken, counters) = play(seeds());
    println!("{counters:#?}");
    assert!(broken.is_empty(), "{} seeds; add them to tests/seeds.txt\n{}", broken.len(), broken.join("\n"));
    let never: Vec<_> = SOMETIMES.iter().filter(|what| !counters.contains_key(*what)).collect();
    assert!(never.is_empty(), "no history came to this: {never:?}");
}

#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        let order = Order { bug: Some(*bug), trace: false };
        let found = (0..TO_FIND).map(|seed| run(seed, order)).find(|report| report.violation.is_some());
        match found.as_ref().and_then(|report| Some((report.seed, report.violation.as_ref()?))) {
            Some((seed, violation)) => println!("{:26} seed {seed:>4}  {}", bug.name(), violation.invariant),
            None => missed.push(bug.name()),
        }
    }
    assert!(missed.is_empty(), "not found in {TO_FIND} seeds: {missed:?}");
    assert!(Bug::ALL.len() >= 47, "too few planted bugs to prove anything");
}
