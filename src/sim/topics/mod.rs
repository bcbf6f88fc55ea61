//! One topic a file: the people who play it, and the judge of what must hold there.

pub mod branches;
pub mod curse;
pub mod owners;
pub mod rivals;
pub mod stacks;
pub mod stops;
pub mod trials;
pub mod wishes;
