//! Planted bugs, by which it is proven that the judge sees.

pub mod bugs;
pub mod saboteur;
