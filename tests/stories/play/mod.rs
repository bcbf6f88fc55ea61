//! Plays cases: reads one (`form`), does what its steps say (`player`, `acts`), and judges how it ended (`end`).

mod acts;
mod end;
mod form;
mod player;

pub use form::Case;
pub use player::play;
