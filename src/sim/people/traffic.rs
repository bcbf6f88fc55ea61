//! People: who open pull requests, approve, change their minds, push past the queue, and set things up. By seed, and blind to the queue.

use crate::command::{About, Command, Request, Wish};
use crate::facts::{HeadRepo, Labelled, Permission, Pull, PullState, Since};
use crate::ids::{BranchName, PrNumber, RepoId, RequestId, Sha};
use crate::port::store::Hint;
use crate::sim::ground::pulls::{LABEL, PullFile};
use crate::sim::ground::settings::Version;
use crate::sim::ground::trunks::{MAIN, NEXT, OTHER, branch};
use crate::sim::ground::truth::Rule;
use crate::sim::ground::world::{Due, Ground, PEOPLE, REPO, person};
use crate::sim::people::intents::Intent;
use crate::sim::people::words::Way;
use crate::sim::topics::wishes::Wished;
use std::collections::BTreeMap;

/// Pull requests at the most.
pub const PULLS: u64 = 6;

impl Ground {
    /// A person does something.
    pub fn act(&mut self) {
        let pr = PrNumber::new(1 + self.dice.roll(PULLS));
        if !self.pulls.contains_key(&pr) {
            self.open(pr);
            if self.customs.rules && self.dice.one_in(2) {
                self.review(pr);
            }
            if self.dice.one_in(4) {
                return;
            }
            return self.ask(pr);
        }
        if self.customs.rules && self.dice.one_in(3) {
            return self.have_a_say(pr);
        }
        if self.restack(pr) || self.mind_owners(pr) {
            return;
        }
        match self.dice.roll(26) {
            0..7 => self.ask(pr),
            7 | 8 => self.new_head(pr),
            9 => self.label_off(pr),
            10 => self.comment(pr, "cancel"),
            11 => self.comment(pr, "status"),
            12 => self.comment(pr, "mrege"),
            13 => self.draft_or_base(pr),
            14 => self.close_or_open(pr),
            15 => self.permit(),
            16 | 17 => self.push_foreign(),
            18 | 19 => self.interfere_with_ci(),
            20 => self.reorganise(),
            21 | 22 => self.stop_or_go(pr),
            23 | 24 => self.try_it(pr),
            _ => {}
        }
    }

    fn open(&mut self, pr: PrNumber) {
        let author = self.dice.pick(&["ann", "ben", "dora"]);
        let fork = (author == "dora").then(|| "dora/widget".parse().expect("a legal name"));
        let topic = branch(&format!("topic-{pr}"));
        let trunk = self.any_trunk();
        let base = self.branch_to_stand_on(pr).unwrap_or(trunk);
        let head = self.write_code(pr, &base);
        let home = if fork.is_some() { RepoId::new(2) } else { REPO };
        let name = fork.clone().unwrap_or_else(|| Self::repository().name);
        let shown = Pull {
            number: pr,
            title: format!("change {pr}"),
            author: person(author),
            state: PullState::Open,
            draft: false,
            base,
            head,
            head_repo: Some(HeadRepo { id: home, name, branch: topic.clone() }),
            maintainer_can_modify: self.dice.one_in(2),
            labels: Vec::new(),
            body: String::new(),
            url: String::new(),
            updated_at: self.now,
        };
        let file = PullFile {
            shown,
            past: Vec::new(),
            branch: topic.to_ref(),
            fork,
            label: None,
            label_tick: 0,
            words: Vec::new(),
            reviews: Vec::new(),
            talks: 0,
            sayings: Vec::new(),
            stands: Vec::new(),
            landed: BTreeMap::new(),
            by_hand: false,
            said: Vec::new(),
        };
        self.point(&file, head);
        self.pulls.insert(pr, file);
        self.note(|| format!("{author} opens #{pr} at {head:?}"));
        self.change(pr, |_| {});
    }

    pub(in crate::sim) fn point(&mut self, file: &PullFile, head: Sha) {
        let refs = match &file.fork {
            None => &mut self.refs,
            Some(fork) => self.forks.entry(fork.clone()).or_default(),
        };
        refs.insert(file.branch.clone(), head);
        if self.customs.head_ci {
            self.check(head);
        }
    }

    /// A commit for a pull request, on trunk or somewhat behind it; what is wrong with it is drawn.
    fn write_code(&mut self, pr: PrNumber, trunk: &BranchName) -> Sha {
        let behind = usize::try_from(self.dice.roll(3)).unwrap_or(0);
        let tip = self.tip_of(trunk);
        let base = self.truth.line(tip).nth(behind).map_or(tip, |(sha, _)| sha);
        let mut content = self.truth.get(base).content.clone();
        let blob = self.truth.blob();
        let shared = self.dice.one_in(6);
        let own = u8::try_from(pr.get()).unwrap_or(0) + 10;
        let path = if shared { 1 + u8::try_from(self.dice.roll(3)).unwrap_or(0) } else { own };
        content.insert(path, blob);
        let other = PrNumber::new(1 + self.dice.roll(PULLS));
        let others = self.pulls.get(&other).filter(|file| file.shown.number != pr);
        let theirs = others.and_then(|file| {
            let content = &self.truth.get(file.shown.head).content;
            content.get(&(u8::try_from(other.get()).unwrap_or(0) + 10)).copied()
        });
        let rule = match self.dice.roll(10) {
            0 => Some(Rule { with: (blob, None), without: None }),
            1 | 2 => theirs.map(|theirs| Rule { with: (blob, Some(theirs)), without: None }),
            3 => theirs.map(|theirs| Rule { with: (blob, None), without: Some(theirs) }),
            4 | 5 => {
                let wished = *self.wished.get_or_insert(self.truth.blob());
                Some(Rule { with: (blob, None), without: Some(wished) })
            }
            _ => None,
        };
        if let Some(rule) = rule {
            self.truth.rule(rule);
        }
        if self.dice.one_in(16) {
            let version = Version::draft(&mut self.dice, self.customs);
            content.insert(0, self.write_settings(version));
            self.oracle.sometimes("a pull request edits the settings");
        }
        self.may_own(&mut content);
        if let (true, Some(path)) = (self.dice.one_in(3), self.broken) {
            let cure = self.truth.blob();
            content.insert(path, cure);
        }
        let first = self.dice.one_in(3).then(|| {
            let (mut content, blob) = (self.truth.get(base).content.clone(), self.truth.blob());
            content.insert(own + 100, blob);
            (self.truth.commit(Some(base), content, None), blob)
        });
        match first {
            None => self.truth.commit(Some(base), content, None),
            Some((first, blob)) => {
                content.insert(own + 100, blob);
                self.truth.commit(Some(first), content, None)
            }
        }
    }

    pub(in crate::sim) fn new_head(&mut self, pr: PrNumber) {
        let Some(file) = self.pulls.get(&pr).cloned() else { return };
        let there = file.open() && self.refs.contains_key(&file.shown.base.to_ref());
        let base = if there { file.shown.base.clone() } else { branch(MAIN) };
        let head = self.write_code(pr, &base);
        if file.shown.state != PullState::Open {
            return;
        }
        if crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a new head while something settled");
        }
        self.point(&file, head);
        self.note(|| format!("#{pr} gets a new head, {head:?}"));
        self.branch_moved(pr);
        self.intend(2, (500, 20_000), Intent::Ask(pr));
    }

    /// Somebody wants it landed, by label or by comment.
    pub(in crate::sim) fn ask(&mut self, pr: PrNumber) {
        self.intend(10, (2_000, 25_000), Intent::Doubt(pr));
        if self.customs.branched {
            self.intend(6, (10, 3_000), Intent::Retarget(pr));
        }
        if self.ask_with_a_wish(pr) {
            return;
        }
        if self.dice.one_in(4) {
            let when_green = self.customs.head_ci && self.dice.one_in(3);
            return self.comment(pr, if when_green { "merge when green" } else { "merge" });
        }
        let Some(file) = self.pulls.get(&pr) else { return };
        if self.dice.one_in(6) {
            let head = file.shown.head;
            let program = self.dice.one_in(2);
            return if program { self.request(pr, head) } else { self.comment(pr, &format!("merge {head}")) };
        }
        if file.shown.state != PullState::Open {
            return;
        }
        if file.shown.labels.iter().any(|label| label == LABEL) {
            self.change(pr, |file| file.shown.labels.retain(|label| label != LABEL));
        }
        let by = self.dice.pick(&["ann", "ben", "ann", "ben", "eve"]);
        let event = self.id();
        let (at, tick) = (self.now, self.tick);
        self.oracle.traces.labels.insert(event, (pr, by.to_owned()));
        self.note(|| format!("{by} labels #{pr}"));
        self.change(pr, |file| {
            file.shown.labels.push(LABEL.to_owned());
            file.label = Some(Labelled { event, by: person(by), at, since: Since::Nothing });
            file.label_tick = tick;
        });
        self.give_word(pr, by, Way::Label, Wished::default());
    }

    fn label_off(&mut self, pr: PrNumber) {
        if crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a withdrawal while something settled");
        }
        self.note(|| format!("the label of #{pr} goes"));
        self.change(pr, |file| file.shown.labels.retain(|label| label != LABEL));
    }

    pub(in crate::sim) fn comment(&mut self, pr: PrNumber, command: &str) {
        let by = self.dice.pick(&["ann", "ben", "eve", "dora"]);
        self.note(|| format!("{by} comments {command} on #{pr}"));
        self.write_comment(pr, by, format!("@greenline {command}"));
        match command.strip_prefix("merge") {
            Some("" | " hotfix") => self.give_word(pr, by, Way::Comment, Wished::default()),
            Some(" when green") => {
                self.give_word(pr, by, Way::Comment, Wished { when_green: true, ..Wished::default() });
            }
            Some(head) => {
                let head = head.trim().parse().into_iter();
                head.for_each(|head| self.give_word_for(pr, by, Way::Named, Wished::default(), head));
            }
            None => {}
        }
    }

    /// A program asks for it through the API, in somebody's name.
    fn request(&mut self, pr: PrNumber, head: Sha) {
        let by = self.dice.pick(&["ann", "ben", "eve", "dora"]);
        self.note(|| format!("a program asks for #{pr} at {head:?} in the name of {by}"));
        let request = Request {
            id: RequestId::from_bytes(u128::from(self.id()).to_be_bytes()),
            about: About::Pull(pr),
            command: Command::Merge(Wish { head: Some(head.into()), ..Wish::default() }),
            login: person(by).login,
            person: None,
            token: "program".to_owned(),
            at: self.now,
        };
        self.oracle.traces.requests.insert(request.id, (pr, by.to_owned()));
        self.mail(Hint::Request(request));
        self.give_word_for(pr, by, Way::Named, Wished::default(), head);
    }

    fn draft_or_base(&mut self, pr: PrNumber) {
        if self.dice.one_in(2) {
            self.note(|| format!("#{pr} changes its draft"));
            return self.change(pr, |file| file.shown.draft = !file.shown.draft);
        }
        self.retarget(pr);
    }

    pub(in crate::sim) fn retarget(&mut self, pr: PrNumber) {
        if self.pulls.get(&pr).is_none_or(|file| file.shown.state != PullState::Open) {
            return;
        }
        let away = if self.customs.branched && !self.dice.one_in(3) { NEXT } else { OTHER };
        self.seen_no_more(pr, Since::Retargeted);
        self.change(pr, |file| {
            let base = &mut file.shown.base;
            *base = branch(if base.as_str() == MAIN { away } else { MAIN });
        });
        self.note(|| format!("#{pr} changes its base"));
    }

    pub(in crate::sim) fn close_or_open(&mut self, pr: PrNumber) {
        self.note(|| format!("#{pr} is closed or opened"));
        let landed = self.pulls.get(&pr).is_some_and(|file| !file.landed.is_empty());
        self.change(pr, |file| {
            file.shown.state = match file.shown.state {
                PullState::Open => PullState::Closed,
                PullState::Closed if !landed => PullState::Open,
                PullState::Closed | PullState::Merged => return,
            }
        });
        // Opened again, the forge shows the branch as it is.
        self.after(1, Due::Noticed(pr));
    }

    fn permit(&mut self) {
        let (login, usual) = self.dice.pick(&PEOPLE);
        let now = self.permissions.get(login).copied();
        let new = if now == Some(usual) && usual == Permission::Write { Permission::Read } else { usual };
        self.note(|| format!("{login} has {new:?} now"));
        self.permissions.insert(login.to_owned(), new);
        if new < Permission::Write && crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a permission was lost while something settled");
        }
        let all: Vec<PrNumber> = self.pulls.keys().copied().collect();
        for pr in all {
            self.reckon(pr);
        }
    }
}
