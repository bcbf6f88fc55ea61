//! What a checkup found, one thing each. It decides what a person reads, and nothing about GitHub.

use super::reading::Unasked;
use serde::Serialize;

/// How one thing is, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// GitHub did not say.
    Unasked,
    /// It works, and less well than it could.
    Warning,
    /// It does not work.
    Wrong,
}

impl Verdict {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unasked => "unasked",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it is.
    pub verdict: Verdict,
    /// What it is about: the clock, the App, a repository.
    pub about: String,
    /// What was found, as the rest of a sentence about that.
    pub what: String,
    /// What a person can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The trouble may be over in a minute.
    pub temporary: bool,
}

impl Finding {
    pub(super) fn ok(about: &str, what: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, about: about.into(), what: what.into(), fix: None, temporary: false }
    }

    pub(super) fn warning(about: &str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, fix: Some(fix.into()), ..Self::ok(about, what) }
    }

    pub(super) fn wrong(about: &str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Wrong, fix: Some(fix.into()), ..Self::ok(about, what) }
    }

    /// `question` is what would have been asked: "which rules hold for `main`".
    pub(super) fn unasked(about: &str, question: &str, unasked: &Unasked) -> Self {
        let fix = unasked.passing.then(|| "ask again in a minute".to_owned());
        let what = format!("could not be asked {question}: {}", unasked.why);
        Self { verdict: Verdict::Unasked, fix, temporary: unasked.passing, ..Self::ok(about, what) }
    }

    /// As a terminal shows it: one line, and a second one with what to do.
    pub fn lines(&self) -> String {
        let fix = self.fix.as_ref().map(|fix| format!("\n         -> {fix}")).unwrap_or_default();
        format!("{:<8} {}: {}{fix}", self.verdict.word(), self.about, self.what)
    }
}
