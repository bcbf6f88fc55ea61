//! What people may do: each wish is granted or refused with a reason, never both and never neither. What a person may do in the
//! repository was read when they asked and comes with the wish.

mod going;
mod keeping;
mod words;

use super::event::{Ask, Wish};
use super::notice::{Granted, News, Notice, Refusal};
use super::policy::Stage;
use super::state::{Lock, State};
use crate::ids::{Moment, StageName};

type Granting = (Granted, Vec<News>);
type Answer = Result<Granting, Refusal>;

/// Grants a wish, or says why not.
pub(super) fn ask(state: &mut State, asked: &Ask, now: Moment) -> Vec<Notice> {
    let (answer, news) = match grant(state, asked, now) {
        Ok((granted, news)) => (Ok(granted), news),
        Err(refusal) => (Err(refusal), Vec::new()),
    };
    let answered = Notice::Answered(asked.id.clone(), answer);
    news.into_iter().map(Notice::News).chain([answered]).collect()
}

fn grant(state: &mut State, asked: &Ask, now: Moment) -> Answer {
    let words = matches!(asked.wish, Wish::Approve { .. } | Wish::Reject { .. } | Wish::Unreject { .. });
    if !words && !asked.rights.writes() {
        return Err(Refusal::MayNotWrite);
    }
    let moves = matches!(
        asked.wish,
        Wish::Approve { .. } | Wish::Deploy { .. } | Wish::Rollback { .. } | Wish::Retry(_) | Wish::Reverify(_)
    );
    if moves && !state.delivers() {
        return Err(Refusal::Off);
    }
    match &asked.wish {
        Wish::Approve { stage, candidate, note } => words::approve(state, asked, (stage, *candidate, note), now),
        Wish::Unapprove { stage } => words::unapprove(state, asked, stage),
        Wish::Reject { candidate, stage, reason } => {
            words::reject(state, asked, (*candidate, stage.as_ref(), reason), now)
        }
        Wish::Unreject { candidate, reason } => words::unreject(state, asked, *candidate, reason),
        Wish::Deploy { stage, candidate, overrides, reason, expect_current } => {
            if expect_current.is_some() && *expect_current != state.stage(stage).current {
                return Err(Refusal::OtherCurrent(state.stage(stage).current));
            }
            going::deploy(state, asked, (stage, *candidate, overrides.then_some(reason), reason), now)
        }
        Wish::Rollback { stage, to, reason, confirm } => {
            going::go_back(state, asked, (stage, *to, reason, *confirm), now)
        }
        Wish::Cancel(id) => going::cancel(state, asked, *id, now),
        Wish::Retry(id) => going::retry(state, asked, *id, now),
        Wish::Resolve { deployment, outcome } => going::resolve(state, asked, (*deployment, *outcome), now),
        Wish::Judge { stage, pass, note } => words::judge(state, asked, (stage, *pass, note)),
        Wish::Reverify(stage) => going::reverify(state, stage, now),
        Wish::Hold { stage, reason } => keeping::hold(state, asked, (stage, reason), now),
        Wish::Resume(stage) => keeping::resume(state, stage),
        Wish::Lock { scope, until, reason, strict } => {
            let lock = Lock {
                scope: scope.clone(),
                reason: said(reason)?,
                by: Some(asked.by.clone()),
                since: now,
                until: *until,
                strict: *strict,
            };
            keeping::lock_up(state, lock)
        }
        Wish::Unlock(id) => keeping::unlock(state, asked, *id),
        Wish::Cut => keeping::cut(state),
        Wish::Fixing => keeping::fixing(state, asked),
        Wish::RestoreTag(seq) => keeping::restore_tag(state, asked, *seq),
    }
}

fn done(news: Vec<News>) -> Granting {
    (Granted::Done, news)
}

/// A reason that must be given.
fn said(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() { Err(Refusal::NoReason) } else { Ok(reason.to_owned()) }
}

fn known(state: &State, name: &StageName) -> Result<Stage, Refusal> {
    state.policy.stage(name).cloned().ok_or_else(|| Refusal::NoSuchStage(name.clone()))
}
