//! From a landed commit to production as a value: something happened (`Event`), the value changes, and it says what it now
//! wants (`Effect`). Pure; it knows nothing of the queue, and what lands reaches it as an event.

pub mod policy;

mod strictest;

pub use policy::Policy;
