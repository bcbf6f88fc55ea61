//! The engine: one task per repository, the only loop. It carries out what the core decides, and decides nothing itself.

pub mod board;
