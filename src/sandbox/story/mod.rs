//! The story: labels the pull requests, follows what becomes of them, and says so until each has ended or time is up.
//! Reads the look-alike's events and the service's page; changes nothing but the labels.

mod follow;
mod screen;
mod summary;
mod tale;

pub use follow::{Story, StorySettings};
pub use screen::{Screen, Voice};
pub use summary::Sights;
