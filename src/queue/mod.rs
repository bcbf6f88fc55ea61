//! The queue of one trunk as a value: something happened, the value changes, and it says what it now wants.
//!
//! Pure: no clock, no I/O, no randomness. Groups form a tree whose root is trunk; an edge adds one entry, a node stands for
//! the entries on its way from the root. The planner only *wants* nodes; what lands and who leaves is decided here alone.

mod effect;
mod event;
mod explain;
mod forecast;
mod gate;
mod invariant;
mod order;
pub mod plan;
mod policy;
mod runs;
mod settle;
mod state;
mod step;
mod tree;
mod verdict;

pub use effect::{Effect, Member, Notice, members_of, outstanding};
pub use event::{Composition, Event, LeaveWhy, Refusal, Silence, Verdict};
pub use explain::{Doing, Standing, explain, explain_all};
pub use forecast::{Ahead, forecast};
pub use gate::Gate;
pub use invariant::check;
pub use order::{Entry, EntryId, Priority};
pub use policy::{Interrupt, Plan, Policy};
pub use runs::demand;
pub use state::{State, Trunk, TrunkVerdict};
pub use step::step;
pub use tree::{Node, NodeId, Phase, RedWhy, Tree, Unfit, Why};
pub use verdict::Tested;
