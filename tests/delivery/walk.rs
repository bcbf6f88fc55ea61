//! A random walk: a delivery in a faulty world, then in one that is well again, where everything that was asked for must come to
//! an end. `WALK_SEEDS=FROM..TO` plays others, `WALK_TRACE=1` tells what happens; a seed that fails is named.

use crate::world::World;
use greenline::delivery::event::Resolution;
use greenline::delivery::explain::what_if;
use greenline::delivery::plan::Move;
use greenline::delivery::{
    End, Event, Gate, Granted, Kind, News, Notice, Phase, State, Wish, gate, next_change, outstanding, step,
};
use greenline::ids::{CandidateSeq, DeploymentId, Moment, StageName};
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: std::ops::Range<u64> = 0..200;
/// Seeds that once found a bug.
const FOUND: [u64; 3] = [1076, 1151, 1295];
const FAULTY_TURNS: u32 = 400;
/// Far more than any delivery of this size needs.
const CALM_TURNS: u32 = 5000;
/// Turns between two looks at what is stored.
const STORED_EVERY: u32 = 20;

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
    now: Moment,
    events: Vec<(Moment, Event)>,
    /// Answers that may come again.
    mail: Vec<Event>,
    /// What each stage was seen to verify, and what was taken back from it.
    verified: BTreeSet<(StageName, CandidateSeq)>,
    taken_back: BTreeSet<(StageName, CandidateSeq)>,
    attempts: BTreeMap<DeploymentId, u16>,
    trace: bool,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self {
            world: World::new(seed),
            state: State::default(),
            now: Moment::from_ms(1_777_880_000_000),
            events: Vec::new(),
            mail: Vec::new(),
            verified: BTreeSet::new(),
            taken_back: BTreeSet::new(),
            attempts: BTreeMap::new(),
            trace: std::env::var_os("WALK_TRACE").is_some(),
        }
    }

    fn go(mut self) {
        let policy = self.world.policy();
        self.happen(&Event::Adopted(Box::new(policy)));
        for turn in 0..FAULTY_TURNS {
            self.trouble();
            if turn % STORED_EVERY == 0 {
                self.stored();
            }
        }
        self.world.faulty = false;
        self.settle();
        self.stored();
        let replayed = self.events.iter().fold(State::default(), |state, (at, event)| step(state, *at, event).0);
        assert!(replayed == self.state, "a replay differs");
    }

    fn stored(&self) {
        let stored = serde_json::to_string(&self.state).expect("a state can be stored");
        let read: State = serde_json::from_str(&stored).expect("a stored state can be read");
        assert!(read == self.state, "storing loses something");
    }

    fn trouble(&mut self) {
        let owed = outstanding(&self.state);
        let event = match self.world.dice.roll(20) {
            0..3 => self.world.land(&self.state, self.now),
            3..7 => {
                let wish = self.world.wish(&self.state, self.now);
                self.foresee(&wish);
                self.world.ask(wish)
            }
            7 if self.world.dice.one_in(2) => self.world.meddle(&self.state),
            8 if self.world.dice.one_in(4) => Event::Adopted(Box::new(self.world.policy())),
            9 => {
                self.now = self.now.plus_ms(i64::try_from(self.world.dice.roll(7_200_000)).expect("small"));
                Event::Ticked
            }
            10 | 11 => {
                self.now = next_change(&self.state, self.now).unwrap_or(self.now);
                Event::Ticked
            }
            12 if !self.mail.is_empty() => self.world.dice.pick(&self.mail.iter().collect::<Vec<_>>()).clone(),
            _ if owed.is_empty() => Event::Ticked,
            _ => {
                let effect = self.world.dice.pick(&owed.iter().collect::<Vec<_>>()).clone();
                let event = self.world.perform(&self.state, &effect, self.now);
                self.mail.push(event.clone());
                if self.world.dice.one_in(10) {
                    return;
                }
                event
            }
        };
        self.happen(&event);
    }

    /// What would follow is what follows, and nothing changes by looking.
    fn foresee(&self, wish: &Wish) {
        let ask = greenline::delivery::Ask {
            id: "foreseen".into(),
            by: "ana".parse().expect("a login"),
            rights: greenline::delivery::approval::Rights::default(),
            via: greenline::delivery::approval::Via::Page,
            wish: wish.clone(),
        };
        if let Ok(foreseen) = what_if(&self.state, &ask, self.now) {
            assert!(!foreseen.moves.iter().any(|step| matches!(step, Move::TimeOut(_))), "time passes by looking");
        }
    }

    fn happen(&mut self, event: &Event) {
        if self.trace {
            println!("{} {event:?}", self.now.ms());
        }
        self.events.push((self.now, event.clone()));
        let (state, notices) = step(std::mem::take(&mut self.state), self.now, event);
        self.state = state;
        if self.trace {
            for notice in &notices {
                println!("  > {notice:?}");
            }
        }
        self.judge(event, &notices);
    }

    /// Nothing goes to production that was not verified before it, and nothing that was taken back returns without a word.
    fn judge(&mut self, event: &Event, notices: &[Notice]) {
        let granted =
            notices.iter().any(|n| matches!(n, Notice::Answered(_, Ok(Granted::Done | Granted::Approved { .. }))));
        if let (Event::Asked(ask), true) = (event, granted) {
            match &ask.wish {
                Wish::Unreject { candidate, .. } => self.taken_back.retain(|(_, seq)| seq != candidate),
                Wish::Reverify(stage) => self.taken_back.retain(|(name, _)| name != stage),
                _ => {}
            }
        }
        for deployment in self.state.deployments.values() {
            let place = (deployment.stage.clone(), deployment.candidate);
            let begun = self.attempts.insert(deployment.id, deployment.attempt).unwrap_or(0) < deployment.attempt;
            if begun {
                assert!(!self.taken_back.contains(&place), "deployment {} brings back what was left", deployment.id);
                let stage = self.state.policy.stage(&deployment.stage);
                let before = stage.map(|stage| stage.after.clone()).unwrap_or_default();
                let first = deployment.attempt == 1;
                if deployment.kind == Kind::Forward && deployment.overrides.is_none() && first {
                    let unverified =
                        before.iter().find(|b| !self.verified.contains(&((*b).clone(), deployment.candidate)));
                    assert_eq!(unverified, None, "deployment {} of what was not verified before", deployment.id);
                }
            }
            if deployment.end() == Some(&End::Succeeded) {
                self.verified.insert(place);
            }
        }
        for notice in notices {
            if let Notice::News(News::RollbackAsked(id)) = notice
                && let Some(Kind::Rollback { bad, .. }) = self.state.deployments.get(id).map(|d| d.kind)
            {
                self.taken_back.insert((self.state.deployments[id].stage.clone(), bad));
            }
        }
    }

    /// Everybody does their part: then everything that was asked for comes to an end.
    fn settle(&mut self) {
        for turn in 0..CALM_TURNS {
            let owed = outstanding(&self.state);
            let polite = |effect: &&greenline::delivery::Effect| {
                !matches!(effect, greenline::delivery::Effect::Judge(_)) || turn % 5 == 0
            };
            if let Some(effect) =
                owed.iter().filter(polite).nth(usize::try_from(turn).expect("few") % owed.len().max(1))
            {
                let event = self.world.perform(&self.state, effect, self.now);
                self.happen(&event);
            }
            self.speak();
            if !self.open() {
                return;
            }
            if turn % 3 == 0 {
                self.now = next_change(&self.state, self.now).unwrap_or(self.now.plus_ms(60_000));
                self.happen(&Event::Ticked);
            }
        }
        let open: Vec<_> = self.state.deployments.values().filter(|d| !d.ended()).collect();
        let gates: Vec<Vec<Gate>> = open.iter().map(|d| gate::closed(&self.state, d, self.now)).collect();
        panic!("it does not come to rest: {gates:?} {:?} {open:#?}", outstanding(&self.state));
    }

    /// Something has not come to its end, and not because a stage before it must verify it first.
    fn open(&self) -> bool {
        self.state.deployments.values().filter(|deployment| !deployment.ended()).any(|deployment| {
            let gates = gate::closed(&self.state, deployment, self.now);
            !(deployment.waits() && gates.iter().any(|gate| matches!(gate, Gate::NotVerified(_))))
        })
    }

    /// People say what is theirs to say.
    fn speak(&mut self) {
        let reason = || "settled".to_owned();
        let locks: Vec<Wish> = self.state.locks.keys().map(|id| Wish::Unlock(*id)).collect();
        let held = self.state.policy.stages.iter().map(|stage| &stage.name).filter(|name| {
            let known = self.state.stage(name);
            known.hold.is_some()
                || (known.health != greenline::delivery::state::Health::Healthy && known.active.is_none())
        });
        let held: Vec<Wish> = held.map(|name| Wish::Resume(name.clone())).collect();
        let words = self.state.deployments.values().filter_map(|deployment| match &deployment.phase {
            Phase::Waiting => {
                let (stage, candidate) = (deployment.stage.clone(), Some(deployment.candidate));
                Some(Wish::Approve { stage, candidate, note: String::new() })
            }
            Phase::Unknown { .. } | Phase::Running => {
                Some(Wish::Resolve { deployment: deployment.id, outcome: Resolution::Succeeded })
            }
            Phase::Verifying => {
                let stage = deployment.stage.clone();
                Some(Wish::Judge { stage, pass: true, note: reason() })
            }
            Phase::Confirming | Phase::Starting | Phase::Stopping { .. } | Phase::Ended(_) => None,
        });
        let words: Vec<Wish> = words.collect();
        for wish in locks.into_iter().chain(held).chain(words) {
            let event = self.world.ask(wish);
            self.happen(&event);
        }
    }
}
