//! Keeps what went over the wire, for a referee to judge later. It judges nothing itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

/// One request and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exchange {
    /// `GET`, `POST` …
    pub method: String,
    /// Path below `/api/v3`, still percent-encoded.
    pub path: String,
    /// Query, undecoded; empty if there was none.
    pub query: String,
    /// The body of the request, null if it had none.
    pub request: Value,
    /// The status answered.
    pub status: u16,
    /// The body of the answer, null if it had none or was not JSON.
    pub response: Value,
    /// The App under test asked, as itself or as an installation of it.
    #[serde(default)]
    pub ours: bool,
    /// The answer was made up by a fault, so it owes nothing to any contract.
    pub fault: bool,
}

type Observer = Box<dyn Fn(&Exchange) + Send + Sync>;

/// Where exchanges go: a file, an observer, both or nowhere.
pub(super) struct Recorder {
    file: Option<Mutex<File>>,
    observer: RwLock<Option<Observer>>,
}

impl Recorder {
    pub(super) fn open(file: Option<&Path>) -> io::Result<Self> {
        let open = |path| File::options().create(true).append(true).open(path).map(Mutex::new);
        Ok(Self { file: file.map(open).transpose()?, observer: RwLock::new(None) })
    }

    pub(super) fn observe(&self, observe: impl Fn(&Exchange) + Send + Sync + 'static) {
        *self.observer.write().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(observe));
    }

    /// Somebody wants to know.
    pub(super) fn wanted(&self) -> bool {
        self.file.is_some() || self.observer.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn keep(&self, exchange: &Exchange) {
        if let Some(file) = &self.file
            && let Ok(mut line) = serde_json::to_vec(exchange)
        {
            line.push(b'\n');
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(trouble) = file.write_all(&line) {
                tracing::warn!(%trouble, "an exchange could not be recorded");
            }
        }
        if let Some(observer) = &*self.observer.read().unwrap_or_else(PoisonError::into_inner) {
            observer(exchange);
        }
    }
}
