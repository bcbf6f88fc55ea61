//! One repository's part of the page: troubles, queue, groups, landings, departures.

use super::{View, words};
use crate::engine::board::{Board, ClosureRow, DepartureRow, GroupRow, HeldRow, LandingRow, QueueRow, WaitingRow};
use crate::ids::{PrNumber, QueueId, RepoName};
use crate::text;
use maud::{Markup, html};

/// Rows of one list shown at most; the rest is counted.
const ROWS: usize = 500;
/// Groups are indented at most so deep.
const DEPTH: usize = 12;
/// The phases the style sheet knows.
const PHASES: &[&str] = &[
    "wanted",
    "composing",
    "composed",
    "testing",
    "green",
    "red",
    "conflict",
    "already-in",
    "not-composable",
    "head-missing",
    "landing",
    "revoking",
    "ejecting",
];

/// A queue's section.
pub fn board(view: &View<'_>, id: &QueueId, board: &Board) -> Markup {
    let url = view.forge_url.map(|base| format!("{}/{}", base.trim_end_matches('/'), board.name));
    let url = url.as_deref();
    html! {
        section id=(format!("repo-{id}")) class="repository" data-repo=(id.repo) {
            h2 { @match url { Some(url) => a href=(url) { (board.name) }, None => (board.name) } }
            p class="trunk" {
                code class="branch" { (board.trunk) }
                " at "
                @match board.tip { Some(tip) => (words::commit(tip, url)), None => span class="unknown" { "not read yet" } }
                span class="as-of" { ", drawn " (words::time(board.at, view.now)) }
            }
            @if !board.troubles.is_empty() {
                div class="troubles" role="alert" {
                    h3 { "What went wrong" }
                    ul { @for trouble in &board.troubles { li class="trouble" { (words::sentence(trouble, url)) } } }
                }
            }
            (closures(&board.closures, url))
            (queue(view, id, board, url))
            (waiting(view, board, url))
            (held(view, &board.held, url))
            (trials(view, board, url))
            (groups(board, url))
            (landings(view, board, url))
            (departures(view, board, url))
        }
    }
}

/// What keeps trunk where it is.
fn closures(rows: &[ClosureRow], url: Option<&str>) -> Markup {
    html! {
        @if !rows.is_empty() {
            div class="closures" role="status" {
                h3 { "Frozen" }
                ul { @for row in rows { li class="closure" { (words::sentence(&row.sentence, url)) } } }
            }
        }
    }
}

fn queue(view: &View<'_>, id: &QueueId, board: &Board, url: Option<&str>) -> Markup {
    html! {
        section class="queue" {
            h3 { "Queue " span class="count" { (board.queue.len()) } }
            @if let Some(run) = board.run_ms {
                p class="detail pace" {
                    "A green run takes " (text::about(run)) " here"
                    @if let Some(wait) = board.wait_ms { ", and from approval to landing it takes " (text::about(wait)) }
                    "."
                }
            }
            @if board.queue.is_empty() {
                p class="empty" {
                    "Nothing waits. Put the label " q { "ready to merge" } " (or the one your settings name) on an "
                    "approved pull request, or comment " code { "@greenline merge" } " on it."
                }
            } @else {
                ol class="entries" {
                    @for row in board.queue.iter().take(ROWS) { (entry(view, (id, &board.name), row, url)) }
                }
                (more(board.queue.len()))
            }
        }
    }
}

fn entry(view: &View<'_>, (id, name): (&QueueId, &RepoName), row: &QueueRow, url: Option<&str>) -> Markup {
    html! {
        li id=(format!("repo-{id}-pull-{}", row.pull)) class="entry" data-pull=(row.pull) {
            span class="position" { (row.position) }
            div class="what" {
                p class="title" { (words::pull(row.pull, url)) " " bdi { (row.title) } }
                p class="status" { (words::sentence(&row.status, url)) }
                p class="detail" {
                    "by " span class="author" { (row.author.login) }
                    @if row.author.bot { " (bot)" }
                    ", head " (words::commit(row.head, url))
                    ", queued " (words::time(row.since, view.now))
                    @if let Some(ms) = row.eta_ms { ", should land in " span class="eta" { (text::about(ms)) } }
                    ", " (words::why(name, row.pull))
                }
            }
        }
    }
}

fn waiting(view: &View<'_>, board: &Board, url: Option<&str>) -> Markup {
    html! {
        @if !board.waiting.is_empty() {
            section class="waiting" {
                h3 { "Waits to enter " span class="count" { (board.waiting.len()) } }
                ol class="entries" { @for row in board.waiting.iter().take(ROWS) { (waiter(view, board, row, url)) } }
                (more(board.waiting.len()))
            }
        }
    }
}

fn waiter(view: &View<'_>, board: &Board, row: &WaitingRow, url: Option<&str>) -> Markup {
    html! {
        li class="waiter" data-pull=(row.pull) {
            p class="title" { (words::pull(row.pull, url)) " " bdi { (row.title) } }
            p class="status" { (words::sentence(&row.status, url)) }
            p class="detail" {
                @for code in &row.codes { span class="code" { (code) } " " }
                "by " span class="author" { (row.author.login) }
                ", head " (words::commit(row.head, url))
                ", asked for " (words::time(row.since, view.now)) ", " (words::why(&board.name, row.pull))
            }
        }
    }
}

/// What is or was tried without landing.
fn trials(view: &View<'_>, board: &Board, url: Option<&str>) -> Markup {
    html! {
        @if !board.trials.is_empty() {
            section class="trials" {
                h3 { "On trial " span class="count" { (board.trials.len()) } }
                ol class="entries" {
                    @for row in board.trials.iter().take(ROWS) {
                        li class="trial" data-pull=(row.pull) {
                            p class="title" { (words::pull(row.pull, url)) " " bdi { (row.title) } }
                            p class="status" { (words::sentence(&row.status, url)) }
                            p class="detail" {
                                span class="code" { (row.phase) }
                                " for " span class="author" { (row.by) } ", " (words::time(row.since, view.now))
                            }
                        }
                    }
                }
                (more(board.trials.len()))
            }
        }
    }
}

fn held(view: &View<'_>, rows: &[HeldRow], url: Option<&str>) -> Markup {
    html! {
        @if !rows.is_empty() {
            section class="held" {
                h3 { "Held back " span class="count" { (rows.len()) } }
                ol {
                    @for row in rows.iter().take(ROWS) {
                        li class="entry" data-pull=(row.pull) {
                            div class="what" {
                                p class="title" { (words::pull(row.pull, url)) " " bdi { (row.title) } }
                                p class="status" { (words::sentence(&row.status, url)) }
                                p class="detail" {
                                    "by " span class="author" { (row.author.login) }
                                    ", head " (words::commit(row.head, url))
                                    ", held " (words::time(row.since, view.now))
                                }
                            }
                        }
                    }
                }
                (more(rows.len()))
            }
        }
    }
}

fn groups(board: &Board, url: Option<&str>) -> Markup {
    let rows = &board.groups[..board.groups.len().min(ROWS)];
    html! {
        @if !rows.is_empty() {
            section class="groups" {
                h3 { "Groups " span class="count" { (board.groups.len()) } }
                ol class="tree" {
                    @for (row, depth) in rows.iter().zip(depths(rows)) { (group(row, depth, url)) }
                }
                (more(board.groups.len()))
            }
        }
    }
}

/// How deep each group stands: below the nearest one before it whose members it begins with.
fn depths(rows: &[GroupRow]) -> Vec<usize> {
    let mut above: Vec<&[PrNumber]> = Vec::new();
    let mut depths = Vec::with_capacity(rows.len());
    for row in rows {
        while above.last().is_some_and(|parent| !row.pulls.starts_with(parent)) {
            above.pop();
        }
        depths.push(above.len());
        above.push(&row.pulls);
    }
    depths
}

fn group(row: &GroupRow, depth: usize, url: Option<&str>) -> Markup {
    let phase = PHASES.iter().find(|known| **known == row.phase).copied().unwrap_or("unnamed");
    html! {
        li class=(format!("group depth-{}", depth.min(DEPTH))) data-phase=(phase) data-depth=(depth) {
            span class=(format!("phase phase-{phase}")) { (row.phase) }
            span class="members" { @for pull in &row.pulls { (words::pull(*pull, url)) " " } }
            @if let Some(tip) = row.tip { span class="tip" { "as " (words::commit(tip, url)) } }
            @if let Some(run) = row.run {
                @match row.url.as_deref().filter(|url| words::is_web(url)) {
                    Some(checks) => a class="run" href=(checks) { "run " (run) },
                    None => span class="run" { "run " (run) },
                }
            }
        }
    }
}

fn landings(view: &View<'_>, board: &Board, url: Option<&str>) -> Markup {
    html! {
        section class="landings" {
            h3 { "Landed" }
            @if board.landings.is_empty() {
                p class="empty" { "Nothing has landed yet. What does is listed here with its commit and candidate." }
            } @else {
                ol { @for row in board.landings.iter().take(ROWS) { (landing(view, row, url)) } }
            }
        }
    }
}

fn landing(view: &View<'_>, row: &LandingRow, url: Option<&str>) -> Markup {
    html! {
        li class="landing" data-commit=(row.commit) {
            p class="title" {
                (words::commit(row.commit, url)) " "
                span class="members" { @for pull in &row.pulls { (words::pull(*pull, url)) " " } }
                @if let Some(candidate) = &row.candidate { span class="candidate" { (candidate) } }
            }
            p class="detail" {
                (words::time(row.at, view.now))
                @if !row.checks.is_empty() { ", green: " span class="checks" { (row.checks.join(", ")) } }
                @if !row.retried.is_empty() { ", after " (words::sentence(&row.retried.join(", "), url)) }
            }
        }
    }
}

fn departures(view: &View<'_>, board: &Board, url: Option<&str>) -> Markup {
    html! {
        @if !board.departures.is_empty() {
            section class="departures" {
                h3 { "Out of the queue" }
                ol { @for row in board.departures.iter().take(ROWS) { (departure(view, &board.name, row, url)) } }
            }
        }
    }
}

fn departure(view: &View<'_>, name: &RepoName, row: &DepartureRow, url: Option<&str>) -> Markup {
    html! {
        li class="departure" data-pull=(row.pull) {
            p class="title" { (words::pull(row.pull, url)) " " span class="code" { (row.code) } }
            p class="status" { (words::sentence(&row.sentence, url)) }
            p class="detail" { (words::time(row.at, view.now)) ", " (words::why(name, row.pull)) }
        }
    }
}

fn more(rows: usize) -> Markup {
    html! { @if rows > ROWS { p class="more" { "and " (rows - ROWS) " more; all of them are in " a href="/api/board" { "the JSON" } } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stands_below_the_one_it_begins_with() {
        let row = |pulls: &[u64]| GroupRow {
            pulls: pulls.iter().map(|n| PrNumber::new(*n)).collect(),
            tip: None,
            phase: "testing".into(),
            run: None,
            url: None,
        };
        let rows = [row(&[1]), row(&[1, 2]), row(&[1, 2, 3]), row(&[1, 3]), row(&[2]), row(&[2, 3])];
        assert_eq!(depths(&rows), [0, 1, 2, 1, 0, 1]);
    }
}
