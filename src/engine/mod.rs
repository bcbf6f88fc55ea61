//! The engine: one task for each queue, the only loop. It carries out what the core decides, and decides nothing itself.

pub mod board;
mod branches;
pub mod dispatch;
pub mod eta;
pub mod fact;
mod gate;
pub mod gather;
pub mod job;
pub mod memory;
pub mod owed;
pub mod perform;
mod posts;
mod present;
pub mod proposals;
mod recipe;
pub mod repo;
pub mod reports;
mod requests;
pub mod retries;
pub mod state;
pub mod supervise;
pub mod take;
pub mod trials;
pub mod turn;
pub mod view;
pub mod why;
pub mod world;
