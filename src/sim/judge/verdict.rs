//! What must be true when faults have ended and time enough has passed: L1 and L2, and that nobody was told anything false.

use crate::admission::Obstacle;
use crate::command;
use crate::engine::job::Job;
use crate::engine::owed::jobs;
use crate::engine::state::RepoState;
use crate::ids::{BranchName, PrNumber};
use crate::queue::Entry;
use crate::sim::ground::pulls::{LABEL, Note, PullFile};
use crate::sim::ground::settings::Version;
use crate::sim::ground::world::Ground;
use crate::sim::judge::oracle::Violation;
use crate::sim::judge::rules::Lands;
use crate::sim::topics::trials;
use std::collections::BTreeMap;

/// What the bot says when it is done with a pull request.
const LAST_WORDS: [&str; 4] = ["**Sent back.**", "**Out of the queue.**", "**Not queued.**", "**Landed.**"];
/// After this long a trunk that CI called red is doubted.
const DOUBT_MS: i64 = 31 * 60_000;

impl Ground {
    /// How long everything may take to come to its end, in milliseconds, counted from the end of faults.
    pub fn horizon_ms(&self) -> i64 {
        let reconcile = i64::try_from(self.reconcile_ms).unwrap_or(0);
        let finish = 105_000;
        let queue = i64::try_from(self.trunks().len() * self.pulls.len()).unwrap_or(0) + 2;
        DOUBT_MS + 4 * reconcile + queue * (6 * finish + 60_000)
    }

    /// What has not come to its end.
    pub fn unfinished(&self) -> Option<Violation> {
        if let Some(violation) = self.trunks().iter().find_map(|trunk| self.unfinished_on(trunk)) {
            return Some(violation);
        }
        let reached = self.pulls.iter().filter(|(pr, _)| !self.lost(**pr));
        let told = reached.into_iter().find_map(|(pr, file)| told(*pr, file));
        told.or_else(|| self.untold_trial())
            .or_else(|| self.unanswered())
            .or_else(|| self.unended())
            .or_else(|| self.chatter())
    }

    /// What has not come to its end in one queue.
    fn unfinished_on(&self, trunk: &BranchName) -> Option<Violation> {
        let broken = |invariant, what: String| Some(Violation { invariant, what: format!("{trunk}: {what}") });
        let Some(rows) = self.rows.get(trunk) else { return broken("L1", "it never had a queue".into()) };
        let Some(state) = &rows.state else { return broken("L1", "nothing was ever written".into()) };
        let state: RepoState = match serde_json::from_str(state) {
            Ok(state) => state,
            Err(error) => return broken("L4", format!("the state cannot be read: {error}")),
        };
        let waits = |entry: &&Entry| !self.lost(entry.id.pr);
        if let Some(entry) = state.queue.order.iter().find(waits) {
            let invariant = if self.pulls.keys().any(|pr| self.lost(*pr)) { "L6" } else { "L1" };
            return broken(invariant, format!("#{} is still queued", entry.id.pr));
        }
        if let Some(entry) = state.queue.aside.iter().find(waits) {
            return broken("L1", format!("#{} is still held", entry.id.pr));
        }
        let owed: Vec<_> = jobs(&state).iter().filter(|job| !self.concerns_the_lost(job)).map(Job::key).collect();
        if !owed.is_empty() {
            return broken("L1", format!("these are still owed: {owed:?}"));
        }
        if !rows.inbox.is_empty() {
            return broken("L1", format!("these hints still wait: {:?}", rows.inbox));
        }
        self.waits_for_nothing(trunk, &state)
    }

    /// L3: whoever waits outside of the queue truly waits for something, whether anybody told us when it came or not.
    fn waits_for_nothing(&self, trunk: &BranchName, state: &RepoState) -> Option<Violation> {
        if let Some(in_vain) = self.stands_in_vain(self.tip_of(trunk), state) {
            return Some(in_vain);
        }
        let config = self.settings_at(self.tip_of(trunk))?;
        let waits = state.desk.pulls.iter().filter(|(_, record)| record.waits().is_some());
        let mut waits = waits.filter_map(|(pr, record)| Some((*pr, record.approval.as_ref()?)));
        // Sent to trunk by hand before what it stood on has landed, it waits all the same.
        let stands = |waits: &[Obstacle]| waits.iter().any(|wait| matches!(wait, Obstacle::Stacked { .. }));
        let (pr, approval) = waits.find(|(pr, approval)| {
            if stands(&approval.waits) {
                return false;
            }
            let lands = Lands { trunk: trunk.clone(), pr: *pr, head: approval.head, since: self.now };
            !self.lost(*pr) && self.keeps_out(&lands, config).is_none() && self.all_green(approval.head)
        })?;
        Some(Violation { invariant: "L3", what: format!("#{pr} waits for {:?}, and needs nothing", approval.waits) })
    }

    /// L5: beside the answers there is one comment of ours on a pull request, and one about its trials.
    fn chatter(&self) -> Option<Violation> {
        // Two processes at once may each begin one: the forge offers nothing to tell them apart by.
        if self.oracle.counters.contains_key("two processes at once") {
            return None;
        }
        let own = |note: &&Note| note.own() && !note.comment.body.starts_with("<!-- greenline:answer:");
        let notes = self.comments.values().filter(own).map(|note| &note.comment);
        let mut counts: BTreeMap<(PrNumber, bool), u8> = BTreeMap::new();
        notes.for_each(|note| *counts.entry((note.pull, trials::tells(&note.body))).or_default() += 1);
        let ((pr, _), count) =
            counts.into_iter().find(|((pr, _), count)| *count > 1 + u8::from(self.passed_on(*pr)))?;
        Some(Violation { invariant: "L5", what: format!("#{pr} has {count} status comments") })
    }

    /// Of each head the newest check run of ours says how it ended: the queue is empty.
    fn unended(&self) -> Option<Violation> {
        // Of two processes at once the older may write last; the forge offers no lease.
        if self.oracle.counters.contains_key("two processes at once") {
            return None;
        }
        let newest: BTreeMap<_, _> =
            self.reports.values().map(|report| ((report.pr, report.topic, report.head), report)).collect();
        let open = newest.values().find(|report| report.ending.is_none() && !self.lost(report.pr))?;
        let what = format!("#{} shows as {:?} although nothing is queued", open.pr, open.title);
        Some(Violation { invariant: "told", what })
    }

    /// L2: every command has exactly one answer, whether its webhook came or not.
    fn unanswered(&self) -> Option<Violation> {
        for (id, note) in self.comments.iter().filter(|(_, note)| !note.own()) {
            if command::read(&note.comment.body, command::PREFIX).is_empty() || self.lost(note.comment.pull) {
                continue;
            }
            let marker = format!("<!-- greenline:answer:{id} -->");
            let written = self.comments.values().filter(|own| own.own() && own.comment.body.contains(&marker)).count();
            let answers = written + usize::from(note.acknowledged);
            let pr = note.comment.pull;
            // Two processes at once may both answer: the forge offers nothing to tell them apart by.
            let rivals = self.oracle.counters.contains_key("two processes at once");
            let most = if self.passed_on(pr) { 2 } else { 1 };
            if (answers > most && !rivals) || (answers == 0 && !self.too_early(note)) {
                let what = format!("comment {id} ({:?}) on #{pr} has {answers} answers", note.comment.body);
                return Some(Violation { invariant: "L2", what });
            }
        }
        None
    }

    /// Two queues may have answered for a pull request: it went from one branch to another, or one of these had no queue for a
    /// while. Each has one answer and one status comment then: what is being written is not found, nor a thumbs-up looked for.
    fn passed_on(&self, pr: PrNumber) -> bool {
        let moved = |file: &PullFile| file.past.iter().any(|(_, pull)| pull.base != file.shown.base);
        self.customs.branched && (self.pulls.get(&pr).is_some_and(moved) || self.ever_unnamed())
    }

    /// Some version of the settings names no further branch.
    pub fn ever_unnamed(&self) -> bool {
        let unnamed = |version: &Version| version.says.as_ref().is_none_or(|says| says.queue.trunks.is_empty());
        self.settings.iter().any(unnamed)
    }

    /// It was said before the queue that it is for was ever opened: nobody looks for what is older than that.
    fn too_early(&self, note: &Note) -> bool {
        let base = self.pulls.get(&note.comment.pull).map(|file| &file.shown.base);
        let opened = base.and_then(|base| self.oracle.opened.get(base));
        self.customs.branched && opened.is_some_and(|opened| note.comment.created_at < *opened)
    }

    /// A process dies.
    pub fn crashed(&mut self, id: u32) {
        self.note(|| format!("process {id} dies"));
        self.oracle.sometimes("a crash");
        if crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a crash while something settled");
        }
    }
}

/// L1 of one pull request: whoever asked was told how it ended, and truly.
fn told(pr: PrNumber, file: &PullFile) -> Option<Violation> {
    let broken = |invariant, what: String| Some(Violation { invariant, what });
    let last_word_since = |tick: u64| {
        file.said.iter().any(|(said, body)| *said >= tick && LAST_WORDS.iter().any(|word| body.contains(word)))
    };
    let said_landed = file.said.iter().any(|(_, body)| body.contains("**Landed.**"));
    match file.landed.values().next_back() {
        Some(_) | None if file.by_hand => {}
        Some(tip) if !said_landed => return broken("told", format!("#{pr} landed as {tip:?} and was not told so")),
        None if said_landed => return broken("told", format!("#{pr} was told that it landed, and did not")),
        Some(_) if file.open() && file.is_over() => return broken("L1", format!("#{pr} landed and is still open")),
        Some(_) | None => {}
    }
    let asks = file.shown.labels.iter().any(|label| label == LABEL) && file.open();
    // Who asks again while it waits need not be told so again; that it truly waits is judged beside this.
    let status = file.said.iter().rev().find(|(_, body)| body.starts_with("<!-- greenline:status"));
    let waiting = |(_, body): &(u64, String)| body.contains("**Waiting.**");
    // Of two queues that share the comment the one it left may have said so last.
    let waits = status.is_some_and(waiting) || (file.retargeted_at().is_some() && file.said.iter().any(waiting));
    if asks && !waits && !last_word_since(file.label_tick) {
        return broken("L1", format!("#{pr} was labelled and never heard of"));
    }
    None
}
