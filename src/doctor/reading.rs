//! What was read of GitHub for a checkup: plain values, filled in by the adapter that asked. They decide nothing.

use crate::facts::RequiredCheck;
use crate::ids::Moment;
use std::collections::BTreeMap;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unasked {
    /// For people.
    pub why: String,
    /// It may be answered a minute later.
    pub passing: bool,
}

/// An answer, or why there is none.
pub type Asked<T> = Result<T, Unasked>;

/// All that was read.
#[derive(Debug)]
pub struct Checkup {
    /// By how much our clock is ahead of GitHub's, in milliseconds; none if GitHub did not tell its time.
    pub ahead_ms: Option<i64>,
    /// What GitHub says to our key.
    pub identity: Identity,
}

/// What GitHub says to a token signed with the App's key.
#[derive(Debug)]
pub enum Identity {
    /// It knows us.
    Known(Box<KnownApp>),
    /// It refuses the token.
    Refused {
        /// The HTTP status.
        status: u16,
        /// GitHub's words.
        said: String,
    },
    /// There was no answer.
    Unasked(Unasked),
}

/// The App as GitHub has it.
#[derive(Debug)]
pub struct KnownApp {
    /// Its name in addresses.
    pub slug: String,
    /// The page with its settings.
    pub settings_url: String,
    /// Its permissions by name, `read` or `write`.
    pub permissions: BTreeMap<String, String>,
    /// The events it is subscribed to.
    pub events: Vec<String>,
    /// Its webhook.
    pub hook: Asked<Hook>,
    /// Deliveries that never arrived, as far back as GitHub remembers, oldest first.
    pub failed: Asked<Vec<FailedDelivery>>,
    /// Where it is installed.
    pub installations: Asked<Vec<Installation>>,
}

/// The settings of the webhook.
#[derive(Debug, Default)]
pub struct Hook {
    /// Where it goes; empty if it goes nowhere.
    pub url: String,
    /// `json` or `form`.
    pub content_type: String,
    /// Certificates are not verified.
    pub insecure: bool,
    /// It signs what it sends.
    pub has_secret: bool,
}

/// A delivery of which no attempt succeeded.
#[derive(Debug)]
pub struct FailedDelivery {
    /// Its event.
    pub event: String,
    /// The answer's status; none if there was no answer.
    pub status: Option<u16>,
    /// When it was last tried.
    pub at: Moment,
}

/// One installation of the App.
#[derive(Debug)]
pub struct Installation {
    /// Whose it is.
    pub account: String,
    /// The page with its settings.
    pub page: String,
    /// Somebody suspended it.
    pub suspended: bool,
    /// What was granted to it, by name.
    pub permissions: BTreeMap<String, String>,
    /// The repositories it covers.
    pub repositories: Asked<Vec<Repository>>,
}

/// A repository.
#[derive(Debug)]
pub struct Repository {
    /// `owner/name`.
    pub name: String,
    /// Its default branch.
    pub trunk: String,
    /// What there is to read in it; none if it is archived.
    pub inside: Option<Inside>,
}

/// What was read in a repository.
#[derive(Debug)]
pub struct Inside {
    /// `.github/greenline.toml` on trunk.
    pub settings: Asked<Option<String>>,
    /// The workflows on trunk: path and text.
    pub workflows: Asked<Vec<(String, String)>>,
    /// The rules that hold for trunk.
    pub trunk_rules: Asked<Vec<Rule>>,
    /// The rules that hold for the branches that CI is to test.
    pub run_rules: Asked<Vec<Rule>>,
    /// The rulesets about tags.
    pub tag_rulesets: Asked<Vec<Ruleset>>,
    /// Classic protection of trunk.
    pub protection: Asked<Option<Protection>>,
    /// The checks that were reported on trunk's tip.
    pub reported: Asked<Vec<RequiredCheck>>,
}

/// Whether a ruleset lets us pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bypass {
    /// Whatever we do.
    Always,
    /// Only by merging pull requests, which is not what we do.
    PullRequestsOnly,
    /// It does not.
    Never,
    /// GitHub does not say (older Enterprise Servers).
    Unsaid,
}

/// Where a rule stands.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The ruleset's name.
    pub ruleset: String,
    /// The page with it, if GitHub says.
    pub page: Option<String>,
    /// Whether it lets us pass.
    pub bypass: Bypass,
}

/// One rule of a ruleset.
#[derive(Debug, Clone)]
pub struct Rule {
    /// GitHub's word for it: `update`, `required_signatures`.
    pub kind: String,
    /// Where it stands.
    pub origin: Origin,
    /// The checks it requires, if that is what it does.
    pub required: Vec<RequiredCheck>,
    /// Branches of pull requests must be up to date with the base, if it is about checks.
    pub up_to_date: bool,
    /// It requires nothing of a branch that is made.
    pub not_on_create: bool,
    /// What it demands of names, if that is what it does.
    pub names: Option<NamePattern>,
}

/// A pattern that names must match.
#[derive(Debug, Clone)]
pub struct NamePattern {
    /// `starts_with`, `ends_with`, `contains` or `regex`.
    pub operator: String,
    /// What they must start with, and so on.
    pub pattern: String,
    /// They must not.
    pub negate: bool,
}

/// A ruleset that is in force.
#[derive(Debug)]
pub struct Ruleset {
    /// Patterns of full names of refs, or `~ALL`.
    pub include: Vec<String>,
    /// The same, for what is left out.
    pub exclude: Vec<String>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// Classic protection of a branch.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "GitHub's settings page has as many switches")]
pub struct Protection {
    /// The Apps that may push, by slug; none if everybody with write permission may.
    pub pushers: Option<Vec<String>>,
    /// Pull requests are required.
    pub reviews: bool,
    /// The Apps that need none, by slug.
    pub reviews_bypass: Vec<String>,
    /// The checks it requires.
    pub required: Vec<RequiredCheck>,
    /// Branches of pull requests must be up to date with it.
    pub up_to_date: bool,
    /// It requires signed commits.
    pub signatures: bool,
    /// It forbids merge commits.
    pub linear: bool,
    /// It forbids every push.
    pub locked: bool,
}
