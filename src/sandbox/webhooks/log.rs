//! The delivery log: the newest deliveries in memory, all since the last start in a file. It sends nothing.

use crate::sandbox::world::model::Delivery;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How many deliveries can be looked up and sent again. (GitHub keeps three days.)
const KEPT: usize = 2000;

pub(super) struct Log(Mutex<(VecDeque<Delivery>, File)>);

impl Log {
    /// Reads what an earlier run left and drops what is too old. A line cut short by a crash is left out.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut kept = VecDeque::new();
        if path.exists() {
            for line in io::BufReader::new(File::open(path)?).lines() {
                if let Ok(delivery) = serde_json::from_str::<Delivery>(&line?) {
                    kept.push_back(delivery);
                }
                if kept.len() > KEPT {
                    kept.pop_front();
                }
            }
        }
        let mut file = File::create(path)?;
        for delivery in &kept {
            file.write_all(&line(delivery)?)?;
        }
        Ok(Self(Mutex::new((kept, file))))
    }

    pub(super) fn keep(&self, delivery: Delivery) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (kept, file) = &mut *inner;
        if let Err(trouble) = line(&delivery).and_then(|line| file.write_all(&line)) {
            tracing::warn!(%trouble, "a delivery could not be logged");
        }
        kept.push_back(delivery);
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<Delivery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.iter().find(|d| d.id == id).cloned()
    }

    pub(super) fn newest_first(&self) -> Vec<Delivery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.iter().rev().cloned().collect()
    }
}

fn line(delivery: &Delivery) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(delivery).map_err(io::Error::other)?;
    line.push(b'\n');
    Ok(line)
}
