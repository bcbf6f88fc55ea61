//! An approving review that asks for landing, where the repository's settings say that it does. Pure.

use super::desk::{Decision, Record, Via};
use super::pulls::{LAG_MS, Permitted, PullReading, approve};
use super::rules::{Terms, against, unfit};
use super::weigh::Grounds;
use crate::command::Wish;
use crate::facts::{Opinion, Permission, Review};
use crate::ids::Moment;

/// Reviews seen while an approval stands are part of it: none of them asks again when that has ended.
pub(super) fn note(record: &mut Record, reading: &PullReading) {
    let Some(reviews) = reading.grounds.as_ref().and_then(|grounds| grounds.reviews.as_ref()) else { return };
    if record.approval.is_some() {
        let by_comment = |review: &Review| record.said.approvals().any(|approval| approval == review);
        let last =
            reviews.iter().map(|(review, _)| review).filter(|review| !by_comment(review)).map(|review| review.id);
        record.review = record.review.max(last.max());
    }
}

/// Follows the newest approving review of exactly this head by somebody who may ask. A review that does not count is no request,
/// so nobody is answered.
pub(super) fn follow(record: &mut Record, reading: &PullReading, now: Moment, terms: &Terms) -> Option<Decision> {
    let Grounds { reviews, rolls, .. } = reading.grounds.as_ref()?;
    let reviews = reviews.as_ref().filter(|_| terms.review_asks)?;
    // GitHub tells moments in whole seconds, and from copies: what comes right after looks as old as what is judged here.
    if now.since_ms(record.pull.updated_at) > LAG_MS {
        record.label_judged = Some(record.pull.updated_at);
    }
    if record.has_landed() || against(record, terms).is_some() {
        return None;
    }
    let asks = |(review, may): &&(Review, Permission)| {
        review.opinion == Opinion::Approves
            && review.head == record.pull.head
            && review.by.id != record.pull.author.id
            && !review.by.bot
            // A comment that counts as one asks for nothing else.
            && !record.said.approvals().any(|approval| approval == review)
            && record.review.is_none_or(|acted| review.id > acted)
            && record.over_until.is_none_or(|over| review.at >= over)
            // Whoever approved it for another branch did not ask for this one.
            && reading.retargeted_at.is_none_or(|at| review.at > at)
            && unfit(&review.by, (*may >= Permission::Write).then_some(&review.by.login), &record.pull, (terms, rolls))
                .is_none()
    };
    let (review, _) = reviews.iter().filter(asks).max_by_key(|(review, _)| (review.at, review.id))?;
    record.review = Some(review.id);
    let wish = terms.wish(&Wish::default(), &record.pull);
    let (by, via, body) = (&review.by, Via::Review(review.id), reading.body());
    let asked = Permitted { by, on_the_word_of: None, via, wish: &wish, at: now, body };
    // What was read for a request that nobody had made yet leaves out what was said about it.
    let grounds = reading.grounds.as_ref().filter(|_| record.said.is_empty());
    approve(record, asked, grounds, terms)
}
