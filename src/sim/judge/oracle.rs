//! The judge. It knows the ground truth, sees every write at the moment the world accepts it, and says what was broken.

use crate::engine::board::DepartureRow;
use crate::engine::state::RepoState;
use crate::ids::{BranchName, Moment, PrNumber, RefName, Sha};
use crate::ledger;
use crate::port::git::{Expect, RefUpdate};
use crate::queue::members_of;
use crate::sim::ground::pulls::PullFile;
use crate::sim::ground::trunks::{MAIN, Ours};
use crate::sim::ground::world::{Ground, Push};
use crate::sim::judge::delivered::Told;
use crate::sim::judge::rules::Lands;
use crate::sim::judge::traces::Traces;
use crate::sim::topics::wishes;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Candidate tags.
const TAGS: &str = "refs/tags/candidate/";
const STAGES: &str = "refs/deploy/";
/// Runs of one commit, at the most: each red counts once, silence is tried again, and a red trunk is doubted now and then.
const RUNS_MAX: u8 = 16;
/// What the forge may lag behind a moved branch, in milliseconds.
const LAG_MS: i64 = 3_100;

/// What was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, by its name in the architecture.
    pub invariant: &'static str,
    /// What happened.
    pub what: String,
}

/// What the judge keeps in mind.
#[derive(Debug, Default)]
pub struct Oracle {
    /// The first thing that was broken.
    pub broken: Option<Violation>,
    /// How often rare things happened.
    pub counters: BTreeMap<&'static str, u64>,
    /// Refs that a planted bug hides from the bot.
    pub hidden: BTreeSet<RefName>,
    trunks: BTreeMap<BranchName, Vec<(Sha, Moment)>>,
    greens: BTreeMap<Sha, Vec<(Moment, bool)>>,
    /// How often CI was red on a commit that is not.
    pub flakes: BTreeMap<Sha, u8>,
    attempts: BTreeMap<(BranchName, u64), Moment>,
    runs: BTreeMap<Sha, u8>,
    /// When each queue first wrote anything.
    pub opened: BTreeMap<BranchName, Moment>,
    /// Commits that were tried.
    pub tried: BTreeSet<Sha>,
    /// Who caused what.
    pub traces: Traces,
    /// What the ledger says of deliveries.
    pub delivered: Told,
}

impl Oracle {
    /// Something was broken; the first one counts.
    pub fn breaks(&mut self, invariant: &'static str, what: impl Into<String>) {
        self.broken.get_or_insert_with(|| Violation { invariant, what: what.into() });
    }

    /// Something rare happened.
    pub fn sometimes(&mut self, what: &'static str) {
        *self.counters.entry(what).or_default() += 1;
    }

    /// A trunk is here from now on.
    pub fn trunk_is(&mut self, trunk: &BranchName, tip: Sha, now: Moment) {
        self.trunks.entry(trunk.clone()).or_default().push((tip, now));
    }

    /// A commit's checks are all green, or not, from now on.
    pub fn green_is(&mut self, sha: Sha, green: bool, now: Moment) {
        self.greens.entry(sha).or_default().push((now, green));
    }

    /// CI will be red on a commit that is not.
    pub fn flake(&mut self, sha: Sha) {
        let flakes = self.flakes.entry(sha).or_default();
        *flakes = flakes.saturating_add(1);
        self.sometimes("CI was flaky");
    }

    /// A commit's checks were all green at some moment since then.
    pub fn green_since(&self, sha: Sha, since: Moment) -> bool {
        let Some(history) = self.greens.get(&sha) else { return false };
        let ends = history.iter().skip(1).map(|(until, _)| Some(*until)).chain([None]);
        history.iter().zip(ends).any(|((_, green), until)| *green && until.is_none_or(|until| until >= since))
    }

    /// The commits a trunk was at since a moment.
    pub fn tips_since(&self, trunk: &BranchName, since: Moment) -> Vec<Sha> {
        let tips = self.trunks.get(trunk).map(Vec::as_slice).unwrap_or_default();
        let ends = tips.iter().skip(1).map(|(_, until)| Some(*until)).chain([None]);
        let then = tips.iter().zip(ends).filter(|(_, until)| until.is_none_or(|until| until >= since));
        then.map(|((sha, _), _)| *sha).collect()
    }
}

impl Ground {
    /// S7: a process asks for a push; what it intends must stand in a state that it wrote.
    pub fn push_asked(&mut self, push: &Push) {
        for update in push.updates.iter().filter(|update| update.name != ledger::name()) {
            let name = &update.name;
            let to = update.to.map(|to| to.to_string()).unwrap_or_default();
            let owner = self.owner_of(name).map(|(_, own)| own);
            let needle = match &owner {
                Some(Ours::Trunk) => format!("\"landing\":[\"{to}\","),
                Some(Ours::Run(number)) if update.to.is_some() => format!("\"{number}\":{{\"sha\":\"{to}\""),
                Some(Ours::Run(_) | Ours::Trial | Ours::Guard(_)) => format!("\"{name}\""),
                None if name.as_str().starts_with("refs/tags/") => continue,
                None if name.as_str().starts_with(STAGES) => format!("\"{to}\""),
                None => match name.branch().filter(|_| update.to.is_none()) {
                    Some(branch) => crate::sim::topics::branches::left(&branch),
                    None => format!("\"{to}\""),
                },
            };
            self.intended_by((push.process, Some(&push.trunk)), &needle, || format!("push of {name} to {to}"));
            if let (Some(Ours::Trunk), Some(tip)) = (owner, update.to) {
                self.traced(push, tip, &needle);
            }
        }
    }

    /// S7: what a process does must stand in a state that it wrote.
    pub fn intended(&mut self, process: u32, needle: &str, what: impl FnOnce() -> String) {
        self.intended_by((process, None), needle, what);
    }

    /// The same, in a state of one queue's.
    fn intended_by(&mut self, (process, of): (u32, Option<&BranchName>), needle: &str, what: impl FnOnce() -> String) {
        let states = self.processes.get(&process).map(|file| file.states.as_slice()).unwrap_or_default();
        let mut own = states.iter().rev().filter(|(trunk, _)| of.is_none_or(|of| of == trunk));
        if !own.any(|(_, state)| state.contains(needle)) {
            self.oracle.breaks("S7", format!("{}: no state that process {process} wrote asks for it", what()));
        }
    }

    /// The world is about to accept these changes of refs together.
    pub fn push_accepted(&mut self, push: &Push, accepted: &[RefUpdate]) {
        let mut stages = Vec::new();
        for update in accepted {
            if update.name == ledger::name() {
                self.ledger_accepted(push, update, accepted);
                continue;
            }
            match self.owner_of(&update.name).filter(|_| push.fork.is_none()) {
                Some((trunk, _)) if trunk != push.trunk => {
                    let what = format!("{} is {trunk}'s, and the queue of {} wrote it", update.name, push.trunk);
                    self.oracle.breaks("S13", what);
                }
                Some((_, Ours::Trunk)) => self.trunk_accepted(push, update, accepted),
                Some((_, Ours::Run(_))) => self.run_accepted(update),
                Some((_, Ours::Trial)) => self.trial_accepted(update),
                Some((_, Ours::Guard(_))) => {}
                None if update.name.as_str().starts_with("refs/tags/") => self.tag_accepted(push, update, accepted),
                None if update.name.as_str().starts_with(STAGES) => stages.push(update),
                None if update.to.is_none() => self.deletion_accepted(update),
                None => self.head_accepted(push, update),
            }
        }
        // The ledger that comes with them is read first.
        for update in stages {
            self.stage_accepted(push, update);
        }
    }

    /// L5: the same commit is not tested again and again.
    fn run_accepted(&mut self, update: &RefUpdate) {
        let Some(tip) = update.to else { return };
        let runs = self.oracle.runs.entry(tip).or_default();
        *runs = runs.saturating_add(1);
        if *runs > RUNS_MAX {
            self.oracle.breaks("L5", format!("{tip:?} is tested for the {RUNS_MAX}th time and once more"));
        }
    }

    fn trunk_accepted(&mut self, push: &Push, update: &RefUpdate, accepted: &[RefUpdate]) {
        let (trunk, old) = (&push.trunk, self.tip_of(&push.trunk));
        let Some(new) = update.to else { return self.oracle.breaks("S3", "trunk was deleted") };
        if update.expect != Expect::At(old) {
            self.oracle
                .breaks("S3", format!("trunk was moved from {old:?}, but the push expected {:?}", update.expect));
        }
        if !self.truth.is_ancestor(old, new) {
            return self
                .oracle
                .breaks("S3", format!("trunk was moved from {old:?} to {new:?}, which is not ahead of it"));
        }
        let guard = accepted.iter().find_map(|u| match self.owner_of(&u.name)? {
            (_, Ours::Guard(attempt)) => Some(attempt),
            (_, Ours::Trunk | Ours::Run(_) | Ours::Trial) => None,
        });
        let attempt = guard.unwrap_or(0);
        let open = |word: &str| format!("\"{word}\":[\"{new}\",{attempt}]");
        let state = self.durable(trunk).unwrap_or_else(|| Arc::from(""));
        if !state.contains(&open("landing")) && !state.contains(&open("revoking")) {
            let what =
                format!("trunk moved to {new:?} by attempt {attempt} of process {}, which is over", push.process);
            self.oracle.breaks("S7", what);
        }
        let slack = i64::try_from(self.faults.stale_ms).unwrap_or(0);
        let began = self.oracle.attempts.get(&(trunk.clone(), attempt)).copied().unwrap_or(self.now).plus_ms(-slack);
        if !self.oracle.green_since(new, began) {
            self.oracle.breaks("S1", format!("trunk moved to {new:?}, whose checks were not green"));
        }
        if !accepted.iter().any(|u| u.name.as_str().starts_with(TAGS)) {
            self.oracle.breaks("S5", format!("trunk moved to {new:?} without a candidate tag"));
        }
        if !accepted.iter().any(|u| u.name == ledger::name()) {
            self.oracle.breaks("S14", format!("trunk moved to {new:?} without an entry in the ledger"));
        }
        let members = self.members(old, new);
        self.each_tested(&members, old);
        self.shapes(&members);
        let landed: Vec<PrNumber> = members.iter().map(|(pr, ..)| *pr).collect();
        self.kept((trunk, &landed), old, began.plus_ms(slack));
        self.wishes_kept(&wishes::Landing { trunk, from: old, since: began.plus_ms(-LAG_MS) }, &members);
        for (pr, head, tip) in members {
            self.landed(pr, head, (old, tip));
            self.rules_kept(&Lands { trunk: trunk.clone(), pr, head, since: began.plus_ms(-LAG_MS) }, old);
        }
        self.oracle.sometimes(if trunk.as_str() == MAIN { "a landing" } else { "a landing on another trunk" });
        self.note(|| format!("== {trunk} moves from {old:?} to {new:?} by attempt {attempt}"));
    }

    /// Counts in which shapes pull requests land.
    fn shapes(&mut self, members: &[(PrNumber, Sha, Sha)]) {
        let shape = |(_, head, tip): &(PrNumber, Sha, Sha)| match self.truth.get(*tip).merged {
            Some(merged) if merged == *head => "a head landed by a merge commit",
            Some(_) => "a head landed rebased and merged",
            None if head == tip => "a head landed as it is",
            None => "a head landed rebased or squashed",
        };
        let shapes: Vec<&'static str> = members.iter().map(shape).collect();
        for shape in shapes {
            self.oracle.sometimes(shape);
        }
    }

    /// S1 where each pull request is to be tested by itself.
    fn each_tested(&mut self, members: &[(PrNumber, Sha, Sha)], from: Sha) {
        let each = self.settings_at(from).is_some_and(|config| config.queue.every_tip);
        let untested = members.iter().find(|(_, _, tip)| each && !self.oracle.green_since(*tip, Moment::from_ms(0)));
        if let Some((pr, _, tip)) = untested {
            self.oracle.breaks("S1", format!("#{pr} landed as {tip:?}, which was never green by itself"));
        }
    }

    /// The pull requests between two commits, oldest first: number, approved head, what it became. It breaks S2 if a commit there
    /// is nobody's.
    pub fn members(&mut self, old: Sha, new: Sha) -> Vec<(PrNumber, Sha, Sha)> {
        let mut members: Vec<(PrNumber, Sha, Sha)> = Vec::new();
        let mut as_it_is = false;
        let mut nobodys = None;
        for (sha, commit) in self.truth.line(new).take_while(|(sha, _)| *sha != old) {
            // What another trunk has comes with a head that stands on it, and lands nobody a second time.
            let there = as_it_is && self.tips().iter().any(|tip| self.truth.is_ancestor(sha, *tip));
            let member = commit.member.or_else(|| Some((self.pull_at(sha)?, sha)));
            // Nor does it land whose head it stands on, unless that one is to land as well.
            let below = |pr: PrNumber| as_it_is && commit.member.is_none() && !self.lands_with(new, pr);
            match member.filter(|(pr, _)| !there && !below(*pr)) {
                Some((pr, head)) if members.last().is_none_or(|last| (last.0, last.1) != (pr, head)) => {
                    members.push((pr, head, sha));
                    as_it_is = head == sha;
                }
                Some(_) => {}
                None if as_it_is => {}
                None => nobodys = Some(sha),
            }
        }
        if let Some(sha) = nobodys {
            self.oracle.breaks("S2", format!("{sha:?} landed with {new:?} and is nobody's pull request"));
        }
        members.reverse();
        members
    }

    /// By some queue's own word a pull request lands with this commit.
    fn lands_with(&self, tip: Sha, pr: PrNumber) -> bool {
        let states = self.all_durable().filter_map(|state| serde_json::from_str::<RepoState>(state).ok());
        let mut members = states.filter_map(|state| members_of(&state.queue, tip)).flatten();
        members.any(|member| member.entry.pr == pr)
    }

    /// The pull request whose head this is or was.
    fn pull_at(&self, sha: Sha) -> Option<PrNumber> {
        let had = |file: &PullFile| file.shown.head == sha || file.past.iter().any(|(_, pull)| pull.head == sha);
        self.pulls.iter().find(|(_, file)| had(file)).map(|(pr, _)| *pr)
    }

    /// S4 of one pull request that lands. One that got another head meanwhile stays open, and that head may land as well.
    ///
    /// One that was sent to another trunk afterwards, and asked for anew, may land there too.
    fn landed(&mut self, pr: PrNumber, head: Sha, (old, tip): (Sha, Sha)) {
        let Some(file) = self.pulls.get_mut(&pr) else { return };
        let before = file.landed.insert(head, tip);
        if let Some(before) = before.filter(|before| self.truth.is_ancestor(*before, old)) {
            self.oracle.breaks("S4", format!("#{pr} landed at {head:?} as {before:?} and again as {tip:?}"));
        }
    }

    fn tag_accepted(&mut self, push: &Push, update: &RefUpdate, accepted: &[RefUpdate]) {
        let name = &update.name;
        let to = accepted.iter().find(|u| u.name == push.trunk.to_ref()).and_then(|u| u.to);
        let target = update.to.and_then(|object| self.tags.get(&object)).map(|tag| tag.target);
        if !name.as_str().starts_with(TAGS) {
            self.oracle.breaks("S13", format!("{name} is not ours to make"));
        } else if self.refs.contains_key(name) || target.is_none() {
            self.oracle.breaks("S5", format!("{name} was moved or deleted"));
        } else if to != target {
            self.oracle.breaks("S5", format!("{name} is on {target:?}, and trunk moved to {to:?}"));
        }
    }

    /// A pull request's branch may only be moved to what the pull request became.
    fn head_accepted(&mut self, push: &Push, update: &RefUpdate) {
        let own = self.pulls.iter().find(|(_, file)| file.branch == update.name && file.fork == push.fork);
        let Some((pr, _)) = own else {
            return self.oracle.breaks("S13", format!("{} is not ours to write", update.name));
        };
        let pr = *pr;
        let member = update.to.and_then(|to| self.truth.get(to).member).map(|(of, _)| of);
        if member != Some(pr) || update.expect != self.head(pr).map_or(Expect::Absent, Expect::At) {
            self.oracle
                .breaks("S13", format!("the branch of #{pr} was moved to {:?} over {:?}", update.to, self.head(pr)));
        }
    }

    /// A state became durable.
    pub fn state_written(&mut self, trunk: &BranchName, before: Option<Arc<str>>, after: &str) {
        if let Some(at) = after.find("\"landing\":[\"") {
            let rest = &after[at + 12..];
            let number = rest.split_once("\",").and_then(|(_, rest)| rest.split_once(']')).map(|(number, _)| number);
            if let Some(number) = number.and_then(|number| number.parse().ok()) {
                self.oracle.attempts.entry((trunk.clone(), number)).or_insert(self.now);
            }
        }
        self.oracle.opened.entry(trunk.clone()).or_insert(self.now);
        self.trials_fit(after);
        if after.contains("\"out_of_reach\"") {
            self.oracle.sometimes("others went on without one that is out of reach");
        }
        let Some(before) = before else { return };
        if departures(&before).get(..60) == departures(after).get(..60) {
            return;
        }
        let old = rows(&before);
        let new: Vec<_> = rows(after).into_iter().take_while(|row| Some(row) != old.first()).collect();
        for row in new {
            self.note(|| format!("== #{} leaves: {}", row.pull, row.code));
            if matches!(row.code.as_str(), "checks-failed" | "conflict" | "already-in" | "not-composable") {
                self.blamed(trunk, &before, &row);
            }
        }
    }
}

/// The part of a state that lists departures, newest first.
fn departures(state: &str) -> &str {
    let key = "\"departures\":";
    state.rfind(key).map_or("[]", |at| &state[at + key.len()..])
}

fn rows(state: &str) -> Vec<DepartureRow> {
    let mut read = serde_json::Deserializer::from_str(departures(state));
    Vec::deserialize(&mut read).unwrap_or_default()
}

/// A landing, a revocation or an ejection is unanswered.
pub fn settling(ground: &Ground) -> bool {
    let word = |state: &str| ["\"landing\":[\"", "\"revoking\":[\"", "\"ejecting\":"].iter().any(|w| state.contains(w));
    ground.all_durable().any(|state| word(state))
}
