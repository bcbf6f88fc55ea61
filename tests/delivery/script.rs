//! Plays a script: each line is a setting or something that happened, the `>` lines after it are what is then told and owed.
//! `at 12:30` and `after 10m` let time pass; what time alone brings is told with its minute. `explain` shows, behind `=`, how each
//! candidate stands before each stage; `foresee` what would follow if somebody asked.
//!
//! What a deployment rests on is confirmed at once, unless `confirm by hand` stands above. That a driver is watched is not shown.

use crate::figures;
use crate::notation::{cell, clock, effect, granted, name, news, planned, refusal, scope, sha};
use crate::settings::{self, ms, number};
use crate::wishes;
use greenline::delivery::approval::Rights;
use greenline::delivery::candidate::{PostMerge, Tag};
use greenline::delivery::event::{Report, StartAnswer};
use greenline::delivery::explain::{board, what_if};
use greenline::delivery::numbers::numbers;
use greenline::delivery::state::Health;
use greenline::delivery::trust::card;
use greenline::delivery::verify::Sample;
use greenline::delivery::{Ask, Change, Effect, Event, Notice, Policy, State, next_change, outstanding, step};
use greenline::ids::{CandidateSeq, DeploymentId, Moment, PrNumber};
use greenline::when;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A Monday.
pub const FIRST_DAY: &str = "2026-05-04";
/// Moments at which time alone changes something, between two lines, at the most.
const WAKES_MAX: u32 = 10_000;

struct Play {
    state: State,
    policy: Policy,
    adopted: Option<Policy>,
    now: Moment,
    people: BTreeMap<String, Rights>,
    asks: u64,
    by_hand: bool,
    events: Vec<(Moment, Event)>,
    out: String,
}

/// The script with its answers. `anew` begins again with nothing landed and the same settings.
pub fn play(script: &str) -> String {
    let mut play = Play {
        state: State::default(),
        policy: settings::none(),
        adopted: None,
        now: when::parse(&format!("{FIRST_DAY}T10:00:00Z")).expect("it is a moment"),
        people: BTreeMap::new(),
        asks: 0,
        by_hand: false,
        events: Vec::new(),
        out: String::new(),
    };
    for line in script.lines().filter(|line| !line.starts_with('>') && !line.starts_with('=')) {
        play.say("", line);
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] | ["#", ..] => {}
            words if settings::set(&mut play.policy, words) => {}
            words => play.line(words),
        }
    }
    play.replay();
    play.out
}

impl Play {
    fn say(&mut self, mark: &str, line: &str) {
        self.out.push_str(mark);
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn line(&mut self, words: &[&str]) {
        if self.adopted.as_ref() != Some(&self.policy) {
            self.adopted = Some(self.policy.clone());
            self.happen(Event::Adopted(Box::new(self.policy.clone())), "");
        }
        match words {
            ["explain"] => self.explain(),
            ["numbers", stage, days] => self.numbers(stage, number(days)),
            ["trust", stage] => self.trust(stage),
            ["anew"] => {
                self.replay();
                (self.state, self.adopted) = (State::default(), None);
                self.events.clear();
            }
            ["confirm", "by", "hand"] => self.by_hand = true,
            ["person", by, rights @ ..] => _ = self.people.insert((*by).into(), wishes::rights(rights)),
            ["after", time] => self.pass(self.now.plus_ms(ms(time))),
            ["at", time @ ..] => self.pass(self.moment(&time.join(" "))),
            ["foresee", by, "asks", wish @ ..] => {
                let ask = self.ask(by, wish);
                self.foresee(&ask);
            }
            [by, "asks", wish @ ..] => {
                let ask = self.ask(by, wish);
                self.happen(Event::Asked(ask), "");
            }
            words => {
                let event = self.event(words);
                self.happen(event, "");
            }
        }
    }

    fn happen(&mut self, event: Event, when: &str) {
        let before = outstanding(&self.state);
        let (state, notices) = step(self.state.clone(), self.now, &event);
        let again = step(self.state.clone(), self.now, &event);
        assert!(again == (state.clone(), notices.clone()), "a step is not repeatable");
        let stored = serde_json::to_string(&state).expect("a state can be stored");
        assert_eq!(
            state,
            serde_json::from_str(&stored).expect("a stored state can be read"),
            "storing loses something"
        );
        self.events.push((self.now, event));
        self.state = state;
        let mut told: Vec<String> = notices.iter().map(|notice| self.notice(notice)).collect();
        let owed: Vec<Effect> = outstanding(&self.state).into_iter().filter(|owed| !before.contains(owed)).collect();
        let shown = |owed: &&Effect| match owed {
            Effect::Confirm(_) => self.by_hand,
            Effect::Watch { .. } => false,
            _ => true,
        };
        told.extend(owed.iter().filter(shown).map(effect));
        let mut said: Vec<String> = Vec::new();
        for line in told {
            if !said.contains(&line) {
                self.say("> ", &format!("{when}{line}"));
                said.push(line);
            }
        }
        for owed in owed {
            if let (Effect::Confirm(deployment), false) = (owed, self.by_hand) {
                self.happen(Event::Confirmed { deployment, lost: Vec::new() }, when);
            }
        }
    }

    fn notice(&self, notice: &Notice) -> String {
        match notice {
            Notice::Answered(_, Ok(answer)) => granted(answer),
            Notice::Answered(_, Err(why)) => refusal(why),
            Notice::News(what) => news(&self.state, what),
        }
    }

    /// Lets time pass: at each moment at which time alone changes something, that happens; at no other it would.
    fn pass(&mut self, until: Moment) {
        assert!(until >= self.now, "time does not go back");
        for _ in 0..WAKES_MAX {
            let Some(next) = next_change(&self.state, self.now).filter(|next| *next <= until) else {
                self.now = until;
                let (state, notices) = step(self.state.clone(), until, &Event::Ticked);
                // Numbers forget what is long ago; nothing is decided by them.
                let bare = |state: State| State { now: None, history: Vec::new(), ..state };
                let quiet = notices.is_empty() && bare(state) == bare(self.state.clone());
                assert!(quiet, "something changes at {} and nobody woke for it: {notices:?}", clock(until));
                return;
            };
            assert!(next > self.now, "woken for what is past");
            self.now = next;
            self.happen(Event::Ticked, &format!("{} ", clock(next)));
        }
        panic!("woken without end");
    }

    /// The same events give the same state.
    fn replay(&self) {
        let state = self.events.iter().fold(State::default(), |state, (at, event)| step(state, *at, event).0);
        assert!(state == self.state, "a replay differs");
    }

    fn explain(&mut self) {
        let stages: Vec<String> = self.policy.stages.iter().map(|stage| self.stage(&stage.name)).collect();
        let locks = self.state.locks.iter().map(|(id, lock)| {
            let by = lock.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            format!("lock {id} on {}{by}: {}", scope(&lock.scope), lock.reason)
        });
        let incidents = self.state.incidents.iter().map(|incident| {
            let over = incident.recovered.map(|(by, at)| format!(", over {} by {by}", clock(at))).unwrap_or_default();
            let since = clock(incident.opened_at);
            format!("incident on {} since {since} caused by {}{over}", incident.stage, incident.caused_by)
        });
        let red = self.state.red.iter().map(|red| {
            let suspects: Vec<String> = red.suspects.iter().map(|change| format!("#{}", change.pr)).collect();
            let fixing = red.fixing.as_ref().map(|by| format!(", {by} mends it")).unwrap_or_default();
            format!("trunk is red at {}: {} by {}{fixing}", name(red.commit), red.failed.join(", "), suspects.join(" "))
        });
        let rows = board(&self.state, self.now).into_iter().map(|(seq, cells)| {
            let version = self.state.candidates[&seq].version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
            format!("C{seq}{version}  {}", cells.iter().map(cell).collect::<Vec<_>>().join("; "))
        });
        let lines: Vec<String> = stages.into_iter().chain(locks).chain(incidents).chain(red).chain(rows).collect();
        for line in lines {
            self.say("= ", &line);
        }
    }

    fn stage(&self, stage: &greenline::ids::StageName) -> String {
        let known = self.state.stage(stage);
        let seq = |seq: Option<CandidateSeq>| seq.map_or_else(|| "nothing".into(), |seq| format!("C{seq}"));
        let mut text = format!("{stage}: {}, stable {}", seq(known.current), seq(known.stable));
        match known.health {
            Health::Healthy => {}
            Health::Degraded => text.push_str(", degraded"),
            Health::Unknown => text.push_str(", unknown"),
        }
        if let Some(hold) = &known.hold {
            write!(text, ", held ({})", hold.reason).expect("text grows");
        }
        if known.demoted > 0 {
            write!(text, ", demoted for {}", known.demoted).expect("text grows");
        }
        text
    }

    fn numbers(&mut self, stage: &str, days: u16) {
        let stage = stage.parse().expect("a stage's name");
        for line in figures::numbers(&numbers(&self.state.history, &stage, days, self.now)) {
            self.say("= ", &line);
        }
    }

    fn trust(&mut self, stage: &str) {
        let stage = self.policy.stages.iter().find(|known| known.name.as_str() == stage).expect("a stage");
        for line in figures::card(&card(&self.state, stage, self.now)) {
            self.say("= ", &line);
        }
    }

    fn foresee(&mut self, ask: &Ask) {
        match what_if(&self.state, ask, self.now) {
            Ok(foreseen) => {
                self.say("= ", &granted(&foreseen.granted));
                for step in &foreseen.moves {
                    self.say("= ", &planned(step));
                }
            }
            Err(why) => self.say("= ", &refusal(&why)),
        }
    }

    fn ask(&mut self, by: &str, wish: &[&str]) -> Ask {
        self.asks += 1;
        let rights = self.people.get(by).cloned().unwrap_or_else(|| wishes::rights(&[]));
        wishes::ask(self.asks, by, rights, wish, |time| self.moment(time))
    }

    /// `12:30` is the next such minute, `05-06 12:30` one of that date.
    fn moment(&self, text: &str) -> Moment {
        let today = when::print(self.now);
        let (date, time) = text
            .split_once(' ')
            .map_or((today[..10].to_owned(), text), |(date, time)| (format!("{}{date}", &FIRST_DAY[..5]), time));
        let at = when::parse(&format!("{date}T{time}:00Z")).unwrap_or_else(|| panic!("`{text}` is no time"));
        if at < self.now { at.plus_ms(86_400_000) } else { at }
    }

    fn event(&self, words: &[&str]) -> Event {
        let id = |word: &str| DeploymentId::new(number(word));
        match words {
            ["landed", commit, "->", seq, changes @ ..] => {
                self.landed(commit, Some(seq.trim_end_matches(':')), changes)
            }
            ["landed", commit, changes @ ..] => self.landed(commit.trim_end_matches(':'), None, changes),
            ["read", pr, authors] => Event::ChangeRead {
                pr: PrNumber::new(number(pr)),
                authors: authors.split(',').map(|login| login.parse().expect("a login")).collect(),
                first_commit_at: None,
                opened_at: None,
            },
            ["judged", commit, verdict, failed @ ..] => {
                let verdict = match *verdict {
                    "green" => PostMerge::Green,
                    "red" => PostMerge::Red(failed.iter().map(ToString::to_string).collect()),
                    _ => panic!("judged as `{verdict}`?"),
                };
                Event::Judged { commit: sha(commit), verdict }
            }
            ["rerun", commit] => Event::Rerun { commit: sha(commit) },
            ["proposed", pr, "as", revert] => {
                Event::RevertProposed { pr: PrNumber::new(number(pr)), revert: Some(PrNumber::new(number(revert))) }
            }
            ["release", version, "found"] => Event::ReleaseFound((*version).into()),
            ["cut", commit, "->", seq] => {
                let seq = CandidateSeq::new(number(seq));
                Event::Cut { commit: sha(commit), seq, tag: tag(seq) }
            }
            ["tag", seq, "moved", "to", seen] => {
                Event::TagMoved { candidate: CandidateSeq::new(number(seq)), seen: Some(sha(seen)) }
            }
            ["tag", seq, "gone"] => Event::TagMoved { candidate: CandidateSeq::new(number(seq)), seen: None },
            ["tag", seq, "restored"] => Event::TagRestored { candidate: CandidateSeq::new(number(seq)) },
            ["confirmed", deployment, lost @ ..] => Event::Confirmed {
                deployment: id(deployment),
                lost: lost.iter().filter(|word| **word != "lost").map(|l| l.parse().expect("a login")).collect(),
            },
            ["sample", deployment, check, sample, note @ ..] => {
                self.sampled(id(deployment), number(check), sample, note)
            }
            words => self.driver(words),
        }
    }

    /// What a driver says: of the last attempt, unless the line ends with `of attempt N`.
    fn driver(&self, words: &[&str]) -> Event {
        let (words, named) = match words {
            [words @ .., "of", "attempt", attempt] => (words, Some(number(attempt))),
            words => (words, None),
        };
        let place = words.iter().position(|word| word.parse::<u64>().is_ok());
        let place = place.unwrap_or_else(|| panic!("not a line of a script: {}", words.join(" ")));
        let deployment = DeploymentId::new(number(words[place]));
        let attempt = named.unwrap_or_else(|| self.state.deployments.get(&deployment).map_or(0, |d| d.attempt));
        let rest = &words[place + 1..];
        let why =
            || rest.iter().copied().filter(|w| !["passing", "unchanged"].contains(w)).collect::<Vec<_>>().join(" ");
        let started = |answer| Event::Started { deployment, attempt, answer };
        let reported = |report| Event::Reported { deployment, attempt, report };
        match &words[..place] {
            ["started"] => started(StartAnswer::Running(format!("run {deployment}"))),
            ["done"] => started(StartAnswer::Done),
            ["refused"] => started(StartAnswer::Refused(why())),
            ["unanswered"] => started(StartAnswer::Unknown(why())),
            ["running"] => reported(Report::Running { note: None, log: None }),
            ["succeeded"] => {
                let at = rest.iter().position(|word| *word == "at").map(|at| self.past(rest[at + 1]));
                reported(Report::Succeeded(at))
            }
            ["failed"] => reported(Report::Failed {
                why: why(),
                passing: rest.contains(&"passing"),
                unchanged: rest.contains(&"unchanged"),
            }),
            ["stopped"] => reported(Report::Stopped),
            ["cannot", "stop"] => reported(Report::CannotStop(why())),
            ["not", "begun"] => reported(Report::NotBegun),
            ["lost"] => reported(Report::Lost(why())),
            _ => panic!("not a line of a script: {}", words.join(" ")),
        }
    }

    fn past(&self, time: &str) -> Moment {
        let at = self.moment(time);
        if at > self.now { at.plus_ms(-86_400_000) } else { at }
    }

    /// A look at something: at the one that is due, or, with `late`, at one that was due before.
    fn sampled(&self, deployment: DeploymentId, check: usize, sample: &str, note: &[&str]) -> Event {
        let sample = match sample {
            "good" => Sample::Good,
            "bad" => Sample::Bad,
            "nothing" => Sample::Nothing,
            "unread" => Sample::Unread,
            _ => panic!("a look that was `{sample}`?"),
        };
        let open = self.state.deployments.get(&deployment).and_then(|d| d.checks.get(check)).map(|check| check.next_at);
        let due = open.filter(|_| !note.contains(&"late")).unwrap_or(Moment::from_ms(0));
        Event::Sampled { deployment, check, due, sample, note: note.join(" ") }
    }

    /// `481 ana,bo feat: bulk import [a label] + 479 …`; `?` for authors that were not read.
    fn landed(&self, commit: &str, seq: Option<&str>, changes: &[&str]) -> Event {
        let candidate = seq.map(|seq| CandidateSeq::new(number(seq))).map(|seq| (seq, tag(seq)));
        let changes = changes.split(|word| *word == "+").filter(|words| !words.is_empty());
        Event::Landed {
            commit: sha(commit),
            candidate,
            changes: changes.map(|words| change(words, self.now)).collect(),
        }
    }
}

fn tag(seq: CandidateSeq) -> Tag {
    Tag { name: format!("candidate/{:06}", seq.get()), object: sha(&format!("tag {seq}")) }
}

fn change(words: &[&str], now: Moment) -> Change {
    let [pr, authors, title @ ..] = words else { panic!("a change is `NUMBER AUTHOR TITLE`: {}", words.join(" ")) };
    let label = |word: &&str| word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).map(str::to_owned);
    let read = || authors.split(',').map(|login| login.parse().expect("a login")).collect();
    Change {
        pr: PrNumber::new(number(pr)),
        title: title.iter().filter(|word| label(word).is_none()).copied().collect::<Vec<_>>().join(" "),
        authors: (*authors != "?").then(read),
        labels: title.iter().filter_map(label).collect(),
        first_commit_at: Some(now.plus_ms(-3 * 3_600_000)),
        opened_at: Some(now.plus_ms(-2 * 3_600_000)),
        queued_at: Some(now.plus_ms(-600_000)),
        landed_at: now,
    }
}
