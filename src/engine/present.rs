//! Draws a repository's board from its state.

use super::board::{Board, ClosureRow, GroupRow, HeldRow, QueueRow};
use super::state::RepoState;
use crate::admission::Closure;
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
        closures: closures(state),
        held: held_rows(state),
        queue: queue_rows(state),
        groups: groups(state),
        landings: state.landings.clone(),
        departures: state.departures.clone(),
        counters: state.counters.clone(),
        at: now,
    }
}

fn queue_rows(state: &RepoState) -> Vec<QueueRow> {
    let policy = state.policy();
    let row = |(entry, standing): (EntryId, Standing)| {
        let record = state.desk.pulls.get(&entry.pr)?;
        Some(QueueRow {
            pull: entry.pr,
            title: record.pull.title.clone(),
            author: record.pull.author.clone(),
            head: entry.head,
            position: standing.position,
            status: sentence(state, &standing),
            since: record.approval.as_ref().map_or(record.read_at, |approval| approval.at),
        })
    };
    explain_all(&state.queue, &policy).into_iter().filter_map(row).collect()
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
