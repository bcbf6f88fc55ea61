//! Which branches have a queue beside the default one: by name, or all one level below a prefix. It decides nothing.

use super::problem::Fault;
use crate::ids::{BranchName, RefName};
use crate::wording::shown;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Our own branches begin so and never have a queue.
const OURS: &str = "greenline/";

/// A branch by its name (`develop`), or every branch one level below another (`release/*`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchPattern {
    stem: BranchName,
    below: bool,
}

impl BranchPattern {
    /// The branch is meant.
    pub fn matches(&self, branch: &BranchName) -> bool {
        match branch.as_str().strip_prefix(self.stem.as_str()) {
            Some("") => !self.below,
            Some(rest) => self.below && rest.strip_prefix('/').is_some_and(|last| !last.contains('/')),
            None => false,
        }
    }

    /// What the refs of all branches that are meant begin with.
    pub fn refs(&self) -> RefName {
        self.stem.to_ref()
    }
}

impl fmt::Display for BranchPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.stem, if self.below { "/*" } else { "" })
    }
}

impl From<BranchPattern> for String {
    fn from(pattern: BranchPattern) -> Self {
        pattern.to_string()
    }
}

impl TryFrom<String> for BranchPattern {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        pattern(&text).map_err(|fault| fault.what)
    }
}

/// The pattern a text is, or what is wrong with it.
pub(super) fn pattern(text: &str) -> Result<BranchPattern, Fault> {
    let (stem, below) = text.strip_suffix("/*").map_or((text, false), |stem| (stem, true));
    let legal = stem.parse().ok().filter(|stem: &BranchName| !stem.as_str().contains('*'));
    let stem = legal.ok_or_else(|| {
        Fault::new(
            format!("`{}` is no branch, and no branches below one", shown(text)),
            "write a branch's name such as \"develop\", or \"release/*\" for every branch one level below release/",
        )
    })?;
    if format!("{stem}/").starts_with(OURS) {
        let what = format!("`{}` is where the queue itself keeps its branches", shown(text));
        return Err(Fault::new(what, "name branches of your own"));
    }
    Ok(BranchPattern { stem, below })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_whole_levels_are_meant() {
        let meant =
            |text: &str, branch: &str| pattern(text).expect("a pattern").matches(&branch.parse().expect("a branch"));
        assert!(meant("develop", "develop") && !meant("develop", "develop2") && !meant("develop", "develop/x"));
        assert!(
            meant("release/*", "release/1.0") && !meant("release/*", "release") && !meant("release/*", "releases/1")
        );
        assert!(!meant("release/*", "release/1.0/fix"));
    }

    #[test]
    fn what_git_does_not_allow_or_is_ours_is_refused() {
        for text in ["", "*", "a*", "rel*/x", "/x", "greenline", "greenline/*", "greenline/main", "a..b"] {
            assert!(pattern(text).is_err(), "{text}");
        }
    }
}
