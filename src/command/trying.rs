//! What may follow `try`: which commit, in which shape, or that the trial ends. It reads words and decides nothing.

use super::table::Command;
use super::wish::{self, Named, Wish};
use crate::facts::Strategy;
use serde::{Deserialize, Serialize};

/// What somebody wants tried, as far as they say so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Trying {
    /// The head that is meant.
    pub head: Option<Named>,
    /// The shape of its commits on trunk; the repository's usual one if nothing is said.
    pub strategy: Option<Strategy>,
}

/// Reads the words after `try`. Errors: what is wrong with which of them, in a sentence.
pub(super) fn read(words: &[&str]) -> Result<Command, String> {
    match words {
        [cancel] if cancel.eq_ignore_ascii_case("cancel") => return Ok(Command::TryCancel),
        [cancel, more, ..] if cancel.eq_ignore_ascii_case("cancel") => return Err(wish::unknown(more)),
        [] | [_, ..] => {}
    }
    let wish = wish::read(words)?;
    let Wish { head, strategy, .. } = wish.clone();
    let only = Wish { head: head.clone(), strategy, ..Wish::default() };
    if wish == only {
        Ok(Command::Try(Trying { head, strategy }))
    } else {
        Err("A trial does not stand in the queue: a commit and `as` are all that goes with it.".to_owned())
    }
}
