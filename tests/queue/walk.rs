//! A random walk: the queue in a faulty world, then in one that is well again, where every pull request must get its end.
//! `WALK_SEEDS=FROM..TO` plays others; a seed that fails is named.

use crate::world::World;
use greenline::ids::{PrNumber, Sha};
use greenline::queue::{
    Effect, EntryId, Event, Gate, Interrupt, Notice, Plan, Policy, Priority, RedWhy, State, TrunkVerdict, Why,
    outstanding, step,
};

const SEEDS: std::ops::Range<u64> = 0..1500;
/// Seeds that once found a bug.
const FOUND: [u64; 2] = [12, 16_270];
const FAULTY_TURNS: u32 = 60;
/// Far more than any queue of this size needs.
const CALM_TURNS: u32 = 3000;

#[test]
fn random_walk() {
    let seeds = std::env::var("WALK_SEEDS").ok().map_or(SEEDS, |text| {
        let (from, to) = text.split_once("..").expect("WALK_SEEDS=FROM..TO");
        from.parse().expect("a number")..to.parse().expect("a number")
    });
    let failed: Vec<u64> =
        seeds.chain(FOUND).filter(|seed| std::panic::catch_unwind(|| Walk::new(*seed).go()).is_err()).collect();
    assert!(failed.is_empty(), "{} seeds failed: {:?}", failed.len(), failed.iter().take(20).collect::<Vec<_>>());
}

struct Walk {
    world: World,
    state: State,
    policy: Policy,
    trace: bool,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        let dice = &mut world.dice;
        let size = 1 + u32::try_from(dice.roll(5)).expect("small");
        let plan = match dice.roll(3) {
            0 => Plan::Serial,
            1 => Plan::Pipeline(size),
            _ => Plan::Batch(size),
        };
        let policy = Policy {
            plan,
            budget: 1 + u32::try_from(dice.roll(4)).expect("small"),
            tries: 1 + u8::try_from(dice.roll(2)).expect("small"),
            silent_tries: 2,
            land_tries: 3,
            every_tip: dice.one_in(4),
            unread: false,
            gather: dice.one_in(3),
            interrupt: [Interrupt::Higher, Interrupt::Hotfix, Interrupt::Never]
                [usize::try_from(dice.roll(3)).expect("small")],
        };
        let trace = std::env::var_os("WALK_TRACE").is_some();
        Self { world, state: State::default(), policy, trace }
    }

    fn go(mut self) {
        self.world.look();
        for _ in 0..FAULTY_TURNS {
            self.trouble();
            self.turn();
        }
        self.world.faulty = false;
        self.set_free();
        self.world.push_foreign(false);
        for _ in 0..CALM_TURNS {
            if self.world.mail.is_empty() && outstanding(&self.state).is_empty() {
                if self.state.order.is_empty() {
                    return self.everybody_has_an_end();
                }
                if self.state.order.iter().any(|entry| !entry.gathered()) {
                    self.gather();
                    continue;
                }
                let red = self.state.trunk.is_some_and(|trunk| trunk.verdict == TrunkVerdict::Red);
                assert!(red, "the queue is stuck: {:#?}", self.state);
                self.happen(Event::TrunkDoubted);
            }
            self.turn();
        }
        panic!("the queue does not drain: {:#?}", self.state);
    }

    /// Nobody is held any more, and trunk may move.
    fn set_free(&mut self) {
        self.happen(Event::Gated(Gate::Open));
        let held: Vec<PrNumber> = self.state.aside.iter().chain(&self.state.order).map(|e| e.id.pr).collect();
        for pr in held {
            self.happen(Event::Released { pr });
        }
    }

    /// Everybody has waited for others long enough.
    fn gather(&mut self) {
        let all = self.state.order.iter().map(|entry| entry.id).collect();
        self.happen(Event::Gathered(all));
    }

    fn trouble(&mut self) {
        let world = &mut self.world;
        let pr = PrNumber::new(1 + world.dice.roll(6));
        match world.dice.roll(20) {
            0..4 => {
                let priority = [0, 0, 0, 0, 1, Priority::HOTFIX.0][usize::try_from(world.dice.roll(6)).expect("few")];
                let alone = world.dice.one_in(6);
                world.approve(pr, priority, alone);
            }
            4 => world.withdraw(pr),
            5 if world.dice.one_in(3) => {
                let breaks = world.dice.one_in(2);
                world.push_foreign(breaks);
            }
            6 => world.arrive_push(),
            7 => world.look(),
            8 if world.dice.one_in(4) => self.happen(Event::TrunkDoubted),
            9 => self.happen(Event::Held { pr }),
            10 => self.happen(Event::Released { pr }),
            11 => self.happen(Event::Gated(Gate::Shut { passes: [pr].into() })),
            12 => self.happen(Event::Gated(Gate::Open)),
            13 => self.gather(),
            _ => {}
        }
    }

    /// Something owed is done, or an answer comes in: any of them, perhaps twice, perhaps lost.
    fn turn(&mut self) {
        let owed = outstanding(&self.state);
        let (owing, mail) = (owed.len(), self.world.mail.len());
        let total = u64::try_from(owing + mail).expect("few");
        if total == 0 {
            return;
        }
        let pick = usize::try_from(self.world.dice.roll(total)).expect("few");
        if let Some(effect) = owed.into_iter().nth(pick) {
            return self.world.perform(effect);
        }
        let event = self.world.mail[pick - owing].clone();
        // What comes from people and polls is sure to come in the end; answers to effects may be lost.
        let sure = matches!(event, Event::Arrived { .. } | Event::Left { .. } | Event::TrunkRead { .. });
        let lost = self.world.faulty && !sure && self.world.dice.one_in(10);
        if !(self.world.faulty && self.world.dice.one_in(10)) {
            self.world.mail.swap_remove(pick - owing);
        }
        if !lost {
            self.happen(event);
        }
    }

    fn happen(&mut self, event: Event) {
        let state = std::mem::take(&mut self.state);
        let judged = if let Event::EjectAnswered { entry, trunk, .. } = &event { Some((*entry, *trunk)) } else { None };
        if self.trace {
            println!("{event:?}");
        }
        let (state, effects) = step(state, event, &self.policy);
        self.state = state;
        if self.trace {
            for effect in &effects {
                println!("  > {effect:?}");
            }
        }
        for effect in &effects {
            if let Effect::Land { members, .. } = effect {
                assert!(members.iter().all(|m| self.state.gate.lets(m.entry.pr)), "frozen, and yet {effect:?}");
            }
        }
        assert!(self.state.slots() <= usize::try_from(self.policy.budget).expect("small"), "over budget");
        if let Some((entry, trunk)) = judged {
            self.judge(&effects, entry, trunk);
        }
    }

    /// Whoever is ejected for its checks or a conflict is to blame for it, on a trunk that was green.
    fn judge(&self, effects: &[Effect], ejected: EntryId, trunk: Sha) {
        let blamed = effects.iter().any(|effect| match effect {
            Effect::Tell { entry, notice: Notice::Ejected(Why::Red(_, RedWhy::Failed(_)) | Why::Unfit(_)) } => {
                *entry == ejected
            }
            _ => false,
        });
        if blamed {
            assert!(self.world.guilty(ejected.head, trunk), "{ejected} is innocent");
        }
    }

    fn everybody_has_an_end(&self) {
        for (pr, entry) in &self.world.approved {
            let landed = self.world.landed.contains_key(pr);
            assert!(landed || self.world.told.contains_key(entry), "{entry} has no end");
        }
        for (entry, notice) in &self.world.told {
            let landed = self.world.landed.get(&entry.pr) == Some(&entry.head);
            assert_eq!(matches!(notice, Notice::Landed { .. }), landed, "{entry} was told {notice:?}");
        }
    }
}
