//! What can be seen from outside: pull requests, comments, tips under test, the page's own words. And what a story waits for.

use super::{Stage, http, until};
use serde_json::Value;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

/// A pull request as the story knows it.
#[derive(Debug, Clone)]
pub struct Pull {
    pub number: u64,
    pub branch: String,
    /// The commit it was opened with.
    pub head: String,
}

impl Stage {
    /// GitHub's word on a pull request.
    pub fn shown(&self, pull: &Pull) -> Value {
        self.act("user", "GET", &format!("/pulls/{}", pull.number), &Value::Null)
    }

    /// The labels on a pull request.
    pub fn labels(&self, pull: &Pull) -> Vec<String> {
        let shown = self.shown(pull);
        let labels = shown["labels"].as_array().expect("a list");
        labels.iter().map(|label| label["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// What Greenline wrote on a pull request, oldest first.
    pub fn words(&self, pull: &Pull) -> Vec<String> {
        let path = format!("/issues/{}/comments?per_page=100", pull.number);
        let comments = self.act("user", "GET", &path, &Value::Null);
        let ours = |comment: &&Value| comment["user"]["login"] == "greenline[bot]";
        let text = |comment: &Value| comment["body"].as_str().expect("text").to_owned();
        comments.as_array().expect("a list").iter().filter(ours).map(text).collect()
    }

    /// Waits until one of Greenline's comments says all of this; answers it.
    pub fn told(&self, pull: &Pull, parts: &[&str]) -> String {
        until(&format!("#{} is told {parts:?}", pull.number), || {
            self.words(pull).into_iter().find(|text| parts.iter().all(|part| text.contains(part)))
        })
    }

    /// Everything Greenline has written in the repository, oldest first.
    fn all_words(&self) -> String {
        let number = |name: &String| name.strip_prefix("refs/pull/")?.strip_suffix("/head")?.parse::<u64>().ok();
        let numbers: BTreeSet<u64> = self.refs().keys().filter_map(number).collect();
        let words = |number: u64| {
            let pull = Pull { number, branch: String::new(), head: String::new() };
            self.words(&pull).into_iter().map(move |text| format!("#{number}: {text}\n"))
        };
        numbers.into_iter().flat_map(words).collect()
    }

    /// Greenline's own check runs of that name on a commit.
    pub fn reports(&self, head: &str, name: &str) -> Vec<Value> {
        let app = self.fact("/app/id");
        let name = name.replace(' ', "%20").replace('/', "%2F").replace('(', "%28").replace(')', "%29");
        let path = format!("/commits/{head}/check-runs?check_name={name}&app_id={app}&filter=all");
        let found = self.act("user", "GET", &path, &Value::Null);
        found["check_runs"].as_array().expect("a list").clone()
    }

    /// Waits until Greenline's one check run of that name on a commit ended like this (null: has not), and says all of this.
    pub fn reported(&self, head: &str, name: &str, conclusion: &Value, parts: &[&str]) -> Value {
        until(&format!("`{name}` is {conclusion} and says {parts:?}"), || {
            let reports = self.reports(head, name);
            let [report] = reports.as_slice() else { return None };
            let text = report["output"].to_string();
            (report["conclusion"] == *conclusion && parts.iter().all(|part| text.contains(part)))
                .then(|| report.clone())
        })
    }

    /// The branches Greenline asks CI to test, with their tips.
    pub fn runs(&self) -> Vec<(String, String)> {
        let ours = |(name, sha): (String, String)| {
            Some((name.strip_prefix("refs/heads/")?.strip_prefix("greenline/main/run-")?.to_owned(), sha))
        };
        self.refs().into_iter().filter_map(ours).collect()
    }

    /// Waits for a tip under test on `base` that has exactly these pull requests' files more.
    pub fn tip_on(&self, base: &str, pulls: &[&Pull]) -> String {
        let mut wanted = self.files(base);
        wanted.extend(pulls.iter().map(|pull| format!("{}.txt", pull.branch)));
        wanted.sort();
        let numbers: Vec<u64> = pulls.iter().map(|pull| pull.number).collect();
        until(&format!("{numbers:?} are tested on {base}"), || {
            let tips = self.runs().into_iter().map(|(_, tip)| tip);
            tips.filter(|tip| self.holds(tip, base)).find(|tip| self.files(tip) == wanted)
        })
    }

    /// Waits for a tip under test with exactly these pull requests on trunk as it is.
    pub fn tip(&self, pulls: &[&Pull]) -> String {
        self.tip_on(&self.trunk(), pulls)
    }

    /// Waits until a pull request shows as merged and its people know; answers what they were told.
    pub fn merged(&self, pull: &Pull) -> String {
        until(&format!("#{} is merged", pull.number), || (self.shown(pull)["merged"] == true).then_some(()));
        self.told(pull, &["Landed"])
    }

    /// Waits until a pull request was sent back or taken out and told so; answers what its people were told.
    pub fn out(&self, pull: &Pull, parts: &[&str]) -> String {
        let text = self.told(pull, parts);
        until(&format!("#{} has left the queue", pull.number), || (!self.queued(pull)).then_some(()));
        assert_eq!(self.shown(pull)["merged"], false, "#{}", pull.number);
        text
    }

    /// Greenline's own picture of everything, by the repositories' ids.
    pub fn boards(&self) -> Value {
        http::ask("GET", &format!("{}/api/board", self.word("/dashboard")), "", &Value::Null).1
    }

    /// Greenline's own picture of the repository.
    pub fn board(&self) -> Value {
        self.boards().get(self.fact("/repo/id").to_string()).cloned().unwrap_or(Value::Null)
    }

    /// How far each group is, by Greenline's own picture.
    pub fn phases(&self) -> Vec<String> {
        let board = self.board();
        let groups = board["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
        groups.iter().map(|group| group["phase"].as_str().expect("a word").to_owned()).collect()
    }

    /// A pull request is in the queue, by Greenline's own picture.
    pub fn queued(&self, pull: &Pull) -> bool {
        let board = self.board();
        board["queue"].as_array().is_some_and(|queue| queue.iter().any(|row| row["pull"] == pull.number))
    }

    /// Waits until a pull request is in the queue.
    pub fn in_queue(&self, pull: &Pull) {
        until(&format!("#{} is queued", pull.number), || self.queued(pull).then_some(()));
    }

    /// Everything a person needs to see why a story failed.
    pub(super) fn account(&self) -> String {
        let log = std::fs::read_to_string(self.sandbox_dir().join("service.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(60)..].join("\n");
        let words = std::panic::catch_unwind(AssertUnwindSafe(|| self.all_words())).unwrap_or_default();
        format!("--- refs\n{:#?}\n--- what was told\n{words}\n--- the service's last words\n{end}", self.refs())
    }
}
