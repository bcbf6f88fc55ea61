//! Plays a script: each line is a setting or something that happened, the `>` lines after it are what the core then
//! asked for, `=` lines answer `explain`. Returns the script with the answers as they are.
//!
//! `compose by name` answers compositions at once: `a` on `T` is `T.a`, unless `clash T.b a PATH` says that it conflicts.
//! Readings count up by themselves; `@N` at the end of a line makes it reading N.

use crate::notation::{effect, name, sha, standing};
use greenline::facts::Culprit;
use greenline::ids::{Attempt, PrNumber, Reading, RunId, Sha};
use greenline::queue::{
    Composition, Effect, EntryId, Event, Gate, Interrupt, LeaveWhy, Plan, Policy, Priority, Refusal, Silence, State,
    Verdict, explain, outstanding, step,
};
use std::collections::BTreeMap;

struct Play {
    state: State,
    policy: Policy,
    reading: u64,
    entries: BTreeMap<Sha, EntryId>,
    by_name: bool,
    clashes: Vec<(Sha, Sha, String)>,
    out: String,
}

/// The script with its answers. `anew` begins again with an empty queue and the same settings.
pub fn play(script: &str) -> String {
    let mut play = Play {
        state: State::default(),
        policy: Policy::default(),
        reading: 0,
        entries: BTreeMap::new(),
        by_name: false,
        clashes: Vec::new(),
        out: String::new(),
    };
    for line in script.lines().filter(|line| !line.starts_with('>') && !line.starts_with('=')) {
        play.say("", line);
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] | ["#", ..] => {}
            ["explain"] => play.explain(),
            ["anew"] => play.state = State::default(),
            words if play.set(words) => {}
            words => {
                let event = play.event(words);
                play.happen(event);
            }
        }
    }
    play.out
}

impl Play {
    fn say(&mut self, mark: &str, line: &str) {
        self.out.push_str(mark);
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn explain(&mut self) {
        let ids: Vec<EntryId> = self.state.order.iter().map(|e| e.id).collect();
        for id in ids {
            let place = explain(&self.state, &self.policy, id).expect("a queued entry stands somewhere");
            self.say("= ", &standing(id.head, &place));
        }
        let aside: Vec<_> = self.state.aside.iter().map(|e| format!("aside: {}", name(e.id.head))).collect();
        for line in &aside {
            self.say("= ", line);
        }
    }

    /// Takes the line as a setting, if it is one.
    fn set(&mut self, words: &[&str]) -> bool {
        match words {
            ["plan", "serial"] => self.policy.plan = Plan::Serial,
            ["plan", "pipeline", depth] => self.policy.plan = Plan::Pipeline(number(depth)),
            ["plan", "batch", size] => self.policy.plan = Plan::Batch(number(size)),
            ["budget", n] => self.policy.budget = number(n),
            ["tries", n] => self.policy.tries = number(n),
            ["silent_tries", n] => self.policy.silent_tries = number(n),
            ["land_tries", n] => self.policy.land_tries = number(n),
            ["gather"] => self.policy.gather = true,
            ["settings", "unread"] => self.policy.unread = true,
            ["settings", "read"] => self.policy.unread = false,
            ["every_tip"] => self.policy.every_tip = true,
            ["interrupt", "higher"] => self.policy.interrupt = Interrupt::Higher,
            ["interrupt", "hotfix"] => self.policy.interrupt = Interrupt::Hotfix,
            ["interrupt", "never"] => self.policy.interrupt = Interrupt::Never,
            ["compose", "by", "name"] => self.by_name = true,
            ["clash", onto, head, path] => self.clashes.push((sha(onto), sha(head), (*path).into())),
            _ => return false,
        }
        true
    }

    fn happen(&mut self, event: Event) {
        let before = outstanding(&self.state);
        let (state, effects) = step(self.state.clone(), event.clone(), &self.policy);
        let again = step(self.state.clone(), event, &self.policy);
        assert!(again.0 == state && again.1 == effects, "a step is not repeatable");
        let after = outstanding(&state);
        assert!(effects.iter().all(|effect| after.contains(effect)), "an effect is not owed");
        assert!(
            after.iter().all(|e| before.contains(e) || effects.contains(e)),
            "something is owed that was not asked for"
        );
        let stored = serde_json::to_string(&state).expect("a state can be stored");
        assert_eq!(
            state,
            serde_json::from_str(&stored).expect("a stored state can be read"),
            "storing loses something"
        );
        self.state = state;
        let (compositions, shown): (Vec<_>, Vec<_>) =
            effects.into_iter().partition(|e| self.by_name && matches!(e, Effect::Compose { .. }));
        for shown in shown {
            self.say("> ", &effect(&shown));
        }
        for composition in compositions {
            if let Effect::Compose { onto, entry } = composition {
                let result = self.compose(onto, entry.head);
                self.happen(Event::Composed { onto, entry, result });
            }
        }
    }

    fn compose(&self, onto: Sha, head: Sha) -> Composition {
        match self.clashes.iter().find(|(o, h, _)| *o == onto && *h == head) {
            Some((_, _, path)) => Composition::Conflict(vec![path.clone()]),
            None => Composition::Tip(sha(&format!("{}.{}", name(onto), name(head)))),
        }
    }

    fn event(&mut self, words: &[&str]) -> Event {
        let (words, reading) = self.reading(words);
        match words {
            ["trunk", tip] => Event::TrunkRead { reading, tip: sha(tip) },
            ["arrive", pr, head, rest @ ..] => self.arrive(PrNumber::new(number(pr)), sha(head), reading, rest),
            ["leave", pr, why @ ..] => Event::Left { pr: PrNumber::new(number(pr)), rev: reading, why: leave(why) },
            ["rank", head, priority] => {
                let priority = priority.parse().expect("a priority is a number");
                Event::Ranked { entry: self.entry(head), priority: Priority(priority) }
            }
            ["hold", pr] => Event::Held { pr: PrNumber::new(number(pr)) },
            ["release", pr] => Event::Released { pr: PrNumber::new(number(pr)) },
            ["frozen", passes @ ..] => {
                Event::Gated(Gate::Shut { passes: passes.iter().map(|pr| PrNumber::new(number(pr))).collect() })
            }
            ["gathered", heads @ ..] => Event::Gathered(heads.iter().map(|head| self.entry(head)).collect()),
            ["thawed"] => Event::Gated(Gate::Open),
            ["passed", "run", run] => finished(run, Verdict::Passed),
            ["failed", "run", run, checks @ ..] => finished(run, Verdict::Failed(culprits(checks))),
            ["flaky", "run", run, checks @ ..] => finished(run, Verdict::Flaky(culprits(checks))),
            ["silent", "run", run, why, checks @ ..] => finished(run, Verdict::Silent(silence(why, checks))),
            ["cancelled", "run", run] => Event::RunCancelled { run: RunId::new(number(run)) },
            ["landed" | "refused", "attempt", ..] => Self::landing(words, reading),
            ["revoked", "attempt", attempt, "trunk", trunk, landed] => {
                let (attempt, trunk) = (Attempt::new(number(attempt)), sha(trunk));
                Event::Revoked { attempt, reading, trunk, landed: *landed == "landed" }
            }
            ["confirmed", head, "trunk", trunk] => {
                Event::EjectAnswered { entry: self.entry(head), reading, trunk: sha(trunk) }
            }
            ["told", head] => Event::Told { entry: self.entry(head) },
            ["doubted"] => Event::TrunkDoubted,
            ["reshaped"] => Event::Reshaped,
            ["reconsidered"] => Event::Reconsidered,
            ["composed", onto, head, result @ ..] => {
                Event::Composed { onto: sha(onto), entry: self.entry(head), result: composition(result) }
            }
            _ => panic!("not a line of a script: {}", words.join(" ")),
        }
    }

    /// Takes `@N` off the end of the line, or counts one reading on.
    fn reading<'w, 't>(&mut self, words: &'w [&'t str]) -> (&'w [&'t str], Reading) {
        if let Some((last, rest)) = words.split_last()
            && let Some(reading) = last.strip_prefix('@')
        {
            let reading = number(reading);
            self.reading = self.reading.max(reading);
            return (rest, Reading::new(reading));
        }
        self.reading += 1;
        (words, Reading::new(self.reading))
    }

    fn arrive(&mut self, pr: PrNumber, head: Sha, rev: Reading, rest: &[&str]) -> Event {
        let entry = EntryId { pr, head, rev };
        self.entries.insert(head, entry);
        let place = rest.iter().position(|word| *word == "priority");
        let priority = if rest.contains(&"hotfix") {
            Priority::HOTFIX
        } else {
            Priority(place.map_or(0, |i| number(rest[i + 1])))
        };
        Event::Arrived { entry, priority, alone: rest.contains(&"alone") }
    }

    fn landing(words: &[&str], reading: Reading) -> Event {
        let [outcome, "attempt", attempt, "trunk", trunk, why @ ..] = words else {
            panic!("not a landing's answer: {}", words.join(" "))
        };
        let landed = if *outcome == "landed" { Ok(()) } else { Err(refusal(why)) };
        Event::LandingAnswered { attempt: Attempt::new(number(attempt)), reading, trunk: sha(trunk), landed }
    }

    fn entry(&self, head: &str) -> EntryId {
        *self.entries.get(&sha(head)).unwrap_or_else(|| panic!("`{head}` never arrived"))
    }
}

fn number<N: std::str::FromStr>(word: &str) -> N {
    word.parse().unwrap_or_else(|_| panic!("`{word}` is not a number that fits"))
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn finished(run: &str, verdict: Verdict) -> Event {
    Event::RunFinished { run: RunId::new(number(run)), verdict }
}

fn culprits(names: &[&str]) -> Vec<Culprit> {
    names.iter().map(|name| Culprit::plain(name.parse().expect("a check's name"))).collect()
}

fn silence(why: &str, checks: &[&str]) -> Silence {
    match why {
        "started" => Silence::NeverStarted(culprits(checks)),
        "finished" => Silence::NeverFinished(culprits(checks)),
        "cancelled" => Silence::Cancelled(culprits(checks)),
        "pushed" => Silence::Unpushed(checks.join(" ")),
        _ => panic!("silent because of `{why}`?"),
    }
}

fn leave(why: &[&str]) -> LeaveWhy {
    match why {
        ["cancelled", by] => LeaveWhy::Cancelled { by: (*by).into() },
        ["label"] => LeaveWhy::LabelRemoved,
        ["head", head] => LeaveWhy::NewHead { head: sha(head) },
        ["draft"] => LeaveWhy::Draft,
        ["closed"] => LeaveWhy::Closed,
        _ => panic!("leaves because of `{}`?", why.join(" ")),
    }
}

fn refusal(why: &[&str]) -> Refusal {
    match why {
        ["moved"] => Refusal::TrunkMoved,
        ["checks"] => Refusal::ChecksChanged,
        ["member"] => Refusal::MemberChanged,
        ["no", "answer"] => Refusal::NoAnswer,
        ["lost"] => Refusal::Lost,
        ["stopped"] => Refusal::Stopped,
        ["unsound", how @ ..] => Refusal::Unsound(how.join(" ")),
        words => Refusal::Refused(words.join(" ")),
    }
}

fn composition(result: &[&str]) -> Composition {
    match result {
        ["->", tip] => Composition::Tip(sha(tip)),
        ["conflict", paths @ ..] => Composition::Conflict(texts(paths)),
        ["nothing"] => Composition::Nothing,
        ["head", "missing"] => Composition::HeadMissing,
        ["refused", words @ ..] => Composition::Refused(words.join(" ")),
        _ => panic!("composed to `{}`?", result.join(" ")),
    }
}
