//! Records of deployments and their states, found again by our key in their payload. How a deployment stands is decided elsewhere.

use super::{GithubForge, done, json};
use crate::adapter::github::answer::{Answer, Ask};
use crate::adapter::github::host::encoded;
use crate::adapter::github::model::Account;
use crate::ids::{RecordId, Sha};
use crate::port::records::{NewRecord, NewRecordStatus, RecordState, RecordStatus};
use crate::port::{Outcome, Trouble};
use crate::when;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

const READ: &str = "Deployments: read";
const WRITE: &str = "Deployments: write";

/// More than this GitHub refuses to take ("Create a deployment status").
const DESCRIPTION_MAX: usize = 140;

#[derive(Debug, Deserialize)]
struct Record {
    id: u64,
    /// An object, or a text that holds one: whoever made the record chose.
    #[serde(default)]
    payload: Value,
}

impl Record {
    fn has(&self, key: &str) -> bool {
        let inner: Option<Value> = self.payload.as_str().and_then(|text| serde_json::from_str(text).ok());
        inner.as_ref().unwrap_or(&self.payload).pointer("/greenline/key").and_then(Value::as_str) == Some(key)
    }
}

#[derive(Debug, Deserialize)]
struct Status {
    state: String,
    #[serde(default)]
    creator: Option<Account>,
    #[serde(default)]
    performed_via_github_app: Option<ByApp>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    log_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ByApp {
    id: u64,
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[derive(Serialize)]
struct NewBody<'a> {
    r#ref: String,
    task: &'a str,
    /// Trunk is not to be merged into what is deployed.
    auto_merge: bool,
    /// None: what had to be green was seen to be so before.
    required_contexts: [&'static str; 0],
    payload: Payload<'a>,
    environment: &'a str,
    description: String,
    production_environment: bool,
    transient_environment: bool,
}

#[derive(Serialize)]
struct Payload<'a> {
    greenline: About<'a>,
}

#[derive(Serialize)]
struct About<'a> {
    key: &'a str,
    #[serde(flatten)]
    more: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct StatusBody<'a> {
    state: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment_url: Option<&'a str>,
    /// GitHub would do it for some environments and not for others.
    auto_inactive: bool,
}

fn word(state: RecordState) -> Option<&'static str> {
    match state {
        RecordState::Queued => Some("queued"),
        RecordState::Pending => Some("pending"),
        RecordState::InProgress => Some("in_progress"),
        RecordState::Success => Some("success"),
        RecordState::Failure => Some("failure"),
        RecordState::Error => Some("error"),
        RecordState::Inactive => Some("inactive"),
        RecordState::Unrecognised => None,
    }
}

fn meaning(word: &str) -> RecordState {
    match word {
        "queued" => RecordState::Queued,
        "pending" => RecordState::Pending,
        "in_progress" => RecordState::InProgress,
        "success" => RecordState::Success,
        "failure" => RecordState::Failure,
        "error" => RecordState::Error,
        "inactive" => RecordState::Inactive,
        _ => RecordState::Unrecognised,
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION_MAX {
        return text.to_owned();
    }
    text.chars().take(DESCRIPTION_MAX - 1).chain(['…']).collect()
}

/// The id of what GitHub says it made.
pub(super) fn made(outcome: Outcome<Answer>, what: &str) -> Outcome<u64> {
    match outcome {
        Outcome::Done(answer) => match serde_json::from_slice::<Made>(&answer.body) {
            Ok(made) => Outcome::Done(made.id),
            Err(why) => Outcome::Unknown(format!("GitHub took {what} but does not say its id: {why}")),
        },
        Outcome::Rejected(why) => Outcome::Rejected(why),
        Outcome::Unknown(why) => Outcome::Unknown(why),
    }
}

impl GithubForge {
    pub(super) async fn make_record(&self, new: &NewRecord) -> Result<Outcome<RecordId>, Trouble> {
        let body = NewBody {
            r#ref: new.sha.to_string(),
            task: &new.task,
            auto_merge: false,
            required_contexts: [],
            payload: Payload { greenline: About { key: &new.key, more: &new.about } },
            environment: &new.environment,
            description: short(&new.description),
            production_environment: new.production,
            transient_environment: false,
        };
        let ask = Ask { body: Some(json(&body)), ..self.change(Method::POST, "deployments", WRITE) };
        Ok(match made(self.write(&ask).await?, "a deployment") {
            Outcome::Done(id) => Outcome::Done(RecordId::new(id)),
            Outcome::Rejected(why) => Outcome::Rejected(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    pub(super) async fn record_with(
        &self,
        sha: Sha,
        environment: &str,
        key: &str,
    ) -> Result<Option<RecordId>, Trouble> {
        let rest = format!("deployments?sha={sha}&environment={}&per_page=100", encoded(environment));
        let records: Vec<Record> = self.list(&rest, READ).await?;
        Ok(records.iter().filter(|record| record.has(key)).map(|record| record.id).min().map(RecordId::new))
    }

    pub(super) async fn statuses_of(&self, id: RecordId) -> Result<Option<Vec<RecordStatus>>, Trouble> {
        let rest = format!("deployments/{id}/statuses?per_page=100");
        let Some(statuses): Option<Vec<Status>> = self.read(&rest, READ).await? else { return Ok(None) };
        let us = self.app.client().app();
        let shown = statuses.into_iter().map(|status| RecordStatus {
            state: meaning(&status.state),
            by: status.creator.and_then(|who| who.login.parse().ok()),
            ours: status.performed_via_github_app.is_some_and(|app| app.id == us.get()),
            at: status.created_at.as_deref().and_then(when::parse),
            description: status.description.filter(|text| !text.is_empty()),
            log_url: status.log_url.filter(|url| !url.is_empty()),
        });
        Ok(Some(shown.collect()))
    }

    pub(super) async fn show_status(&self, id: RecordId, new: &NewRecordStatus) -> Result<Outcome<()>, Trouble> {
        let Some(state) = word(new.state) else {
            return Ok(Outcome::Rejected("no deployment is shown in a state that has no word".into()));
        };
        let body = StatusBody {
            state,
            description: short(&new.description),
            log_url: new.log_url.as_deref(),
            environment_url: new.environment_url.as_deref(),
            auto_inactive: false,
        };
        let rest = format!("deployments/{id}/statuses");
        let ask = Ask { body: Some(json(&body)), ..self.change(Method::POST, &rest, WRITE) };
        Ok(done(self.write(&ask).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_known_by_its_key_in_either_form() {
        for payload in [r#"{"greenline":{"key":"k"}}"#, r#""{\"greenline\":{\"key\":\"k\"}}""#] {
            let record: Record = serde_json::from_str(&format!(r#"{{"id":1,"payload":{payload}}}"#)).expect("JSON");
            assert!(record.has("k") && !record.has("l"), "{payload}");
        }
        for payload in [r#""""#, "{}", "null", r#""{""#] {
            let record: Record = serde_json::from_str(&format!(r#"{{"id":1,"payload":{payload}}}"#)).expect("JSON");
            assert!(!record.has("k"), "{payload}");
        }
    }

    #[test]
    fn every_state_is_its_own_word() {
        for state in ["queued", "pending", "in_progress", "success", "failure", "error", "inactive"] {
            assert_eq!(word(meaning(state)), Some(state));
        }
        assert_eq!(word(meaning("splendid")), None);
        assert_eq!(short(&"é".repeat(200)).chars().count(), 140);
    }
}
