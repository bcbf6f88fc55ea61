//! The judge of the ledger (S14): each landing is one entry that says what truly happened, on top of the one before.

use crate::ids::{PrNumber, RefName, Sha};
use crate::ledger::{Entry, Line};
use crate::port::git::{Expect, RefUpdate};
use crate::sim::ground::world::{Ground, Push};
use std::collections::BTreeMap;

impl Ground {
    /// The world is about to accept a change of the ledger.
    pub fn ledger_accepted(&mut self, push: &Push, update: &RefUpdate, accepted: &[RefUpdate]) {
        if let Some(what) = self.ledger_broken(push, update, accepted) {
            self.oracle.breaks("S14", what);
        }
    }

    fn ledger_broken(&mut self, push: &Push, update: &RefUpdate, accepted: &[RefUpdate]) -> Option<String> {
        let there = self.refs.get(&update.name).copied();
        let Some(to) = update.to else { return Some("the ledger was deleted".to_owned()) };
        if update.expect != there.map_or(Expect::Absent, Expect::At) {
            return Some(format!("the ledger was at {there:?}, and the push expected {:?}", update.expect));
        }
        let Some(commit) = self.ledger.get(&to).cloned() else { return Some(format!("{to:?} is no entry")) };
        if commit.parent != there {
            return Some(format!("{to:?} stands on {:?} instead of {there:?}", commit.parent));
        }
        let entry = match Entry::read(&commit.message) {
            Ok(entry) => entry,
            Err(why) => return Some(format!("{to:?} cannot be read: {why}")),
        };
        if !entry.lines.is_empty() && entry.lines.iter().all(|line| matches!(line, Line::Delivery(_))) {
            return entry.lines.iter().find_map(|line| self.delivery_told(push, line));
        }
        let [Line::Landed(landing)] = entry.lines.as_slice() else {
            return Some(format!("{to:?} has {} lines for one landing", entry.lines.len()));
        };
        let trunk = accepted.iter().find(|other| other.name == push.trunk.to_ref());
        let moved = trunk.map(|trunk| (trunk.expect, trunk.to));
        if landing.trunk != push.trunk || moved != Some((Expect::At(landing.from), Some(landing.to))) {
            return Some(format!("{to:?} says that {} went to {:?}, and {moved:?} is so", landing.trunk, landing.to));
        }
        let named: Option<RefName> =
            landing.candidate.as_ref().and_then(|candidate| format!("refs/tags/{}", candidate.tag).parse().ok());
        let object = landing.candidate.as_ref().map(|candidate| candidate.object);
        if !accepted.iter().any(|other| Some(&other.name) == named.as_ref() && other.to == object) {
            return Some(format!("{to:?} names the candidate {named:?}, which is not made with it"));
        }
        let said: BTreeMap<PrNumber, Sha> = landing.members.iter().map(|member| (member.pr, member.head)).collect();
        let truly = self.members(landing.from, landing.to);
        let lacks = truly.iter().find(|(pr, head, _)| said.get(pr) != Some(head));
        if let Some((pr, head, _)) = lacks {
            return Some(format!("#{pr} lands at {head:?}, and the entry has {said:?}"));
        }
        let other = landing.members.iter().find(|member| member.approved.head != member.head);
        other.map(|member| format!("the entry says that #{} was approved at {:?}", member.pr, member.approved.head))
    }

    /// A queue tells of its own delivery only.
    fn delivery_told(&mut self, push: &Push, line: &Line) -> Option<String> {
        let Line::Delivery(line) = line else { return None };
        if line.trunk != push.trunk {
            return Some(format!("the queue of {} tells of the delivery of {}", push.trunk, line.trunk));
        }
        self.oracle.delivered.take(line)
    }
}
