//! What people hear of a delivery: answers to what they asked, where they asked it. No I/O.

use super::ask::Asker;
use crate::delivery::Notice;
use crate::engine::state::{Reply, RepoState};
use crate::ids::Moment;
use crate::text;

/// Writes down who is to hear what.
pub(super) fn hear(state: &mut RepoState, notice: Notice, now: Moment) {
    match notice {
        Notice::Answered(id, answer) => {
            let Some((asker, wish)) = state.delivery.askers.remove(&id) else { return };
            let told = text::delivery::answer(&wish, &answer, &state.delivery.value, now);
            match asker {
                Asker::Comment { comment, pr } => {
                    state.answers.insert(comment, Reply { pr, body: Some(told.to_string()) });
                }
                Asker::Request(request) => {
                    let code = text::delivery::answer_code(&answer);
                    let answer = (answer.is_ok(), code, told.to_string());
                    crate::engine::requests::keep(state, &request, answer, now);
                }
            }
        }
        Notice::News(_) => {}
    }
}
