//! The buttons on the page about a pull request, and what comes of pressing one: a request like any program's, in the name of
//! whoever pressed, judged by the same rules. Nothing is decided here.

use super::{Sorry, words};
use crate::command::{About, Command, Wish};
use crate::engine::board::{Board, RequestRow};
use crate::engine::why::{Stage, Why};
use crate::http::queue::number;
use crate::http::session::{Pressed, Viewer};
use crate::http::{ApiError, Shared, requests};
use crate::ids::{RequestId, Sha};
use crate::port::{Clock, Store};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// The name that requests from here go by, where those of programs have their token's.
pub const NAME: &str = "page";

/// `POST /repos/OWNER/NAME/pulls/NUMBER/queue` with `ask` (`add`, `remove`), and for `add` the `commit` that was shown.
pub async fn queue<S: Store, C: Clock>(
    State(house): State<Shared<S, C>>,
    Path((owner, name, pull)): Path<(String, String, String)>,
    pressed: Pressed,
) -> Result<Response, Sorry> {
    let command = match pressed.form.get("ask") {
        Some("add") => {
            let shown: Option<Sha> = pressed.form.get("commit").and_then(|commit| commit.parse().ok());
            Command::Merge(Wish { head: Some(shown.ok_or_else(not_ours)?.into()), ..Wish::default() })
        }
        Some("remove") => Command::Cancel,
        Some(_) | None => return Err(not_ours().into()),
    };
    let number = number(&pull)?;
    let about = About::Pull(number);
    let (repository, request) = requests::pressed(&house, (&owner, &name), about, &pressed, command).await?;
    let look = format!("/repos/{repository}/pulls/{number}?request={request}");
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, look)]).into_response())
}

fn not_ours() -> ApiError {
    let why = "the form does not say what is asked, or of which commit";
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_fields", why)
        .fix("load the page again, and press the button there")
}

/// What whoever looks can ask of this pull request now.
pub fn buttons(viewer: &Viewer, board: &Board, why: &Why) -> Markup {
    let action = format!("/repos/{}/pulls/{}/queue", board.name, why.pull);
    let (may_add, may_remove) = match why.state {
        Stage::Queued | Stage::Waiting => (false, true),
        Stage::Out | Stage::Refused | Stage::NotAsked => (true, false),
        Stage::Landed | Stage::Closed | Stage::Unknown => (false, false),
    };
    html! {
        @if may_remove {
            (viewer.form(&action, &html! {
                button type="submit" name="ask" value="remove" { "Take out of the queue" }
            }))
        }
        @if let Some(head) = why.head.filter(|_| may_add) {
            (viewer.form(&action, &html! {
                input type="hidden" name="commit" value=(head);
                button type="submit" name="ask" value="add" { "Put " (head.short()) " into the queue" }
            }))
        }
    }
}

/// What became of a request that somebody has just made.
pub fn answer(viewer: &Viewer, (request, row): (RequestId, Option<&RequestRow>), url: Option<&str>) -> Markup {
    html! {
        section class="answer" role="status" data-request=(request) {
            @match row {
                None => p class="status" { "The request is stored, and is being judged. Its answer appears here by itself." }
                Some(row) => {
                    p class="status" {
                        @if viewer.person().is_some_and(|person| person.login == row.login) { "You" }
                        @else { span class="login" { (row.login) } }
                        " asked "
                        @if row.token == NAME { "on this page" } @else { "by the token " code { (row.token) } }
                        ": " code { (row.asked) }
                    }
                    p class="status" {
                        @if row.done { "Done. " } @else { "Refused " span class="code" { (row.code) } " " }
                        (words::sentence(&row.sentence, url))
                    }
                }
            }
        }
    }
}
