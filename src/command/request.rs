//! What a program asks through the API, in whose name. It decides nothing about who may ask, or whether it is done.

use super::{Command, Wish};
use crate::ids::{Login, Moment, PrNumber, RequestId};
use serde::{Deserialize, Serialize};

/// A command that came through the API, under a token, instead of in a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id; the same request sent again has the same.
    pub id: RequestId,
    /// About which pull request.
    pub pull: PrNumber,
    /// What is asked. A `merge` names its commit whole, so no push can make it doubtful.
    pub command: Command,
    /// The person in whose name the token speaks; what they may do is read when the request is judged.
    pub login: Login,
    /// The token's name.
    pub token: String,
    /// When it was received.
    pub at: Moment,
}

impl Request {
    /// The request in the words that a comment would say it in.
    pub fn words(&self) -> String {
        let mut words = self.command.word().to_owned();
        if let Command::Merge(Wish { head, strategy, priority, alone, when_green, hotfix }) = &self.command {
            words.extend(head.iter().map(|head| format!(" {head}")));
            words.extend(strategy.map(|strategy| format!(" as {}", strategy.word())));
            words.extend(priority.map(|priority| format!(" priority={priority}")));
            words.push_str(if *alone { " alone" } else { "" });
            words.push_str(if *when_green { " when green" } else { "" });
            words.push_str(if *hotfix { " hotfix" } else { "" });
        }
        words
    }
}
