//! Drivers and probes of one repository: each order goes to the driver it names. It chooses nothing, and reaches no further than
//! the service's own settings let this repository.
//!
//! | file | |
//! | --- | --- |
//! | `command/` | a program on this machine, kept by a process of its own |
//! | `webhook` | an address is told, and asked how it goes |
//! | `actions`, `record` | GitHub runs a workflow; somebody listens to GitHub's record |
//! | `push` | another remote's branch |
//! | `probe`, `metric` | what a stage shows |
//! | `address`, `web` | which addresses may be asked, and asking them |

mod actions;
mod address;
mod command;
mod metric;
mod probe;
mod push;
mod record;
mod web;
mod webhook;

pub use command::keep;

use crate::adapter::git::{Elsewhere, GitCache};
use crate::delivery::policy::{Driver, Probe};
use crate::ids::Sha;
use crate::port::deploy::{Deploy, Handle, Look, Order, Progress, Sample, Started, Stopped};
use crate::port::{Forge, Records, Trouble, Workflows};
use command::Programs;
use secrecy::SecretString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use web::Web;

/// What the service's own settings let a repository's drivers do. What a repository may choose is no more than this.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Its programs may run on the service's machine, each kept by this command: a program, and its arguments before a path.
    pub programs: Option<(PathBuf, Vec<String>)>,
    /// Addresses in private networks and on this machine may be asked.
    pub private_addresses: bool,
    /// Addresses that may be told to deploy, by how they begin, and what signs the order.
    pub webhooks: Vec<(String, SecretString)>,
    /// Other remotes that may be pushed to.
    pub remotes: Vec<Elsewhere>,
}

/// The drivers of one repository.
pub struct Drivers<F> {
    forge: Arc<F>,
    git: Arc<GitCache>,
    programs: Programs,
    web: Web,
    allowed: Allowed,
}

impl<F: Forge + Records + Workflows> Drivers<F> {
    /// Drivers that keep what their programs did below `dir`. Touches nothing yet.
    pub fn new(forge: Arc<F>, git: Arc<GitCache>, dir: PathBuf, allowed: Allowed) -> Self {
        let (programs, web) = (Programs { dir, keeper: allowed.programs.clone() }, Web::new(allowed.private_addresses));
        Self { forge, git, programs, web, allowed }
    }

    /// The end of what a deployment's program said, by the deployment's key; `None` if it was no program or is long over.
    pub fn log(&self, key: &str) -> Option<String> {
        self.programs.log(key)
    }
}

impl<F: Forge + Records + Workflows> Deploy for Drivers<F> {
    async fn start(&self, order: &Order) -> Result<Started, Trouble> {
        match &order.driver {
            Driver::Ref { .. } => Err(by_the_engine()),
            Driver::Command { argv } => self.programs.start(&self.git, argv, order).await,
            Driver::Webhook { url } => webhook::start(&self.web, &self.allowed.webhooks, url, order).await,
            Driver::GithubDeployment { environment, .. } => {
                record::start(&*self.forge, place(environment.as_deref(), order), order).await
            }
            Driver::Actions { workflow } => actions::start(&*self.forge, workflow, order).await,
            Driver::Push { remote, branch } => {
                push::start(&self.git, &self.allowed.remotes, remote, branch, order).await
            }
            Driver::Manual => Ok(Started::Running(Handle("manual".into()))),
        }
    }

    async fn progress(&self, order: &Order, handle: Option<&Handle>) -> Result<Progress, Trouble> {
        match &order.driver {
            Driver::Ref { .. } => Err(by_the_engine()),
            Driver::Command { .. } => self.programs.progress(order),
            Driver::Webhook { url } => webhook::progress(&self.web, url, handle).await,
            Driver::GithubDeployment { environment, by } => {
                record::progress(&*self.forge, place(environment.as_deref(), order), by, order, handle).await
            }
            Driver::Actions { workflow } => actions::progress(&*self.forge, workflow, order, handle).await,
            Driver::Push { remote, branch } => {
                push::progress(&self.git, &self.allowed.remotes, remote, branch, order).await
            }
            Driver::Manual => {
                Ok(Progress::Running { note: Some("a person deploys it and says how it went".into()), log: None })
            }
        }
    }

    async fn stop(&self, order: &Order, handle: Option<&Handle>) -> Result<Stopped, Trouble> {
        match &order.driver {
            Driver::Ref { .. } => Err(by_the_engine()),
            Driver::Command { .. } => self.programs.stop(order),
            Driver::Webhook { .. } => Ok(webhook::stop()),
            Driver::GithubDeployment { .. } => Ok(record::stop()),
            Driver::Actions { .. } => actions::stop(&*self.forge, order, handle).await,
            Driver::Push { .. } => Ok(Stopped::No("a push is done or it is not; there is nothing to stop".into())),
            Driver::Manual => Ok(Stopped::Yes),
        }
    }

    async fn observe(&self, url: &str) -> Result<Option<Sha>, Trouble> {
        probe::observe(&self.web, url).await
    }

    async fn look(&self, look: &Look) -> Result<Sample, Trouble> {
        let order = &look.order;
        match &look.probe {
            Probe::Http { url, expect, contains, .. } => {
                Ok(probe::http(&self.web, order.url.as_deref(), url, *expect, contains.as_deref()).await)
            }
            Probe::Check(wanted) => Ok(probe::check(wanted, &self.forge.checks(order.commit).await?)),
            Probe::Command { argv } => {
                let limit = Duration::from_millis(u64::try_from(look.timeout_ms).unwrap_or(0));
                self.programs.look(&self.git, argv, order, limit).await
            }
            Probe::Metric { url, path, fail_if, .. } => Ok(probe::number(&self.web, url, path, *fail_if).await),
        }
    }
}

/// A stage's ref moves in the same push as the ledger, or what the ledger says would not be so.
fn by_the_engine() -> Trouble {
    Trouble::Bug("a stage's ref is moved together with the ledger, by no driver".into())
}

fn place<'o>(environment: Option<&'o str>, order: &'o Order) -> &'o str {
    environment.unwrap_or(order.stage.as_str())
}

/// Foreign words as one line of ours.
fn line(text: &str) -> String {
    const MAX: usize = 200;
    let plain = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = plain.clone().take(MAX).collect();
    if plain.count() > MAX {
        line.push('…');
    }
    line
}
