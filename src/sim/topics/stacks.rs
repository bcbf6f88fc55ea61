//! Stacks: people who open pull requests onto other people's branches and do things to the lower one, and the judge of when the
//! upper one may be sent to trunk and of what it is told to wait for.

use crate::admission::Obstacle;
use crate::engine::state::RepoState;
use crate::facts::{PullState, Since};
use crate::ids::{BranchName, PrNumber, Sha};
use crate::sim::ground::pulls::PullFile;
use crate::sim::ground::world::Ground;
use crate::sim::judge::oracle::Violation;
use crate::sim::people::intents::Intent;

/// From looking at where a pull request goes to sending it elsewhere, at most, in milliseconds.
const LOOK_MS: i64 = 15_000;

impl PullFile {
    /// It comes from this branch of the repository itself.
    pub fn comes_from(&self, branch: &BranchName) -> bool {
        self.fork.is_none() && self.branch == branch.to_ref()
    }

    /// The branches it went to of late, now included.
    fn bases_of_late(&self, since: crate::ids::Moment) -> impl Iterator<Item = &BranchName> {
        let past = self.past.iter().filter(move |(until, _)| *until >= since).map(|(_, pull)| &pull.base);
        past.chain([&self.shown.base])
    }
}

impl Ground {
    /// The pull request from the branch that this one goes to.
    pub fn below(&self, pr: PrNumber) -> Option<PrNumber> {
        let base = &self.pulls.get(&pr)?.shown.base;
        let from = |(other, file): &(&PrNumber, &PullFile)| **other != pr && file.comes_from(base);
        self.pulls.iter().find(from).map(|(other, _)| *other)
    }

    /// What a pull request was about is on trunk, at this commit of it or before.
    pub fn lies_on(&self, file: &PullFile, tip: Sha) -> bool {
        let shown = Some(file.shown.head).filter(|_| file.shown.state == PullState::Merged);
        file.landed.values().copied().chain(shown).any(|landed| self.truth.is_ancestor(landed, tip))
    }

    /// The branches whose pull requests lie on trunk, at this commit of it or before.
    pub fn branches_on(&self, tip: Sha) -> Vec<BranchName> {
        let landed = self.pulls.values().filter(|file| file.fork.is_none() && self.lies_on(file, tip));
        landed.filter_map(|file| file.branch.branch()).collect()
    }

    /// Where a pull request is to go that somebody is about to open, where people stack them: the branch of another one.
    pub fn branch_to_stand_on(&mut self, pr: PrNumber) -> Option<BranchName> {
        if !self.customs.stacked || self.whims.one_in(2) {
            return None;
        }
        let there = |file: &&PullFile| file.shown.state == PullState::Open && file.fork.is_none();
        let others = self.pulls.values().filter(there).filter(|file| file.shown.number != pr);
        let branches: Vec<BranchName> = others
            .filter(|file| self.refs.contains_key(&file.branch) && self.below(file.shown.number) != Some(pr))
            .filter_map(|file| file.branch.branch())
            .collect();
        if branches.is_empty() {
            return None;
        }
        let at = usize::try_from(self.whims.roll(branches.len() as u64)).unwrap_or(0);
        branches.get(at).cloned()
    }

    /// Somebody does something about a pull request that stands on another, or puts it there; false if nothing is to be done.
    pub fn restack(&mut self, pr: PrNumber) -> bool {
        if !self.customs.stacked || !self.whims.one_in(3) {
            return false;
        }
        let Some(lower) = self.below(pr) else {
            let open = self.pulls.get(&pr).is_some_and(|file| file.shown.state == PullState::Open);
            let Some(base) = self.branch_to_stand_on(pr).filter(|_| open) else { return false };
            self.note(|| format!("#{pr} is sent onto {base}"));
            self.seen_no_more(pr, Since::Retargeted);
            self.change(pr, |file| file.shown.base = base);
            return true;
        };
        match self.whims.roll(8) {
            0..4 => {
                self.ask(lower);
                let ms = self.whims.ms(20, 20_000);
                self.after(ms, crate::sim::ground::world::Due::Intended(Intent::Ask(pr)));
            }
            4 => self.new_head(lower),
            5 | 6 => self.close_or_open(lower),
            _ => self.merge_by_hand(lower),
        }
        true
    }

    /// The bot has a pull request go to another branch; `None` where the forge refuses.
    pub fn send(&mut self, process: u32, pr: PrNumber, base: &BranchName) -> Option<()> {
        let file = self.pulls.get(&pr)?;
        if file.shown.state != PullState::Open {
            return None;
        }
        if file.shown.base == *base {
            return Some(());
        }
        let (from, tip) = (file.shown.base.clone(), self.tip_of(base));
        let over = self.branches_on(tip);
        if !file.bases_of_late(self.now.plus_ms(-LOOK_MS)).any(|base| over.contains(base)) {
            let what = format!("#{pr} was sent from {from} to {base} although nothing it stood on has landed there");
            self.oracle.breaks("stacked", what);
        }
        if !self.is_to_send(process, pr, &from) {
            let what = format!("#{pr} is sent to {base}: no state that process {process} wrote asks for it");
            self.oracle.breaks("S7", what);
        }
        self.note(|| format!("== #{pr} is sent from {from} to {base} (process {process})"));
        self.oracle.sometimes("a stacked pull request was sent to trunk");
        self.seen_no_more(pr, Since::Retargeted);
        self.change(pr, |file| file.shown.base = base.clone());
        Some(())
    }

    /// A state of this process says that the pull request is to go to trunk, or that the branch it goes to is to be deleted.
    fn is_to_send(&self, process: u32, pr: PrNumber, from: &BranchName) -> bool {
        let states = self.processes.get(&process).map(|file| file.states.as_slice()).unwrap_or_default();
        let (pr, left) = (pr.to_string(), crate::sim::topics::branches::left(from));
        let named = |state: &str| {
            let key = "\"retargets\":[";
            let list = state.find(key).and_then(|at| state[at + key.len()..].split(']').next());
            list.is_some_and(|list| list.split(',').any(|number| number == pr))
        };
        states.iter().rev().any(|(_, state)| named(state) || state.contains(&left))
    }

    /// L3 of stacks: nobody waits for what has landed, and how it is with that is told as it is.
    pub fn stands_in_vain(&self, tip: Sha, state: &RepoState) -> Option<Violation> {
        let waits =
            state.desk.pulls.iter().flat_map(|(pr, record)| record.waits().into_iter().flatten().map(|w| (*pr, w)));
        let stands = |(pr, obstacle): (PrNumber, &Obstacle)| {
            if let Obstacle::Stacked { on, state } = obstacle { Some((pr, *on, *state)) } else { None }
        };
        let what = waits.filter_map(stands).find_map(|(pr, on, told)| self.in_vain_on(pr, (on, told), tip))?;
        Some(Violation { invariant: "L3", what })
    }

    fn in_vain_on(&self, pr: PrNumber, (on, told): (PrNumber, PullState), tip: Sha) -> Option<String> {
        let lower = self.pulls.get(&on).filter(|_| !self.lost(on) && !self.lost(pr))?;
        // Merged into another branch it has not landed here.
        let truly = if lower.shown.state == PullState::Open { PullState::Open } else { PullState::Closed };
        // Whoever sends it back onto a branch that has landed was told to send it to trunk.
        let been_on_trunk = self.pulls.get(&pr)?.past.iter().any(|(_, pull)| self.trunks().contains(&pull.base));
        if told == PullState::Merged && been_on_trunk {
            None
        } else if self.lies_on(lower, tip) {
            Some(format!("#{pr} waits for #{on}, which has landed"))
        } else {
            (truly != told).then(|| format!("#{pr} waits for #{on}, which is taken for {told:?} and is {truly:?}"))
        }
    }

    /// Counts a landing after what it stood on.
    pub fn stood_on(&mut self, pr: PrNumber, from: Sha) {
        let over = self.branches_on(from);
        let stood = |file: &PullFile| file.past.iter().any(|(_, pull)| over.contains(&pull.base));
        if self.pulls.get(&pr).is_some_and(stood) {
            self.oracle.sometimes("a landing after what it stood on");
        }
    }
}
