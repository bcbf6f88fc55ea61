//! What each landing is held against: S1 to S6, one after the other.

use super::gaps::Gap;
use super::report::Rule;
use super::{Again, At, Audit, Trunk, Witness};
use crate::facts::CheckState;
use crate::ledger::{Green, Landing, Member};
use std::collections::{BTreeMap, BTreeSet};

impl<W: Witness> Audit<'_, W> {
    /// S1: every required check is among those that were green.
    pub(super) fn checks(&mut self, at: &At, landing: &Landing) {
        if landing.required.is_empty() {
            self.report.found(Rule::Checks, at, "it names no check that had to pass");
        }
        for required in &landing.required {
            let of =
                |green: &&Green| green.name == required.name && (required.app.is_none() || green.app == required.app);
            let found: Vec<&Green> = landing.green.iter().filter(of).collect();
            let app = required.app.map_or_else(String::new, |app| format!(" of App {app}"));
            if found.is_empty() {
                let what = format!("the required check `{}`{app} is not among those that were green", required.name);
                self.report.found(Rule::Checks, at, what);
            }
            if let Some(red) = found.iter().find(|green| !passes(green.state)) {
                let what = format!("the required check `{}`{app} had ended as {:?}", required.name, red.state);
                self.report.found(Rule::Checks, at, what);
            }
        }
    }

    /// S2: each was approved at exactly the head that landed.
    pub(super) fn approvals(&mut self, at: &At, landing: &Landing) {
        for member in landing.members.iter().filter(|member| member.approved.head != member.head) {
            let (pr, by) = (member.pr, &member.approved.by);
            let what = format!("#{pr} landed at {}, but {by} had approved {}", member.head, member.approved.head);
            self.report.found(Rule::Approval, at, what);
        }
    }

    /// S3: forward only, from where the landing before it ended or from what others pushed onto that.
    pub(super) fn onward(&mut self, at: &At, landing: &Landing) -> Result<(), W::Trouble> {
        let (name, from, to) = (&landing.trunk, landing.from, landing.to);
        if !self.trunks.contains_key(name) {
            let there = self.witness.branch(name)?.is_some();
            let trunk = Trunk { first: from, last: from, at: at.clone(), landed: BTreeMap::new(), there };
            self.trunks.insert(name.clone(), trunk);
        }
        let (before, there) = self.trunks.get(name).map_or((from, true), |trunk| (trunk.last, trunk.there));
        match self.witness.is_ancestor(from, to)? {
            Some(true) => {}
            Some(false) => {
                self.report.found(Rule::Forward, at, format!("{name} went to {to}, which does not stand on {from}"));
            }
            None if there => {
                let what = format!("{name} went from {from} to {to}, and these commits are not in this clone");
                self.report.found(Rule::Forward, at, what);
            }
            None => self.report.counts.absent += 1,
        }
        if before == from {
            return Ok(());
        }
        if self.witness.is_ancestor(before, from)? == Some(false) {
            let what =
                format!("it begins at {from}, which does not stand on {before}, where the landing before it ended");
            self.report.found(Rule::Forward, at, what);
        } else {
            let what = format!("before this, {name} went from {before} to {from} by pushes that no entry records");
            self.report.noted(at, what);
            self.gaps.push(Gap { trunk: name.clone(), after: before, until: from, at: at.clone() });
        }
        Ok(())
    }

    /// S4: a head lands once; it may again only where trunk has lost it, which S3 names.
    pub(super) fn once(&mut self, at: &At, landing: &Landing) -> Result<(), W::Trouble> {
        let Some(trunk) = self.trunks.get(&landing.trunk) else { return Ok(()) };
        let (mut twice, mut anew) = (Vec::new(), Vec::new());
        for member in &landing.members {
            if let Some(before) = trunk.landed.get(&(member.pr, member.head)) {
                twice.push((member, *before));
            } else if trunk.landed.keys().any(|(pr, _)| *pr == member.pr) {
                anew.push(member.pr);
            }
        }
        let mut own = BTreeSet::new();
        for member in landing.members.iter().filter(|member| !own.insert(member.pr)) {
            self.report.found(Rule::Once, at, format!("#{} is in it twice", member.pr));
        }
        for (member, before) in twice {
            if self.witness.is_ancestor(before, landing.from)? != Some(false) {
                let what = format!("#{} landed at {} already, with {before}", member.pr, member.head);
                self.report.found(Rule::Once, at, what);
            }
        }
        for pr in anew {
            self.report.noted(at, format!("#{pr} had landed before, with another head"));
        }
        Ok(())
    }

    /// S5: the tag is there, is the very object that was made, and names what landed.
    pub(super) fn candidate(&mut self, at: &At, landing: &Landing) {
        let Some(candidate) = &landing.candidate else { return };
        let tag = &candidate.tag;
        if !self.made.insert(tag.clone()) {
            self.report.found(Rule::Tag, at, format!("an earlier entry made {tag} as well"));
            return;
        }
        let what = match self.tags.get(tag) {
            None => format!("{tag} is not there any more"),
            Some(now) if now.object != candidate.object => {
                format!("{tag} points at {} now, and the landing had made it {}", now.object, candidate.object)
            }
            Some(now) if now.peeled != Some(landing.to) => {
                let names = now.peeled.map_or_else(|| "no commit".to_owned(), |commit| commit.to_string());
                format!("{tag} names {names}, and what landed is {}", landing.to)
            }
            Some(_) => return,
        };
        self.report.found(Rule::Tag, at, what);
    }

    /// S6: the members stand on each other, from where trunk was to where it went, and are what their heads make of it.
    pub(super) fn trees(&mut self, at: &At, landing: &Landing) -> Result<(), W::Trouble> {
        let mut below = landing.from;
        for member in &landing.members {
            if member.onto != below {
                let what = format!("#{} was composed on {}, but below it is {below}", member.pr, member.onto);
                self.report.found(Rule::Tree, at, what);
            }
            below = member.tip;
            self.member(at, member)?;
        }
        if below != landing.to {
            let what = format!("its pull requests end with {below}, and trunk went to {}", landing.to);
            self.report.found(Rule::Tree, at, what);
        }
        Ok(())
    }

    fn member(&mut self, at: &At, member: &Member) -> Result<(), W::Trouble> {
        let (pr, tip) = (member.pr, member.tip);
        match self.witness.tree(tip)? {
            // That it is gone is said of the whole landing.
            None => return Ok(()),
            Some(tree) if tree != member.tree => {
                let what = format!("#{pr} became {tip}, whose tree is {tree}, and the entry says {}", member.tree);
                self.report.found(Rule::Tree, at, what);
            }
            Some(_) => {}
        }
        match self.witness.again(member)? {
            Again::Same => self.report.counts.recomputed += 1,
            Again::Other(how) => {
                self.report.found(
                    Rule::Tree,
                    at,
                    format!("git itself makes another result of #{pr} than {tip}: {how}"),
                );
            }
            Again::Unable => self.report.counts.unmade += 1,
        }
        Ok(())
    }
}

/// Which ones are let pass beside success is for the settings on trunk to say.
fn passes(state: CheckState) -> bool {
    match state {
        CheckState::Success | CheckState::Neutral | CheckState::Skipped => true,
        CheckState::Queued
        | CheckState::InProgress
        | CheckState::Failure
        | CheckState::TimedOut
        | CheckState::Cancelled
        | CheckState::ActionRequired
        | CheckState::Stale
        | CheckState::Unrecognised => false,
    }
}
