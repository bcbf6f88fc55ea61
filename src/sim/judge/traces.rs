//! The judge of who caused what (S9): a landing traces to one event of a person, by whose permission it goes, and that
//! permission was read shortly before.

use crate::admission::{Approval, Via};
use crate::engine::state::RepoState;
use crate::ids::{Moment, PrNumber, RequestId, Sha};
use crate::port::git::Expect;
use crate::sim::ground::world::{Ground, Push};
use std::collections::BTreeMap;

/// From reading what a person may do to landing by it, at most, in milliseconds.
const FRESH_MS: i64 = 60_000;

/// What happened that somebody may be found by later.
#[derive(Debug, Default)]
pub struct Traces {
    /// By the id of the event that put a label on: on which pull request, and who.
    pub labels: BTreeMap<u64, (PrNumber, String)>,
    /// Requests of programs: for which pull request, and in whose name.
    pub requests: BTreeMap<RequestId, (PrNumber, String)>,
    /// When which process last read that somebody may push.
    pub permissions: BTreeMap<(u32, String), Moment>,
}

impl Ground {
    /// A process asks for trunk to move: by whose word?
    pub fn traced(&mut self, push: &Push, to: Sha, needle: &str) {
        let moves = push.updates.iter().find(|update| update.to == Some(to)).map(|update| update.expect);
        let Some(Expect::At(from)) = moves else { return };
        let states = self.processes.get(&push.process).map(|file| file.states.as_slice()).unwrap_or_default();
        let state = states.iter().rev().find(|(trunk, state)| *trunk == push.trunk && state.contains(needle));
        let Some(state) = state.and_then(|(_, state)| serde_json::from_str::<RepoState>(state).ok()) else { return };
        if !self.truth.has(from) || !self.truth.is_ancestor(from, to) {
            return;
        }
        for (pr, head, _) in self.members(from, to) {
            let approval = state.desk.pulls.get(&pr).and_then(|record| record.approval.as_ref());
            // One that ended meanwhile is judged by the rules that ended it.
            if let Some(approval) = approval.filter(|approval| approval.head == head)
                && let Some(what) = self.untraced(push.process, pr, approval)
            {
                self.oracle.breaks("S9", format!("#{pr} lands by {:?}, but {what}", approval.via));
            }
        }
    }

    /// What the word that a landing goes by lacks.
    fn untraced(&self, process: u32, pr: PrNumber, approval: &Approval) -> Option<String> {
        let by = approval.by.login.as_str();
        let traces = &self.oracle.traces;
        let said = match approval.via {
            Via::Label(event) => traces.labels.get(&event).is_some_and(|(on, who)| *on == pr && who == by),
            Via::Comment(id) => self.comments.get(&id).is_some_and(|note| {
                let comment = &note.comment;
                comment.pull == pr && comment.by.login.as_str() == by && comment.body.contains("merge")
            }),
            Via::Review(id) => self.pulls.get(&pr).is_some_and(|file| {
                file.reviews.iter().any(|made| made.review.id == id && made.review.by.login.as_str() == by)
            }),
            Via::Request(id) => traces.requests.get(&id).is_some_and(|(on, who)| *on == pr && who == by),
        };
        let voucher = approval.rests_on().to_string();
        let read = traces.permissions.get(&(process, voucher.clone()));
        let fresh = read.is_some_and(|at| self.now.since_ms(*at) <= FRESH_MS);
        if !said {
            return Some(format!("{by} never said that"));
        }
        (!fresh).then(|| format!("what {voucher} may do was not read shortly before"))
    }
}
