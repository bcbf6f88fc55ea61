//! What people and the world do in a case, each by the door they would use themselves.

use super::form::Step;
use super::player::Player;
use crate::driver::{Pull, until};
use serde_json::{Value, json};

/// What is required where a case's settings do not say it.
const CHECKS: &str = "\n[checks]\nrequired = [{ name = \"ci\", app = {ci} }]\n";

impl Player {
    pub(super) fn act(&self, step: &Step) {
        let stage = &self.stage;
        match step {
            Step::Label(names) => self.each(names, |pull| self.label(pull)),
            Step::Unlabel(names) => self.each(names, |pull| stage.unlabel(pull)),
            Step::Mark { on, with } => {
                self.ask(on, "/issues", "/labels", "POST", &json!({"labels": [with]}));
            }
            Step::Comment { on, says, by } => {
                stage.comment(by.word(), self.pull(on), &self.filled(says));
            }
            Step::Review { on, event } => {
                let body = json!({"event": event, "body": "by the case"});
                self.ask(on, "/pulls", "/reviews", "POST", &body);
            }
            Step::Push(name) => self.push(name),
            Step::Close(name) => self.ask(name, "/pulls", "", "PATCH", &json!({"state": "closed"})),
            Step::Reopen(name) => self.ask(name, "/pulls", "", "PATCH", &json!({"state": "open"})),
            Step::Draft(name) => {
                let path = format!("/repos/{}/pulls/{}/draft", stage.full_name(), self.pull(name).number);
                stage.admin("POST", &path, &json!({"value": true}));
            }
            Step::Retarget { pull, to } => {
                if stage.branch(to).is_none() {
                    stage.push(to, "origin/main", &format!("{to}.txt"), "another branch\n");
                }
                self.ask(pull, "/pulls", "", "PATCH", &json!({ "base": to }));
            }
            Step::Role { of, is } => {
                let body = json!({"user": of.word(), "role": is});
                stage.admin("PUT", &format!("/repos/{}/permission", stage.full_name()), &body);
            }
            Step::DeleteFork(name) => stage.delete_fork(self.pull(name)),
            Step::MergeByHand(name) => {
                self.ask(name, "/pulls", "/merge", "PUT", &json!({}));
                self.allow(stage.trunk());
            }
            Step::Foreign(file) => self.allow(stage.push_trunk(file)),
            Step::Tag(name) => {
                stage.bare(&["tag", name, "main"]);
            }
            Step::Settings(text) => self.settle(text),
            world => self.strike(world),
        }
    }

    fn strike(&self, step: &Step) {
        let stage = &self.stage;
        match step {
            Step::Protect(words) => {
                let words: Value = serde_json::from_str(words).unwrap_or(Value::Null);
                let body = json!({"branch": "main", "protection": words});
                stage.admin("PUT", &format!("/repos/{}/protection", stage.full_name()), &body);
            }
            Step::Lose { event } => {
                stage.admin("POST", "/faults/webhooks", &json!({"kind": "lose", "event": event}));
            }
            Step::Fail { method, path, status, when, times } => {
                let mut fault = json!({"method": method, "path": path, "status": status});
                fault["when"] = json!(when.as_deref().unwrap_or("before"));
                fault["times"] = json!(times);
                stage.admin("POST", "/faults/routes", &fault);
            }
            other => unreachable!("{other:?} is played elsewhere"),
        }
    }

    /// Puts the label on, and waits until Greenline has it in the queue or says what it waits for.
    fn label(&self, pull: &Pull) {
        self.stage.label(pull);
        until(&format!("#{} was heard of", pull.number), || {
            let state = self.stage.why(pull)["state"].clone();
            (state != "not-asked" && state != "unknown").then_some(())
        });
    }

    fn ask(&self, name: &str, before: &str, after: &str, method: &str, body: &Value) {
        let path = format!("{before}/{}{after}", self.pull(name).number);
        self.stage.act("maintainer", method, &path, body);
    }

    fn push(&self, name: &str) {
        let onto = self.heads.borrow()[name].clone();
        let head = self.stage.push(name, &onto, &format!("{name}.txt"), "another\n");
        self.heads.borrow_mut().insert(name.to_owned(), head);
    }

    /// Puts settings on trunk and waits until they are read.
    pub(super) fn settle(&self, text: &str) {
        let checks = if text.contains("[checks]") { "" } else { CHECKS };
        self.stage.configure(&self.filled(&format!("{text}{checks}")));
        let trunk = self.stage.trunk();
        self.allow(trunk.clone());
        until("the settings are read", || (self.stage.board()["tip"] == trunk.as_str()).then_some(()));
    }
}
