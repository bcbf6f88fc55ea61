//! The judge of `[rules]`: who might let a head land by the settings on trunk, reckoned from what people truly did.
//!
//! A landing reads one thing after another, so each rule need only have held at some moment of that time.

use crate::config::RepoConfig;
use crate::facts::{Permission, PullState};
use crate::ids::{BranchName, Moment, Party, PrNumber, Sha};
use crate::sim::ground::pulls::{LABEL, PullFile, WIP};
use crate::sim::ground::world::{Ground, person};
use crate::sim::people::words::{Mind, Way};
use crate::sim::topics::owners::{TEAM, talking};
use crate::sim::topics::wishes::Wished;

/// Somebody asks for a head to land, and may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    head: Sha,
    /// The branch that it was to land on; any for requests that name none.
    base: Option<BranchName>,
    by: String,
    /// Whose permission that rests on.
    voucher: String,
    way: Way,
    wish: Wished,
}

/// How a pull request stood for a while.
#[derive(Debug, Clone)]
pub struct Stand {
    /// Since when.
    at: Moment,
    what: Standing,
}

impl Stand {
    /// It was talked about then.
    pub fn talked(&self) -> bool {
        self.what.talks > 0
    }
}

/// How a pull request stands at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    base: BranchName,
    asked: Vec<Asked>,
    minds: Vec<Mind>,
    labels: Vec<String>,
    title: String,
    awaits: Vec<PrNumber>,
    /// Conversations on it that are open.
    pub talks: u32,
    /// Who is in the team.
    pub team: Vec<&'static str>,
}

/// A pull request that lands, or wants to.
#[derive(Debug, Clone)]
pub struct Lands {
    /// On which branch.
    pub trunk: BranchName,
    /// Which.
    pub pr: PrNumber,
    /// At which head.
    pub head: Sha,
    /// Since when whatever lets it land was read.
    pub since: Moment,
}

impl Ground {
    /// Notes how a pull request stands now, if that changed.
    pub fn reckon(&mut self, pr: PrNumber) {
        let Some(head) = self.head(pr) else { return };
        let moved = self.truth.get(head).member.filter(|(of, _)| *of == pr).map(|(_, approved)| approved);
        let Some(file) = self.pulls.get(&pr) else { return };
        // Between a push and the forge's noticing it nobody can know of it.
        let what = self.standing(file, |named| [head, file.shown.head].contains(&named) || moved == Some(named));
        if file.stands.last().is_none_or(|last| last.what != what) {
            let stand = Stand { at: self.now, what };
            if let Some(file) = self.pulls.get_mut(&pr) {
                file.stands.push(stand);
            }
        }
    }

    fn standing(&self, file: &PullFile, is_there: impl Fn(Sha) -> bool) -> Standing {
        let shown = &file.shown;
        let open = shown.state == PullState::Open && !shown.draft;
        let may = |who: &str| self.permissions.get(who).is_some_and(|may| *may >= Permission::Write);
        let holds = |way| match way {
            Way::Label => shown.labels.iter().any(|label| label == LABEL),
            Way::Comment | Way::Named | Way::Review => true,
        };
        let mut asked = Vec::new();
        for word in file.words.iter().filter(|word| open && is_there(word.head) && holds(word.way)) {
            for voucher in file.vouchers(&word.by).filter(|voucher| may(voucher)) {
                let (by, voucher) = (word.by.clone(), voucher.to_owned());
                let (head, base) = (word.head, word.base.clone());
                let new = Asked { head, base, by, voucher, way: word.way, wish: word.wish };
                if !asked.contains(&new) {
                    asked.push(new);
                }
            }
        }
        Standing {
            base: shown.base.clone(),
            asked,
            minds: file.minds(self.now, may),
            labels: shown.labels.clone(),
            title: shown.title.clone(),
            awaits: file.awaits(),
            talks: file.talks,
            team: self.team.iter().copied().collect(),
        }
    }

    /// S2 and S10: what lands on `from` was asked for, and nothing kept it out, by the settings there.
    pub fn rules_kept(&mut self, lands: &Lands, from: Sha) {
        let in_force = self.in_force(from);
        let broken: Vec<String> = in_force.iter().filter_map(|config| self.keeps_out(lands, config)).collect();
        if broken.len() < in_force.len() {
            let asks = in_force.iter().any(|config| config.rules.approvals > 0);
            if asks {
                self.oracle.sometimes("a landing that needed approvals");
            }
            if self.pulls.get(&lands.pr).is_some_and(|file| !file.awaits().is_empty()) {
                self.oracle.sometimes("a landing after what it depended on");
            }
            self.stood_on(lands.pr, from);
            in_force.iter().take(1).for_each(|config| self.minded_owners(lands, config));
            return;
        }
        let by_its_own = self.settings_at(lands.head).is_some_and(|own| self.keeps_out(lands, own).is_none());
        let invariant = if by_its_own { "S10" } else { "S2" };
        let why = broken.first().map_or("nothing ever said what green means", String::as_str).to_owned();
        self.oracle.breaks(invariant, format!("#{} landed at {:?}, but {why}", lands.pr, lands.head));
    }

    /// Settings that may be in force on a trunk commit: those on it, or any that were right before if these are wrong.
    pub fn in_force(&self, from: Sha) -> Vec<RepoConfig> {
        match self.settings_at(from) {
            Some(config) => vec![config.clone()],
            None => self.settings.iter().filter_map(|version| version.says.clone()).collect(),
        }
    }

    /// What keeps it out by these settings, if something does.
    pub fn keeps_out(&self, lands: &Lands, config: &RepoConfig) -> Option<String> {
        let then = self.stood(lands);
        let unasked = self.asked(&then, lands, config).is_empty();
        let unasked = unasked.then(|| format!("nobody permitted had asked for that on {} then", lands.trunk));
        unasked
            .or_else(|| minded(&then, lands, config))
            .or_else(|| marked(&then, config))
            .or_else(|| self.awaited(&then))
            .or_else(|| talking(&then, config))
            .or_else(|| self.unowned(&then, lands, config))
            .or_else(|| self.unchecked(&then, lands, config))
    }

    /// How it is to land by the words that let it, by these settings.
    pub fn wishes(&self, lands: &Lands, config: &RepoConfig) -> Vec<Wished> {
        self.asked(&self.stood(lands), lands, config).iter().map(|asked| asked.wish).collect()
    }

    /// How it stood at each moment since whatever lets it land was read.
    fn stood(&self, lands: &Lands) -> Vec<&Standing> {
        let stands = self.pulls.get(&lands.pr).map(|file| file.stands.as_slice()).unwrap_or_default();
        let ends = stands.iter().skip(1).map(|stand| Some(stand.at)).chain([None]);
        let then = stands.iter().zip(ends).filter(|(_, until)| until.is_none_or(|until| until >= lands.since));
        then.map(|(stand, _)| &stand.what).collect()
    }

    /// Requests by who may ask for it. Who asked on the branch of another pull request meant trunk, once that one has landed.
    fn asked<'a>(&self, then: &[&'a Standing], lands: &Lands, config: &RepoConfig) -> Vec<&'a Asked> {
        let Some(file) = self.pulls.get(&lands.pr) else { return Vec::new() };
        let author = file.shown.author.login.as_str();
        let by_review = self.settings.iter().filter_map(|v| v.says.as_ref()).any(|says| says.queue.review_asks);
        let over = self.branches_on(self.tip_of(&lands.trunk));
        let mergers = &config.rules.mergers;
        let in_team = |by: &str| then.iter().any(|standing| standing.team.contains(&by));
        let lists = |known: &Party, by: &str| match known {
            Party::Person(login) => *login == person(by).login,
            Party::Team(team) => team.to_string() == TEAM && in_team(by),
        };
        let listed = |by: &str| mergers.is_empty() || mergers.iter().any(|known| lists(known, by));
        let own = |asked: &Asked| config.rules.no_self_merge && (asked.by == author || asked.voucher == author);
        let heard = |asked: &Asked| by_review || asked.way != Way::Review;
        let here = |asked: &Asked| asked.base.as_ref().is_none_or(|base| *base == lands.trunk || over.contains(base));
        let counts = |asked: &&Asked| {
            asked.head == lands.head && here(asked) && heard(asked) && listed(&asked.by) && !own(asked)
        };
        let there = |standing: &&&Standing| standing.base == lands.trunk;
        then.iter().filter(there).flat_map(|standing| &standing.asked).filter(counts).collect()
    }

    fn awaited(&self, then: &[&Standing]) -> Option<String> {
        let over = |pr: &PrNumber| {
            self.pulls.get(pr).is_some_and(|file| !file.landed.is_empty() || file.shown.state == PullState::Merged)
        };
        let open = |standing: &&&Standing| !standing.awaits.iter().all(over);
        let kept = then.iter().filter(open).count() == then.len();
        kept.then(|| "something it depends on had not landed".to_owned())
    }

    fn unchecked(&self, then: &[&Standing], lands: &Lands, config: &RepoConfig) -> Option<String> {
        let mut words = then.iter().flat_map(|standing| &standing.asked).filter(|asked| asked.head == lands.head);
        let asks = !config.checks.before.is_empty() || words.all(|word| word.wish.when_green);
        let kept = asks && !self.oracle.green_since(lands.head, lands.since);
        kept.then(|| "the checks on its own head had not passed".to_owned())
    }
}

/// Somebody could be taken so at some moment.
fn ever(then: &[&Standing], who: &str, holds: &dyn Fn(&Mind) -> bool) -> bool {
    then.iter().flat_map(|standing| &standing.minds).any(|mind| mind.who == who && holds(mind))
}

fn people<'a>(then: &[&'a Standing]) -> Vec<&'a str> {
    then.first().into_iter().flat_map(|standing| standing.minds.iter().map(|mind| mind.who)).collect()
}

/// Who may push and approved exactly this head.
pub fn approving<'a>(then: &[&'a Standing], head: Sha) -> Vec<&'a str> {
    let approves =
        |who: &&str| ever(then, who, &|mind| mind.approves.contains(&head)) && ever(then, who, &|mind| mind.may);
    people(then).into_iter().filter(approves).collect()
}

/// Reviewers do not let it pass.
fn minded(then: &[&Standing], lands: &Lands, config: &RepoConfig) -> Option<String> {
    let need = usize::from(config.rules.approvals);
    let against = |who: &&str| !ever(then, who, &|mind| !mind.blocks) && !ever(then, who, &|mind| !mind.may);
    let against = people(then).into_iter().find(against);
    if let Some(who) = against.filter(|_| need > 0 || config.rules.code_owners) {
        return Some(format!("{who} wanted changes"));
    }
    let have = approving(then, lands.head).len();
    (have < need).then(|| format!("only {have} of {need} approvals stood for it"))
}

/// A label or the title keeps it out.
fn marked(then: &[&Standing], config: &RepoConfig) -> Option<String> {
    let labels = &config.rules.blocking_labels;
    let blocks = |standing: &&&Standing| {
        let titled = !config.rules.blocking_titles.is_empty() && standing.title.starts_with(WIP);
        titled || standing.labels.iter().any(|label| labels.contains(label))
    };
    let kept = then.iter().filter(blocks).count() == then.len();
    kept.then(|| "its title or a label kept it out".to_owned())
}
