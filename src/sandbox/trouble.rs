//! What can keep the sandbox from starting or going on, in sentences. Decides nothing.

use super::git_program::GitTrouble;
use super::types::Refused;

/// Why the sandbox does not start, or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum SandboxTrouble {
    /// Git is absent, too old, or refused something.
    #[error(transparent)]
    Git(#[from] GitTrouble),
    /// A file, a directory or a port.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The look-alike refused what the sandbox itself asked of it.
    #[error("the look-alike refused the sandbox's own request: {0}")]
    Refused(#[from] Refused),
    /// Anything else, as what happened, why, and what to do.
    #[error("{0}")]
    Said(String),
}

impl SandboxTrouble {
    /// A sentence.
    pub fn said(sentence: impl Into<String>) -> Self {
        Self::Said(sentence.into())
    }
}
