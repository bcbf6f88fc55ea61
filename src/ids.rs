//! The names of things as checked types: what is in one of these is well formed. It decides nothing and touches nothing.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Why a text or number is not the name it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct Malformed {
    given: String,
    expected: &'static str,
}

impl Malformed {
    fn new(given: &str, expected: &'static str) -> Self {
        Self { given: given.chars().take(120).collect(), expected }
    }
}

/// A git object id (SHA-1), written as 40 lower-case hex digits; never all zeros, which is git's word for "absent".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha([u8; 20]);

impl Sha {
    /// Takes the 20 raw bytes of an object id; `None` for git's all-zero "absent".
    pub fn from_bytes(bytes: [u8; 20]) -> Option<Self> {
        (bytes != [0; 20]).then_some(Self(bytes))
    }

    /// The 20 raw bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The first ten hex digits, for people.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..5])
    }
}

impl FromStr for Sha {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut bytes = [0; 20];
        hex::decode_to_slice(text, &mut bytes)
            .ok()
            .and_then(|()| Self::from_bytes(bytes))
            .ok_or_else(|| Malformed::new(text, "a commit id of 40 hex digits"))
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 40];
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl Serialize for Sha {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One request through our API: sixteen bytes, written as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// Takes the raw bytes: by chance, or a digest of whatever must give the same id again.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl FromStr for RequestId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| Malformed::new(text, "a request's id of 32 hex digits"))?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);
        impl $name {
            /// Wraps the plain number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }
            /// The plain number.
            pub const fn get(self) -> u64 {
                self.0
            }
            /// The number after this one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(/// GitHub's id of a repository; survives renames and transfers.
    RepoId);
number!(/// GitHub's id of a person or bot; survives renames.
    UserId);
number!(/// GitHub's id of an App; with a name it identifies a check.
    AppId);
number!(/// GitHub's id of an installation of our App.
    InstallationId);
number!(/// The number of a pull request in its repository.
    PrNumber);
number!(/// GitHub's id of an issue comment.
    CommentId);
number!(/// GitHub's id of a check run.
    CheckRunId);
number!(/// GitHub's id of its record of a deployment.
    RecordId);
number!(/// GitHub's id of a release.
    ReleaseId);
number!(/// GitHub's id of a run of a workflow.
    WorkflowRunId);
number!(/// One CI run of one tip, counted by us per queue; its branch is named after it.
    RunId);
number!(/// One commit that CI checks on trial, counted by us per queue; its branch is named after it.
    TrialNumber);
number!(/// One attempt to land, counted by us per queue; an answer names the attempt it answers.
    Attempt);
number!(/// One reading of the outside world, counted by us per queue when the reading begins: of two answers the higher is newer.
    Reading);
number!(/// The number of a candidate; strictly increasing along trunk.
    CandidateSeq);
number!(/// The number of a deployment, counted by us per trunk over all its stages.
    DeploymentId);
number!(/// The number of a lock on merges or on a stage, counted by us per trunk.
    LockId);

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $holds:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);
        impl $name {
            /// The text as it is.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = Malformed;
            fn from_str(text: &str) -> Result<Self, Malformed> {
                let holds: fn(&str) -> bool = $holds;
                if holds(text) { Ok(Self(text.to_owned())) } else { Err(Malformed::new(text, $expected)) }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text!(/// A branch by its short name (`main`, `release/1.0`), legal under git's rules for refs.
    BranchName, "a branch name git allows", |t| legal_ref(t) && !t.starts_with('-'));
text!(/// A full ref name (`refs/heads/main`), legal under git's rules for refs.
    RefName, "a full ref name (refs/…)", |t| t.starts_with("refs/") && legal_ref(t));
text!(/// GitHub's id of one webhook delivery (a GUID); the same on redelivery.
    DeliveryId, "a webhook delivery id (up to 64 letters, digits and dashes)",
    |t| !t.is_empty() && t.len() <= 64 && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
text!(/// A GitHub login of a person or bot (`octocat`, `dependabot[bot]`).
    Login, "a GitHub login",
    |t| !t.is_empty() && t.len() <= 100 && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_[].".contains(&b)));
text!(/// `owner/name` of a repository as it is called now; for URLs only, never for identity.
RepoName, "a repository name of the form owner/name",
|t| t.split_once('/').is_some_and(|(o, n)| [o, n].iter().all(|p| {
    !p.is_empty() && p.len() <= 100 && *p != "." && *p != ".."
        && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
})));
text!(/// `org/slug` of a team, as a mention writes it behind its `@`.
TeamName, "a team of the form org/team",
|t| t.split_once('/').is_some_and(|(o, n)| [o, n].iter().all(|p| {
    !p.is_empty() && p.len() <= 100 && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
})));
text!(/// The name of a check run or the context of a commit status.
    CheckName, "a check name (1 to 255 characters, no control characters)",
    |t| !t.trim().is_empty() && t.len() <= 255 && !t.chars().any(char::is_control));

text!(/// A stage of delivery (`staging`): a word that can stand in refs, addresses and commands.
    StageName, "a stage's name (1 to 40 small letters, digits and dashes, a letter first)",
    |t| t.len() <= 40 && t.starts_with(|c: char| c.is_ascii_lowercase())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));

impl BranchName {
    /// The full ref: `refs/heads/` and this name.
    pub fn to_ref(&self) -> RefName {
        RefName(format!("refs/heads/{}", self.0))
    }
}

/// One queue: a repository, and the branch everything in it lands on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueId {
    /// The repository.
    pub repo: RepoId,
    /// The branch, where that is not the repository's default one, whatever that is called.
    pub branch: Option<BranchName>,
}

impl QueueId {
    /// The queue of the default branch.
    pub fn of(repo: RepoId) -> Self {
        Self { repo, branch: None }
    }
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.branch {
            Some(branch) => write!(f, "{}/{branch}", self.repo),
            None => write!(f, "{}", self.repo),
        }
    }
}

impl Serialize for QueueId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Login {
    /// The same person: GitHub keeps the case of letters and compares without it.
    pub fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl TeamName {
    /// The organization.
    pub fn org(&self) -> &str {
        self.0.split_once('/').map_or("", |(org, _)| org)
    }

    /// The team's name in addresses.
    pub fn slug(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, slug)| slug)
    }

    /// The same team: GitHub compares without the case of letters.
    pub fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl RefName {
    /// The branch this ref is, if it is one.
    pub fn branch(&self) -> Option<BranchName> {
        self.0.strip_prefix("refs/heads/").and_then(|b| b.parse().ok())
    }
}

impl RepoName {
    /// The part before the slash.
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// The part after the slash.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}

/// The rules of `git check-ref-format`, without the one that asks for a slash.
fn legal_ref(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 240
        && text != "@"
        && !text.contains("..")
        && !text.contains("@{")
        && !text.ends_with('.')
        && text
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none())
        && !text.bytes().any(|b| b <= b' ' || b == 0x7f || b"~^:?*[\\".contains(&b))
}

mod party;

pub use party::Party;

/// A moment: milliseconds since 1970-01-01 UTC. Comes in with events; nothing below the engine asks a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// The moment `ms` milliseconds after 1970-01-01 UTC.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This moment and `ms` milliseconds.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative if it is later.
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sha_is_forty_hex_digits_and_not_zero() {
        let sha: Sha = "757107EA0eb2509fc211221cce984b8a37570b6d".parse().expect("mixed case is still hex");
        assert_eq!(sha.to_string(), "757107ea0eb2509fc211221cce984b8a37570b6d");
        for bad in
            ["", "757107ea", "0000000000000000000000000000000000000000", "g57107ea0eb2509fc211221cce984b8a37570b6d"]
        {
            assert!(bad.parse::<Sha>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ref_names_follow_git() {
        for good in ["main", "release/1.0", "$(id)", "a;b", "\"><script>", "refs/heads/refs/heads/main"] {
            assert!(good.parse::<BranchName>().is_ok(), "{good}");
        }
        for bad in
            ["", "-x", "a..b", "a b", "a.lock", ".a", "a/", "a//b", "a~1", "a^", "a:b", "a\nb", "@", "a@{1}", "a."]
        {
            assert!(bad.parse::<BranchName>().is_err(), "{bad}");
        }
    }
}
