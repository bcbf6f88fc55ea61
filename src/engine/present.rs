//! Draws a repository's board from its state.

use super::board::{Answers, Board, ClosureRow, GroupRow, HeldRow, QueueRow, WaitingRow};
use super::eta::etas;
use super::gather;
use super::retries;
use super::state::RepoState;
use super::trials;
use super::why;
use crate::admission::{Closure, Record};
use crate::ids::Moment;
use crate::queue::{Doing, Entry, EntryId, Node, NodeId, Phase, Standing, Unfit, explain_all};
use crate::text;

/// The board as it is now; `troubles` are those of the loop, added to those the state itself knows.
pub fn board(state: &RepoState, troubles: Vec<String>, now: Moment) -> Board {
    let mut all = state.troubles();
    all.extend(troubles);
    Board {
        name: state.repository.name.clone(),
        trunk: state.trunk().clone(),
        tip: state.queue.trunk.map(|trunk| trunk.tip),
        troubles: all,
        queue: queue_rows(state, now),
        waiting: waiting_rows(state),
        closures: closures(state),
        held: held_rows(state),
        trials: trials::rows(state),
        groups: groups(state),
        landings: state.landings.clone(),
        departures: state.departures.clone(),
        run_ms: state.history.run_ms(),
        wait_ms: state.history.wait_ms(),
        counters: state.counters.clone(),
        at: now,
        answers: Answers { whys: why::all(state), requests: state.requests.clone() },
    }
}

fn queue_rows(state: &RepoState, now: Moment) -> Vec<QueueRow> {
    let policy = state.policy();
    let etas = etas(state, now);
    let row = |(entry, standing): (EntryId, Standing)| {
        let record = state.desk.pulls.get(&entry.pr)?;
        Some(QueueRow {
            pull: entry.pr,
            title: record.pull.title.clone(),
            author: record.pull.author.clone(),
            head: entry.head,
            position: standing.position,
            status: sentence(state, &standing),
            eta_ms: etas.get(&entry).copied(),
            since: record.approval.as_ref().map_or(record.read_at, |approval| approval.at),
        })
    };
    explain_all(&state.queue, &policy).into_iter().filter_map(row).collect()
}

fn waiting_rows(state: &RepoState) -> Vec<WaitingRow> {
    let row = |record: &Record| {
        let (approval, waits) = (record.approval.as_ref()?, record.waits()?);
        Some(WaitingRow {
            pull: record.pull.number,
            title: record.pull.title.clone(),
            author: record.pull.author.clone(),
            head: approval.head,
            codes: waits.iter().map(|obstacle| text::obstacle_code(obstacle).to_owned()).collect(),
            status: text::waiting(waits),
            since: approval.at,
        })
    };
    let mut rows: Vec<_> = state.desk.pulls.values().filter_map(row).collect();
    rows.sort_by_key(|row| (row.since, row.pull));
    rows
}

/// Where an entry stands, in a sentence. A run is a test only once CI was asked for it, which a rule about branches may prevent.
pub(super) fn sentence(state: &RepoState, standing: &Standing) -> String {
    let trunk = state.trunk().as_str();
    if let Doing::Testing { run, .. } = standing.doing
        && state.runs.get(&run).is_none_or(|run| run.asked_at.is_none())
    {
        return with_closures(state, standing, text::waits_for_branch(standing, run, trunk));
    }
    with_closures(state, standing, text::standing(standing, trunk))
}

/// A sentence about an entry, and why it may not land if it may not.
pub(super) fn with_closures(state: &RepoState, standing: &Standing, sentence: String) -> String {
    let sentence = retries::with_reds(state, standing, gather::with_end(state, standing, sentence));
    if standing.frozen { format!("{sentence} {}", text::stop::closed(&state.closed)) } else { sentence }
}

fn closures(state: &RepoState) -> Vec<ClosureRow> {
    let row = |closure: &Closure| ClosureRow {
        by: closure.by.clone(),
        reason: closure.reason.clone(),
        until: closure.until,
        sentence: text::stop::closure(closure),
    };
    state.closed.iter().map(row).collect()
}

fn held_rows(state: &RepoState) -> Vec<HeldRow> {
    let row = |entry: &Entry| {
        let record = state.desk.pulls.get(&entry.id.pr)?;
        let hold = record.hold.standing.as_ref()?;
        Some(HeldRow {
            pull: entry.id.pr,
            title: record.pull.title.clone(),
            author: record.pull.author.clone(),
            head: entry.id.head,
            status: text::stop::held(hold, true),
            since: hold.at,
        })
    };
    state.queue.aside.iter().filter_map(row).collect()
}

fn groups(state: &RepoState) -> Vec<GroupRow> {
    let mut rows = Vec::new();
    let mut open: Vec<NodeId> = state.queue.tree.roots().iter().rev().copied().collect();
    while let Some(id) = open.pop() {
        let node = state.queue.tree.get(id);
        open.extend(node.children.iter().rev());
        rows.push(GroupRow {
            pulls: state.queue.tree.path(id).iter().map(|(_, entry)| entry.pr).collect(),
            tip: node.tip(),
            phase: word(node).to_owned(),
            run: node.run,
            url: node.run.and_then(|run| state.runs.get(&run)?.url.clone()),
        });
    }
    rows
}

fn word(node: &Node) -> &'static str {
    match &node.phase {
        Phase::Wanted => "wanted",
        Phase::Composing { .. } => "composing",
        Phase::Composed(_) => "composed",
        Phase::Testing(..) => "testing",
        Phase::Green(_) => "green",
        Phase::Red(..) => "red",
        Phase::Unfit(Unfit::Conflict(_)) => "conflict",
        Phase::Unfit(Unfit::Nothing) => "already-in",
        Phase::Unfit(Unfit::Refused(_)) => "not-composable",
        Phase::Unfit(Unfit::HeadMissing(_)) => "head-missing",
        Phase::Landing(..) => "landing",
        Phase::Revoking(..) => "revoking",
        Phase::Ejecting(_) => "ejecting",
    }
}
