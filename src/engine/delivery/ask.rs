//! People's wishes about deliveries on their way to the core: what each may do is read first. Pure.

use crate::command::Request;
use crate::delivery::approval::{Rights, Via};
use crate::delivery::event::{Ask, Wish};
use crate::ids::{CommentId, Login, Moment, PrNumber};
use serde::{Deserialize, Serialize};

/// A wish for which it is still being read what its person may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Who asks.
    pub by: Login,
    /// By which way.
    pub via: Via,
    /// What for.
    pub wish: Wish,
    /// Who waits for the answer.
    pub asker: Asker,
    /// When it was asked.
    pub at: Moment,
}

/// Who waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// Whoever wrote a comment.
    Comment {
        /// Which.
        comment: CommentId,
        /// On which pull request.
        pr: PrNumber,
    },
    /// Whoever sent a request, through the API or by a button.
    Request(Box<Request>),
}

impl Waiting {
    /// The wish with what its person may do.
    pub fn with(self, id: String, rights: Rights) -> Ask {
        Ask { id, by: self.by, rights, via: self.via, wish: self.wish }
    }
}
