//! Plays a case: opens its stage and its pull requests, takes its steps one by one, and says in which line it was when one of
//! them failed. What CI says is said here; what people do is in `acts`.

use super::form::{Case, Names, Opened, Step, Tip};
use crate::driver::{Pull, Stage, another_second, until};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A case that is being played.
pub struct Player {
    pub stage: Stage,
    /// In the order they were opened.
    pub pulls: Vec<(String, Pull)>,
    /// Where trunk was when the steps began.
    pub beginning: String,
    /// The last commit pushed to each branch by its people.
    pub heads: RefCell<BTreeMap<String, String>>,
    /// Tips by the names they were remembered under.
    tips: RefCell<BTreeMap<String, String>>,
    /// Commits that may be trunk: CI said that they are green, or a person put them there.
    pub good: RefCell<BTreeSet<String>>,
}

/// Says where the case was, if it did not get on.
struct Place(String);

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: this failed", self.0);
        }
    }
}

/// Reads and plays the case of that name.
///
/// # Panics
/// When it is not written rightly, or does not go as it says.
pub fn play(name: &str) {
    let file = format!("tests/stories/cases/{name}.toml");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{file}: {why}"));
    let case = Case::read(&file, &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let at = |offset: usize| Place(format!("{file}:{}", Case::line(&text, offset)));
    let player = Player::open(&case);
    for step in &case.steps {
        let _place = at(step.span().start);
        player.take(step.get_ref());
    }
    let _place = at(case.end.span().start);
    player.judge(case.end.get_ref());
    player.stage.end();
}

impl Player {
    fn open(case: &Case) -> Self {
        let stage = Stage::empty();
        let mut player = Self {
            beginning: String::new(),
            pulls: Vec::new(),
            heads: RefCell::default(),
            tips: RefCell::default(),
            good: RefCell::default(),
            stage,
        };
        if !case.settings.is_empty() {
            player.settle(&case.settings);
        }
        for pull in &case.pulls {
            player.open_pull(pull.get_ref());
        }
        player.beginning = player.stage.trunk();
        player.allow(player.beginning.clone());
        player
    }

    fn open_pull(&mut self, opened: &Opened) {
        let (stage, name) = (&self.stage, &opened.name);
        let mut head = stage.commit("origin/main", &format!("{name}.txt"), &format!("{name}\n"));
        for (file, text) in &opened.files {
            head = stage.commit(&head, file, &self.filled(text));
        }
        let who = opened.by.word();
        let (token, place, from) = if opened.fork {
            let fork = stage.act(who, "POST", "/forks", &json!({}));
            let place = fork["full_name"].as_str().expect("a name").to_owned();
            let owner = place.split('/').next().unwrap_or_default();
            (self.token(who), place.clone(), format!("{owner}:{name}"))
        } else {
            (self.token("maintainer"), stage.full_name(), name.clone())
        };
        stage.push_commit(&token, &place, &head, name);
        let pull = Pull { branch: name.clone(), ..stage.open_pull(who, &from, head.clone()) };
        self.heads.borrow_mut().insert(name.clone(), head);
        self.pulls.push((name.clone(), pull));
    }

    pub fn token(&self, who: &str) -> String {
        self.stage.fact(&format!("/tokens/{who}")).as_str().expect("everybody has a token").to_owned()
    }

    /// The pull request of that name.
    pub fn pull(&self, name: &str) -> &Pull {
        let found = self.pulls.iter().find(|(known, _)| known == name);
        &found.expect("the names were checked when the case was read").1
    }

    /// From now on this commit may be trunk.
    pub fn allow(&self, commit: String) {
        self.good.borrow_mut().insert(commit);
    }

    /// `{ci}`, `{trunk}`, `{NAME}` and `{NAME.head}` in a text, replaced by what they stand for.
    pub fn filled(&self, text: &str) -> String {
        let mut text = text.replace("{ci}", &self.stage.fact("/ci_app/id").to_string());
        text = text.replace("{trunk}", &self.stage.trunk());
        for (name, pull) in &self.pulls {
            text = text.replace(&format!("{{{name}}}"), &pull.number.to_string());
            text = text.replace(&format!("{{{name}.head}}"), &self.heads.borrow()[name]);
        }
        let tips = self.tips.borrow();
        tips.iter().fold(text, |text, (name, tip)| text.replace(&format!("{{{name}}}"), tip))
    }

    /// Which pull requests' own files are in a commit.
    pub fn marks(&self, commit: &str) -> BTreeSet<&str> {
        let files = self.stage.files(commit);
        let names = self.pulls.iter().map(|(name, _)| name.as_str());
        names.filter(|name| files.contains(&format!("{name}.txt"))).collect()
    }

    fn commit(&self, tip: &Tip) -> String {
        match tip {
            Tip::Named(name) if name == "trunk" => self.stage.trunk(),
            Tip::Named(name) => {
                let kept = self.tips.borrow().get(name).cloned();
                kept.unwrap_or_else(|| self.heads.borrow()[name].clone())
            }
            Tip::Holding(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                self.tip(&names)
            }
        }
    }

    /// Waits for the tip under test that has exactly these more than trunk.
    fn tip(&self, names: &[&str]) -> String {
        until(&format!("{names:?} are tested on trunk"), || {
            let trunk = self.stage.trunk();
            let wanted: BTreeSet<&str> = self.marks(&trunk).into_iter().chain(names.iter().copied()).collect();
            let tips = self.stage.runs().into_iter().map(|(_, tip)| tip);
            tips.filter(|tip| self.stage.holds(tip, &trunk)).find(|tip| self.marks(tip) == wanted)
        })
    }

    fn take(&self, step: &Step) {
        match step {
            Step::Remember { holds, named } => {
                let names: Vec<&str> = holds.iter().map(String::as_str).collect();
                let tip = self.tip(&names);
                self.tips.borrow_mut().insert(named.clone(), tip);
            }
            Step::Green(tip) => self.say("ci", &self.commit(tip), "success"),
            Step::Red(tip) => {
                let tip = self.commit(tip);
                self.say("ci", &self.stage.trunk(), "success");
                self.say("ci", &tip, "failure");
            }
            Step::Ci { tip, check, says, passes } => {
                let tip = self.commit(tip);
                self.say(check, &tip, says);
                if *passes {
                    self.allow(tip);
                }
            }
            Step::Judge { red } => self.judge_all(red),
            Step::Queued(names) => self.each(names, |pull| self.stage.in_queue(pull)),
            Step::Told { on, says } => {
                self.told(on, says);
            }
            Step::Out { pull, says } => {
                let told = self.told(pull, says);
                let said: Vec<&str> = told.lines().collect();
                self.stage.out(self.pull(pull), &said);
            }
            Step::Landed(names) => self.each(names, |pull| {
                self.told_parts(pull, &["**Landed"]);
            }),
            Step::Code { of, is } => {
                let pull = self.pull(of);
                until(&format!("`{of}` is {is}"), || (self.stage.why(pull)["code"] == is.as_str()).then_some(()));
            }
            Step::Phases(phases) => {
                until(&format!("the groups are {phases:?}"), || (self.stage.phases() == *phases).then_some(()));
            }
            Step::Mend => {
                self.stage.admin("DELETE", "/faults", &Value::Null);
            }
            Step::Kill => self.stage.kill_service(),
            Step::NextSecond => another_second(),
            act => self.act(act),
        }
    }

    pub fn each(&self, names: &Names, act: impl Fn(&Pull)) {
        names.all().into_iter().for_each(|name| act(self.pull(name)));
    }

    fn say(&self, check: &str, commit: &str, conclusion: &str) {
        if conclusion == "success" {
            self.allow(commit.to_owned());
        }
        self.stage.check(check, commit, conclusion);
    }

    /// CI judges whatever is asked of it until nothing is queued; each run once.
    fn judge_all(&self, red: &[String]) {
        let mut judged = BTreeSet::new();
        let trunk = self.stage.trunk();
        self.say("ci", &trunk, "success");
        until("everything was judged", || {
            for (run, tip) in self.stage.runs() {
                if judged.insert(run) {
                    let bad = self.marks(&tip).into_iter().any(|name| red.iter().any(|red| red == name));
                    self.say("ci", &tip, if bad { "failure" } else { "success" });
                }
            }
            self.pulls.iter().all(|(_, pull)| !self.stage.queued(pull)).then_some(())
        });
    }

    pub fn told(&self, name: &str, says: &Names) -> String {
        let parts: Vec<String> = says.all().into_iter().map(|part| self.filled(part)).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.told_parts(self.pull(name), &parts)
    }

    fn told_parts(&self, pull: &Pull, parts: &[&str]) -> String {
        self.stage.told(pull, parts)
    }
}
