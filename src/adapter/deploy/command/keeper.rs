//! The process that keeps one deploying program: it is this very executable, begun anew, so that neither the program nor its log
//! ends with the service. It begins only if nobody else has, writes how the program ended, and then goes. It asks the outside nothing.

use super::life::Life;
use super::room::{Ended, How, Room, Task};
use crate::adapter::clock::SystemClock;
use crate::port::Clock;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

/// Between asking a program to end and ending it.
const GRACE: Duration = Duration::from_secs(10);
/// How long output is still read after the program has ended; what it left running may hold the pipe for ever.
const DRAIN: Duration = Duration::from_millis(300);
/// Half of what is kept of the output: when a file is so long it becomes the part before, and a new one is begun.
const LOG_HALF_MAX: u64 = 512 << 10;
/// What is said to whoever started the keeper, once it is decided who began.
pub const DECIDED: &str = "begun\n";

/// Keeps the program of a task to its end.
///
/// # Errors
/// When the task cannot be read, or nothing can be written beside it.
pub fn keep(task: &Path) -> io::Result<()> {
    let order: Task = serde_json::from_slice(&std::fs::read(task)?).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let kept = runtime.block_on(keep_here(&order));
    // Both are ours alone; what cannot be removed only takes room.
    let _ = std::fs::remove_file(task);
    let _ = std::fs::remove_dir_all(&order.tree);
    let Some(how) = kept? else { return Ok(()) };
    Room::at(order.room).end(&Ended { how, at_ms: SystemClock.now().ms() })
}

/// `None` if somebody else has begun.
async fn keep_here(task: &Task) -> io::Result<Option<How>> {
    let room = Room::at(task.room.clone());
    // Before anybody can know our number: a signal that comes at once must not end us.
    let asked = signal(SignalKind::terminate())?;
    let begun = room.begin(&Life::own())?;
    let mut out = io::stdout();
    // Whoever started us may be gone already.
    let _ = out.write_all(DECIDED.as_bytes()).and_then(|()| out.flush());
    if !begun {
        return Ok(None);
    }
    Ok(Some(match Kept::begin(task) {
        Ok(kept) => kept.until_it_ends(asked, Log::open(&room)).await,
        Err(why) => How::NotStarted(why.to_string()),
    }))
}

struct Kept {
    child: tokio::process::Child,
    group: Option<Pid>,
    output: pipe::Receiver,
}

impl Kept {
    fn begin(task: &Task) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let mut command = super::program(&task.argv, &task.env, &task.tree)?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        drop(command);
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { child, group, output: pipe::Receiver::from_owned_fd(OwnedFd::from(reader))? })
    }

    async fn until_it_ends(mut self, mut asked: Signals, mut log: Log) -> How {
        let mut chunk = vec![0; 16 << 10];
        let (mut open, mut stopped) = (true, false);
        let late = tokio::time::sleep(Duration::MAX);
        tokio::pin!(late);
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status,
                read = self.output.read(&mut chunk), if open => {
                    let length = read.unwrap_or(0);
                    open = length > 0;
                    log.write(&chunk[..length]);
                }
                _ = asked.recv(), if !stopped => {
                    stopped = true;
                    self.signal(Signal::TERM);
                    late.as_mut().reset(tokio::time::Instant::now() + GRACE);
                }
                () = &mut late => {
                    self.signal(Signal::KILL);
                    late.as_mut().reset(tokio::time::Instant::now() + GRACE);
                }
            }
        };
        if stopped {
            // Nothing that it began goes on; after an end by itself that is its own affair, for it may have begun a service.
            self.signal(Signal::KILL);
        }
        let mut rest = Vec::new();
        // Errors and time out alike: what has been read by then is what there is.
        let _ = tokio::time::timeout(DRAIN, (&mut self.output).take(LOG_HALF_MAX).read_to_end(&mut rest)).await;
        log.write(&rest);
        match status {
            _ if stopped => How::Stopped,
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => How::Exited(code),
                (None, signal) => How::Signalled(signal.unwrap_or(0)),
            },
            Err(_) => How::Signalled(0),
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It may have ended meanwhile; then there is nobody to tell.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// The end of what a program says: two files, of which the older is dropped when the newer is full.
struct Log {
    room: Room,
    file: Option<File>,
    written: u64,
}

impl Log {
    fn open(room: &Room) -> Self {
        Self { room: room.clone(), file: File::create(room.logs().0).ok(), written: 0 }
    }

    /// The log is a courtesy: when the disk is full the deployment still counts.
    fn write(&mut self, bytes: &[u8]) {
        if self.written + bytes.len() as u64 > LOG_HALF_MAX {
            let (now, before) = self.room.logs();
            self.file = std::fs::rename(&now, before).and_then(|()| File::create(now)).ok();
            self.written = 0;
        }
        self.written += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            let _ = file.write_all(bytes);
        }
    }
}
