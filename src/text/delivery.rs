//! The sentences about deliveries: what keeps one from beginning, what somebody is answered, how one stands. Words only.

mod answer;
mod gate;
mod phase;

pub use answer::{answer, answer_code};
pub use gate::{closed, gate};
pub use phase::{phase, phase_word};

use crate::delivery::State;
use crate::ids::CandidateSeq;

/// A candidate as people know it: by its tag.
pub fn candidate(value: &State, seq: CandidateSeq) -> String {
    value.candidates.get(&seq).map_or_else(|| format!("candidate {seq}"), |candidate| candidate.tag.name.clone())
}
