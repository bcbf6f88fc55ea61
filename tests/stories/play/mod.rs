//! Plays cases: what may stand in one (`form`), reading it (`read`), doing what its steps say (`player`; what people do is in
//! `acts`, what CI does in `ci`), and judging how it ended (`end`).

mod acts;
mod ci;
mod end;
mod form;
mod player;
mod read;

pub use form::Case;
pub use player::play;
