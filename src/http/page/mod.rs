//! The page at `/`: the boards as HTML, whole without JavaScript; a small script fetches it again when a board changes.
//! Everything on it was written by strangers and goes through the template's escaping; nothing here is ever raw.

mod board;
pub mod press;
mod sorry;
#[cfg(test)]
mod tests;
pub mod why;
mod words;

pub use sorry::Sorry;

use super::Shared;
use super::session::Viewer;
use crate::engine::board::Board;
use crate::ids::{Moment, QueueId};
use crate::port::{Clock, Store};
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What all parts of the page need.
struct View<'a> {
    boards: &'a BTreeMap<QueueId, Arc<Board>>,
    now: Moment,
    forge_url: Option<&'a str>,
    public_url: Option<&'a str>,
    viewer: &'a Viewer,
}

/// `GET /`
pub async fn page<S: Store, C: Clock>(State(house): State<Shared<S, C>>, viewer: Viewer) -> Response {
    let boards = house.doors.boards.now();
    Html(document(&view(&house, &boards, &viewer)).into_string()).into_response()
}

fn view<'v, S: Store, C: Clock>(
    house: &'v Shared<S, C>,
    boards: &'v BTreeMap<QueueId, Arc<Board>>,
    viewer: &'v Viewer,
) -> View<'v> {
    let doors = &house.doors;
    View {
        boards,
        now: doors.clock.now(),
        forge_url: doors.forge_url.as_deref().filter(|url| words::is_web(url)),
        public_url: doors.public_url.as_deref().filter(|url| words::is_web(url)),
        viewer,
    }
}

/// `GET /static/style.css`
pub async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("style.css"))
}

/// `GET /static/live.js`
pub async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("live.js"))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

fn document(view: &View<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title(view)) }
                @if let Some(url) = view.public_url { link rel="canonical" href=(url); }
                link rel="stylesheet" href="/static/style.css";
                noscript { meta http-equiv="refresh" content="10"; }
                script src="/static/live.js" defer {}
            }
            body {
                header class="top" {
                    h1 { "Greenline" }
                    p class="motto" { "Trunk only moves to commits that were tested." }
                    (view.viewer.header("/"))
                    p id="live" class="live" role="status" { "as of " (words::time(view.now, view.now)) }
                }
                main id="boards" {
                    @for (queue, board) in view.boards { (board::board(view, queue, board)) }
                    @if view.boards.is_empty() { (nobody()) }
                }
                footer {
                    a href="/api/board" { "JSON" } " · " a href="/metrics" { "metrics" } " · " a href="/readyz" { "readiness" }
                }
            }
        }
    }
}

fn title(view: &View<'_>) -> String {
    let (waiting, troubles) = view
        .boards
        .values()
        .fold((0, 0), |(queue, troubles), board| (queue + board.queue.len(), troubles + board.troubles.len()));
    let alarm = if troubles > 0 { "⚠ " } else { "" };
    if waiting == 0 { format!("{alarm}Greenline") } else { format!("{alarm}({waiting}) Greenline") }
}

fn nobody() -> Markup {
    html! {
        section id="no-repositories" class="empty" {
            h2 { "No repository yet" }
            p { "Install the GitHub App on a repository. It appears here as soon as the service has read it." }
            p { "If it is installed, see " a href="/readyz" { "readiness" } " and the log of the service." }
        }
    }
}
