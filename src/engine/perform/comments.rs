//! What people see on a pull request: the status comment, answers, the label, the closing. Each is looked for before it is written.

use crate::engine::fact::Fact;
use crate::engine::state::OwnComment;
use crate::engine::world::World;
use crate::facts::PullState;
use crate::ids::{CommentId, PrNumber, Sha};
use crate::port::{Clock, Forge, Outcome, Trouble};
use crate::text;

/// How often, a second apart, a pull request is looked at before it is closed by us.
const MERGED_LOOKS: u32 = 30;

pub(super) async fn post<W: World>(
    world: &W,
    (which, pr): (OwnComment, PrNumber),
    comment: Option<CommentId>,
    body: &str,
) -> Result<Vec<Fact>, Trouble> {
    let mark = match which {
        OwnComment::Status => text::STATUS_MARKER,
        OwnComment::Trial => text::trial::MARKER,
    };
    Ok(vec![match write(world, pr, comment, (mark, body)).await? {
        Some(comment) => Fact::Posted { which, pr, comment, body: body.to_owned() },
        None => Fact::PostRefused { which, pr, body: body.to_owned(), comment },
    }])
}

/// Writes our one comment with this mark, found again if it is not known; `None` if it was refused.
async fn write<W: World>(
    world: &W,
    pr: PrNumber,
    comment: Option<CommentId>,
    (mark, body): (&str, &str),
) -> Result<Option<CommentId>, Trouble> {
    let there = match comment {
        Some(comment) => Some(comment),
        None => world.forge().own_comment(pr, mark).await?,
    };
    let outcome = match there {
        Some(id) => match world.forge().edit_comment(id, body).await? {
            Outcome::Done(()) => Outcome::Done(id),
            Outcome::Rejected(why) => Outcome::Rejected(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        },
        None => world.forge().comment(pr, body).await?,
    };
    match outcome {
        Outcome::Done(comment) => Ok(Some(comment)),
        Outcome::Rejected(why) => {
            tracing::warn!(%pr, why, "a comment of ours was refused");
            Ok(None)
        }
        Outcome::Unknown(why) => Err(Trouble::busy(format!("no answer to a comment of ours on #{pr}: {why}"))),
    }
}

pub(super) async fn answer<W: World>(
    world: &W,
    comment: CommentId,
    pr: PrNumber,
    body: Option<&str>,
) -> Result<Vec<Fact>, Trouble> {
    let outcome = match body {
        None => world.forge().acknowledge(comment).await?,
        Some(body) => {
            let marker = format!("<!-- greenline:answer:{comment} -->");
            if world.forge().own_comment(pr, &marker).await?.is_some() {
                Outcome::Done(())
            } else {
                match world.forge().comment(pr, &format!("{marker}\n{body}\n")).await? {
                    Outcome::Done(_) => Outcome::Done(()),
                    Outcome::Rejected(why) => Outcome::Rejected(why),
                    Outcome::Unknown(why) => Outcome::Unknown(why),
                }
            }
        }
    };
    settled(outcome, Fact::Answered { comment }, &format!("the answer to comment {comment} on #{pr}"))
}

pub(super) async fn remove_label<W: World>(world: &W, pr: PrNumber, label: &str) -> Result<Vec<Fact>, Trouble> {
    let outcome = world.forge().remove_label(pr, label).await?;
    settled(outcome, Fact::LabelOff { pr }, &format!("taking a label off #{pr}"))
}

/// Done or refused, it is over; without an answer it is tried again.
fn settled(outcome: Outcome<()>, fact: Fact, what: &str) -> Result<Vec<Fact>, Trouble> {
    match outcome {
        Outcome::Done(()) => Ok(vec![fact]),
        Outcome::Rejected(why) => {
            tracing::warn!(what, why, "refused");
            Ok(vec![fact])
        }
        Outcome::Unknown(why) => Err(Trouble::busy(format!("no answer to {what}: {why}"))),
    }
}

/// Waits until a landed pull request shows as merged; one that never will is closed. Where the head itself landed, a later one
/// never will either, but that is its author's: it stays open.
pub(super) async fn close<W: World>(
    world: &W,
    pr: PrNumber,
    unmoved: bool,
    kept: Option<Sha>,
) -> Result<Vec<Fact>, Trouble> {
    for look in 0..MERGED_LOOKS {
        let pull = world.forge().pull(pr).await?;
        let now = pull.as_ref().map(|pull| (pull.state, pull.head));
        if let (Some(kept), Some((PullState::Open, head))) = (kept, now)
            && head != kept
        {
            return Ok(vec![Fact::LeftOpen { pr, head }]);
        }
        match now.map(|(state, _)| state) {
            Some(PullState::Merged) => return Ok(vec![Fact::Closed { pr, merged: true }]),
            None | Some(PullState::Closed) => return Ok(vec![Fact::Closed { pr, merged: false }]),
            Some(PullState::Open) if unmoved => break,
            Some(PullState::Open) if look + 1 < MERGED_LOOKS => world.clock().sleep_ms(1_000).await,
            Some(PullState::Open) => {}
        }
    }
    let outcome = world.forge().close(pr).await?;
    settled(outcome, Fact::Closed { pr, merged: false }, &format!("closing #{pr}"))
}
