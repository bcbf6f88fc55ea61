//! What the App must be allowed to do and be told of, as its settings on GitHub call it, and what happens otherwise. README
//! has the same two lists for people.

/// How much of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// "Read-only"
    Read,
    /// "Read and write"
    Write,
}

impl Level {
    /// The level in GitHub's API; what is unknown is no permission.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "read" => Some(Self::Read),
            "write" | "admin" => Some(Self::Write),
            _ => None,
        }
    }

    /// As the drop-down in an App's settings has it.
    pub fn choice(self) -> &'static str {
        match self {
            Self::Read => "Read-only",
            Self::Write => "Read and write",
        }
    }
}

/// A permission of the App.
#[derive(Debug)]
pub struct Permission {
    /// Its name in the API.
    pub key: &'static str,
    /// Its name in the App's settings.
    pub name: &'static str,
    /// Under which heading it stands there.
    pub under: &'static str,
    /// How much of it.
    pub level: Level,
    /// It goes without.
    pub optional: bool,
    /// What happens without it.
    pub without: &'static str,
}

const REPOSITORY: &str = "Repository permissions";

const fn needed(key: &'static str, name: &'static str, level: Level, without: &'static str) -> Permission {
    Permission { key, name, under: REPOSITORY, level, optional: false, without }
}

const fn wanted(key: &'static str, name: &'static str, level: Level, without: &'static str) -> Permission {
    Permission { key, name, under: REPOSITORY, level, optional: true, without }
}

/// Every permission we use.
pub const PERMISSIONS: &[Permission] = &[
    needed("contents", "Contents", Level::Write, "nothing can be fetched, tested or landed"),
    needed(
        "workflows",
        "Workflows",
        Level::Write,
        "GitHub refuses to land what changes a file in .github/workflows, and everything composed on top of it",
    ),
    needed("pull_requests", "Pull requests", Level::Write, "pull requests cannot be read or closed"),
    needed("issues", "Issues", Level::Write, "comments, reactions and labels cannot be read or written"),
    needed(
        "checks",
        "Checks",
        Level::Write,
        "the verdicts of CI cannot be read, nor the check run `greenline` be shown",
    ),
    needed("statuses", "Commit statuses", Level::Read, "the verdicts of CI that reports statuses cannot be read"),
    needed("metadata", "Metadata", Level::Read, "permissions of people and rulesets cannot be read"),
    wanted(
        "actions",
        "Actions",
        Level::Write,
        "workflow runs that nobody waits for any more run to their end, and no workflow can be started to deploy",
    ),
    wanted(
        "deployments",
        "Deployments",
        Level::Write,
        "GitHub shows no deployments, and nobody who listens to them can deploy",
    ),
    Permission {
        under: "Organization permissions",
        ..wanted("members", "Members", Level::Read, "teams in `mergers` or `CODEOWNERS` let nobody in")
    },
    wanted(
        "administration",
        "Administration",
        Level::Read,
        "the checks that classic branch protection requires are not known; name them in greenline.toml",
    ),
];

/// An event of webhooks.
#[derive(Debug)]
pub struct Event {
    /// Its name in the API.
    pub key: &'static str,
    /// Its name in the App's settings.
    pub name: &'static str,
    /// What is noticed late without it.
    pub late: &'static str,
}

/// Every event we listen to. None is needed for correctness.
pub const EVENTS: &[Event] = &[
    Event { key: "pull_request", name: "Pull request", late: "labels and pushes to pull requests" },
    Event { key: "issue_comment", name: "Issue comment", late: "commands" },
    Event { key: "check_run", name: "Check run", late: "the verdicts of CI" },
    Event { key: "check_suite", name: "Check suite", late: "the verdicts of CI" },
    Event { key: "status", name: "Status", late: "the verdicts of CI that reports statuses" },
    Event { key: "push", name: "Push", late: "pushes to trunk" },
    Event { key: "create", name: "Create", late: "branches that are made" },
    Event { key: "delete", name: "Delete", late: "branches that are deleted" },
    Event { key: "repository", name: "Repository", late: "new names and default branches" },
    Event { key: "pull_request_review", name: "Pull request review", late: "reviews" },
    Event { key: "pull_request_review_thread", name: "Pull request review thread", late: "resolved conversations" },
];
