//! Reads and writes comments on pull requests. What they mean is decided elsewhere.

use super::{GithubForge, done, json};
use crate::adapter::github::answer::Ask;
use crate::adapter::github::model::{Account, person_or_ghost};
use crate::facts::Comment;
use crate::ids::{CommentId, Malformed, Moment, PrNumber};
use crate::port::{Outcome, Trouble};
use crate::when;
use http::Method;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const READ: &str = "Issues: read";
const WRITE: &str = "Issues: write";

#[derive(Debug, Deserialize)]
struct CommentAnswer {
    id: u64,
    #[serde(default)]
    user: Option<Account>,
    #[serde(default)]
    body: Option<String>,
    created_at: String,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    performed_via_github_app: Option<ByApp>,
}

#[derive(Debug, Deserialize)]
struct ByApp {
    id: u64,
}

impl CommentAnswer {
    fn fact(self, pull: PrNumber) -> Result<Comment, Malformed> {
        let created_at = when::parse(&self.created_at).unwrap_or(Moment::from_ms(0));
        Ok(Comment {
            id: CommentId::new(self.id),
            pull,
            by: person_or_ghost(self.user.as_ref())?,
            body: self.body.unwrap_or_default(),
            created_at,
            edited: self.updated_at.is_some_and(|updated| updated != self.created_at),
        })
    }

    /// Written by the App itself. A person's comment made through the App carries its id, too, but is the person's.
    fn is_ours(&self, app: u64, bot: &str) -> bool {
        let Some(user) = &self.user else { return false };
        user.is_bot() && (user.login == bot || self.performed_via_github_app.as_ref().is_some_and(|by| by.id == app))
    }
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[derive(Serialize)]
struct Text<'a> {
    body: &'a str,
}

#[derive(Serialize)]
struct Reaction {
    content: &'static str,
}

/// GitHub keeps whole seconds: a comment made half a second after `since` seems to be from before it.
fn whole_second(moment: Moment) -> Moment {
    Moment::from_ms(moment.ms().div_euclid(1000) * 1000)
}

/// An issue of any kind; a pull request says that it is one.
#[derive(Debug, Deserialize)]
struct IssueAnswer {
    number: u64,
    #[serde(default)]
    pull_request: Option<serde::de::IgnoredAny>,
}

impl GithubForge {
    /// A comment counts as a change of its pull request.
    pub(super) async fn pulls_changed_since(&self, since: Moment) -> Result<Vec<PrNumber>, Trouble> {
        let since = when::print(whole_second(since));
        let rest = format!("issues?state=all&since={since}&sort=updated&direction=asc&per_page=100");
        let answers: Vec<IssueAnswer> = self.list(&rest, READ).await?;
        let pulls = answers.into_iter().filter(|issue| issue.pull_request.is_some());
        Ok(pulls.map(|issue| PrNumber::new(issue.number)).collect())
    }

    /// GitHub's own `since` goes by the last edit; what was written before and edited after is left out here.
    pub(super) async fn comments_since(&self, number: PrNumber, since: Moment) -> Result<Vec<Comment>, Trouble> {
        let since = whole_second(since);
        let rest = format!("issues/{number}/comments?since={}&per_page=100", when::print(since));
        let answers: Vec<CommentAnswer> = self.list(&rest, READ).await?;
        let mut comments = BTreeMap::new();
        for answer in answers {
            let id = answer.id;
            match answer.fact(number) {
                Ok(comment) if comment.created_at >= since => {
                    comments.insert((comment.created_at, comment.id), comment);
                }
                Ok(_) => {}
                // One that cannot be read must not keep the others from being heard.
                Err(why) => tracing::warn!(repo = %self.repo, %number, id, %why, "a comment is left out"),
            }
        }
        Ok(comments.into_values().collect())
    }

    pub(super) async fn our_comment(&self, number: PrNumber, marker: &str) -> Result<Option<CommentId>, Trouble> {
        let bot = format!("{}[bot]", self.app.slug().await?);
        let app = self.app.client().app().get();
        let rest = format!("issues/{number}/comments?per_page=100");
        let answers: Vec<CommentAnswer> = self.list(&rest, READ).await?;
        let carries = |c: &&CommentAnswer| c.body.as_deref().is_some_and(|body| body.contains(marker));
        let newest = answers.iter().filter(|c| c.is_ours(app, &bot)).filter(carries).map(|c| c.id).max();
        Ok(newest.map(CommentId::new))
    }

    pub(super) async fn new_comment(&self, number: PrNumber, body: &str) -> Result<Outcome<CommentId>, Trouble> {
        let rest = format!("issues/{number}/comments");
        let ask = Ask { body: Some(json(&Text { body })), ..self.change(Method::POST, &rest, WRITE) };
        Ok(match self.write(&ask).await? {
            Outcome::Done(answer) => match serde_json::from_slice::<Made>(&answer.body) {
                Ok(made) => Outcome::Done(CommentId::new(made.id)),
                Err(why) => {
                    Outcome::Unknown(format!("GitHub took a comment on {number} but does not say its id: {why}"))
                }
            },
            Outcome::Rejected(why) => Outcome::Rejected(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    pub(super) async fn change_comment(&self, id: CommentId, body: &str) -> Result<Outcome<()>, Trouble> {
        let rest = format!("issues/comments/{id}");
        let ask = Ask { body: Some(json(&Text { body })), ..self.change(Method::PATCH, &rest, WRITE) };
        self.write(&ask).await.map(done)
    }

    pub(super) async fn thumbs_up(&self, id: CommentId) -> Result<Outcome<()>, Trouble> {
        let rest = format!("issues/comments/{id}/reactions");
        let ask = Ask { body: Some(json(&Reaction { content: "+1" })), ..self.change(Method::POST, &rest, WRITE) };
        self.write(&ask).await.map(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(user: &str, app: &str, updated: &str) -> CommentAnswer {
        let text = format!(
            r#"{{"id":5,"user":{user},"body":null,"created_at":"2026-01-01T00:00:00Z","updated_at":{updated},
            "performed_via_github_app":{app},"author_association":"A_NEW_ONE"}}"#
        );
        serde_json::from_str(&text).expect("it has all we ask for")
    }

    #[test]
    fn a_changed_comment_says_so() {
        let edited = |updated| answer("null", "null", updated).fact(PrNumber::new(1)).expect("legal").edited;
        assert!(!edited(r#""2026-01-01T00:00:00Z""#) && !edited("null"));
        assert!(edited(r#""2026-01-01T00:00:01Z""#));
    }

    #[test]
    fn ours_are_by_our_bot_and_nobody_else() {
        let ours = |user, app| answer(user, app, "null").is_ours(7, "greenline[bot]");
        assert!(ours(r#"{"id":1,"login":"greenline[bot]","type":"Bot"}"#, "null"));
        assert!(ours(r#"{"id":1,"login":"renamed[bot]","type":"Bot"}"#, r#"{"id":7}"#));
        assert!(!ours(r#"{"id":1,"login":"other[bot]","type":"Bot"}"#, r#"{"id":8}"#));
        assert!(!ours(r#"{"id":1,"login":"ann","type":"User"}"#, r#"{"id":7}"#));
        assert!(!ours("null", r#"{"id":7}"#));
    }

    #[test]
    fn since_is_cut_to_the_second_github_keeps() {
        assert_eq!(whole_second(Moment::from_ms(1999)).ms(), 1000);
    }
}
