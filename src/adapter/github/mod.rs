//! GitHub over REST: who we are there, what we read, the little we write. It decides nothing about a queue.

pub(crate) mod model;
pub(crate) mod when;
