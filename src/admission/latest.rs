//! Of several words on the same thing the one that was written last counts, in whatever order they are heard. Pure.

use crate::facts::Comment;
use crate::ids::{CommentId, Moment};
use serde::{Deserialize, Serialize};

/// What people's commands have come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest<T> {
    /// What stands now.
    pub standing: Option<T>,
    /// When and where it was said.
    heard: Option<(Moment, CommentId)>,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self { standing: None, heard: None }
    }
}

impl<T> Latest<T> {
    /// Takes a word in; false if a later one was heard already.
    pub(super) fn take(&mut self, comment: &Comment, standing: Option<T>) -> bool {
        let said = (comment.created_at, comment.id);
        let later = self.heard.is_none_or(|heard| heard <= said);
        if later {
            (self.standing, self.heard) = (standing, Some(said));
        }
        later
    }
}
