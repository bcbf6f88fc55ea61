//! The page about one pull request: why it is not merged, by which rule, and what somebody can do.

use super::{View, press, words};
use crate::engine::board::{Board, RequestRow};
use crate::engine::why::{Rule, Why};
use crate::http::session::Viewer;
use crate::http::{ApiError, Shared, queue};
use crate::ids::RequestId;
use crate::port::{Clock, Store};
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

/// A request, and its answer once there is one.
type Asked = (RequestId, Option<RequestRow>);

/// What is to be shown beside.
#[derive(Debug, Deserialize)]
pub struct Shown {
    /// A request whose answer is awaited.
    #[serde(default)]
    request: Option<String>,
}

/// `GET /repos/OWNER/NAME/pulls/NUMBER?request=ID`
pub async fn page<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Path<(String, String, String)>,
    Query(shown): Query<Shown>,
    viewer: Viewer,
) -> Result<Response, ApiError> {
    let number = queue::number(&pull)?;
    // What was answered is read before the picture that it led to.
    let asked = match shown.request.and_then(|id| id.parse().ok()) {
        Some(id) => queue::answered(&house, (&owner, &name), id).await.ok().map(|row| (id, row)),
        None => None,
    };
    let (board, why) = queue::about(&house, (&owner, &name), number)?;
    let boards = house.doors.boards.now();
    let view = super::view(&house, &boards, &viewer);
    Ok(Html(document(&view, &board, &why, asked.as_ref()).into_string()).into_response())
}

/// The whole page, with what a request of the viewer's was answered.
pub(super) fn document(view: &View<'_>, board: &Board, why: &Why, asked: Option<&Asked>) -> Markup {
    let here = format!("/repos/{}/pulls/{}", board.name, why.pull);
    // Whoever has just pressed a button looks for the answer.
    let seconds = if asked.is_some_and(|(_, row)| row.is_none()) { "1" } else { "10" };
    let url = view.forge_url.map(|base| format!("{}/{}", base.trim_end_matches('/'), board.name));
    let url = url.as_deref();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "#" (why.pull) " of " (board.name) }
                link rel="stylesheet" href="/static/style.css";
                meta http-equiv="refresh" content=(seconds);
            }
            body {
                header class="top" {
                    h1 { a href="/" { "Greenline" } }
                    (view.viewer.header(&here))
                    p class="live" { "as of " (words::time(board.at, view.now)) }
                }
                main {
                    section class="repository" data-pull=(why.pull) {
                        h2 { (words::pull(why.pull, url)) " " @if let Some(title) = &why.title { bdi { (title) } } }
                        p class="trunk" {
                            (board.name)
                            @if let Some(author) = &why.author { ", by " span class="author" { (author) } }
                            @if let Some(head) = why.head { ", head " (words::commit(head, url)) }
                        }
                        @if let Some((request, row)) = asked { (press::answer(view.viewer, (*request, row.as_ref()), url)) }
                        (answer(view, why, url))
                        (press::buttons(view.viewer, board, why))
                    }
                }
                footer { a href=(format!("/api/repos/{}/queue/{}", board.name, why.pull)) { "JSON" } " · " a href="/" { "the whole queue" } }
            }
        }
    }
}

fn answer(view: &View<'_>, why: &Why, url: Option<&str>) -> Markup {
    html! {
        section class="why" {
            h3 { "Why " span class="code" { (why.code) } }
            p class="status" { (words::sentence(&why.sentence, url)) }
            @if let Some(since) = why.since { p class="detail" { "since " (words::time(since, view.now)) } }
            @if let Some(rule) = &why.rule {
                h3 { "By which rule" }
                (by_rule(rule, url))
            }
            h3 { "What to do" }
            p class="status next" { (words::sentence(&why.next, url)) }
            @if let Some(trial) = &why.trial {
                h3 { "On trial" }
                p class="status trial" { (words::sentence(trial, url)) }
            }
        }
    }
}

/// A setting is linked to its line where the forge has pages; its words are code, a rule's are a sentence.
fn by_rule(rule: &Rule, url: Option<&str>) -> Markup {
    let stands = rule.place.as_deref().and_then(|place| place.rsplit_once(':'));
    let link = match (url, stands, rule.commit) {
        (Some(url), Some((file, line)), Some(commit)) => Some(format!("{url}/blob/{commit}/{file}#L{line}")),
        _ => None,
    };
    html! {
        @if rule.key.is_empty() {
            p class="status rule" { (words::sentence(&rule.says, url)) "." }
        } @else {
            p class="status rule" {
                code { (rule.key) }
                @if let Some(place) = &rule.place {
                    " at "
                    @match link { Some(link) => a href=(link) { (place) }, None => (place) }
                }
                ": "
                @if rule.place.is_some() { code { (rule.says) } } @else { (rule.says) "." }
            }
        }
    }
}
