//! The world by seed: the real core and the real loop of a repository against a forge, a git, a database and people that
//! follow from one number, with faults; a judge sees every write. Nothing in here runs in the service.
//!
//! | folder | what is in it |
//! | --- | --- |
//! | `ground` | what is true: time, commits, refs, pull requests, CI, settings, faults |
//! | `bot` | the real loops, and forge, git, database and clock as one process sees them |
//! | `people` | what people do and truly said |
//! | `topics` | stacks, branches, wishes, owners, stops, trials, what is out of reach, rivals at the ledger: who plays each, and what must hold there |
//! | `judge` | what is looked at, at every write and at the end |
//! | `planted` | the planted bugs |
//! | `script` | one seed from its beginning to its end |

mod bot;
mod ground;
mod judge;
mod people;
mod planted;
mod script;
mod topics;

pub use judge::oracle::Violation;
pub use planted::bugs::Bug;
pub use script::{Order, Report, run};
