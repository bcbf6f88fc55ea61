//! Draws a repository's board from its state.

use super::board::{Board, GroupRow, QueueRow};
use super::state::RepoState;
use crate::ids::Moment;
use crate::queue::{EntryId, Node, NodeId, Phase, Standing, explain_all};
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
            status: text::standing(&standing, state.trunk().as_str()),
            since: record.approval.as_ref().map_or(record.read_at, |approval| approval.at),
        })
    };
    explain_all(&state.queue, &policy).into_iter().filter_map(row).collect()
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
    match node.phase {
        Phase::Wanted => "wanted",
        Phase::Composing { .. } => "composing",
        Phase::Composed(_) => "composed",
        Phase::Testing(..) => "testing",
        Phase::Green(_) => "green",
        Phase::Red(..) => "red",
        Phase::Unfit(_) => "conflict",
        Phase::Landing(..) => "landing",
        Phase::Revoking(..) => "revoking",
        Phase::Ejecting(_) => "ejecting",
    }
}
