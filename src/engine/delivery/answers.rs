//! What people hear of a delivery: answers to what they asked, where they asked it. No I/O.

use crate::delivery::{Ask, Event, Notice};
use crate::engine::state::RepoState;
use crate::ids::Moment;
use crate::text;

/// Takes a wish in, and keeps what it is answered for whoever asked in this turn.
pub fn ask(state: &mut RepoState, ask: Ask, now: Moment) {
    let wish = ask.wish.clone();
    for notice in super::take::advance(state, Event::Asked(ask), now) {
        if let Notice::Answered(id, answer) = notice {
            let told = text::delivery::answer(&wish, &answer, &state.delivery.value);
            state.delivery.told.insert(id, (answer.is_ok(), text::delivery::answer_code(&answer), told));
        }
    }
}
