//! What is asked through the API or by a button of the page, in whose name. It decides nothing about who may ask, or whether it is done.

use super::{Command, Trying, Wish};
use crate::ids::{BranchName, Login, Moment, PrNumber, RequestId, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A command that came through the API, under a token, or from the page, instead of in a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id; the same request sent again has the same.
    pub id: RequestId,
    /// About what.
    #[serde(flatten)]
    pub about: About,
    /// What is asked. A `merge` names its commit whole, so no push can make it doubtful.
    pub command: Command,
    /// The person in whose name it is asked; what they may do is read when the request is judged.
    pub login: Login,
    /// The very person, where they have signed in: a login may have passed to somebody else since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
    /// The token's name; `page` for the buttons of the page.
    pub token: String,
    /// When it was received.
    pub at: Moment,
}

/// What a request is about. A comment is always on a pull request; to freeze through the API takes none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// A pull request.
    Pull(PrNumber),
    /// The whole queue of a branch.
    Trunk(BranchName),
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pull(number) => write!(f, "#{number}"),
            Self::Trunk(branch) => write!(f, "{branch}"),
        }
    }
}

impl Request {
    /// The request in the words that a comment would say it in.
    pub fn words(&self) -> String {
        let word = self.command.word();
        match &self.command {
            Command::Merge(wish) => format!("merge{}", way(wish)),
            Command::Try(Trying { head, strategy }) => {
                let wish = Wish { head: head.clone(), strategy: *strategy, ..Wish::default() };
                format!("{word}{}", way(&wish))
            }
            Command::Hold(Some(reason)) => format!("{word} because {reason}"),
            Command::Freeze(stop) => format!("{word} {stop}"),
            Command::Deliver(asked) => format!("{word} {}", asked.words()).trim_end().to_owned(),
            Command::Cancel
            | Command::TryCancel
            | Command::Approve(_)
            | Command::Unapprove
            | Command::Delegate(_)
            | Command::Depends(_)
            | Command::Status
            | Command::Hold(None)
            | Command::Release
            | Command::Thaw
            | Command::Ping
            | Command::Help => word.to_owned(),
        }
    }
}

fn way(wish: &Wish) -> String {
    let Wish { head, strategy, priority, alone, when_green, hotfix } = wish;
    let mut words = String::new();
    words.extend(head.iter().map(|head| format!(" {head}")));
    words.extend(strategy.map(|strategy| format!(" as {}", strategy.word())));
    words.extend(priority.map(|priority| format!(" priority={priority}")));
    words.push_str(if *alone { " alone" } else { "" });
    words.push_str(if *when_green { " when green" } else { "" });
    words.push_str(if *hotfix { " hotfix" } else { "" });
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{PREFIX, read};

    #[test]
    fn the_words_of_a_request_are_read_as_what_it_asks() {
        for words in [
            "merge 757107ea0eb2509fc211221cce984b8a37570b6d as squash priority=-3 alone when green hotfix",
            "cancel",
            "try",
            "try 757107ea0eb2 as rebase-merge",
            "try cancel",
            "hold",
            "hold because of a doubt",
            "release",
            "freeze because it burns",
            "freeze for 1d2h because it burns",
            "freeze until 18:00 because it burns",
            "freeze until today 18:00 because it burns",
            "freeze until tomorrow 00:00 because it burns",
            "freeze until sun 09:05 because it burns",
            "freeze until 2026-12-01 08:00 because it burns",
            "freeze until 2026-12-01T08:00:00Z because it burns",
            "thaw",
            "promote production",
            "promote production 12 because it is well tested",
            "reject 12 because it burns",
            "reject 12 for production because it burns",
            "unreject 12 because it was another",
            "deploy 12 to staging",
            "deploy 12 to production override because staging is gone",
            "rollback production because it burns",
            "rollback production to 11 because it burns",
            "verify staging pass because I looked",
            "verify staging fail because I looked",
            "verify staging again",
            "deployment 3 cancel",
            "deployment 3 retry",
            "deployment 3 succeeded",
            "deployment 3 failed",
            "deployment 3 again",
            "hold staging because we look at it",
            "resume staging",
            "lock production because of the fair",
            "lock stages strictly for 2h because of the fair",
            "lock merges until 18:00 because of the fair",
            "unlock 4",
            "cut",
            "fixing",
            "restore 12",
        ] {
            let commands = read(&format!("{PREFIX} {words}"), PREFIX);
            let [Ok(command)] = commands.as_slice() else { panic!("{words}: {commands:?}") };
            let (id, login) = (RequestId::from_bytes([0; 16]), "ann".parse().expect("a login"));
            let about = About::Pull(PrNumber::new(7));
            let at = Moment::from_ms(0);
            let request = Request { id, about, command: command.clone(), login, person: None, token: "ci".into(), at };
            assert_eq!(request.words(), words);
        }
    }
}
