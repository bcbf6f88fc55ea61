//! Reads everything a checkup judges: the App, its webhook, its installations, and repository by repository what stands on
//! trunk and which rules hold there. It only reads, one question after the other, and judges nothing.

mod contents;
mod date;
mod model;
mod repository;
mod rules;

use super::answer::Ask;
use super::app::{App, ITSELF};
use super::client::Who;
use crate::adapter::clock::SystemClock;
use crate::doctor::{Asked, Checkup, FailedDelivery, Hook, Identity, Installation, KnownApp, Unasked};
use crate::ids::{InstallationId, Moment, RepoName};
use crate::port::{Clock as _, Trouble};
use http::header::DATE;
use model::{HookAnswer, IdentityAnswer, InstalledAnswer};
use std::ops::ControlFlow;

/// GitHub remembers deliveries for three days.
const REMEMBERED_MS: i64 = 3 * 86_400_000;

/// What a trouble means for a question.
fn unasked(trouble: &Trouble) -> Unasked {
    match trouble {
        Trouble::Busy { what, retry_after_ms: _ } => Unasked { why: what.clone(), passing: true },
        Trouble::Denied(what) | Trouble::Bug(what) => Unasked { why: what.clone(), passing: false },
    }
}

fn asked<T>(result: Result<T, Trouble>) -> Asked<T> {
    result.map_err(|trouble| unasked(&trouble))
}

impl App {
    /// Reads what a checkup judges; of all repositories, or of `only` one.
    pub async fn checkup(&self, only: Option<&RepoName>) -> Checkup {
        let ask = Ask::get("/app", ITSELF);
        let answer = match self.client().get(Who::App, &ask).await {
            Ok(answer) => answer,
            Err(trouble) => return Checkup { ahead_ms: None, identity: Identity::Unasked(unasked(&trouble)) },
        };
        let now = SystemClock.now();
        let theirs = answer.headers.get(DATE).and_then(|date| date::parse(date.to_str().ok()?));
        let ahead_ms = theirs.map(|theirs| now.since_ms(theirs));
        if answer.status.is_client_error() {
            let (status, said) = (answer.status.as_u16(), answer.message());
            return Checkup { ahead_ms, identity: Identity::Refused { status, said } };
        }
        let identity = match answer.json::<IdentityAnswer>(&ask) {
            Ok(known) => Identity::Known(Box::new(self.known(known, now, only).await)),
            Err(trouble) => Identity::Unasked(unasked(&trouble)),
        };
        Checkup { ahead_ms, identity }
    }

    async fn known(&self, app: IdentityAnswer, now: Moment, only: Option<&RepoName>) -> KnownApp {
        KnownApp {
            settings_url: app.settings_url(),
            hook: asked(self.hook().await),
            failed: asked(self.failed(now).await),
            installations: asked(self.everywhere(only).await),
            slug: app.slug,
            permissions: app.permissions,
            events: app.events,
        }
    }

    async fn hook(&self) -> Result<Hook, Trouble> {
        let ask = Ask::get("/app/hook/config", ITSELF);
        let answer: HookAnswer = self.client().get(Who::App, &ask).await?.json(&ask)?;
        Ok(answer.fact())
    }

    async fn failed(&self, now: Moment) -> Result<Vec<FailedDelivery>, Trouble> {
        let failed = self.failed_deliveries(now.plus_ms(-REMEMBERED_MS)).await?;
        let told = |delivery: super::app::FailedDelivery| FailedDelivery {
            event: delivery.event,
            status: delivery.status,
            at: delivery.at,
        };
        Ok(failed.into_iter().map(told).collect())
    }

    async fn everywhere(&self, only: Option<&RepoName>) -> Result<Vec<Installation>, Trouble> {
        let ask = Ask::get("/app/installations?per_page=100", ITSELF);
        let mut answers: Vec<InstalledAnswer> = Vec::new();
        let each = |page: Vec<InstalledAnswer>| {
            answers.extend(page);
            ControlFlow::Continue(())
        };
        if let Some(answer) = self.client().walk(Who::App, ask.clone(), each).await?.refused {
            return Err(answer.refusal(&ask));
        }
        let mut installations = Vec::new();
        for answer in answers {
            installations.push(self.installation(answer, only).await);
        }
        Ok(installations)
    }

    async fn installation(&self, answer: InstalledAnswer, only: Option<&RepoName>) -> Installation {
        let id = InstallationId::new(answer.id);
        let account = answer.account.and_then(|account| account.login).unwrap_or_else(|| format!("installation {id}"));
        let suspended = answer.suspended_at.is_some();
        let repositories = if suspended {
            Ok(Vec::new())
        } else {
            match self.repositories(id).await {
                Ok(covered) => {
                    let mut read = Vec::new();
                    for fact in covered.into_iter().filter(|fact| only.is_none_or(|only| *only == fact.name)) {
                        read.push(repository::read(self, id, fact).await);
                    }
                    Ok(read)
                }
                Err(trouble) => Err(unasked(&trouble)),
            }
        };
        Installation { account, page: answer.html_url, suspended, permissions: answer.permissions, repositories }
    }
}
