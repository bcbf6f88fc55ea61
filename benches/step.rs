//! What one step of the queue (planning included) costs at 1,000 entries, for each strategy, and what storing 10,000 costs.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use greenline::facts::Culprit;
use greenline::ids::{PrNumber, Reading, Sha};
use greenline::queue::{
    Composition, Effect, EntryId, Event, Plan, Policy, Priority, State, Verdict, explain, outstanding, step,
};
use std::hint::black_box;

fn commit(kind: u8, number: u64) -> Sha {
    let mut bytes = [kind; 20];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Sha::from_bytes(bytes).expect("its kind is not zero")
}

fn entry(number: u64) -> EntryId {
    EntryId { pr: PrNumber::new(number), head: commit(1, number), rev: Reading::new(number) }
}

fn arrived(number: u64) -> Event {
    Event::Arrived { entry: entry(number), priority: Priority(0), alone: false }
}

/// A queue of so many entries; what can be composed is composed, what can run is running.
fn queue(entries: u64, policy: &Policy) -> State {
    let settled = Policy { plan: Plan::Serial, ..*policy };
    let mut state = State::default();
    let trunk = Event::TrunkRead { reading: Reading::new(1), tip: commit(2, 0) };
    for event in (1..=entries).map(arrived).chain([trunk]) {
        state = step(state, event, &settled).0;
    }
    let mut next = 0;
    let mut effects = step_owed(&mut state, Event::Reconsidered, policy);
    while let Some(compose) = effects.iter().position(|effect| matches!(effect, Effect::Compose { .. })) {
        if let Effect::Compose { onto, entry } = effects.swap_remove(compose) {
            next += 1;
            let result = Composition::Tip(commit(3, next));
            effects.extend(step_owed(&mut state, Event::Composed { onto, entry, result }, policy));
        }
    }
    state
}

fn step_owed(state: &mut State, event: Event, policy: &Policy) -> Vec<Effect> {
    let (after, _) = step(std::mem::take(state), event, policy);
    *state = after;
    outstanding(state)
}

fn finished(state: &State, verdict: Verdict) -> Event {
    let run = outstanding(state).into_iter().find_map(|effect| match effect {
        Effect::StartRun { run, .. } => Some(run),
        _ => None,
    });
    Event::RunFinished { run: run.expect("something runs"), verdict }
}

fn landed(state: &State) -> Event {
    let landing = outstanding(state).into_iter().find_map(|effect| match effect {
        Effect::Land { to, attempt, .. } => Some((to.sha(), attempt)),
        _ => None,
    });
    let (trunk, attempt) = landing.expect("something lands");
    Event::LandingAnswered { attempt, reading: Reading::new(1_000_000), trunk, landed: Ok(()) }
}

fn steps(bench: &mut Criterion) {
    for (name, strategy) in [
        ("serial", Plan::Serial),
        ("pipeline 16", Plan::Pipeline(16)),
        ("pipeline 1000", Plan::Pipeline(1000)),
        ("batch 8", Plan::Batch(8)),
        ("batch 1000", Plan::Batch(1000)),
    ] {
        let policy = Policy { plan: strategy, budget: 8, ..Policy::default() };
        let state = queue(1000, &policy);
        let green = step(state.clone(), finished(&state, Verdict::Passed), &policy).0;
        let events = [
            ("arrived", &state, arrived(1001)),
            ("red", &state, finished(&state, Verdict::Failed(vec![Culprit::plain("test".parse().expect("a name"))]))),
            ("green", &state, finished(&state, Verdict::Passed)),
            ("landed", &green, landed(&green)),
            ("foreign", &state, Event::TrunkRead { reading: Reading::new(2), tip: commit(4, 1) }),
        ];
        let mut group = bench.benchmark_group(format!("step, {name} of 1000"));
        for (what, state, event) in events {
            group.bench_function(what, |b| {
                let given = || (state.clone(), event.clone());
                b.iter_batched(given, |(state, event)| step(state, event, &policy), BatchSize::LargeInput);
            });
        }
        group.bench_function("explain one", |b| b.iter(|| explain(black_box(&state), &policy, entry(500))));
        group.finish();
    }
}

fn restart(bench: &mut Criterion) {
    let policy = Policy { plan: Plan::Pipeline(16), ..Policy::default() };
    let state = queue(10_000, &policy);
    let stored = serde_json::to_string(&state).expect("a state can be stored");
    println!("10,000 entries are {} KiB", stored.len() / 1024);
    let mut group = bench.benchmark_group("10,000 entries");
    group.bench_function("store", |b| b.iter(|| serde_json::to_string(black_box(&state))));
    group.bench_function("load", |b| b.iter(|| serde_json::from_str::<State>(black_box(&stored))));
    group.bench_function("outstanding", |b| b.iter(|| outstanding(black_box(&state))));
    group.bench_function("step", |b| {
        b.iter_batched(|| state.clone(), |state| step(state, Event::Reconsidered, &policy), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(700));
    targets = steps, restart
}
criterion_main!(all);
