//! How a case must have ended: what it says itself, and what holds for every case. It only looks.

use super::form::End;
use super::player::Player;
use crate::driver::until;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Player {
    /// Judges the end.
    pub(super) fn judge(&self, end: &End) {
        for (name, code) in &end.codes {
            self.code(name, code);
        }
        for (name, _) in &self.pulls {
            self.shows(name, end);
        }
        self.idle();
        assert_eq!(self.on_trunk(), end.trunk, "on trunk, in this order");
        let trunk = self.stage.trunk();
        assert!(self.good.borrow().contains(&trunk), "nobody said that {trunk} is green, and it is trunk");
        for (name, count) in &end.comments {
            assert_eq!(self.stage.words(self.pull(name)).len(), *count, "comments on `{name}`");
        }
        if let Some(candidates) = &end.candidates {
            assert_eq!(self.candidates(), *candidates, "what each candidate lists");
        }
        for name in &end.untouched {
            assert_eq!(self.stage.branch(name).as_ref(), self.heads.borrow().get(name), "where `{name}` is");
        }
        let (starts, tips) = self.starts();
        assert!(end.starts_at_most.is_none_or(|most| starts <= most), "{starts} starts of CI");
        if let Some(wanted) = end.starts {
            assert_eq!(starts, wanted, "starts of CI");
        }
        assert_eq!(starts - tips, end.again, "starts of CI on a tip that it had been started for before");
    }

    /// A pull request shows as it should; GitHub may take a moment to notice.
    fn shows(&self, name: &str, end: &End) {
        let has = |list: &[String]| list.iter().any(|one| one == name);
        let (state, merged) = match (has(&end.closed), has(&end.trunk)) {
            (true, _) => ("closed", false),
            (false, true) => ("closed", true),
            (false, false) => ("open", false),
        };
        until(&format!("`{name}` is {state}, merged: {merged}"), || {
            let shown = self.stage.shown(self.pull(name));
            (shown["state"] == state && shown["merged"] == merged).then_some(())
        });
    }

    /// The pull requests whose files came to trunk, oldest first.
    fn on_trunk(&self) -> Vec<&str> {
        let range = format!("{}..main", self.beginning);
        let log = self.stage.bare(&["log", "--reverse", "--topo-order", "--name-only", "--format=", &range]);
        let mut found: Vec<&str> = Vec::new();
        for file in log.lines() {
            let added = self.pulls.iter().find(|(name, _)| file.strip_suffix(".txt") == Some(name));
            found.extend(added.map(|(name, _)| name.as_str()).filter(|name| !found.contains(name)));
        }
        let there = self.marks("main");
        found.retain(|name| there.contains(name));
        found
    }

    /// The pull requests that each candidate tag lists, by the tags' names.
    fn candidates(&self) -> Vec<Vec<String>> {
        let listed = |tag: &String| {
            let text = self.stage.bare(&["for-each-ref", "--format=%(contents)", &format!("refs/tags/{tag}")]);
            let says = |number: u64| text.lines().any(|line| line.starts_with(&format!("#{number} ")));
            let pulls = self.pulls.iter().filter(|(_, pull)| says(pull.number));
            pulls.map(|(name, _)| name.clone()).collect()
        };
        self.stage.candidates().iter().map(listed).collect()
    }

    /// How often CI was started, and for how many tips, by what GitHub told of pushes.
    fn starts(&self) -> (usize, usize) {
        let deliveries = self.stage.admin("GET", "/deliveries", &Value::Null);
        let mut starts = BTreeSet::new();
        for delivery in deliveries.as_array().into_iter().flatten().filter(|delivery| delivery["event"] == "push") {
            let payload: Value =
                serde_json::from_str(delivery["payload"].as_str().unwrap_or_default()).unwrap_or_default();
            let name = payload["ref"].as_str().unwrap_or_default();
            if payload["created"] == json!(true) && name.starts_with("refs/heads/greenline/main/run-") {
                starts.insert((name.to_owned(), payload["after"].as_str().unwrap_or_default().to_owned()));
            }
        }
        let tips: BTreeSet<&str> = starts.iter().map(|(_, tip)| tip.as_str()).collect();
        (starts.len(), tips.len())
    }
}
