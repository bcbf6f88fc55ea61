//! Questions by GraphQL. They are posted and yet change nothing, so silence means only that there is no answer; and a refusal
//! comes with status 200.

use super::{Client, Who};
use crate::adapter::github::answer::{Ask, Failed, silent};
use crate::port::Trouble;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// GitHub tells when a spent limit is renewed in a header that is missing on some answers; its documentation asks for a minute.
const LIMIT_MS: u64 = 60_000;

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
            Some("RATE_LIMITED") => {
                let what = format!("GitHub's rate limit is used up, {} has to wait ({said})", ask.name());
                Trouble::Busy { what, retry_after_ms: Some(LIMIT_MS) }
            }
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
        let answer = match self.exchange(who, ask, None).await {
            Err(Failed::Trouble(trouble)) => return Err(trouble),
            Err(Failed::Lost(why)) => return Err(Trouble::busy(format!("no answer to {}: {why}", ask.name()))),
            Ok(answer) if silent(answer.status) => return Err(answer.refusal(ask)),
            Ok(answer) => answer,
        };
        let envelope: Envelope<serde_json::Value> = answer.json(ask)?;
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
