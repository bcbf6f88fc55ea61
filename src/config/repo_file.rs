//! How `.github/greenline.toml` is read: keys, ranges, defaults. What the settings mean stands in `repo`.

use super::delivery::{Around, delivery};
use super::duration;
use super::problem::{Fault, Problem};
use super::read::{Reader, Section};
use super::reference::SECTIONS;
use super::repo::{CandidateConfig, ChecksConfig, Interrupt, PlanConfig, QueueConfig, RepoConfig, TryBy};
use super::rules_file::rules;
use super::tree::{self, At, Node, Table, Value};
use super::{merging, repo, tag};
use crate::facts::RequiredCheck;
use crate::ids::{AppId, CheckName};
use crate::wording::{nearest, shown};
use std::collections::{BTreeMap, BTreeSet};

/// Required checks, at the most; as many names may be listed as passing when skipped or neutral.
pub(super) const CHECKS_MAX: usize = 100;

/// Patterns of branches with a queue of their own, at the most.
const TRUNKS_MAX: usize = 20;

/// A label's name on GitHub has at most this many characters.
const LABEL_MAX: usize = 50;

/// The App that reports what GitHub Actions runs, on github.com; an Enterprise Server has a number of its own.
pub const GITHUB_ACTIONS: AppId = AppId::new(15368);

const DEADLINES: (i64, i64) = (1000, 7 * 86_400_000);

const GATHER: (i64, i64) = (1000, 3_600_000);

const APP_HINT: &str =
    "add app = \"github-actions\", the reporting App's number, or app = \"any\" to trust whoever can write";

impl RepoConfig {
    /// Reads `.github/greenline.toml`; what is absent has its default, an empty file is all defaults.
    /// Errors: everything that is wrong with the file, at most some fifty, in order of lines.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let root = tree::parse(text)?;
        let mut read = Reader::default();
        read.unknown(&root, &SECTIONS.iter().map(|section| section.name).collect::<Vec<_>>(), "section");
        let default = Self::default();
        let queue = queue(&mut read, &root, default.queue);
        let freeze = super::freeze::freeze(&mut read, &root);
        let around = Around { zone: &freeze.zone, trunks: &queue.trunks };
        let delivery = delivery(&mut read, &root, &around);
        let value = Self {
            queue,
            rules: rules(&mut read, &root),
            checks: checks(&mut read, &root, &default.checks),
            merge: merging::merge(&mut read, &root, default.merge),
            candidate: candidate(&mut read, &root, default.candidate),
            freeze,
            delivery,
        };
        read.finish(Some(value))
    }
}

/// `depth` counts with pipeline, `batch_size` and `gather` with batch; the others may stay in the file, so that trying another
/// strategy is a change of one line.
fn queue(read: &mut Reader, root: &Table, default: QueueConfig) -> QueueConfig {
    let mut section = read.section(root, "queue");
    let strategies = [
        ("serial", PlanConfig::Serial),
        ("pipeline", PlanConfig::Pipeline { depth: 4 }),
        ("batch", PlanConfig::Batch { size: 8 }),
    ];
    let label = read.checked(&mut section, "label", label).unwrap_or(default.label);
    let strategy = read.word(&mut section, "strategy", &strategies);
    let depth = read.whole(&mut section, "depth", 1..=64).and_then(|depth| u32::try_from(depth).ok());
    let size = read.whole(&mut section, "batch_size", 1..=64).and_then(|size| u32::try_from(size).ok());
    let budget = read.whole(&mut section, "budget", 1..=256).and_then(|budget| u32::try_from(budget).ok());
    let tries = read.whole(&mut section, "tries", 1..=10).and_then(|tries| u8::try_from(tries).ok());
    let every_tip = every_tip(read, &mut section);
    let gather = read.duration(&mut section, "gather", GATHER);
    let review_asks = read.flag(&mut section, "review_asks").unwrap_or(default.review_asks);
    let interrupts = [("higher", Interrupt::Higher), ("hotfix", Interrupt::Hotfix), ("never", Interrupt::Never)];
    let interrupt = read.word(&mut section, "interrupt", &interrupts).unwrap_or(default.interrupt);
    let hotfix_label = read.checked(&mut section, "hotfix_label", self::label);
    let trunks = read.each(&mut section, "trunks", TRUNKS_MAX, super::branches::pattern).unwrap_or_default();
    let people = [("write", TryBy::Write), ("author", TryBy::Author), ("read", TryBy::Read)];
    let try_by = read.word(&mut section, "try_by", &people).unwrap_or(default.try_by);
    let plan = match strategy.unwrap_or(default.plan) {
        PlanConfig::Serial => PlanConfig::Serial,
        PlanConfig::Pipeline { depth: usual } => PlanConfig::Pipeline { depth: depth.unwrap_or(usual) },
        PlanConfig::Batch { size: usual } => PlanConfig::Batch { size: size.unwrap_or(usual) },
    };
    if let Some(at) = every_tip.as_ref().filter(|_| matches!(plan, PlanConfig::Batch { .. })) {
        let what = "asks that every pull request's last commit is tested, but a batch tests only the last one's";
        read.wrong(at, what, "use strategy = \"serial\" or \"pipeline\", or drop it");
    }
    read.close(&section);
    let least = match plan {
        PlanConfig::Pipeline { depth } => depth,
        PlanConfig::Serial | PlanConfig::Batch { .. } => 1,
    };
    QueueConfig {
        label,
        plan,
        budget: budget.unwrap_or(default.budget.max(least)),
        gather_ms: gather.unwrap_or(default.gather_ms),
        tries: tries.unwrap_or(default.tries),
        every_tip: every_tip.is_some(),
        review_asks,
        interrupt,
        hotfix_label,
        trunks,
        try_by,
    }
}

/// Where it is asked that every tip is tested, if it is; `every_commit` is the older word for that.
fn every_tip(read: &mut Reader, section: &mut Section<'_>) -> Option<At> {
    let words = ["every_tip", "every_commit"].map(|key| Some((section.at(key), read.flag(section, key)?)));
    if let [Some((_, asks)), Some((at, other))] = &words
        && asks != other
    {
        read.wrong(at, "says the opposite of every_tip, of which it is the older name", "drop one of them");
    }
    words.into_iter().flatten().find(|(_, asks)| *asks).map(|(at, _)| at)
}

pub(super) fn label(text: &str) -> Result<String, Fault> {
    let count = text.chars().count();
    let legal = !text.trim().is_empty() && text.trim() == text && !text.chars().any(char::is_control);
    if legal && count <= LABEL_MAX {
        return Ok(text.to_owned());
    }
    let hint = format!("write the name of a label, 1 to {LABEL_MAX} characters without blanks at its ends");
    Err(Fault::new(format!("`{}` ({count} characters) is no label's name on GitHub", shown(text)), hint))
}

fn checks(read: &mut Reader, root: &Table, default: &ChecksConfig) -> ChecksConfig {
    let mut section = read.section(root, "checks");
    let listed = read.items(&mut section, "required", CHECKS_MAX);
    let allow_no_checks = read.flag(&mut section, "allow_no_checks").unwrap_or(default.allow_no_checks);
    let problems_before = read.problems.len();
    let required = listed.map(|items| each_check(read, items)).unwrap_or_default();
    let all_read = read.problems.len() == problems_before;
    let before = read.items(&mut section, "before", CHECKS_MAX);
    let before = before.map(|items| each_check(read, items)).unwrap_or_default();
    let at = section.at("required");
    if listed.is_some_and(<[Node]>::is_empty) && !allow_no_checks {
        let hint =
            "name the checks that must pass; drop the key to ask branch protection; or set allow_no_checks = true";
        read.wrong(&at, "is an empty list, so anything would pass", hint);
    }
    if allow_no_checks && !required.is_empty() {
        let what = "says that nothing need pass, beside checks that must";
        read.wrong(&section.at("allow_no_checks"), what, "drop allow_no_checks, or empty the list of required checks");
    }
    let known: Option<Vec<&RequiredCheck>> =
        listed.filter(|_| all_read).map(|_| required.iter().chain(&before).collect());
    let known = known.as_deref();
    let skipped_passes = names(read, &mut section, "skipped_passes", known);
    let neutral_passes = names(read, &mut section, "neutral_passes", known);
    let retries = retries(read, &mut section, known);
    let start = read.duration(&mut section, "start_deadline", DEADLINES);
    let finish = read.duration(&mut section, "finish_deadline", DEADLINES);
    let start_deadline_ms = start.unwrap_or(default.start_deadline_ms.min(finish.unwrap_or(i64::MAX)));
    let finish_deadline_ms = finish.unwrap_or(default.finish_deadline_ms.max(start_deadline_ms));
    if finish_deadline_ms < start_deadline_ms {
        let hint = format!("write at least {}, which is start_deadline", duration::written(start_deadline_ms));
        read.wrong(&section.at("finish_deadline"), "ends before the checks have to begin", hint);
    }
    read.close(&section);
    ChecksConfig {
        required,
        before,
        skipped_passes,
        neutral_passes,
        retries,
        allow_no_checks,
        start_deadline_ms,
        finish_deadline_ms,
    }
}

/// Checks by App and name, each once.
pub(super) fn each_check(read: &mut Reader, items: &[Node]) -> Vec<RequiredCheck> {
    let mut checks: Vec<RequiredCheck> = Vec::new();
    for item in items {
        let Some(check) = required_check(read, item) else { continue };
        let same = |other: &&RequiredCheck| {
            other.name == check.name && (other.app == check.app || other.app.is_none() || check.app.is_none())
        };
        if checks.iter().any(|other| same(&other)) {
            let what = format!("`{}` is required twice", shown(check.name.as_str()));
            read.wrong(&item.at, what, "drop one of them; the same name may stand twice only with two Apps");
        } else {
            checks.push(check);
        }
    }
    checks
}

fn required_check(read: &mut Reader, item: &Node) -> Option<RequiredCheck> {
    let Some(mut section) = Section::of(item) else {
        let name = match &item.value {
            Value::Text(text) | Value::Said(text) => shown(text),
            Value::Whole(_) | Value::Flag(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => "ci".into(),
        };
        let hint = format!("write {{ name = \"{name}\", app = \"github-actions\" }}");
        read.wrong(&item.at, "names no App, and anybody who can write can report a check by that name", hint);
        return None;
    };
    if !section.has("name") {
        read.wrong(&section.at("name"), "is missing", "write the check's name as it stands on a pull request");
    }
    let check = check_under(read, &mut section, "name");
    read.close(&section);
    check
}

/// A check whose name stands under this key, beside its App.
pub(super) fn check_under(read: &mut Reader, section: &mut Section<'_>, key: &'static str) -> Option<RequiredCheck> {
    let name = read.checked(section, key, check_name);
    if !section.has("app") {
        read.wrong(&section.at("app"), "is missing: a check is an App and a name", APP_HINT);
    }
    let words = [("any", None), ("github-actions", Some(GITHUB_ACTIONS))];
    let app = read.word_or_whole(section, "app", &words, |id| Some(AppId::new(id)));
    Some(RequiredCheck { name: name?, app: app? })
}

fn check_name(text: &str) -> Result<CheckName, Fault> {
    text.parse().map_err(|_| {
        let hint = "write 1 to 255 characters, none of them a control character";
        Fault::new(format!("`{}` is no check's name", shown(text)), hint)
    })
}

/// A list of names, each of which must be a required check where those are `known`.
fn names(
    read: &mut Reader,
    section: &mut Section<'_>,
    key: &'static str,
    known: Option<&[&RequiredCheck]>,
) -> BTreeSet<CheckName> {
    let mut names = BTreeSet::new();
    for (at, text) in read.texts(section, key, CHECKS_MAX).unwrap_or_default() {
        match check_name(&text) {
            Ok(name) => {
                expect_required(read, &at, &name, known);
                names.insert(name);
            }
            Err(fault) => read.wrong(&at, fault.what, fault.hint),
        }
    }
    names
}

/// How often which checks may fail, each a required check where those are `known`.
fn retries(read: &mut Reader, section: &mut Section<'_>, known: Option<&[&RequiredCheck]>) -> BTreeMap<CheckName, u8> {
    let mut retries = BTreeMap::new();
    for item in read.items(section, "retries", CHECKS_MAX).unwrap_or_default() {
        let Some(mut entry) = Section::of(item) else {
            read.wrong(&item.at, "does not say how often", "write { name = \"ci\", times = 1 }");
            continue;
        };
        for (key, hint) in [("name", "write a required check's name"), ("times", "write how often it may fail")] {
            if !entry.has(key) {
                read.wrong(&entry.at(key), "is missing", hint);
            }
        }
        let name = read.checked(&mut entry, "name", check_name);
        let times = read.whole(&mut entry, "times", 1..=10).and_then(|times| u8::try_from(times).ok());
        read.close(&entry);
        let (Some(name), Some(times)) = (name, times) else { continue };
        expect_required(read, &entry.at("name"), &name, known);
        if retries.insert(name.clone(), times).is_some() {
            let what = format!("`{}` stands there twice", shown(name.as_str()));
            read.wrong(&item.at, what, "drop one of them");
        }
    }
    retries
}

fn expect_required(read: &mut Reader, at: &At, name: &CheckName, known: Option<&[&RequiredCheck]>) {
    let Some(known) = known.filter(|known| !known.iter().any(|check| check.name == *name)) else { return };
    let meant = nearest(name.as_str(), known.iter().map(|check| check.name.as_str()));
    let hint =
        meant.map_or("name one of the required checks".into(), |meant| format!("did you mean `{}`?", shown(meant)));
    read.wrong(at, format!("`{}` is not among the required checks", shown(name.as_str())), hint);
}

fn candidate(read: &mut Reader, root: &Table, default: CandidateConfig) -> CandidateConfig {
    let mut section = read.section(root, "candidate");
    let tag: repo::TagTemplate = read.checked(&mut section, "tag", tag::check).unwrap_or(default.tag);
    read.close(&section);
    CandidateConfig { tag }
}
