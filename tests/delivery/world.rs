//! A small world around a delivery: what may be asked of it, what people wish, and drivers that lose, delay and repeat their
//! answers. It never looks into the core; it only reads what the value shows to everybody.

use crate::notation::sha;
use crate::settings;
use greenline::delivery::approval::{Rights, Via};
use greenline::delivery::candidate::{PostMerge, Tag};
use greenline::delivery::event::{Report, Resolution, StartAnswer};
use greenline::delivery::state::Scope;
use greenline::delivery::verify::Sample;
use greenline::delivery::{Ask, Change, Effect, Event, Policy, State, Wish};
use greenline::facts::Permission;
use greenline::ids::{CandidateSeq, DeploymentId, LockId, Login, Moment, PrNumber, StageName};

/// Numbers by seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % sides
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[usize::try_from(self.roll(all.len() as u64)).expect("few")]
    }
}

pub struct World {
    pub dice: Dice,
    landed: u64,
    asks: u64,
    /// Things still go wrong.
    pub faulty: bool,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice(seed), landed: 0, asks: 0, faulty: true }
    }

    /// Something that a repository may ask for.
    pub fn policy(&mut self) -> Policy {
        let mut policy = settings::none();
        let dice = &mut self.dice;
        let mut line = |words: &str| {
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(settings::set(&mut policy, &words), "no setting: {words:?}");
        };
        line(dice.pick(&["mode delivery", "mode delivery", "mode deployment", "mode deployment", "mode off"]));
        line(dice.pick(&["stage staging soak=0s", "stage staging soak=10m", "stage staging supersede=each soak=0s"]));
        line(dice.pick(&["stage staging", "stage staging failure=notify", "stage staging promote=approve who=any"]));
        if dice.one_in(3) {
            line(dice.pick(&["stage qa", "stage qa after=staging", "stage qa driver=manual"]));
        }
        line(dice.pick(&["stage production after=staging", "stage production after=staging supersede=each"]));
        line(dice.pick(&["stage production", "stage production failure=hold", "stage production promote=veto:1h"]));
        line(dice.pick(&["stage production", "stage production min=2 expires=2h", "stage production who=outsider"]));
        line(dice.pick(&["stage production", "stage production promote=manual", "stage production retries=0"]));
        if dice.one_in(4) {
            line("stage staging group=one");
            line("stage production group=one");
        }
        if dice.one_in(10) {
            line("window production allow Europe/Berlin mon-fri 09:00-16:00");
        }
        line(dice.pick(&[
            "verify staging http tries=2",
            "verify staging check e2e",
            "verify staging command smoke dry",
        ]));
        if dice.one_in(2) {
            line(dice.pick(&["verify production http tries=1", "verify production metric count=3 every=1m"]));
        }
        line(dice.pick(&["cut landed", "cut landed", "cut post-merge-green"]));
        if dice.one_in(2) {
            line("post_merge full");
        }
        line(dice.pick(&["trust demote 2", "trust demote 0"]));
        line(dice.pick(&["red rerun on", "red rerun off"]));
        line(dice.pick(&["version semver", "version calver", "version sequence"]));
        policy
    }

    fn login(&mut self) -> Login {
        // The last wrote nothing, and is asked when all is well: no rule is beyond fulfilling then.
        let people: &[&str] =
            if self.faulty { &["ana", "bo", "cy", "dee"] } else { &["ana", "bo", "cy", "dee", "zoe"] };
        self.dice.pick(people).parse().expect("a login")
    }

    pub fn land(&mut self, state: &State, now: Moment) -> Event {
        self.landed += 1;
        let label = self.dice.pick(&["", "", "", "", "delivery:hotfix", "delivery:rollback-unsafe"]);
        let change = Change {
            pr: PrNumber::new(self.landed),
            title: self.dice.pick(&["feat: x", "fix: y", "z", "feat!: w"]).into(),
            authors: (!self.dice.one_in(4)).then(|| [self.login()].into()),
            labels: vec![label.to_owned()],
            first_commit_at: Some(now),
            opened_at: Some(now),
            queued_at: Some(now),
            landed_at: now,
        };
        let commit = sha(&format!("c{}", self.landed));
        let cuts = state.policy.cut.when == greenline::delivery::policy::CutWhen::Landed && !self.dice.one_in(8);
        let candidate = cuts.then(|| next_tag(state));
        Event::Landed { commit, candidate, changes: vec![change] }
    }

    pub fn ask(&mut self, wish: Wish) -> Event {
        self.asks += 1;
        let by = self.login();
        let mut rights = Rights { permission: Some(Permission::Admin), ..Rights::default() };
        if self.faulty && self.dice.one_in(8) {
            rights.permission = Some(Permission::Read);
        }
        Event::Asked(Ask { id: self.asks.to_string(), by, rights, via: Via::Page, wish })
    }

    fn candidate(&mut self, state: &State) -> CandidateSeq {
        let all: Vec<CandidateSeq> = state.candidates.keys().rev().take(6).copied().collect();
        if all.is_empty() { CandidateSeq::new(1) } else { *self.dice.pick(&all.iter().collect::<Vec<_>>()) }
    }

    fn deployment(&mut self, state: &State) -> DeploymentId {
        DeploymentId::new(state.last_deployment.saturating_sub(self.dice.roll(5)))
    }

    fn stage(&mut self) -> StageName {
        self.dice.pick(&["staging", "production", "production", "qa"]).parse().expect("a stage's name")
    }

    /// Something that somebody might want.
    pub fn wish(&mut self, state: &State, now: Moment) -> Wish {
        let (stage, candidate, deployment) = (self.stage(), self.candidate(state), self.deployment(state));
        let reason = "because".to_owned();
        match self.dice.roll(26) {
            0..6 => Wish::Approve { stage, candidate: self.dice.one_in(2).then_some(candidate), note: String::new() },
            6 => Wish::Unapprove { stage },
            7 => Wish::Reject { candidate, stage: self.dice.one_in(2).then_some(stage), reason },
            8 => Wish::Unreject { candidate, reason },
            9..12 => {
                let overrides = self.dice.one_in(4);
                Wish::Deploy { stage, candidate, overrides, reason, expect_current: None }
            }
            12 | 13 => {
                let to = self.dice.one_in(3).then_some(candidate);
                Wish::Rollback { stage, to, reason, confirm: self.dice.one_in(2).then_some(candidate) }
            }
            14 => Wish::Cancel(deployment),
            15 => Wish::Retry(deployment),
            16 => Wish::Resolve { deployment, outcome: self.outcome() },
            17 => Wish::Judge { stage, pass: self.dice.one_in(2), note: reason },
            18 => Wish::Reverify(stage),
            19 => Wish::Hold { stage, reason },
            20 | 21 => Wish::Resume(stage),
            22 => {
                let scope = if self.dice.one_in(3) { Scope::Stages } else { Scope::Stage(stage) };
                let until = self.dice.one_in(2).then(|| now.plus_ms(3_600_000));
                Wish::Lock { scope, until, reason, strict: self.dice.one_in(4) }
            }
            23 => Wish::Unlock(LockId::new(1 + self.dice.roll(state.last_lock + 1))),
            24 if self.dice.one_in(2) => Wish::Fixing,
            24 => Wish::Cut,
            _ => Wish::RestoreTag(candidate),
        }
    }

    pub fn outcome(&mut self) -> Resolution {
        match self.dice.roll(3) {
            0 => Resolution::Succeeded,
            1 => Resolution::Failed,
            _ => Resolution::Again,
        }
    }

    /// Somebody else's doing: a tag is moved, or put back.
    pub fn meddle(&mut self, state: &State) -> Event {
        let candidate = self.candidate(state);
        if self.dice.one_in(2) {
            Event::TagMoved { candidate, seen: self.dice.one_in(2).then(|| sha("x")) }
        } else {
            Event::TagRestored { candidate }
        }
    }

    /// Does what is owed, well or badly.
    pub fn perform(&mut self, state: &State, effect: &Effect, now: Moment) -> Event {
        let well = !self.faulty || self.dice.one_in(2);
        match effect {
            Effect::Cut(commit) => {
                let (seq, tag) = next_tag(state);
                Event::Cut { commit: *commit, seq, tag }
            }
            Effect::Judge(commit) => {
                let red = self.dice.one_in(3) && self.faulty;
                let verdict = if red { PostMerge::Red(vec!["full".into()]) } else { PostMerge::Green };
                Event::Judged { commit: *commit, verdict }
            }
            Effect::ReadChange(pr) => {
                let authors = ["ana".parse().expect("a login")].into();
                Event::ChangeRead { pr: *pr, authors, first_commit_at: Some(now), opened_at: None }
            }
            Effect::Confirm(deployment) => {
                let lost = if well { Vec::new() } else { vec![self.login()] };
                Event::Confirmed { deployment: *deployment, lost }
            }
            Effect::Start { deployment, attempt } => self.start(*deployment, *attempt, well),
            Effect::Watch { deployment, attempt } | Effect::Stop { deployment, attempt } => {
                let report = if well { Report::Succeeded(Some(now)) } else { self.report() };
                let report = if matches!(effect, Effect::Stop { .. }) && well { Report::Stopped } else { report };
                Event::Reported { deployment: *deployment, attempt: *attempt, report }
            }
            Effect::Sample { deployment, check, due } => {
                let bad = [Sample::Bad, Sample::Nothing, Sample::Unread, Sample::Good];
                let sample = if well { Sample::Good } else { *self.dice.pick(&bad.iter().collect::<Vec<_>>()) };
                Event::Sampled { deployment: *deployment, check: *check, due: *due, sample, note: String::new() }
            }
            Effect::Rerun(commit) => Event::Rerun { commit: *commit },
            Effect::ProposeRevert(pr) => Event::RevertProposed { pr: *pr, revert: None },
            Effect::Restore(candidate) => Event::TagRestored { candidate: *candidate },
        }
    }

    fn start(&mut self, deployment: DeploymentId, attempt: u16, well: bool) -> Event {
        let answer = match self.dice.roll(if well { 2 } else { 4 }) {
            0 => StartAnswer::Running("it".into()),
            1 => StartAnswer::Done,
            2 => StartAnswer::Refused("no".into()),
            _ => StartAnswer::Unknown("no answer".into()),
        };
        Event::Started { deployment, attempt, answer }
    }

    fn report(&mut self) -> Report {
        match self.dice.roll(9) {
            0..3 => Report::Running { note: None, log: None },
            3 => Report::Failed { why: "no".into(), passing: true, unchanged: self.dice.one_in(2) },
            4 => Report::Failed { why: "no".into(), passing: false, unchanged: self.dice.one_in(3) },
            5 => Report::Stopped,
            6 => Report::CannotStop("no button".into()),
            7 => Report::NotBegun,
            _ => Report::Lost("forgotten".into()),
        }
    }
}

/// The next candidate's number and tag, as whoever pushes would choose them.
fn next_tag(state: &State) -> (CandidateSeq, Tag) {
    let seq = state.candidates.keys().next_back().map_or(CandidateSeq::new(1), |last| last.next());
    (seq, Tag { name: format!("candidate/{:06}", seq.get()), object: sha(&format!("tag {seq}")) })
}
