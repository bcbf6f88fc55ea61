//! A repository's first settings file, from its workflows and from how its pull requests became commits so far. It reads what
//! it is given, and says what it decided and why.

use super::setting::{Check, Setting};
use super::written::{comment, quoted};
use crate::wording::shown;
use crate::workflow::{Advice, CheckRun, Files, Reported, Workflow, queue_branch};
use std::collections::BTreeSet;

/// `[checks] required` holds so many.
const CHECKS_MAX: usize = 100;

/// Fewer commits than this say nothing about how pull requests land.
const LANDED_MIN: usize = 5;

/// What a repository has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Its default branch.
    pub trunk: String,
    /// Its workflows by path.
    pub files: Files,
    /// Files beside them that are no workflows, with the reason.
    pub broken: Vec<(String, String)>,
    /// The latest commits on trunk by first parents, newest first.
    pub landed: Vec<Landed>,
}

/// A commit on trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// How many parents it has.
    pub parents: usize,
    /// The first line of its message.
    pub subject: String,
}

/// The file, and what to tell beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct First {
    /// `.github/greenline.toml`, which is right by `RepoConfig::parse`.
    pub toml: String,
    /// What was decided, and why.
    pub decided: Vec<String>,
    /// What workflows need, by their paths.
    pub needed: Vec<(String, Advice)>,
}

/// A check that may be required, or why it is not.
struct Candidate {
    file: String,
    job: String,
    name: String,
    against: Option<String>,
}

/// Decides the first file.
pub fn first(seen: &Seen) -> First {
    let queue_branch = &queue_branch(&seen.trunk);
    let mut decided = vec![format!("trunk is `{}`, the default branch", shown(&seen.trunk))];
    let mut candidates = Vec::new();
    let mut needed = Vec::new();
    for (path, workflow) in &seen.files {
        if let Some(why) = apart(workflow, &seen.trunk, queue_branch) {
            decided.push(format!("{}: not waited for, because {why}", shown(path)));
            continue;
        }
        candidates.extend(workflow.checks(&seen.files).into_iter().map(|check| candidate(path, workflow, check)));
        needed.extend(workflow.advice(queue_branch).into_iter().map(|advice| (path.clone(), advice)));
    }
    decided.extend(seen.broken.iter().map(|(path, why)| format!("{}: not read, because {why}", shown(path))));
    choose(&mut candidates);
    for candidate in &candidates {
        let told =
            candidate.against.as_ref().map_or("required".to_owned(), |why| format!("not required, because {why}"));
        decided.push(format!("check `{}` of {}: {told}", shown(&candidate.name), shown(&candidate.file)));
    }
    if candidates.iter().all(|candidate| candidate.against.is_some()) {
        let why = "no check is required by the file, so those are that branch protection and rulesets of GitHub require; \
                   without any, nothing is queued";
        decided.push(why.to_owned());
    }
    let (strategy, why) = strategy(&seen.landed);
    decided.push(format!("[merge] strategy = \"{strategy}\", because {why}"));
    First { toml: written(seen, &candidates, strategy, why), decided, needed }
}

/// Why a workflow says nothing about a pull request's code.
fn apart(workflow: &Workflow, trunk: &str, queue_branch: &str) -> Option<String> {
    if workflow.runs_on_push(queue_branch) {
        return None;
    }
    if !workflow.runs_on_pull_request(trunk) {
        let events = workflow.on.events.join(", ");
        return Some(format!("it does not run on pull requests onto trunk (its events: {})", shown(&events)));
    }
    let types = workflow.on.pull_request.as_ref().map(|trigger| trigger.types.as_slice()).unwrap_or_default();
    let code = |kind: &String| kind == "opened" || kind == "synchronize";
    (!types.is_empty() && !types.iter().any(code))
        .then(|| format!("it runs on pull requests that are {}, not on new commits", shown(&types.join(", "))))
}

fn candidate(path: &str, workflow: &Workflow, check: CheckRun) -> Candidate {
    let filtered = [&workflow.on.pull_request, &workflow.on.push].into_iter().flatten().any(|t| t.paths.is_some());
    let (name, against) = match (check.name, check.condition) {
        (Reported::Unknown { written, why }, _) => (written, Some(format!("its name is not known: {why}"))),
        (Reported::As(name), Some(condition)) => {
            let why = format!("it is skipped unless `{}`, and skipped does not pass", shown(&condition));
            (name, Some(why))
        }
        (Reported::As(name), None) if filtered => {
            let why = "its workflow runs only if certain files changed, and where it does not, nobody reports it";
            (name, Some(why.to_owned()))
        }
        (Reported::As(name), None) => (name, None),
    };
    Candidate { file: path.to_owned(), job: check.job, name, against }
}

/// Takes out what cannot be required beside the others.
fn choose(candidates: &mut [Candidate]) {
    let mut names = BTreeSet::new();
    for candidate in candidates.iter_mut().filter(|candidate| candidate.against.is_none()) {
        let legal = candidate.name.parse::<crate::ids::CheckName>().is_ok();
        candidate.against = if !legal {
            Some("its name is too long, or has control characters".to_owned())
        } else if !names.insert(candidate.name.clone()) {
            Some("another workflow reports a check of the same name, which stands for both".to_owned())
        } else if names.len() > CHECKS_MAX {
            Some(format!("{CHECKS_MAX} are required already; a job that needs the others can stand for them"))
        } else {
            None
        };
    }
}

/// How pull requests became commits so far, by what GitHub's own buttons leave behind.
fn strategy(landed: &[Landed]) -> (&'static str, &'static str) {
    if landed.len() < LANDED_MIN {
        return ("rebase", "there is too little history to go by, and a straight one is easy to read and to bisect");
    }
    let most = |fits: &dyn Fn(&Landed) -> bool| landed.iter().filter(|commit| fits(commit)).count() * 2 > landed.len();
    if most(&|commit| commit.parents > 1) {
        return ("merge", "most of the latest commits on trunk are merges");
    }
    let numbered = |subject: &str| {
        let number = subject.strip_suffix(')').and_then(|rest| rest.rsplit_once("(#")).map(|(_, number)| number);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    if most(&|commit| numbered(&commit.subject)) {
        return ("squash", "most of the latest commits on trunk end with the number of a pull request");
    }
    ("rebase", "most of the latest commits on trunk are neither merges nor squashed pull requests")
}

fn written(seen: &Seen, candidates: &[Candidate], strategy: &str, why: &str) -> String {
    let trunk = shown(&seen.trunk);
    let mut lines = Vec::new();
    let mut say = |text: &str| lines.extend(comment("", text));
    say(&format!(
        "How pull requests land on `{trunk}`. Only this file on `{trunk}` counts: none in a pull request does."
    ));
    say("What is left out has its default. `greenline check-config` says what is wrong with it.");
    lines.extend([String::new(), "[queue]".to_owned()]);
    lines.extend(comment("", "Puts a pull request into the queue; so does the comment `@greenline merge`."));
    lines.extend(Setting::Label("ready to merge".to_owned()).lines());
    let plan = "\"pipeline\" tests each pull request on top of those ahead of it, up to depth at once; \"serial\" one at a \
                time; \"batch\" up to batch_size as one, halved when red.";
    lines.extend(comment("", plan));
    lines.extend(["strategy = \"pipeline\"".to_owned(), "depth = 4".to_owned()]);
    lines.extend([String::new(), "[checks]".to_owned()]);
    lines.extend(required(candidates));
    lines.extend(comment(
        "",
        "From the push of what is tested to the first sign of each check, and to the end of the last.",
    ));
    lines.extend(["start_deadline = \"10m\"".to_owned(), "finish_deadline = \"2h\"".to_owned()]);
    lines.extend([String::new(), "[merge]".to_owned()]);
    lines.extend(comment("", &format!("\"rebase\", \"merge\" or \"squash\". This one because {why}.")));
    lines.push(format!("strategy = {}", quoted(strategy)));
    lines.push(String::new());
    lines.join("\n")
}

/// The list, or a comment in its place: an empty list would be an error, and rightly.
fn required(candidates: &[Candidate]) -> Vec<String> {
    let entry = |candidate: &Candidate| {
        let check = Check { name: candidate.name.clone(), by_workflow: true };
        Setting::Required(vec![check]).lines().swap_remove(1)
    };
    let none = candidates.iter().all(|candidate| candidate.against.is_some());
    let mut lines =
        comment("", "What must pass on exactly the commit that lands: the App that reports it, and its name.");
    if none {
        let text = "No workflow here reports a check that could be named without doubt. As long as the list is missing, what \
                    branch protection and rulesets require is waited for.";
        lines.extend(comment("", text));
    }
    lines.push(if none { "# required = [".to_owned() } else { "required = [".to_owned() });
    for candidate in candidates {
        let place = format!("{}, job {}", shown(&candidate.file), shown(&candidate.job));
        match &candidate.against {
            None => {
                lines.extend(comment("    ", &place));
                lines.push(entry(candidate));
            }
            Some(why) => {
                lines.extend(comment("    ", &format!("{place}: not required, because {why}")));
                lines.push(format!("    #{}", entry(candidate).trim_start_matches("   ")));
            }
        }
    }
    lines.push(if none { "# ]".to_owned() } else { "]".to_owned() });
    lines
}
