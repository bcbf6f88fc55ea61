//! What people are told in two parts: what there is, and what somebody can do about it. Words only.

use std::fmt;

/// A sentence or more of what there is, and as much of what to do; that part is empty where there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What there is.
    pub what: String,
    /// What somebody can do.
    pub next: String,
}

impl Told {
    pub(super) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }
}

impl<T: Into<String>> From<T> for Told {
    fn from(what: T) -> Self {
        Self::new(what, "")
    }
}

/// Both, one after the other.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.what.is_empty() || self.next.is_empty() { "" } else { " " };
        write!(f, "{}{between}{}", self.what, self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_are_one_text_where_there_are_both() {
        assert_eq!(Told::new("It burns.", "Call somebody.").to_string(), "It burns. Call somebody.");
        assert_eq!(Told::from("It is merged.").to_string(), "It is merged.");
    }
}
