//! A program of the repository's own deploys, on the service's machine: argv and no shell, in a fresh checkout of the candidate,
//! with nothing of the service in its environment. A keeper process has it, so that it outlives the service; the folder named
//! after the key says how it stands.

mod keeper;
mod life;
mod room;

pub use keeper::keep;

use super::line;
use crate::adapter::git::GitCache;
use crate::ids::Moment;
use crate::port::Trouble;
use crate::port::deploy::{Handle, Order, Progress, Sample, SampleVerdict, Started, Stopped};
use life::{Life, Now};
use room::{Ended, How, Room, Standing, Task};
use rustix::process::{Signal, kill_process, kill_process_group};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// A keeper says within this time whether it has begun.
const BEGIN_MAX: Duration = Duration::from_secs(20);
/// Folders of ended deployments that are kept.
const ROOMS_MAX: usize = 100;
/// What a probe says, at the most.
const SAID_BYTES_MAX: u64 = 64 << 10;
/// Names of a program's environment that come from ours.
const KEPT: &[&str] = &["PATH", "HOME", "LANG", "TMPDIR"];

/// Programs of one repository.
pub struct Programs {
    /// What is kept of them.
    pub dir: PathBuf,
    /// What begins a keeper: a program, and the arguments before the task's path; none, no program may run.
    pub keeper: Option<(PathBuf, Vec<String>)>,
}

impl Programs {
    pub async fn start(&self, git: &GitCache, argv: &[String], order: &Order) -> Result<Started, Trouble> {
        let Some(keeper) = &self.keeper else { return Ok(Started::Refused(barred())) };
        let room = self.room(order)?;
        let running = || Ok(Started::Running(Handle(order.key.clone())));
        let trouble = |why: io::Error| Trouble::busy(format!("{} cannot be used: {why}", room.path().display()));
        if room.standing().map_err(trouble)? != Standing::NotBegun {
            return running();
        }
        self.sweep();
        std::fs::create_dir_all(room.path()).map_err(trouble)?;
        let tree = tempfile::Builder::new().prefix("tree-").tempdir_in(room.path()).map_err(trouble)?;
        git.check_out(order.commit, tree.path()).await?;
        // Removed by the keeper, or with the folder.
        let tree = tree.keep();
        let (argv, env) = (argv.to_vec(), environment(order));
        let task = room.task(&Task { room: room.path().to_owned(), tree, argv, env }).map_err(trouble)?;
        match begin(keeper, &task).await {
            Ok(()) => running(),
            Err(why) => Ok(Started::Unknown(format!("whether the program has begun is not known: {why}"))),
        }
    }

    pub fn progress(&self, order: &Order) -> Result<Progress, Trouble> {
        let room = self.room(order)?;
        Ok(match room.standing().map_err(|why| unreadable(&room, &why))? {
            Standing::NotBegun => Progress::NotBegun,
            Standing::Running(_) => Progress::Running { note: room.last_words().as_deref().map(line), log: None },
            Standing::Ended(ended) => ended_as(ended, room.last_words()),
            Standing::Lost(now) => Progress::Lost(match now {
                Now::Rebooted => "the machine was started anew while the program ran".to_owned(),
                Now::Alive | Now::Over => {
                    "whatever kept the program was killed, and the program perhaps with it".to_owned()
                }
            }),
        })
    }

    pub fn stop(&self, order: &Order) -> Result<Stopped, Trouble> {
        let room = self.room(order)?;
        let trouble = |why: io::Error| unreadable(&room, &why);
        Ok(match room.standing().map_err(trouble)? {
            Standing::NotBegun => {
                // So that nobody begins it after this.
                std::fs::create_dir_all(room.path()).map_err(trouble)?;
                if !room.begin(&Life::nobody()).map_err(trouble)? {
                    return Err(Trouble::busy("the program begins in this moment; it is stopped when it has"));
                }
                let how = How::NotStarted("it was stopped before it began".into());
                let at_ms = 0;
                room.end(&Ended { how, at_ms }).map_err(trouble)?;
                Stopped::Yes
            }
            Standing::Running(life) => {
                if let Some(pid) = life.pid() {
                    // It may have ended meanwhile, which is what is wanted.
                    let _ = kill_process(pid, Signal::TERM);
                }
                Stopped::Yes
            }
            Standing::Ended(_) => Stopped::Yes,
            Standing::Lost(_) => Stopped::No("nobody knows what became of the program, so it cannot be stopped".into()),
        })
    }

    /// The end of what a deployment's program said; `None` if nothing is kept of it.
    pub fn log(&self, key: &str) -> Option<String> {
        let (now, before) = Room::at(self.dir.join(legal(key)?)).logs();
        let read = |path: &Path| std::fs::read(path).ok();
        let bytes = [read(&before).unwrap_or_default(), read(&now)?].concat();
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn room(&self, order: &Order) -> Result<Room, Trouble> {
        let key =
            legal(&order.key).ok_or_else(|| Trouble::Bug(format!("`{}` is no deployment's key", line(&order.key))))?;
        Ok(Room::at(self.dir.join(key)))
    }

    /// Removes what has been over for longest.
    fn sweep(&self) {
        let rooms = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let mut over: Vec<(SystemTime, PathBuf)> = rooms
            .filter(|entry| !matches!(Room::at(entry.path()).standing(), Ok(Standing::Running(_)) | Err(_)))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        over.sort();
        for (_, path) in over.iter().take(over.len().saturating_sub(ROOMS_MAX)) {
            if let Err(why) = std::fs::remove_dir_all(path) {
                tracing::warn!(path = %path.display(), %why, "what is left of an old deployment stays");
            }
        }
    }

    /// Runs a program once to see how a stage does.
    pub async fn look(
        &self,
        git: &GitCache,
        argv: &[String],
        order: &Order,
        limit: Duration,
    ) -> Result<Sample, Trouble> {
        if self.keeper.is_none() {
            return Ok(Sample { verdict: SampleVerdict::Unread, note: barred() });
        }
        let trouble = |why: io::Error| Trouble::busy(format!("no program can be run here: {why}"));
        let tree = tempfile::Builder::new().prefix("greenline-probe-").tempdir().map_err(trouble)?;
        git.check_out(order.commit, tree.path()).await?;
        let sample = |verdict, note: String| Ok(Sample { verdict, note });
        let name = line(&argv.join(" "));
        match run_once(argv, &environment(order), tree.path(), limit).await {
            Err(why) => sample(SampleVerdict::Unread, format!("`{name}` could not be run: {why}")),
            Ok(None) => sample(SampleVerdict::Unread, format!("`{name}` was ended after {} s", limit.as_secs())),
            Ok(Some((code, said))) => {
                let said = if said.is_empty() { String::new() } else { format!(": {}", line(&said)) };
                match code {
                    Some(0) => sample(SampleVerdict::Good, format!("`{name}` ended well{said}")),
                    Some(75) => sample(SampleVerdict::Unread, format!("`{name}` could not tell{said}")),
                    Some(code) => sample(SampleVerdict::Bad, format!("`{name}` ended with code {code}{said}")),
                    None => sample(SampleVerdict::Bad, format!("`{name}` was killed{said}")),
                }
            }
        }
    }
}

fn barred() -> String {
    "this service does not run programs of this repository on its machine; whoever runs it can allow that with `programs` under \
     `[deploy]` in bot.toml"
        .to_owned()
}

fn unreadable(room: &Room, why: &io::Error) -> Trouble {
    Trouble::busy(format!("what is kept in {} cannot be read: {why}", room.path().display()))
}

/// A key as a folder's name.
fn legal(key: &str) -> Option<&str> {
    (!key.is_empty() && key.len() <= 128 && key.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(key)
}

fn ended_as(ended: Ended, said: Option<String>) -> Progress {
    let said = said.map_or_else(String::new, |said| format!("; it said last: {}", line(&said)));
    let failed = |why: String, passing, unchanged| Progress::Failed { why, passing, unchanged };
    match ended.how {
        How::Exited(0) => Progress::Succeeded { at: Some(Moment::from_ms(ended.at_ms)) },
        // `EX_TEMPFAIL` of sysexits.h.
        How::Exited(75) => failed(format!("the program says that it may work later (code 75){said}"), true, false),
        How::Exited(10) => {
            failed(format!("the program failed and says that nothing was changed (code 10){said}"), false, true)
        }
        How::Exited(code) => failed(format!("the program ended with code {code}{said}"), false, false),
        How::Signalled(signal) => failed(format!("the program was ended by signal {signal}{said}"), false, false),
        How::Stopped => failed(format!("the program was stopped{said}"), false, false),
        How::NotStarted(why) => failed(format!("the program could not be started: {why}"), false, true),
    }
}

/// A command on a program, as the leader of a new group.
fn program(argv: &[String], env: &BTreeMap<String, String>, tree: &Path) -> io::Result<Command> {
    let (name, rest) = argv.split_first().ok_or_else(|| io::Error::other("no program is named"))?;
    // A path is one in the checkout; a name is looked for in PATH.
    let name = if name.contains('/') { tree.join(name) } else { PathBuf::from(name) };
    let mut command = Command::new(name);
    command.args(rest).env_clear().envs(env).current_dir(tree).process_group(0);
    Ok(command)
}

fn ours() -> impl Iterator<Item = (String, String)> {
    KEPT.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
}

fn environment(order: &Order) -> BTreeMap<String, String> {
    let text = |text: Option<&str>| text.unwrap_or_default().replace('\0', "");
    let from = order.from.as_ref();
    let told = [
        ("KIND", order.kind.to_owned()),
        ("STAGE", order.stage.to_string()),
        ("CANDIDATE", order.tag.clone()),
        ("TAG", order.version.as_ref().unwrap_or(&order.tag).clone()),
        ("COMMIT", order.commit.to_string()),
        ("FROM", text(from.map(|(tag, _)| tag.as_str()))),
        ("FROM_COMMIT", from.map_or_else(String::new, |(_, commit)| commit.to_string())),
        ("VERSION", text(order.version.as_deref())),
        ("KEY", order.key.clone()),
        ("REASON", text(Some(&order.reason))),
        ("URL", text(order.url.as_deref())),
    ];
    ours().chain(told.into_iter().map(|(name, value)| (format!("GREENLINE_{name}"), value))).collect()
}

/// Starts a keeper and waits until it is decided who begins.
async fn begin((program, arguments): &(PathBuf, Vec<String>), task: &Path) -> io::Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).arg(task).env_clear().envs(ours()).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut said = child.stdout.take().expect("it is piped");
    let mut word = vec![0; keeper::DECIDED.len()];
    let heard = tokio::time::timeout(BEGIN_MAX, said.read_exact(&mut word)).await;
    // Waited for so that nothing of it stays; its end is told by its folder.
    tokio::spawn(async move { child.wait().await });
    match heard {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) => Err(io::Error::other("what keeps it ended at once")),
        Err(_) => Err(io::Error::from(ErrorKind::TimedOut)),
    }
}

/// Its code and its last words; `None` if its time was up. Nothing that it began goes on.
async fn run_once(
    argv: &[String],
    env: &BTreeMap<String, String>,
    tree: &Path,
    limit: Duration,
) -> io::Result<Option<(Option<i32>, String)>> {
    struct Group(Option<rustix::process::Pid>);
    impl Drop for Group {
        fn drop(&mut self) {
            if let Some(pid) = self.0 {
                // With nobody left in it there is nothing to end.
                let _ = kill_process_group(pid, Signal::KILL);
            }
        }
    }
    let mut log = tempfile::tempfile()?;
    let mut command = program(argv, env, tree)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?).kill_on_drop(true);
    let mut child = command.spawn()?;
    let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw));
    let Ok(status) = tokio::time::timeout(limit, child.wait()).await else { return Ok(None) };
    drop(group);
    let mut said = Vec::new();
    let from = io::Seek::seek(&mut log, io::SeekFrom::End(0))?.saturating_sub(SAID_BYTES_MAX);
    io::Seek::seek(&mut log, io::SeekFrom::Start(from))?;
    io::Read::read_to_end(&mut io::Read::take(&mut log, SAID_BYTES_MAX), &mut said)?;
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    Ok(Some((status?.code(), last.to_owned())))
}
