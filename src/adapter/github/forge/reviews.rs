//! Reads what each reviewer of a pull request thinks of it now. Whose opinion counts is decided elsewhere.

use super::{GithubForge, malformed};
use crate::adapter::github::model::{Account, person_or_ghost};
use crate::facts::{Opinion, Review};
use crate::ids::{Malformed, Moment, PrNumber};
use crate::port::Trouble;
use crate::when;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
struct ReviewAnswer {
    id: u64,
    #[serde(default)]
    user: Option<Account>,
    state: String,
    /// Null where the commit is gone.
    #[serde(default)]
    commit_id: Option<String>,
    #[serde(default)]
    submitted_at: Option<String>,
}

impl ReviewAnswer {
    /// The opinion, if it is one; `None` for one that was dismissed. An approval of an unknown commit approves nothing.
    fn fact(&self, opinion: Option<Opinion>) -> Result<Option<Review>, Malformed> {
        let (Some(opinion), Some(head)) = (opinion, &self.commit_id) else { return Ok(None) };
        let at = self.submitted_at.as_deref().and_then(when::parse).unwrap_or(Moment::from_ms(0));
        Ok(Some(Review { id: self.id, by: person_or_ghost(self.user.as_ref())?, opinion, head: head.parse()?, at }))
    }
}

/// The last word of each reviewer, in the order in which they are given: a comment says nothing, a dismissal withdraws.
fn latest(answers: &[ReviewAnswer]) -> Result<Vec<Review>, Malformed> {
    let mut by_reviewer: BTreeMap<Option<u64>, Option<Review>> = BTreeMap::new();
    for answer in answers {
        let opinion = match answer.state.as_str() {
            "APPROVED" => Some(Opinion::Approves),
            "CHANGES_REQUESTED" => Some(Opinion::WantsChanges),
            "COMMENTED" | "PENDING" => continue,
            // What a word means that GitHub did not have yet nobody knows: it approves nothing, and nor does what came before.
            _ => None,
        };
        by_reviewer.insert(answer.user.as_ref().map(|user| user.id), answer.fact(opinion)?);
    }
    Ok(by_reviewer.into_values().flatten().collect())
}

impl GithubForge {
    /// GitHub lists reviews in the order in which they were made.
    pub(super) async fn reviews_of(&self, number: PrNumber) -> Result<Vec<Review>, Trouble> {
        let answers: Vec<ReviewAnswer> =
            self.list(&format!("pulls/{number}/reviews?per_page=100"), "Pull requests: read").await?;
        latest(&answers).map_err(|why| malformed("a review", &why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thinks(reviews: &[(u64, &str)]) -> Vec<(u64, Opinion)> {
        let answer = |(id, (user, state)): (usize, &(u64, &str))| ReviewAnswer {
            id: u64::try_from(id).expect("few"),
            user: Some(Account { id: *user, login: format!("u{user}"), kind: None }),
            state: (*state).to_owned(),
            commit_id: Some("a".repeat(40)),
            submitted_at: None,
        };
        let answers: Vec<_> = reviews.iter().enumerate().map(answer).collect();
        let latest = latest(&answers).expect("they are well formed");
        latest.into_iter().map(|review| (review.by.id.get(), review.opinion)).collect()
    }

    #[test]
    fn the_last_opinion_counts_and_a_comment_is_none() {
        use Opinion::{Approves, WantsChanges};
        assert_eq!(thinks(&[(1, "APPROVED"), (1, "COMMENTED"), (2, "PENDING")]), [(1, Approves)]);
        assert_eq!(thinks(&[(1, "APPROVED"), (1, "CHANGES_REQUESTED")]), [(1, WantsChanges)]);
        assert_eq!(thinks(&[(1, "APPROVED"), (1, "PONDERED")]), [], "a new word is no approval");
        assert_eq!(thinks(&[(1, "CHANGES_REQUESTED"), (2, "APPROVED"), (1, "DISMISSED")]), [(2, Approves)]);
    }
}
