//! The settings file: what people write into it, by seed, and as it stands on commits. Nothing here says which is in force.

use crate::config::RepoConfig;
use crate::ids::Sha;
use crate::sim::ground::dice::Dice;
use crate::sim::ground::world::Ground;

/// What a world's people are used to.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself, and every combination is a world")]
pub struct Customs {
    /// They have rules about who may let what land.
    pub rules: bool,
    /// CI checks the heads of pull requests, too.
    pub head_ci: bool,
    /// Another branch beside the default one has a queue.
    pub branched: bool,
    /// They open pull requests onto each other's branches.
    pub stacked: bool,
    /// They may have branches deleted after landing.
    pub deletes: bool,
    /// They say how something is to land.
    pub wishful: bool,
    /// Their rules name owners, a team, and conversations.
    pub owned: bool,
}

impl Customs {
    /// Draws them; those that came later from whims.
    pub fn draw(dice: &mut Dice, whims: &mut Dice) -> Self {
        let (rules, head_ci, branched) = (dice.one_in(2), dice.one_in(2), dice.one_in(6));
        let (stacked, deletes, wishful) = (whims.one_in(4), whims.one_in(4), whims.one_in(4));
        let owned = whims.one_in(2) && rules;
        Self { rules, head_ci, branched, stacked, deletes, wishful, owned }
    }
}

/// A version of the settings file.
#[derive(Debug, Clone)]
pub struct Version {
    /// The file.
    pub text: String,
    /// What it says; `None` if it is wrong.
    pub says: Option<RepoConfig>,
}

impl Version {
    /// A version with this text.
    pub fn new(text: String) -> Self {
        Self { says: RepoConfig::parse(&text).ok(), text }
    }

    /// One that is right.
    pub fn draw(dice: &mut Dice, customs: Customs) -> Self {
        let checks = checks(dice, customs);
        let rules = if customs.rules { rules(dice, customs) } else { String::new() };
        let (window, merge) = (crate::sim::topics::stops::window(dice), merge(dice, customs));
        Self::new(format!("{window}{rules}{merge}{}{checks}", queue(dice, customs)))
    }

    /// One that is right and names every branch that is to have a queue.
    pub fn last(dice: &mut Dice, customs: Customs) -> Self {
        loop {
            let version = Self::draw(dice, customs);
            if !customs.branched || version.text.contains("trunks") {
                return version;
            }
        }
    }

    /// One that may be wrong.
    pub fn draft(dice: &mut Dice, customs: Customs) -> Self {
        if dice.one_in(5) { Self::new("[queue]\nbudget = 0\n".to_owned()) } else { Self::draw(dice, customs) }
    }
}

fn queue(dice: &mut Dice, customs: Customs) -> String {
    let strategy = dice.pick(&["serial", "pipeline", "pipeline", "batch"]);
    let every_commit = strategy != "batch" && dice.one_in(4);
    let interrupt = dice.pick(&["higher", "higher", "hotfix", "never"]);
    let gather = if dice.one_in(4) { format!("gather = \"{}s\"\n", 5 + dice.roll(40)) } else { String::new() };
    let try_by = dice.pick(&["write", "write", "author", "read"]);
    let review_asks = customs.rules && dice.one_in(4);
    let trunks = if customs.branched && !dice.one_in(4) { "trunks = [\"next\"]\n" } else { "" };
    format!(
        "[queue]\ninterrupt = \"{interrupt}\"\nstrategy = \"{strategy}\"\ndepth = {}\nbatch_size = {}\nbudget = {}\ntries = {}\n\
         every_commit = {every_commit}\nreview_asks = {review_asks}\ntry_by = \"{try_by}\"\n{gather}{trunks}",
        1 + dice.roll(4),
        2 + dice.roll(4),
        4 + dice.roll(3),
        1 + dice.roll(2),
    )
}

fn merge(dice: &mut Dice, customs: Customs) -> String {
    let usual = ["rebase", "rebase", "rebase", "squash", "merge", "merge", "rebase-merge", "fast-forward"];
    let strategy = dice.pick(&usual);
    let forks = dice.pick(&["close", "close", "merge-commit"]);
    let deletes = if customs.deletes && !dice.one_in(3) { "delete_branch = true\n" } else { "" };
    format!("[merge]\nstrategy = \"{strategy}\"\nforks = \"{forks}\"\n{deletes}")
}

fn checks(dice: &mut Dice, customs: Customs) -> String {
    let required = "[{ name = \"ci\", app = 1 }, { name = \"lint\", app = 1 }]";
    let before = customs.head_ci && customs.rules && dice.one_in(3);
    let before = if before { format!("before = {required}\n") } else { String::new() };
    let times = dice.one_in(4).then(|| 1 + dice.roll(2));
    let retries = times.map_or_else(String::new, |n| format!("retries = [{{ name = \"ci\", times = {n} }}]\n"));
    format!(
        "[checks]\nrequired = {required}\n{before}{retries}start_deadline = \"{}s\"\nfinish_deadline = \"{}s\"\n",
        10 + dice.roll(30),
        45 + dice.roll(60),
    )
}

fn rules(dice: &mut Dice, customs: Customs) -> String {
    let approvals = dice.pick(&[0, 1, 1, 2]);
    let mergers = dice.pick(&["", "", "\"ann\", \"ben\", \"eve\""]);
    let titles = dice.pick(&["", "", "\"^WIP\""]);
    let no_self_merge = dice.one_in(4);
    let (mergers, owned) = if customs.owned { owned(dice, mergers) } else { (mergers, String::new()) };
    format!(
        "[rules]\napprovals = {approvals}\nno_self_merge = {no_self_merge}\nmergers = [{mergers}]\n\
         blocking_labels = [\"wip\"]\nblocking_titles = [{titles}]\n{owned}"
    )
}

fn owned(dice: &mut Dice, mergers: &'static str) -> (&'static str, String) {
    let mergers = if dice.one_in(3) { "\"@acme/core\", \"ann\"" } else { mergers };
    let (owners, talks) = (!dice.one_in(3), dice.one_in(2));
    (mergers, format!("code_owners = {owners}\nconversations_resolved = {talks}\n"))
}

impl Ground {
    /// What the settings file on a commit says; `None` if it is wrong.
    pub fn settings_at(&self, commit: Sha) -> Option<&RepoConfig> {
        let version = self.truth.get(commit).content.get(&0).and_then(|version| usize::try_from(*version).ok())?;
        self.settings.get(version.checked_sub(1)?)?.says.as_ref()
    }

    /// A new version of the file; the blob it is in a tree.
    pub fn write_settings(&mut self, version: Version) -> crate::sim::ground::truth::Blob {
        self.settings.push(version);
        u32::try_from(self.settings.len()).unwrap_or(1)
    }
}
