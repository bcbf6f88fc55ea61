//! An approving review that asks for landing, where the repository's settings say that it does. Pure.

use super::desk::{Decision, Record, Via};
use super::pulls::{Permitted, PullReading, approve};
use super::rules::{Terms, against, unfit};
use crate::command::Wish;
use crate::facts::{Opinion, Permission, Review};
use crate::ids::Moment;

/// Follows the newest approving review of exactly this head by somebody who may ask. A review that does not count is no request,
/// so nobody is answered.
pub(super) fn follow(record: &mut Record, reading: &PullReading, now: Moment, terms: &Terms) -> Option<Decision> {
    let reviews = reading.grounds.as_ref()?.reviews.as_ref().filter(|_| terms.review_asks)?;
    record.label_judged = Some(record.pull.updated_at);
    if record.has_landed() || against(&record.pull, terms).is_some() {
        return None;
    }
    let asks = |(review, may): &&(Review, Permission)| {
        review.opinion == Opinion::Approves
            && review.head == record.pull.head
            && review.by.id != record.pull.author.id
            && !review.by.bot
            && record.over_until.is_none_or(|over| review.at >= over)
            && unfit(&review.by, *may >= Permission::Write, &record.pull, terms).is_none()
    };
    let (review, _) = reviews.iter().filter(asks).max_by_key(|(review, _)| (review.at, review.id))?;
    let wish = terms.wish(&Wish::default(), &record.pull);
    let asked = Permitted { by: &review.by, on_the_word_of: None, via: Via::Review(review.id), wish: &wish, at: now };
    let decision = approve(record, asked, reading.grounds.as_ref(), terms);
    record.describe(reading.pull.as_ref());
    decision
}
