//! The folder of one deployment by a program, named after its key: what is to be done, who began it, how it ended, what it said.
//! Each file appears whole or not at all, and of several who would begin only one can. It starts nothing.

use super::life::{Life, Now};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const BEGUN: &str = "begun";
const ENDED: &str = "ended";
const LOG: &str = "log";
const LOG_BEFORE: &str = "log.before";
/// Of the log's end, so much is read for a line about it.
const LAST_BYTES: u64 = 4 << 10;

/// What a keeper is to run. It holds no secret.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    /// The deployment's folder.
    pub room: PathBuf,
    /// The checkout, which is the program's directory and is removed at the end.
    pub tree: PathBuf,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// All of its environment.
    pub env: BTreeMap<String, String>,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// We stopped it.
    Stopped,
    /// It never ran, and why.
    NotStarted(String),
}

/// The end of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub how: How,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// How a deployment stands by its folder.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody began it.
    NotBegun,
    /// Somebody keeps it.
    Running(Life),
    /// It ended.
    Ended(Ended),
    /// Whoever kept it is gone and did not say how it ended.
    Lost(Now),
}

/// One deployment's folder.
#[derive(Debug, Clone)]
pub struct Room(PathBuf);

impl Room {
    /// The folder at a path, whether it is there or not.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The log that is written now, and the part before it.
    pub fn logs(&self) -> (PathBuf, PathBuf) {
        (self.0.join(LOG), self.0.join(LOG_BEFORE))
    }

    /// How it stands.
    pub fn standing(&self) -> io::Result<Standing> {
        let Some(life) = self.read::<Life>(BEGUN)? else { return Ok(Standing::NotBegun) };
        // In this order: whoever keeps it writes how it ended before it goes.
        let now = life.now();
        Ok(match (self.read::<Ended>(ENDED)?, now) {
            (Some(ended), _) => Standing::Ended(ended),
            (None, Now::Alive) => Standing::Running(life),
            (None, Now::Over | Now::Rebooted) => Standing::Lost(now),
        })
    }

    /// Says who begins; false if somebody has begun already.
    pub fn begin(&self, life: &Life) -> io::Result<bool> {
        let whole = self.write_aside(life)?;
        // A link is made at once or not at all, and never over another file.
        match std::fs::hard_link(whole.path(), self.0.join(BEGUN)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says how it ended.
    pub fn end(&self, ended: &Ended) -> io::Result<()> {
        self.write_aside(ended)?.persist(self.0.join(ENDED)).map(drop).map_err(|error| error.error)
    }

    /// The last line that the program said.
    pub fn last_words(&self) -> Option<String> {
        let mut log = File::open(self.0.join(LOG)).ok()?;
        let from = log.metadata().ok()?.len().saturating_sub(LAST_BYTES);
        log.seek(SeekFrom::Start(from)).ok()?;
        let mut bytes = Vec::new();
        log.take(LAST_BYTES).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match std::fs::read(self.0.join(name)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write_aside(&self, value: &impl Serialize) -> io::Result<tempfile::NamedTempFile> {
        let mut file = tempfile::Builder::new().prefix("new-").tempfile_in(&self.0)?;
        file.write_all(&serde_json::to_vec(value).map_err(io::Error::other)?)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Writes a task beside the others of this folder, and answers where.
    pub fn task(&self, task: &Task) -> io::Result<PathBuf> {
        self.write_aside(task)?.into_temp_path().keep().map_err(|error| error.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_begins_and_the_end_is_what_was_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let room = Room::at(dir.path().to_owned());
        assert_eq!(room.standing().expect("readable"), Standing::NotBegun);
        let own = Life::own();
        assert!(room.begin(&own).expect("writable"));
        assert!(!room.begin(&Life::nobody()).expect("writable"));
        assert_eq!(room.standing().expect("readable"), Standing::Running(own));
        let ended = Ended { how: How::Exited(75), at_ms: 7 };
        room.end(&ended).expect("writable");
        assert_eq!(room.standing().expect("readable"), Standing::Ended(ended));
    }

    #[test]
    fn whoever_is_gone_without_a_word_is_lost() {
        let dir = tempfile::tempdir().expect("a folder");
        let room = Room::at(dir.path().to_owned());
        assert!(room.begin(&Life::nobody()).expect("writable"));
        assert_eq!(room.standing().expect("readable"), Standing::Lost(Now::Over));
    }
}
