//! Streams a text that GitHub keeps on another host, such as the log of a job: it answers with a redirect, and the address
//! carries its own short-lived right to read. The other host gets no credential of ours, and no more is read than is wanted.

use super::{AGENT, Ask, Client, Failed, Who, chain, limit, limits};
use crate::adapter::clock::SystemClock;
use crate::port::{Clock, Trouble};
use http::header::USER_AGENT;
use http::{Request, StatusCode, Uri};
use http_body_util::BodyExt;
use octocrab::OctoBody;
use std::ops::ControlFlow;
use std::time::Duration;

const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);

impl Client {
    /// Gives the text to `each` piece by piece until it breaks off; the status of whoever answered last.
    pub(in crate::adapter::github) async fn stream(
        &self,
        who: Who,
        ask: &Ask,
        each: impl FnMut(&[u8]) -> ControlFlow<()> + Send,
    ) -> Result<StatusCode, Trouble> {
        let lost = |why| Trouble::busy(format!("no answer to {}: {why}", ask.name()));
        let whole = async {
            let answer = self.where_to(who, ask).await.map_err(|failed| match failed {
                Failed::Trouble(trouble) => trouble,
                Failed::Lost(why) => lost(why),
            })?;
            match answer {
                Ok(elsewhere) => self.pour(elsewhere, each).await.map_err(lost),
                Err(status) => Ok(status),
            }
        };
        tokio::time::timeout(WHOLE_TIMEOUT, whole).await.map_err(|_| lost("time-out".to_owned()))?
    }

    async fn where_to(&self, who: Who, ask: &Ask) -> Result<Result<Uri, StatusCode>, Failed> {
        let Who::Installation(installation) = who else {
            return Err(Trouble::Bug(format!("{} is asked as no installation", ask.name())).into());
        };
        if let Some(ms) = self.gates.shut_for_ms(who) {
            return Err(limit(ask, ms));
        }
        let answer = self.once(ask, &ask.path, None, &self.token(installation).await?).await?;
        if let Some(wait) = limits::limited(answer.status, &answer.headers, &answer.body, SystemClock.now()) {
            return Err(limit(ask, self.gates.shut(who, wait)));
        }
        if answer.status != StatusCode::FOUND {
            return Ok(Err(answer.status));
        }
        Ok(Ok(self.host.elsewhere(&answer.headers)?))
    }

    async fn pour(
        &self,
        from: Uri,
        mut each: impl FnMut(&[u8]) -> ControlFlow<()> + Send,
    ) -> Result<StatusCode, String> {
        let request = Request::get(from).header(USER_AGENT, AGENT).body(OctoBody::empty());
        let request = request.map_err(|why| why.to_string())?;
        let (parts, mut body) = self.strangers.send(request).await.map_err(|why| chain(&why))?.into_parts();
        while parts.status.is_success() {
            let Some(frame) = body.frame().await else { break };
            let frame = frame.map_err(|why| chain(&why))?;
            if frame.data_ref().is_some_and(|data| each(data).is_break()) {
                break;
            }
        }
        Ok(parts.status)
    }
}
