//! Questions by GraphQL. They are posted and yet change nothing, so silence means only that there is no answer; and a refusal
//! comes with status 200, that of a spent rate limit as well.

use super::{Client, Who, limit, limits};
use crate::adapter::clock::SystemClock;
use crate::adapter::github::answer::{Ask, Failed, silent};
use crate::adapter::github::limits::Wait;
use crate::port::{Clock, Trouble};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default)]
    data: Option<T>,
    #[serde(default)]
    errors: Option<Vec<Wrong>>,
}

#[derive(Deserialize)]
struct Wrong {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Wrong {
    fn is_limit(&self) -> bool {
        self.kind.as_deref() == Some("RATE_LIMITED")
    }

    fn trouble(&self, ask: &Ask) -> Trouble {
        let said = self.message.as_deref().unwrap_or("no message");
        let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
        let denied = |why: &str| {
            let mend =
                format!("check that the App is installed on the repository and has the permission \"{}\"", ask.needs);
            Trouble::Denied(format!("GitHub {why} at {} ({said}); {mend}", ask.name()))
        };
        match self.kind.as_deref() {
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => denied("refuses our question"),
            Some("NOT_FOUND") => denied("shows us nothing"),
            Some(kind) => Trouble::Bug(format!("GitHub does not take our question {} ({kind}: {said})", ask.name())),
            // Its own faults and time-outs have no type.
            None => Trouble::busy(format!("GitHub could not answer {} ({said})", ask.name())),
        }
    }
}

impl Client {
    /// Asks; an answer with any error in it is no answer, for a part that is missing would look like nothing.
    pub(in crate::adapter::github) async fn question<T: DeserializeOwned>(
        &self,
        who: Who,
        ask: &Ask,
    ) -> Result<T, Trouble> {
        let trouble = |failed| match failed {
            Failed::Trouble(trouble) => trouble,
            Failed::Lost(why) => Trouble::busy(format!("no answer to {}: {why}", ask.name())),
        };
        if let Some(ms) = self.question_gates.shut_for_ms(who) {
            return Err(trouble(limit(ask, ms)));
        }
        let answer = match self.exchange(who, ask, None).await {
            Err(failed) => return Err(trouble(failed)),
            Ok(answer) if silent(answer.status) => return Err(answer.refusal(ask)),
            Ok(answer) => answer,
        };
        let envelope: Envelope<serde_json::Value> = answer.json(ask)?;
        if envelope.errors.iter().flatten().any(Wrong::is_limit) {
            let wait = limits::told(&answer.headers, SystemClock.now()).unwrap_or(Wait::Unknown);
            return Err(trouble(limit(ask, self.question_gates.shut(who, wait))));
        }
        self.question_gates.open(who);
        if let Some(wrong) = envelope.errors.iter().flatten().next() {
            return Err(wrong.trouble(ask));
        }
        let bad = |why: &dyn std::fmt::Display| {
            Trouble::Bug(format!("GitHub's answer to {} is not what it should be: {why}", ask.name()))
        };
        let data = envelope.data.ok_or_else(|| bad(&"it has neither data nor errors"))?;
        serde_json::from_value(data).map_err(|why| bad(&why))
    }
}
