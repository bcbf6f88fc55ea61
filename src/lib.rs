//! Greenline, a git-native merge queue. One line per module, in reading order; a module sees only the floors below it.

// floor 0: names
pub mod facts;
pub mod ids;
pub mod wording;
// floor 1: decide
pub mod admission;
pub mod checks;
pub mod command;
pub mod config;
pub mod queue;
pub mod text;
// floor 2: ask
pub mod port;
// floor 3: carry out
pub mod engine;
// floor 4: know how
pub mod adapter;
// floor 5: doors
pub mod http;
pub mod sandbox;
pub mod sim;
// floor 6: hands
pub mod cli;
