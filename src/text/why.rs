//! The words behind "why is this not merged?": for each reason code the rule it comes from and what somebody can do next.

use super::waiting::TEAMS_NEXT;
use crate::admission::Refusal;
use crate::queue::Doing;

/// Where the rule behind a reason is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// There is none.
    None,
    /// A setting of the repository's file.
    Setting(&'static str),
    /// The settings that say which groups are tested.
    Groups,
    /// The checks that must pass, wherever they are named.
    Required,
    /// The checks that must pass on its own head.
    Before,
    /// The approvals that are asked for, wherever that is said.
    Approvals,
    /// The approvals by owners, wherever they are asked for.
    Owners,
    /// The approval of the last push, wherever it is asked for.
    LastPush,
    /// The conversations, wherever it is said that they must be resolved.
    Conversations,
    /// A rule of the forge or of git.
    Forge(&'static str),
    /// A rule of the queue itself.
    Queue(&'static str),
}

/// What stands behind a reason code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub source: Source,
    /// What somebody can do, with `{trunk}` and `{label}` to be filled in.
    pub next: &'static str,
}

const WAIT: &str = "Nothing; it goes on by itself.";
const AGAIN: &str = "When that is right, put the label `{label}` on, or comment `@greenline merge`.";
const MEND: &str = "Mend it, push, and ask again.";
const NAMED: &str = "Look at the commits, and ask again with the head's id: `@greenline merge COMMIT`.";

const APPROVED: Source =
    Source::Queue("only the commit that somebody approved lands, on the branch it was approved for");
const APPLIES: Source = Source::Forge("git must be able to put it on `{trunk}`");
const WRITE: Source = Source::Forge("whoever asks needs write permission in the repository");

type Row = (&'static str, Source, &'static str);

const QUEUED: [Row; 17] = [
    ("waits-for-trunk", Source::Queue("`{trunk}` is read before anything is composed on it"), WAIT),
    ("waits-for-turn", Source::Groups, WAIT),
    ("gathers", Source::Setting("queue.gather"), WAIT),
    ("waits-for-those-ahead", Source::Queue("each is put on top of those ahead of it"), WAIT),
    ("composing", Source::Queue("each is put on top of those ahead of it"), WAIT),
    ("waits-for-slot", Source::Setting("queue.budget"), "Nothing; or let more runs go at once with a higher `budget`."),
    (
        "waits-for-branch",
        Source::Forge("CI tests what is pushed to `greenline/**`"),
        "Nothing; if it lasts, let the rules for `greenline/**` allow the App to push there.",
    ),
    ("testing", Source::Required, "Wait for CI."),
    ("green-behind", Source::Queue("those ahead land first"), WAIT),
    (
        "frozen",
        Source::Queue("while `{trunk}` is frozen nothing begins to land but what is exempt"),
        "Wait for the end of the freeze, or have it thawed.",
    ),
    ("red-behind", Source::Queue("nobody is judged on top of others that may leave"), WAIT),
    ("unfit-behind", Source::Queue("nobody is judged on top of others that may leave"), WAIT),
    ("trunk-tested", Source::Queue("nobody is blamed before `{trunk}` itself is known to be green"), WAIT),
    (
        "trunk-red",
        Source::Queue("nobody is blamed while `{trunk}` itself is red or its CI gives no answer"),
        "Mend `{trunk}`, or its CI.",
    ),
    ("landing", Source::Queue("everything is read again right before `{trunk}` moves"), WAIT),
    ("revoking", Source::Queue("a push that was not answered is made impossible before the next one"), WAIT),
    ("ejecting", Source::Queue("`{trunk}` is read again before anybody is sent back"), WAIT),
];

const OUT: [Row; 25] = [
    ("conflict", APPLIES, "Rebase it onto `{trunk}`, push, and ask again."),
    ("checks-failed", Source::Required, MEND),
    (
        "ci-never-started",
        Source::Setting("checks.start_deadline"),
        "Let the workflow run on pushes to `greenline/**`, check the required name and App, and ask again.",
    ),
    (
        "ci-never-finished",
        Source::Setting("checks.finish_deadline"),
        "See what hangs, or raise `finish_deadline`, and ask again.",
    ),
    (
        "push-refused",
        Source::Forge("an App without the permission Workflows pushes no commit that changes a workflow"),
        "Give the App \"Workflows: write\", or leave the workflow file as it is; and ask again.",
    ),
    ("ci-cancelled", Source::Required, "See who stops runs on `greenline/**`, and ask again."),
    ("already-in", Source::Queue("what adds nothing to `{trunk}` does not land"), "Close it."),
    ("not-composable", Source::Setting("merge.strategy"), MEND),
    ("head-missing", Source::Queue("the approved commit itself is fetched"), "Push its branch again, and ask again."),
    (
        "landing-refused",
        Source::Forge("branch protection, a ruleset or a hook refused the push to `{trunk}`"),
        "Let the App past the rule that is quoted, and ask again.",
    ),
    (
        "landing-unanswered",
        Source::Forge("a push counts only once the refs show it"),
        "See whether GitHub has trouble, and ask again.",
    ),
    ("unsound", Source::Queue("what lands is what git itself computes"), "Report it; do not override it."),
    ("cancelled", Source::Queue("the author, or whoever may write, can take it out"), AGAIN),
    ("label-removed", Source::Setting("queue.label"), AGAIN),
    ("draft", Source::Forge("a draft is not to be merged"), "Mark it as ready for review, and ask again."),
    (
        "closed",
        Source::Forge("a closed pull request is not to be merged"),
        "Open it again if it shall land, and ask again.",
    ),
    ("new-head", APPROVED, AGAIN),
    (
        "base-changed",
        APPROVED,
        "Ask again if the branch it goes to has a queue; if not, change its base back first, and ask again.",
    ),
    (
        "no-queue",
        Source::Setting("queue.trunks"),
        "Name the branch in `trunks` on the default branch, or change the base; and ask again.",
    ),
    ("may-not-ask", Source::Setting("rules.mergers"), "Have somebody ask whom the rules allow to."),
    ("permission-lost", WRITE, "Somebody with write permission can ask again."),
    ("head-repo-gone", Source::Forge("its branch or fork must be there"), "Open a new pull request."),
    ("merged-elsewhere", Source::None, "Nothing; it is merged."),
    ("replaced", APPROVED, WAIT),
    ("landed", Source::None, "Nothing; it is done."),
];

const WAITING: [Row; 20] = [
    (
        "not-configured",
        Source::Required,
        "Add `.github/greenline.toml` with `[checks] required` to `{trunk}`, or mend it: `greenline check-config`.",
    ),
    (
        "held",
        Source::Queue("what somebody holds keeps its place outside of the order"),
        "Ask whoever holds it; they, and everybody with write permission, can release it.",
    ),
    ("blocking-label", Source::Setting("rules.blocking_labels"), "Take the label off."),
    ("blocking-title", Source::Setting("rules.blocking_titles"), "Change the title."),
    (
        "changes-requested",
        Source::Approvals,
        "Make the changes and ask for another review, or have the review dismissed.",
    ),
    ("approvals-missing", Source::Approvals, "Have somebody with write permission approve its head."),
    ("owners-missing", Source::Owners, "Have one of the owners that are named approve its head."),
    ("last-push-unapproved", Source::LastPush, "Have somebody else than whoever pushed its head approve it."),
    ("owners-too-large", Source::Owners, "Make `CODEOWNERS` on `{trunk}` smaller than 3 MB."),
    ("team-unreadable", Source::Forge("GitHub shows who is in a team only to whom it lets see that"), TEAMS_NEXT),
    ("conversations-open", Source::Conversations, "Answer the conversations and resolve them."),
    ("head-red", Source::Before, "Mend it, push, and ask again; or run the check again."),
    ("head-not-green-yet", Source::Before, "Wait for CI on its own head."),
    (
        "depends-on",
        Source::Queue("what a pull request depends on lands before it"),
        "Land that one first, or comment `@greenline depends on nothing`.",
    ),
    (
        "depends-on-unknown",
        Source::Queue("what a pull request depends on lands before it"),
        "Mend the line in its description, or take it out; or comment `@greenline depends on nothing`, if a comment said it.",
    ),
    (
        "stacked",
        Source::Queue("what goes to another's branch lands after that one"),
        "Land that one first; or change its base to `{trunk}`, and ask again.",
    ),
    (
        "dependency-elsewhere",
        Source::Forge("GitHub moves one repository at a time, so two cannot be moved together or not at all"),
        "Take the line out of its description when that one has landed, or now if it need not wait.",
    ),
    (
        "dependency-unclear",
        Source::Queue("what a pull request depends on lands before it"),
        "Write `Depends-On: #7` in its description.",
    ),
    (
        "out-of-reach",
        Source::Queue("whoever cannot be read or composed for a minute keeps nobody waiting"),
        "Wait: it is tried again within minutes. If that goes on, see the status page and GitHub's own.",
    ),
    ("not-read-yet", Source::Queue("a request is weighed by what was read"), WAIT),
];

const REFUSED: [Row; 17] = [
    ("needs-write", WRITE, "Ask somebody who has it."),
    ("renamed", Source::Queue("whoever signs in is a person, not a login"), "Sign in again, and press once more."),
    ("not-listed", Source::Setting("rules.mergers"), "Ask somebody who is listed."),
    ("teams-unreadable", Source::Setting("rules.mergers"), TEAMS_NEXT),
    ("own-work", Source::Setting("rules.no_self_merge"), "Ask somebody else to ask for it."),
    ("own-approval", Source::Queue("nobody's approval of their own work counts"), "Ask somebody else to look at it."),
    ("on-itself", Source::Queue("nothing waits for itself"), "Name another pull request."),
    ("on-unknown", Source::Queue("nothing waits for what can never land"), "Name another pull request."),
    ("no-such-pull", Source::None, "Check the number."),
    ("archived", Source::Forge("an archived repository takes no push"), "Unarchive it, and ask again."),
    ("not-open", Source::Forge("only an open pull request can land"), "Open it again if it shall land, and ask again."),
    ("other-base", Source::Queue("this queue lands on `{trunk}`"), "Change its base, and ask again."),
    ("pushed-since", APPROVED, NAMED),
    ("other-head", APPROVED, NAMED),
    ("overtaken", Source::Queue("what was asked before it was taken out or landed is over"), AGAIN),
    (
        "not-asked",
        Source::Queue("somebody with write permission says that it may land"),
        "When it is ready, put the label `{label}` on, or comment `@greenline merge`.",
    ),
    ("unknown", Source::None, "Check the number; or ask for it with the label, a comment, or `greenline queue add`."),
];

/// What stands behind a reason code; for one from another version, nothing.
pub fn reason(code: &str) -> Reason {
    let rows = QUEUED.iter().chain(&OUT).chain(&WAITING).chain(&REFUSED);
    let found = rows.copied().find(|(known, ..)| *known == code);
    found.map_or(Reason { source: Source::None, next: AGAIN }, |(_, source, next)| Reason { source, next })
}

/// The stable code of where a queued pull request stands.
pub fn standing_code(doing: &Doing) -> &'static str {
    match doing {
        Doing::WaitsForTrunk => "waits-for-trunk",
        Doing::WaitsForTurn => "waits-for-turn",
        Doing::Gathers => "gathers",
        Doing::WaitsForThoseAhead => "waits-for-those-ahead",
        Doing::Composing => "composing",
        Doing::WaitsForSlot => "waits-for-slot",
        Doing::Testing { .. } => "testing",
        Doing::GreenFrozen { .. } => "frozen",
        Doing::GreenBehind { .. } => "green-behind",
        Doing::RedBehind { .. } => "red-behind",
        Doing::UnfitBehind => "unfit-behind",
        Doing::TrunkTested => "trunk-tested",
        Doing::TrunkRed => "trunk-red",
        Doing::Landing { .. } => "landing",
        Doing::Revoking => "revoking",
        Doing::Ejecting => "ejecting",
    }
}

/// The stable code of a refused request.
pub fn refusal_code(why: &Refusal) -> &'static str {
    match why {
        Refusal::NeedsWrite { .. } => "needs-write",
        Refusal::Renamed { .. } => "renamed",
        Refusal::Draft => "draft",
        Refusal::NoSuchPull => "no-such-pull",
        Refusal::NoQueue { .. } => "no-queue",
        Refusal::Archived => "archived",
        Refusal::NotOpen => "not-open",
        Refusal::OtherBase { .. } => "other-base",
        Refusal::PushedSince { .. } => "pushed-since",
        Refusal::OtherHead { .. } => "other-head",
        Refusal::Overtaken => "overtaken",
        Refusal::Retargeted { .. } => "base-changed",
        Refusal::SaidOtherwise => "said-otherwise",
        Refusal::Landed => "landed",
        Refusal::HeadGone => "head-repo-gone",
        Refusal::NotListed { .. } => "not-listed",
        Refusal::TeamsUnread { .. } => "teams-unreadable",
        Refusal::OwnWork { .. } => "own-work",
        Refusal::OwnApproval => "own-approval",
        Refusal::OnItself => "on-itself",
        Refusal::OnUnknown { .. } => "on-unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_that_readme_names_has_a_rule_and_a_next_step() {
        let readme = include_str!("../../README.md");
        let section = readme.split("### Why a pull request did not land").nth(1).expect("it is there");
        let table = section.split("\n#").next().unwrap_or_default();
        let codes: Vec<&str> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .flat_map(|line| line.split(" | ").next().unwrap_or_default().split('`'))
            .filter(|code| !code.trim().is_empty() && *code != ", ")
            .collect();
        assert!(codes.len() > 15, "{codes:?}");
        for code in codes {
            assert!(OUT.iter().any(|(known, ..)| *known == code), "{code}");
        }
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<&str> =
            QUEUED.iter().chain(&OUT).chain(&WAITING).chain(&REFUSED).map(|(code, ..)| *code).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
