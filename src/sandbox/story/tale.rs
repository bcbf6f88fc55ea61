//! What happened, in sentences: compares each board with the one before, and events with what the boards said. Pure.

use super::super::example::{Expected, Planned};
use super::super::happening::Happening;
use super::super::types::SandboxEvent;
use super::screen::Voice;
use crate::engine::board::{Board, GroupRow};
use crate::ids::PrNumber;
use std::collections::{BTreeMap, BTreeSet};

/// How a pull request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// On trunk.
    Landed {
        /// The commit trunk moved to.
        commit: String,
        /// The candidate tag on it.
        candidate: Option<String>,
    },
    /// Out of the queue.
    SentBack {
        /// The stable reason code.
        code: String,
        /// What its author was told.
        sentence: String,
    },
}

/// A line to be told.
pub type Line = (Voice, String);

/// Everything known so far.
#[derive(Debug, Default)]
pub struct Tale {
    queued: Vec<u64>,
    /// Phase of each group last told. By tip where there is one: after a landing the same commit stands for fewer members.
    groups: BTreeMap<String, String>,
    /// Members by tip, for check runs.
    by_tip: BTreeMap<String, String>,
    told_landings: BTreeSet<String>,
    told_departures: BTreeSet<(u64, i64)>,
    troubles: Vec<String>,
    endings: BTreeMap<u64, Ending>,
    merged: BTreeSet<u64>,
    closed: BTreeSet<u64>,
    running: BTreeMap<u64, String>,
}

impl Tale {
    /// Takes in a new board; answers what is new in it, for people and for programs.
    pub fn board(&mut self, board: &Board) -> (Vec<Line>, Vec<Happening>) {
        let mut lines = Vec::new();
        let mut news = Vec::new();
        self.tell_troubles(board, &mut lines);
        self.tell_queue(board, &mut lines);
        for group in &board.groups {
            self.tell_group(board, group, &mut lines);
        }
        self.groups.retain(|told, _| board.groups.iter().any(|group| key(group) == *told));
        self.tell_landings(board, &mut lines, &mut news);
        self.tell_departures(board, &mut lines, &mut news);
        (lines, news)
    }

    fn tell_troubles(&mut self, board: &Board, lines: &mut Vec<Line>) {
        if self.troubles != board.troubles {
            let new = board.troubles.iter().filter(|trouble| !self.troubles.contains(trouble));
            lines.extend(new.map(|trouble| (Voice::Bad, format!("trouble: {trouble}"))));
            self.troubles.clone_from(&board.troubles);
        }
    }

    fn tell_queue(&mut self, board: &Board, lines: &mut Vec<Line>) {
        let queued: Vec<_> = board.queue.iter().map(|row| row.pull.get()).collect();
        for row in board.queue.iter().filter(|row| !self.queued.contains(&row.pull.get())) {
            self.endings.remove(&row.pull.get());
            let text = format!("#{} queued, position {}: {} ({})", row.pull, row.position, row.title, row.author.login);
            lines.push((Voice::Plain, text));
        }
        self.queued = queued;
    }

    fn tell_group(&mut self, board: &Board, group: &GroupRow, lines: &mut Vec<Line>) {
        let Some((last, ahead)) = group.pulls.split_last() else { return };
        let members = names(&group.pulls);
        let short = group.tip.map(|tip| tip.short()).unwrap_or_default();
        let told = self.groups.insert(key(group), group.phase.clone());
        if told.as_deref() == Some(group.phase.as_str()) {
            return;
        }
        let new_tip = group.tip.is_some_and(|tip| self.by_tip.insert(tip.to_string(), members.clone()).is_none());
        if new_tip {
            let onto = if ahead.is_empty() { format!("{}", board.trunk) } else { names(ahead) };
            lines.push((Voice::Quiet, format!("#{last} composed on {onto}: {short}")));
        }
        match group.phase.as_str() {
            "testing" => {
                let run = group.run.map(|run| format!(", run {run}")).unwrap_or_default();
                lines.push((Voice::Plain, format!("{members} sent to CI as one commit, {short}{run}")));
            }
            "green" => lines.push((Voice::Good, format!("{members} is green at {short}"))),
            "red" => lines.push((Voice::Bad, format!("{members} is red at {short}"))),
            "conflict" => lines.push((Voice::Bad, format!("#{last} does not apply on {}", onto(ahead, board)))),
            "landing" => lines.push((Voice::Quiet, format!("{members} is landing: {short}"))),
            _ => {}
        }
    }

    fn tell_landings(&mut self, board: &Board, lines: &mut Vec<Line>, news: &mut Vec<Happening>) {
        for landing in board.landings.iter().rev() {
            let commit = landing.commit.to_string();
            let ending = Ending::Landed { commit: commit.clone(), candidate: landing.candidate.clone() };
            for pull in landing.pulls.iter().filter(|pull| !self.queued.contains(&pull.get())) {
                self.endings.insert(pull.get(), ending.clone());
            }
            if !self.told_landings.insert(commit.clone()) {
                continue;
            }
            let tag = landing.candidate.as_deref().map(|tag| format!(", candidate {tag}")).unwrap_or_default();
            let checks = landing.checks.join(", ");
            let (members, short) = (names(&landing.pulls), landing.commit.short());
            lines.push((Voice::Good, format!("{members} landed on {} as {short}{tag} [{checks}]", board.trunk)));
            let pulls = landing.pulls.iter().map(|pull| pull.get()).collect();
            news.push(Happening::Landed { pulls, commit, candidate: landing.candidate.clone() });
        }
    }

    fn tell_departures(&mut self, board: &Board, lines: &mut Vec<Line>, news: &mut Vec<Happening>) {
        for departure in board.departures.iter().rev() {
            let (pull, code, sentence) = (departure.pull.get(), departure.code.clone(), departure.sentence.clone());
            if !self.told_departures.insert((pull, departure.at.ms())) {
                continue;
            }
            if !self.queued.contains(&pull) {
                self.endings.insert(pull, Ending::SentBack { code: code.clone(), sentence: sentence.clone() });
            }
            lines.push((Voice::Bad, format!("#{pull} sent back ({code}): {}", first_line(&sentence))));
            news.push(Happening::SentBack { pull, code, sentence });
        }
    }

    /// Takes in an event of the look-alike.
    pub fn event(&mut self, event: &SandboxEvent) -> Option<Line> {
        match event {
            SandboxEvent::Pull { number, action, merged, .. } if action == "closed" => {
                self.closed.insert(*number);
                if !*merged {
                    return Some((Voice::Quiet, format!("#{number} is shown as closed")));
                }
                self.merged.insert(*number);
                Some((Voice::Quiet, format!("#{number} is shown as merged")))
            }
            SandboxEvent::Push { r#ref, after, .. } if r#ref.starts_with("refs/tags/") => {
                let short = after.get(..10).unwrap_or(after);
                Some((Voice::Quiet, format!("tag {} pushed ({short})", r#ref.trim_start_matches("refs/tags/"))))
            }
            SandboxEvent::Push { .. }
            | SandboxEvent::Pull { .. }
            | SandboxEvent::Comment { .. }
            | SandboxEvent::Check { .. }
            | SandboxEvent::Status { .. }
            | SandboxEvent::Dispatched { .. }
            | SandboxEvent::CancelRequested { .. }
            | SandboxEvent::RerunRequested { .. }
            | SandboxEvent::Delivery { .. } => None,
        }
    }

    /// Takes in what the sandbox itself did.
    pub fn happening(&mut self, happening: &Happening) -> Option<Line> {
        match happening {
            Happening::CiStarted { run, sha, branch, .. } => {
                let what = self.by_tip.get(sha).cloned().unwrap_or_else(|| branch.clone());
                self.running.insert(*run, what);
                None
            }
            Happening::CiYielded { run, .. } => {
                self.running.remove(run);
                None
            }
            Happening::CiEnded { run, sha, conclusion, duration_ms, .. } => {
                let what = self.running.remove(run).unwrap_or_default();
                let what = self.by_tip.get(sha).cloned().unwrap_or(what);
                let seconds = f64::from(u32::try_from(*duration_ms).unwrap_or(u32::MAX)) / 1_000.0;
                Some((Voice::Quiet, format!("CI of {what}: {conclusion} after {seconds:.1} s")))
            }
            Happening::ServiceStarted { service_pid, restarts } if *restarts > 0 => {
                Some((Voice::Strong, format!("the service is back as process {service_pid}")))
            }
            Happening::ServiceDied { service_pid, how } => {
                Some((Voice::Bad, format!("the service (process {service_pid}) died: {how}")))
            }
            Happening::ServiceStarted { .. }
            | Happening::Landed { .. }
            | Happening::SentBack { .. }
            | Happening::StoryEnded { .. }
            | Happening::Missed { .. } => None,
        }
    }

    /// How it stands, in a line.
    pub fn now(&self) -> String {
        let queue: Vec<_> = self.queued.iter().map(|pull| format!("#{pull}")).collect();
        let running: Vec<_> = self.running.values().map(String::as_str).collect();
        format!("queue: {}   CI: {}", queue.join(" "), running.join(" | "))
    }

    /// How a pull request ended, if it has.
    pub fn ending(&self, pull: u64) -> Option<&Ending> {
        self.endings.get(&pull).filter(|_| !self.queued.contains(&pull))
    }

    /// How the look-alike shows a pull request.
    pub fn shown(&self, pull: u64) -> &'static str {
        match (self.merged.contains(&pull), self.closed.contains(&pull)) {
            (true, _) => "merged",
            (false, true) => "closed",
            (false, false) => "open",
        }
    }

    /// Every pull request has ended, and those that landed are no longer shown as open.
    pub fn is_over(&self, pulls: &[Planned]) -> bool {
        pulls.iter().all(|pull| match self.ending(pull.number) {
            Some(Ending::Landed { .. }) => self.closed.contains(&pull.number),
            Some(Ending::SentBack { .. }) => true,
            None => false,
        })
    }

    /// What is not as it should be.
    pub fn complaints(&self, pulls: &[Planned]) -> Vec<String> {
        let mut complaints: Vec<_> = pulls.iter().filter_map(|pull| self.complaint(pull)).collect();
        let pairs: BTreeSet<_> = pulls
            .iter()
            .filter_map(|pull| match pull.expected {
                Expected::OneOf { pair, .. } => Some(pair),
                Expected::Lands | Expected::SentBack { .. } | Expected::Ends => None,
            })
            .collect();
        for wanted in pairs {
            let of_pair = |pull: &&Planned| matches!(pull.expected, Expected::OneOf { pair, .. } if pair == wanted);
            let pair: Vec<_> = pulls.iter().filter(of_pair).map(|pull| pull.number).collect();
            let landed = pair.iter().filter(|pull| matches!(self.ending(**pull), Some(Ending::Landed { .. }))).count();
            if landed != 1 {
                let pair: Vec<_> = pair.iter().map(|pull| format!("#{pull}")).collect();
                complaints.push(format!("of {} exactly one should have landed, not {landed}", pair.join(" and ")));
            }
        }
        complaints
    }

    fn complaint(&self, pull: &Planned) -> Option<String> {
        let number = pull.number;
        match (&pull.expected, self.ending(number)) {
            (_, None) => Some(format!("#{number} has not ended")),
            (Expected::Lands, Some(Ending::SentBack { code, .. })) => {
                Some(format!("#{number} should have landed, but was sent back ({code})"))
            }
            (Expected::SentBack { .. }, Some(Ending::Landed { .. })) => {
                Some(format!("#{number} should have been sent back, but landed"))
            }
            (
                Expected::SentBack { code: wanted } | Expected::OneOf { code: wanted, .. },
                Some(Ending::SentBack { code, .. }),
            ) if code != wanted => {
                Some(format!("#{number} should have been sent back for `{wanted}`, and was for `{code}`"))
            }
            (_, Some(Ending::Landed { .. })) if self.shown(number) == "open" => {
                Some(format!("#{number} landed, but is still shown as open"))
            }
            (
                Expected::Lands | Expected::SentBack { .. } | Expected::OneOf { .. } | Expected::Ends,
                Some(Ending::Landed { .. } | Ending::SentBack { .. }),
            ) => None,
        }
    }
}

fn key(group: &GroupRow) -> String {
    group.tip.map_or_else(|| names(&group.pulls), |tip| tip.to_string())
}

fn names(pulls: &[PrNumber]) -> String {
    pulls.iter().map(|pull| format!("#{pull}")).collect::<Vec<_>>().join("+")
}

fn onto(ahead: &[PrNumber], board: &Board) -> String {
    if ahead.is_empty() { board.trunk.to_string() } else { names(ahead) }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sha(digit: char) -> String {
        std::iter::repeat_n(digit, 40).collect()
    }

    fn board(queue: &[u64], groups: &Value, landings: &Value, departures: &Value) -> Board {
        let row = |(at, pull): (usize, &u64)| {
            json!({"pull": pull, "title": format!("Title {pull}"), "head": sha('1'), "position": at + 1, "status": "",
                   "author": {"id": 1, "login": "ada", "bot": false}, "since": 0})
        };
        let queue: Vec<_> = queue.iter().enumerate().map(row).collect();
        serde_json::from_value(json!({
            "name": "acme/demo", "trunk": "main", "tip": sha('9'), "troubles": [], "queue": queue, "groups": groups,
            "landings": landings, "departures": departures, "counters": {}, "at": 0,
        }))
        .expect("a board")
    }

    fn texts(tale: &mut Tale, board: &Board) -> Vec<String> {
        tale.board(board).0.into_iter().map(|(_, text)| text).collect()
    }

    fn group(pulls: &[u64], tip: char, phase: &str) -> Value {
        json!({"pulls": pulls, "tip": sha(tip), "phase": phase, "run": 7, "url": null})
    }

    fn planned(number: u64, expected: Expected) -> Planned {
        Planned { number, title: format!("Title {number}"), expected }
    }

    fn closed(number: u64) -> SandboxEvent {
        SandboxEvent::Pull {
            repo: 1,
            number,
            action: "closed".into(),
            title: String::new(),
            head: sha('1'),
            base: "main".into(),
            merged: true,
            merge_commit: None,
            label: None,
            by: "greenline[bot]".into(),
        }
    }

    #[test]
    fn a_story_is_told_once_and_in_order() {
        let mut tale = Tale::default();
        let first = board(
            &[1, 2],
            &json!([group(&[1], 'a', "testing"), group(&[1, 2], 'b', "testing")]),
            &json!([]),
            &json!([]),
        );
        let lines = texts(&mut tale, &first);
        assert_eq!(lines[0], "#1 queued, position 1: Title 1 (ada)");
        assert_eq!(lines[2], "#1 composed on main: aaaaaaaaaa");
        assert_eq!(lines[4], "#2 composed on #1: bbbbbbbbbb");
        assert_eq!(lines[5], "#1+#2 sent to CI as one commit, bbbbbbbbbb, run 7");
        assert!(texts(&mut tale, &first).is_empty(), "the same board is no news");
        let landing = json!([{"at": 5, "commit": sha('a'), "pulls": [1], "candidate": "candidate/000001", "checks": ["ci (12)"]}]);
        let departure = json!([{"at": 6, "pull": 2, "code": "checks-failed", "sentence": "`ci` failed.\nMore."}]);
        let lines = texts(&mut tale, &board(&[], &json!([]), &landing, &departure));
        assert_eq!(lines[0], "#1 landed on main as aaaaaaaaaa, candidate candidate/000001 [ci (12)]");
        assert_eq!(lines[1], "#2 sent back (checks-failed): `ci` failed.");
    }

    #[test]
    fn the_end_is_judged_by_what_was_expected() {
        let either = || Expected::OneOf { pair: 1, code: "checks-failed" };
        let pulls = [planned(1, either()), planned(2, either()), planned(3, Expected::Lands)];
        let mut tale = Tale::default();
        let landing = json!([{"at": 5, "commit": sha('a'), "pulls": [1, 3], "candidate": null, "checks": []}]);
        let departure = json!([{"at": 6, "pull": 2, "code": "conflict", "sentence": "no"}]);
        tale.board(&board(&[2], &json!([]), &landing, &json!([])));
        assert_eq!(tale.complaints(&pulls)[1], "#2 has not ended");
        tale.board(&board(&[], &json!([]), &landing, &departure));
        assert!(!tale.is_over(&pulls), "landed, but still shown as open");
        tale.event(&closed(1));
        tale.event(&closed(3));
        assert!(tale.is_over(&pulls));
        assert_eq!(
            tale.complaints(&pulls),
            ["#2 should have been sent back for `checks-failed`, and was for `conflict`"]
        );
    }
}
