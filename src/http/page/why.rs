//! The page about one pull request: why it is not merged, by which rule, and what somebody can do.

use super::{View, words};
use crate::engine::board::Board;
use crate::engine::why::{Rule, Why};
use crate::http::{ApiError, Shared, queue};
use crate::port::{Clock, Store};
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// `GET /repos/OWNER/NAME/pulls/NUMBER`
pub async fn page<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (board, why) = queue::about(&house, (&owner, &name), queue::number(&pull)?)?;
    let boards = house.doors.boards.now();
    Ok(Html(document(&super::view(&house, &boards), &board, &why).into_string()).into_response())
}

/// The whole page.
pub(super) fn document(view: &View<'_>, board: &Board, why: &Why) -> Markup {
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
                meta http-equiv="refresh" content="10";
            }
            body {
                header class="top" {
                    h1 { a href="/" { "Greenline" } }
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
                        (answer(view, why, url))
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
