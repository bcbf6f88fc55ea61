//! Plays a case: opens its stage and its pull requests, takes its steps one by one, and says in which line it was when one of
//! them failed. It decides nothing about how the case should go.

use super::form::{Case, Names, Opened, Step};
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
    pub tips: RefCell<BTreeMap<String, String>>,
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
        let mut player = Self {
            stage: Stage::empty(),
            pulls: Vec::new(),
            beginning: String::new(),
            heads: RefCell::default(),
            tips: RefCell::default(),
            good: RefCell::default(),
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

    fn token(&self, who: &str) -> String {
        self.stage.fact(&format!("/tokens/{who}")).as_str().expect("everybody has a token").to_owned()
    }

    /// The pull request of that name.
    pub fn pull(&self, name: &str) -> &Pull {
        let found = self.pulls.iter().find(|(known, _)| known == name);
        &found.expect("the names were checked when the case was read").1
    }

    pub fn each(&self, names: &Names, act: impl Fn(&Pull)) {
        names.all().into_iter().for_each(|name| act(self.pull(name)));
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

    /// A push past the queue, which that has seen before the next step: what is tested then stands on it.
    fn foreign(&self, file: &str) {
        let tip = self.stage.push_trunk(file);
        until("the queue has seen the push", || (self.stage.board()["tip"] == json!(tip)).then_some(()));
        self.allow(tip);
    }

    fn take(&self, step: &Step) {
        let stage = &self.stage;
        match step {
            Step::Label(names) => self.each(names, |pull| self.label(pull)),
            Step::Unlabel(names) => self.each(names, |pull| stage.unlabel(pull)),
            Step::Comment { on, says, by } => drop(stage.comment(by.word(), self.pull(on), &self.filled(says))),
            Step::Review { on, event } => self.review(on, event),
            Step::Push(name) => self.push(name),
            Step::Close(name) => self.edit(name, &json!({"state": "closed"})),
            Step::Reopen(name) => self.edit(name, &json!({"state": "open"})),
            Step::Draft(name) => self.draft(name),
            Step::Retarget { pull, to } => self.retarget(pull, to),
            Step::Role { of, is } => self.role(*of, is),
            Step::DeleteFork(name) => stage.delete_fork(self.pull(name)),
            Step::Foreign(file) => self.foreign(file),
            Step::Tag(name) => drop(stage.bare(&["tag", name, "main"])),
            Step::Settings(text) => self.settle(text),
            Step::Protect(words) => self.protect(words),
            Step::Remember { holds, named } => drop(self.tips.borrow_mut().insert(named.clone(), self.tip(holds))),
            Step::Green(tip) => self.say("ci", &self.commit(tip), "success"),
            Step::Red(tip) => self.blame(tip),
            Step::Ci { tip, check, says, passes } => self.say_any(&self.commit(tip), check, says, *passes),
            Step::Judge { red } => self.judge_all(red),
            Step::Lose { event } => self.strike("webhooks", &json!({"kind": "lose", "event": event})),
            Step::Fail(fault) => self.strike("routes", fault),
            Step::Mend => drop(stage.admin("DELETE", "/faults", &Value::Null)),
            Step::Kill => stage.kill_service(),
            Step::NextSecond => another_second(),
            Step::Queued(names) => self.each(names, |pull| stage.in_queue(pull)),
            Step::Told { on, says } => drop(self.told(on, says)),
            Step::Out { pull, says } => {
                let told = self.told(pull, says);
                drop(stage.out(self.pull(pull), &[&told]));
            }
            Step::Landed(names) => self.each(names, |pull| drop(stage.told(pull, &["**Landed"]))),
            Step::Code { of, is } => self.code(of, is),
            Step::Idle => self.idle(),
            Step::Phases(phases) => {
                until(&format!("the groups are {phases:?}"), || (stage.phases() == *phases).then_some(()));
            }
        }
    }

    /// Waits until one of our comments says all of this; answers it.
    fn told(&self, name: &str, says: &Names) -> String {
        let parts: Vec<String> = says.all().into_iter().map(|part| self.filled(part)).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.stage.told(self.pull(name), &parts)
    }

    /// Waits until no branch of a run is left.
    pub fn idle(&self) {
        until("no branch of a run is left", || self.stage.runs().is_empty().then_some(()));
    }

    /// Waits until "why is it not merged?" has this code.
    pub fn code(&self, name: &str, code: &str) {
        let pull = self.pull(name);
        until(&format!("`{name}` is {code}"), || (self.stage.why(pull)["code"] == code).then_some(()));
    }
}
