//! Who may enter the queue, and who must leave it: readings of pull requests and comments become queue events and answers.
//!
//! An approval is (pull request, head, base, person, time); it is void as soon as any of these no longer holds. Pure.

mod comments;
mod deliver;
mod desk;
mod latest;
pub mod owners;
mod pulls;
mod requests;
mod reviews;
mod rules;
mod said;
mod stack;
mod stop;
mod tries;
mod weigh;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod waiting_tests;

pub use comments::{Heard, hear};
pub use desk::{Answer, Approval, Decision, Desk, Record, Refusal, Via};
pub use latest::Latest;
pub use pulls::{PullReading, awaken, dismiss, fallen, out_of_reach, read, reconsider};
pub use requests::{Asked, ask};
pub use rules::Terms;
pub use said::{Delegate, Said, Subject};
pub use stack::{Stack, elsewhere};
pub use stop::{Closure, Freeze, Hold, Stopped, changes_at, closures, passes};
pub use tries::TrialAnswer;
pub use weigh::{Grounds, Obstacle, approvers, weigh};
