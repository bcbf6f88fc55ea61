//! The real service as a process of its own: its settings on disk, its start, its restart whenever it dies, its end.
//! Never looks into it: what it does is read from its page.

use super::client;
use super::happening::Happening;
use super::process_group::ProcessGroup;
use super::trouble::SandboxTrouble;
use super::types::Identities;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long the service may take to be ready.
const READY_MAX: Duration = Duration::from_mins(1);
/// How long it may take to end after SIGTERM.
const END_MAX: Duration = Duration::from_secs(10);
/// Wait before a restart, doubled at each death in a row; a service that lived this long counts as well again.
const BACK_OFF_MIN: Duration = Duration::from_millis(250);
const BACK_OFF_MAX: Duration = Duration::from_secs(8);
const LIVED_WELL: Duration = Duration::from_secs(5);

/// Where the service and the look-alike find each other.
#[derive(Debug, Clone)]
pub struct Wiring {
    /// The program, normally this one.
    pub program: PathBuf,
    /// Where everything is kept.
    pub dir: PathBuf,
    /// The look-alike, `http://127.0.0.1:PORT`.
    pub forge_url: String,
    /// The repository it serves, `owner/name`: its programs may deploy on this machine.
    pub repository: String,
    /// Where the service shall listen.
    pub listen: SocketAddr,
}

impl Wiring {
    /// Picks a free port for the service.
    ///
    /// # Errors
    /// When the machine has none.
    pub fn new(program: PathBuf, dir: &Path, forge_url: &str, repository: &str) -> std::io::Result<Self> {
        let listen = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        Ok(Self {
            program,
            dir: dir.to_owned(),
            forge_url: forge_url.to_owned(),
            repository: repository.to_owned(),
            listen,
        })
    }

    /// The service's page, `http://127.0.0.1:PORT`.
    pub fn page_url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Its log file.
    pub fn log(&self) -> PathBuf {
        self.dir.join("service.log")
    }

    /// Writes settings, key and secret; answers the path of the settings.
    fn write(&self, who: &Identities) -> std::io::Result<PathBuf> {
        fs::create_dir_all(&self.dir)?;
        write_private(&self.dir.join("app-key.pem"), who.private_key_pem)?;
        write_private(&self.dir.join("webhook-secret"), &who.webhook_secret)?;
        write_private(&self.dir.join("client-secret"), &who.client.1)?;
        let path = self.dir.join("bot.toml");
        write_private(&path, &self.settings(who))?;
        Ok(path)
    }

    fn settings(&self, who: &Identities) -> String {
        let file = |name: &str| quoted(&self.dir.join(name).to_string_lossy());
        let mut text = String::from("# Written by `greenline sandbox` at every start; a change here does not last.\n");
        let forge = &self.forge_url;
        let sections = [
            ("server", vec![("listen", quoted(&self.listen.to_string())), ("public_url", quoted(&self.page_url()))]),
            (
                "github",
                vec![
                    ("api_url", quoted(&format!("{forge}/api/v3"))),
                    ("git_url", quoted(forge)),
                    ("app_id", who.app.id.to_string()),
                    ("private_key_file", file("app-key.pem")),
                    ("webhook_secret_files", format!("[{}]", file("webhook-secret"))),
                    ("slug", quoted(&who.app.slug)),
                    ("client_id", quoted(&who.client.0)),
                    ("client_secret_file", file("client-secret")),
                ],
            ),
            ("store", vec![("path", file("greenline.db"))]),
            (
                "git",
                vec![
                    ("cache_dir", file("cache")),
                    ("name", quoted("Greenline")),
                    ("email", quoted("greenline@sandbox.invalid")),
                    ("pushes_per_minute", "0".into()),
                ],
            ),
            ("engine", vec![("reconcile_seconds", "10".into()), ("head_seen_seconds", "10".into())]),
            (
                "deploy",
                vec![
                    ("dir", file("deployments")),
                    ("programs", format!("[{}]", quoted(&self.repository))),
                    ("private_addresses", "true".into()),
                ],
            ),
            ("log", vec![("filter", quoted("info")), ("json", "false".into())]),
        ];
        let people =
            [("maintainer", &who.tokens.maintainer), ("user", &who.tokens.user), ("outsider", &who.tokens.outsider)];
        let tokens = people.map(|(login, token)| {
            let sha256 = quoted(&hex::encode(Sha256::digest(token)));
            ("[api.token]", vec![("name", quoted(login)), ("login", quoted(login)), ("sha256", sha256)])
        });
        for (section, keys) in sections.into_iter().chain(tokens) {
            let _ = writeln!(text, "\n[{section}]");
            for (key, value) in keys {
                let _ = writeln!(text, "{key} = {value}");
            }
        }
        text
    }
}

/// A TOML basic string; TOML's escapes are a superset of JSON's as serde writes them.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// The service at work, watched.
#[derive(Debug)]
pub struct Service {
    pid: watch::Receiver<Option<u32>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Service {
    /// Starts the service and waits until it says it is ready.
    ///
    /// # Errors
    /// When it cannot be started, or is not ready in time; the sentence names its log.
    pub async fn start(
        wiring: &Wiring,
        who: &Identities,
        news: broadcast::Sender<Happening>,
    ) -> Result<Self, SandboxTrouble> {
        let config = wiring.write(who)?;
        let (pid_sender, mut pid) = watch::channel(None);
        let (stop, stopped) = oneshot::channel();
        let watcher = Watcher { wiring: wiring.clone(), config, pid: pid_sender, news, restarts: 0 };
        let service = Self { pid: pid.clone(), stop, task: tokio::spawn(watcher.watch(stopped)) };
        let ready = async {
            // The first process must exist before its port can answer for it.
            let _ = pid.wait_for(Option::is_some).await;
            while !client::is_ok(wiring.listen, "/readyz").await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(READY_MAX, ready).await.is_err() {
            service.stop().await;
            return Err(SandboxTrouble::said(format!(
                "the service was not ready after {} s; its own words are in {}:\n{}",
                READY_MAX.as_secs(),
                wiring.log().display(),
                last_lines(&wiring.log()),
            )));
        }
        Ok(service)
    }

    /// Its process id now; `None` between a death and the restart.
    pub fn pid(&self) -> Option<u32> {
        *self.pid.borrow()
    }

    /// Ends the service: SIGTERM, and SIGKILL if it is still there after ten seconds.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

struct Watcher {
    wiring: Wiring,
    config: PathBuf,
    pid: watch::Sender<Option<u32>>,
    news: broadcast::Sender<Happening>,
    restarts: u64,
}

impl Watcher {
    async fn watch(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut deaths_in_a_row = 0;
        loop {
            let born = Instant::now();
            match self.begin() {
                Ok((mut child, group)) => {
                    let service_pid = child.id().unwrap_or(0);
                    self.pid.send_replace(Some(service_pid));
                    let _ = self.news.send(Happening::ServiceStarted { service_pid, restarts: self.restarts });
                    let ended = tokio::select! {
                        _ = &mut stopped => return end(child, group).await,
                        ended = child.wait() => ended,
                    };
                    self.pid.send_replace(None);
                    let how = ended.map_or_else(|trouble| trouble.to_string(), |status| status.to_string());
                    let _ = self.news.send(Happening::ServiceDied { service_pid, how });
                }
                Err(trouble) => tracing::warn!(%trouble, "the service could not be started; trying again"),
            }
            self.restarts += 1;
            deaths_in_a_row = if born.elapsed() > LIVED_WELL { 0 } else { deaths_in_a_row + 1 };
            tokio::select! {
                _ = &mut stopped => return,
                () = tokio::time::sleep(back_off(deaths_in_a_row)) => {}
            }
        }
    }

    fn begin(&self) -> std::io::Result<(Child, ProcessGroup)> {
        let log: File = OpenOptions::new().create(true).append(true).open(self.wiring.log())?;
        let mut command = Command::new(&self.wiring.program);
        command.arg("serve").arg("--config").arg(&self.config).stdin(Stdio::null()).kill_on_drop(true);
        command.stdout(log.try_clone()?).stderr(log).env("NO_COLOR", "1");
        // Settings of another installation in our environment would override the file.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("GREENLINE_")) {
                command.env_remove(name);
            }
        }
        ProcessGroup::spawn(&mut command)
    }
}

async fn end(mut child: Child, group: ProcessGroup) {
    group.ask_to_end();
    // In time or not: dropping the group kills what is left.
    let _ = tokio::time::timeout(END_MAX, child.wait()).await;
    drop(group);
    let _ = child.wait().await;
}

/// At once after the first death, then doubling.
fn back_off(deaths_in_a_row: u32) -> Duration {
    match deaths_in_a_row {
        0 | 1 => Duration::ZERO,
        more => BACK_OFF_MAX.min(BACK_OFF_MIN * 2_u32.saturating_pow(more - 2)),
    }
}

fn last_lines(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[text.len().saturating_sub(2_000)..]).into_owned();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_are_at_once_and_then_bounded() {
        let waits: Vec<_> = [0, 1, 2, 3, 4, 50].map(|deaths| back_off(deaths).as_millis()).into();
        assert_eq!(waits, [0, 0, 250, 500, 1_000, 8_000]);
    }

    #[test]
    fn paths_with_quotes_stay_one_string() {
        assert_eq!(quoted(r#"/tmp/a "b" \c"#), r#""/tmp/a \"b\" \\c""#);
    }
}
