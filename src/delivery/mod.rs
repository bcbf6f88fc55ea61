//! From a landed commit to production as a value: something happened (`Event`), the value changes, and it says what it now
//! wants (`Effect`). Pure; it knows nothing of the queue, and what lands reaches it as an event.
//!
//! In reading order: `policy` (what is asked of it), `candidate`, `deployment`, `state`, `event`, then `gate` (what keeps a
//! deployment from beginning), `plan` (what follows by itself), `moves`, `rollback`, `trunk` and `red`, `tags`, `version`, `answers`
//! (what drivers say), `ask` (what people may do), `step` (all of them together), `invariant`, and `effect` (what is owed to the
//! world). `explain` shows how things stand and what would follow; `history`, `numbers` and `trust` what came of it.

mod answers;
pub mod approval;
mod ask;
pub mod candidate;
mod clock;
pub mod deployment;
mod effect;
pub mod event;
pub mod explain;
pub mod gate;
pub mod history;
mod invariant;
mod moves;
mod notice;
pub mod numbers;
pub mod plan;
pub mod policy;
mod red;
mod rollback;
pub mod state;
mod step;
mod strictest;
mod sweep;
mod tags;
mod trunk;
pub mod trust;
pub mod verify;
mod version;

pub use candidate::{Candidate, Change};
pub use clock::next_change;
pub use deployment::{Deployment, End, Kind, Phase};
pub use effect::{Effect, outstanding};
pub use event::{Ask, Event, Wish};
pub use gate::Gate;
pub use invariant::check;
pub use notice::{Granted, News, Notice, Refusal};
pub use policy::Policy;
pub use state::State;
pub use step::step;
