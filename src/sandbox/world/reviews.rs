//! Reviews: begun, submitted, dismissed, and what the reviewers with a say think of a pull request.

use super::issue::{Pull, Review, What};
use super::model::{Kind, Repo, Role};
use super::time::now;
use super::{By, World};
use crate::sandbox::types::Refused;
use serde_json::json;
use std::collections::BTreeMap;

/// What the latest opinion of each reviewer with write access comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opinions {
    pub approvals: u64,
    pub changes_requested: bool,
}

impl World {
    /// Adds a review. `verb` is the API's: `APPROVE`, `REQUEST_CHANGES`, `COMMENT`; without one it is pending, for its author's
    /// eyes only, until it is submitted.
    pub fn review(
        &mut self,
        (repo, number): (u64, u64),
        by: By,
        verb: Option<&str>,
        body: &str,
        commit: Option<&str>,
    ) -> Result<u64, Refused> {
        let issue = self.issue(repo, number)?;
        let pull = issue.pull.as_ref().ok_or_else(Refused::not_found)?;
        let commit_id = commit.unwrap_or(&pull.head_sha).to_owned();
        let begun = pull.reviews.iter().any(|r| r.author == by.user && r.state == PENDING);
        if verb.is_none() && begun {
            let text = "User can only have one pending review per pull request";
            return Err(Refused { errors: vec![json!(text)], ..Refused::new(422, "Unprocessable Entity") });
        }
        let own = issue.author == by.user;
        if let Some(verb) = verb {
            opinion(verb, body, own)?;
        }
        let id = self.id();
        let review = Review {
            id,
            author: by.user,
            state: PENDING.to_owned(),
            body: body.to_owned(),
            commit_id,
            submitted_at: now(),
        };
        if let Some(pull) = &mut self.issue_mut(repo, number)?.pull {
            pull.reviews.push(review);
        }
        if let Some(verb) = verb {
            self.submit_review((repo, number), by, id, verb, None)?;
        }
        Ok(id)
    }

    /// Submits a pending review of the caller's own.
    pub fn submit_review(
        &mut self,
        (repo, number): (u64, u64),
        by: By,
        id: u64,
        verb: &str,
        body: Option<&str>,
    ) -> Result<(), Refused> {
        let own = self.issue(repo, number)?.author == by.user;
        let review = self.review_mut(repo, number, id)?;
        if review.author != by.user {
            return Err(Refused::not_found());
        }
        if review.state != PENDING {
            return Err(Refused::new(422, "Can not submit a review that is not pending"));
        }
        let text = body.unwrap_or(&review.body).to_owned();
        let state = opinion(verb, &text, own)?;
        (review.state, review.body, review.submitted_at) = (state.to_owned(), text, now());
        if let Some(pull) = &mut self.issue_mut(repo, number)?.pull {
            pull.requested.retain(|asked| *asked != by.user);
        }
        self.note(repo, number, by, What::Reviewed { review: id })?;
        self.tell_review(repo, number, by, id, "submitted");
        Ok(())
    }

    /// Changes the text of a review, pending or not; only its author may.
    pub fn edit_review(&mut self, (repo, number): (u64, u64), by: By, id: u64, body: &str) -> Result<(), Refused> {
        let review = self.review_mut(repo, number, id)?;
        if review.author != by.user {
            return Err(Refused::not_found());
        }
        body.clone_into(&mut review.body);
        if review.state != PENDING {
            self.tell_review(repo, number, by, id, "edited");
        }
        Ok(())
    }

    /// Takes a pending review away; a submitted one stays for ever.
    pub fn forget_review(&mut self, (repo, number): (u64, u64), by: By, id: u64) -> Result<Review, Refused> {
        let review = self.review_mut(repo, number, id)?.clone();
        if review.author != by.user {
            return Err(Refused::not_found());
        }
        if review.state != PENDING {
            return Err(Refused::new(422, "Can not delete a non-pending pull request review"));
        }
        if let Some(pull) = &mut self.issue_mut(repo, number)?.pull {
            pull.reviews.retain(|r| r.id != id);
        }
        Ok(review)
    }

    fn review_mut(&mut self, repo: u64, number: u64, id: u64) -> Result<&mut Review, Refused> {
        let pull = self.issue_mut(repo, number)?.pull.as_mut().ok_or_else(Refused::not_found)?;
        pull.reviews.iter_mut().find(|r| r.id == id).ok_or_else(Refused::not_found)
    }

    pub fn dismiss_review(
        &mut self,
        (repo, number): (u64, u64),
        by: By,
        id: u64,
        message: &str,
    ) -> Result<(), Refused> {
        let review = self.review_mut(repo, number, id)?;
        let was = review.state.to_lowercase();
        if was != "approved" && was != "changes_requested" {
            let text = format!("Can not dismiss a {was} pull request review");
            return Err(Refused { errors: vec![json!(text)], ..Refused::new(422, "Unprocessable Entity") });
        }
        review.state = "DISMISSED".into();
        self.note(repo, number, by, What::ReviewDismissed { review: id, was, message: message.to_owned() })?;
        self.tell_review(repo, number, by, id, "dismissed");
        Ok(())
    }

    fn tell_review(&mut self, repo: u64, number: u64, by: By, id: u64, action: &str) {
        let Ok(issue) = self.issue(repo, number) else { return };
        let Some(review) = issue.pull.as_ref().and_then(|p| p.reviews.iter().find(|r| r.id == id)) else { return };
        let mut shown = self.review_json(repo, issue, review);
        // Webhooks write the state in lower case, the API in upper case.
        shown["state"] = json!(review.state.to_lowercase());
        let body = json!({"review": shown, "pull_request": self.pull_simple_json(repo, issue)});
        self.hook(repo, "pull_request_review", Some(action), by, body);
    }

    /// Counts as GitHub's required reviews do: people with write access only, each with the latest opinion; a comment is none, and
    /// a dismissed opinion is withdrawn.
    pub fn opinions(&self, repo: &Repo, pull: &Pull) -> Opinions {
        let mut latest: BTreeMap<u64, &str> = BTreeMap::new();
        for review in pull.reviews.iter().filter(|r| r.state != PENDING && r.state != "COMMENTED") {
            latest.insert(review.author, &review.state);
        }
        let person = |id: &u64| self.accounts.get(id).is_some_and(|a| a.kind == Kind::User);
        let heard = latest.iter().filter(|(id, _)| person(id) && self.role(**id, repo) >= Role::Write);
        let heard: Vec<_> = heard.map(|(_, state)| *state).collect();
        Opinions {
            approvals: heard.iter().filter(|s| **s == "APPROVED").count() as u64,
            changes_requested: heard.contains(&"CHANGES_REQUESTED"),
        }
    }
}

/// A review that is not submitted yet.
pub const PENDING: &str = "PENDING";

/// The state a verb leads to, if such a review may be submitted.
fn opinion(verb: &str, body: &str, own: bool) -> Result<&'static str, Refused> {
    let unprocessable =
        |text: String| Refused { errors: vec![json!(text)], ..Refused::new(422, "Unprocessable Entity") };
    let (state, what) = match verb {
        "APPROVE" => ("APPROVED", "approve"),
        "REQUEST_CHANGES" => ("CHANGES_REQUESTED", "request changes on"),
        "COMMENT" => ("COMMENTED", ""),
        _ => return Err(Refused::invalid("PullRequestReview", "event", "invalid")),
    };
    if own && verb != "COMMENT" {
        return Err(unprocessable(format!("Can not {what} your own pull request")));
    }
    if body.is_empty() && verb != "APPROVE" {
        return Err(Refused::invalid("PullRequestReview", "body", "missing_field"));
    }
    Ok(state)
}
