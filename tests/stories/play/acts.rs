//! What people do in a case, and what goes wrong with the world, each by the door it would come through.

use super::form::Who;
use super::player::Player;
use crate::driver::{Pull, until};
use serde_json::{Value, json};

/// What is required where a case's settings do not say it.
const CHECKS: &str = "\n[checks]\nrequired = [{ name = \"ci\", app = {ci} }]\n";

impl Player {
    /// Puts the label on, and waits until Greenline has an answer to it, so that the next one comes after it.
    pub(super) fn label(&self, pull: &Pull) {
        self.stage.label(pull);
        until(&format!("#{} was heard of", pull.number), || {
            let state = self.stage.why(pull)["state"].clone();
            (state != "not-asked" && state != "unknown").then_some(())
        });
    }

    pub(super) fn review(&self, name: &str, event: &str) {
        let path = format!("/pulls/{}/reviews", self.pull(name).number);
        self.stage.act("maintainer", "POST", &path, &json!({"event": event, "body": "by the case"}));
    }

    pub(super) fn push(&self, name: &str) {
        let onto = self.heads.borrow()[name].clone();
        let head = self.stage.push(name, &onto, &format!("{name}.txt"), "another\n");
        self.heads.borrow_mut().insert(name.to_owned(), head);
    }

    pub(super) fn edit(&self, name: &str, body: &Value) {
        self.stage.act("maintainer", "PATCH", &format!("/pulls/{}", self.pull(name).number), body);
    }

    pub(super) fn draft(&self, name: &str) {
        let path = format!("/repos/{}/pulls/{}/draft", self.stage.full_name(), self.pull(name).number);
        self.stage.admin("POST", &path, &json!({"value": true}));
    }

    pub(super) fn retarget(&self, name: &str, to: &str) {
        if self.stage.branch(to).is_none() {
            self.stage.push(to, "origin/main", &format!("{to}.txt"), "another branch\n");
        }
        self.edit(name, &json!({ "base": to }));
    }

    pub(super) fn role(&self, of: Who, role: &str) {
        let body = json!({"user": of.word(), "role": role});
        self.stage.admin("PUT", &format!("/repos/{}/permission", self.stage.full_name()), &body);
    }

    pub(super) fn protect(&self, words: &str) {
        let words: Value = serde_json::from_str(words).unwrap_or(Value::Null);
        let body = json!({"branch": "main", "protection": words});
        self.stage.admin("PUT", &format!("/repos/{}/protection", self.stage.full_name()), &body);
    }

    /// Lets something go wrong from now on.
    pub(super) fn strike(&self, what: &str, fault: &Value) {
        self.stage.admin("POST", &format!("/faults/{what}"), fault);
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
