//! People: what they do, what they have in mind, and what they truly said. By seed, and blind to the queue.

pub mod intents;
pub mod opinions;
pub mod outsiders;
pub mod traffic;
pub mod words;
