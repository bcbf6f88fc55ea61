//! A small world around a queue: commits with known truth, CI, and a forge that loses, delays and repeats answers.
//! It judges every push to trunk. It never looks into the queue.

use greenline::facts::Culprit;
use greenline::ids::{Attempt, PrNumber, Reading, RunId, Sha};
use greenline::queue::{
    Composition, Effect, EntryId, Event, LeaveWhy, Member, Notice, Priority, Refusal, Silence, Tested, Verdict,
};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers by seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % sides
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }
}

fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A commit named by a number.
fn commit(number: u64) -> Sha {
    let mut bytes = [1; 20];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Sha::from_bytes(bytes).expect("it is not all zeros")
}

/// Changes that are red: `what`, unless one of `unless` is there; with `with`, only if that is there too.
struct Rule {
    what: Sha,
    with: Option<Sha>,
    unless: Vec<Sha>,
}

pub struct World {
    pub dice: Dice,
    pub trunk: Sha,
    /// What each commit contains, in order.
    contents: BTreeMap<Sha, Vec<Sha>>,
    rules: Vec<Rule>,
    clashes: BTreeSet<(Sha, Sha)>,
    /// The head at which each pull request may land now.
    pub approved: BTreeMap<PrNumber, EntryId>,
    pub landed: BTreeMap<PrNumber, Sha>,
    pub told: BTreeMap<EntryId, Notice>,
    /// Answers on their way.
    pub mail: Vec<Event>,
    pushes: Vec<(Sha, Sha, Attempt, Vec<Member>)>,
    passed: BTreeMap<RunId, Sha>,
    reading: u64,
    fresh: u64,
    /// Things still go wrong.
    pub faulty: bool,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let trunk = commit(mix(seed));
        Self {
            dice: Dice(seed),
            trunk,
            contents: BTreeMap::from([(trunk, Vec::new())]),
            rules: Vec::new(),
            clashes: BTreeSet::new(),
            approved: BTreeMap::new(),
            landed: BTreeMap::new(),
            told: BTreeMap::new(),
            mail: Vec::new(),
            pushes: Vec::new(),
            passed: BTreeMap::new(),
            reading: 0,
            fresh: seed << 20,
            faulty: true,
        }
    }

    fn read(&mut self) -> Reading {
        self.reading += 1;
        Reading::new(self.reading)
    }

    fn head(&mut self) -> Sha {
        self.fresh += 1;
        commit(mix(self.fresh))
    }

    pub fn red(&self, at: Sha) -> bool {
        let has = |change: &Sha| self.contents[&at].contains(change);
        self.rules.iter().any(|r| has(&r.what) && r.with.as_ref().is_none_or(has) && !r.unless.iter().any(has))
    }

    /// Does this head, put on that commit, make it red or not compose?
    pub fn guilty(&self, head: Sha, on: Sha) -> bool {
        let has = |change: &Sha| *change == head || self.contents[&on].contains(change);
        let red =
            self.rules.iter().any(|r| has(&r.what) && r.with.as_ref().is_none_or(has) && !r.unless.iter().any(has));
        red || self.contents[&on].iter().any(|there| *there == head || self.clashes.contains(&(*there, head)))
    }

    /// A new head of a pull request is approved; it may be bad, hurt another, need another, or clash with it.
    pub fn approve(&mut self, pr: PrNumber, priority: i32, alone: bool) {
        if self.landed.contains_key(&pr) {
            return;
        }
        let head = self.head();
        let others: Vec<Sha> = self.approved.values().map(|e| e.head).collect();
        let count = u64::try_from(others.len()).expect("few");
        let other = (count > 0).then(|| others[usize::try_from(self.dice.roll(count)).expect("few")]);
        match (self.dice.roll(8), other) {
            (0, _) => self.rules.push(Rule { what: head, with: None, unless: vec![] }),
            (1, Some(other)) => self.rules.push(Rule { what: head, with: Some(other), unless: vec![] }),
            (2, Some(other)) => self.rules.push(Rule { what: head, with: None, unless: vec![other] }),
            (3, Some(other)) => self.clashes.extend([(head, other), (other, head)]),
            _ => {}
        }
        let entry = EntryId { pr, head, rev: self.read() };
        self.approved.insert(pr, entry);
        self.mail.push(Event::Arrived { entry, priority: Priority(priority), alone });
    }

    pub fn withdraw(&mut self, pr: PrNumber) {
        if self.approved.remove(&pr).is_some() {
            let rev = self.read();
            self.mail.push(Event::Left { pr, rev, why: LeaveWhy::LabelRemoved });
        }
    }

    /// Somebody pushes to trunk: harmless, breaking it, or mending what was broken.
    pub fn push_foreign(&mut self, breaks: bool) {
        let change = self.head();
        let mut content = self.contents[&self.trunk].clone();
        if breaks {
            // A queued pull request may be the cure.
            let cure = self.approved.values().next().map(|e| e.head).into_iter().collect();
            self.rules.push(Rule { what: change, with: None, unless: cure });
        } else {
            self.rules.iter_mut().filter(|r| content.contains(&r.what)).for_each(|r| r.unless.push(change));
        }
        content.push(change);
        self.trunk = change;
        self.contents.insert(change, content);
        self.look();
    }

    pub fn look(&mut self) {
        let reading = self.read();
        self.mail.push(Event::TrunkRead { reading, tip: self.trunk });
    }

    /// A push on its way arrives, if its lease still holds.
    pub fn arrive_push(&mut self) {
        if let Some((from, to, _, members)) = self.pushes.pop() {
            self.push(from, to, &members);
        }
    }

    fn push(&mut self, from: Sha, to: Sha, members: &[Member]) {
        if self.trunk != from {
            return;
        }
        let content = &self.contents[&to];
        let distinct: BTreeSet<_> = content.iter().collect();
        assert_eq!(distinct.len(), content.len(), "S4: a change landed twice");
        assert!(self.contents[&to].starts_with(&self.contents[&from]), "S3: trunk went back");
        for member in members {
            assert!(
                self.landed.insert(member.entry.pr, member.entry.head).is_none(),
                "S4: a pull request landed twice"
            );
        }
        self.trunk = to;
    }

    fn has_landed(&self, tip: Sha) -> bool {
        self.contents[&self.trunk].starts_with(&self.contents[&tip])
    }

    /// Does what the queue asked for, as far as the world lets it; the answer goes into the mail.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Compose { onto, entry } => self.compose(onto, entry),
            Effect::StartRun { run, sha } => self.run(run, sha),
            Effect::CancelRun { run, .. } => self.mail.push(Event::RunCancelled { run }),
            Effect::Land { from, to, run, attempt, members } => self.land(from, (to, run), attempt, members),
            Effect::Revoke { to, attempt } => {
                self.pushes.retain(|(_, _, other, _)| *other != attempt);
                let (reading, landed) = (self.read(), self.has_landed(to.sha()));
                self.mail.push(Event::Revoked { attempt, reading, trunk: self.trunk, landed });
            }
            Effect::ConfirmEject { entry, .. } => {
                let reading = self.read();
                self.mail.push(Event::EjectAnswered { entry, reading, trunk: self.trunk });
            }
            Effect::Tell { entry, notice } => {
                let told = self.told.entry(entry).or_insert_with(|| notice.clone());
                assert_eq!(*told, notice, "{entry} is told two things");
                self.mail.push(Event::Told { entry });
            }
        }
    }

    fn compose(&mut self, onto: Sha, entry: EntryId) {
        let there = &self.contents[&onto];
        let result = if there.contains(&entry.head) {
            Composition::Nothing
        } else if there.iter().any(|there| self.clashes.contains(&(*there, entry.head))) {
            Composition::Conflict(vec!["src/x".into()])
        } else {
            let number = |sha: Sha| u64::from_be_bytes(*sha.as_bytes().first_chunk().expect("a commit has 20 bytes"));
            let tip = commit(mix(number(onto) ^ number(entry.head).rotate_left(7)));
            let content = there.iter().copied().chain([entry.head]).collect();
            self.contents.insert(tip, content);
            Composition::Tip(tip)
        };
        self.mail.push(Event::Composed { onto, entry, result });
    }

    fn run(&mut self, run: RunId, sha: Sha) {
        let verdict = if self.faulty && self.dice.one_in(12) {
            Verdict::Silent(Silence::NeverStarted(vec![culprit()]))
        } else if self.faulty && self.dice.one_in(16) {
            Verdict::Flaky(vec![culprit()])
        } else if self.red(sha) {
            Verdict::Failed(vec![culprit()])
        } else {
            self.passed.insert(run, sha);
            Verdict::Passed
        };
        self.mail.push(Event::RunFinished { run, verdict });
    }

    fn land(&mut self, from: Sha, (to, run): (Tested, RunId), attempt: Attempt, members: Vec<Member>) {
        let to = to.sha();
        assert_eq!(self.passed.get(&run), Some(&to), "S1: {to} was not tested by run {run}");
        let approved = members.iter().all(|m| self.approved.get(&m.entry.pr) == Some(&m.entry));
        let mut refusal = Refusal::TrunkMoved;
        if !approved {
            refusal = Refusal::MemberChanged;
        } else if self.faulty && self.dice.one_in(4) {
            refusal = match self.dice.roll(3) {
                0 => Refusal::ChecksChanged,
                1 => Refusal::Refused("rule".into()),
                _ => {
                    self.pushes.push((from, to, attempt, members));
                    Refusal::NoAnswer
                }
            };
        } else {
            self.push(from, to, &members);
        }
        let reading = self.read();
        let landed = if self.has_landed(to) { Ok(()) } else { Err(refusal) };
        self.mail.push(Event::LandingAnswered { attempt, reading, trunk: self.trunk, landed });
    }
}

fn culprit() -> Culprit {
    Culprit::plain("test".parse().expect("a check's name"))
}
