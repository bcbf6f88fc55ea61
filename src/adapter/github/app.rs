//! The App as a whole: who it is, where it is installed, what its webhooks missed. It knows nothing of pull requests.

use super::answer::Ask;
use super::client::{Client, Who};
use super::forge::GithubForge;
use super::model::{AppAnswer, DeliveryAnswer, InstallationAnswer, RepositoryPage};
use crate::config::service::GithubConfig;
use crate::facts::Repository;
use crate::ids::{DeliveryId, InstallationId, Login, Moment, RepoId, RepoName};
use crate::port::{Outcome, Trouble};
use crate::when;
use http::Method;
use secrecy::SecretString;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::OnceCell;

pub(super) const ITSELF: &str = "the App itself";

/// An installation that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Identity.
    pub id: InstallationId,
    /// Whose it is, for people; empty if GitHub does not say.
    pub account: String,
}

/// A webhook GitHub could not deliver, and has not delivered since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedDelivery {
    /// The newest attempt, for [`App::redeliver`].
    pub id: u64,
    /// The delivery; the same for all attempts.
    pub guid: DeliveryId,
    /// GitHub's name of the event.
    pub event: String,
    /// When that attempt was made.
    pub at: Moment,
    /// The answer's status; none if nobody answered.
    pub status: Option<u16>,
}

/// Our App on one GitHub. Cheap to clone; clones share connections, tokens and limits.
#[derive(Clone)]
pub struct App {
    client: Arc<Client>,
    slug: Arc<OnceCell<Login>>,
}

impl App {
    /// Checks the settings and opens nothing yet. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// `Denied` if the URL or the private key cannot be right.
    pub fn new(settings: &GithubConfig) -> Result<Self, Trouble> {
        Ok(Self { client: Arc::new(Client::new(settings)?), slug: Arc::new(OnceCell::new_with(settings.slug.clone())) })
    }

    /// The App's slug: its comments are by `slug[bot]`, its pages under `/apps/slug`. Asked once.
    pub async fn slug(&self) -> Result<Login, Trouble> {
        let ask = Ask::get("/app", ITSELF);
        let learn = || async {
            let app: AppAnswer = self.client.get(Who::App, &ask).await?.json(&ask)?;
            app.slug.parse().map_err(|why| Trouble::Bug(format!("the App's slug: {why}")))
        };
        self.slug.get_or_try_init(learn).await.cloned()
    }

    /// The installations that are not suspended.
    pub async fn installations(&self) -> Result<Vec<Installation>, Trouble> {
        let mut found = Vec::new();
        let ask = Ask::get("/app/installations?per_page=100", ITSELF);
        let named = ask.clone();
        let each = |page: Vec<InstallationAnswer>| {
            let working = page.into_iter().filter(|i| i.suspended_at.is_none());
            found.extend(working.map(|i| Installation {
                id: InstallationId::new(i.id),
                account: i.account.and_then(|a| a.login).unwrap_or_default(),
            }));
            ControlFlow::Continue(())
        };
        match self.client.walk(Who::App, ask, each).await?.refused {
            Some(answer) => Err(answer.refusal(&named)),
            None => Ok(found),
        }
    }

    /// The repositories an installation covers, archived ones marked as such.
    pub async fn repositories(&self, installation: InstallationId) -> Result<Vec<Repository>, Trouble> {
        let mut found: Vec<Repository> = Vec::new();
        let ask = Ask::get("/installation/repositories?per_page=100", "Metadata: read");
        let named = ask.clone();
        let each = |page: RepositoryPage| {
            for repository in page.repositories {
                match repository.fact() {
                    Ok(fact) if found.iter().any(|f| f.id == fact.id) => {}
                    Ok(fact) => found.push(fact),
                    Err(why) => tracing::warn!(%installation, %why, "a repository is left out"),
                }
            }
            ControlFlow::Continue(())
        };
        match self.client.walk(Who::Installation(installation), ask, each).await?.refused {
            Some(answer) => Err(answer.refusal(&named)),
            None => Ok(found),
        }
    }

    /// The forge for one repository. Nothing is asked yet.
    pub fn forge(&self, installation: InstallationId, repo: RepoId, name: RepoName) -> GithubForge {
        GithubForge::new(self.clone(), installation, repo, name)
    }

    /// A token for git over HTTP (user `x-access-token`); good for at least five minutes.
    ///
    /// # Errors
    /// `Denied` when the installation is gone or suspended, or GitHub does not know our key.
    pub async fn installation_token(&self, installation: InstallationId) -> Result<SecretString, Trouble> {
        self.client.token(installation).await
    }

    /// The deliveries of webhooks since a moment of which no attempt succeeded, oldest first. GitHub never sends one
    /// again by itself, and forgets them after three days.
    pub async fn failed_deliveries(&self, since: Moment) -> Result<Vec<FailedDelivery>, Trouble> {
        let (mut arrived, mut seen, mut failed) = (HashSet::new(), HashSet::new(), Vec::new());
        let ask = Ask::get("/app/hook/deliveries?per_page=100", ITSELF);
        let named = ask.clone();
        let each = |page: Vec<DeliveryAnswer>| {
            for attempt in page {
                let (Ok(guid), Some(at)) = (attempt.guid.parse::<DeliveryId>(), when::parse(&attempt.delivered_at))
                else {
                    continue;
                };
                if at < since {
                    return ControlFlow::Break(());
                }
                if attempt.status_code.is_some_and(|code| (200..300).contains(&code)) {
                    arrived.insert(guid);
                } else if seen.insert(guid.clone()) {
                    // Attempts come newest first, so this is the last one.
                    let status = attempt.status_code.filter(|code| *code > 0);
                    failed.push(FailedDelivery { id: attempt.id, guid, event: attempt.event, at, status });
                }
            }
            ControlFlow::Continue(())
        };
        if let Some(answer) = self.client.walk(Who::App, ask, each).await?.refused {
            return Err(answer.refusal(&named));
        }
        failed.retain(|f: &FailedDelivery| !arrived.contains(&f.guid));
        failed.reverse();
        Ok(failed)
    }

    /// Asks GitHub to deliver a webhook again, under the same delivery id.
    pub async fn redeliver(&self, id: u64) -> Result<Outcome<()>, Trouble> {
        let path = format!("/app/hook/deliveries/{id}/attempts");
        let ask = Ask { method: Method::POST, path, body: None, fine: None, needs: ITSELF };
        Ok(match self.client.write(Who::App, &ask).await? {
            Outcome::Done(_) => Outcome::Done(()),
            Outcome::Rejected(why) => Outcome::Rejected(why),
            Outcome::Unknown(why) => Outcome::Unknown(why),
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }
}
