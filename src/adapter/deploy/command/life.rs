//! Whether a process of this machine is still the one it was: by its number, when it began, and which start of the machine that
//! was in. Numbers of processes are given out again.

use rustix::process::Pid;
use serde::{Deserialize, Serialize};

/// One life of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    pid: i32,
    /// The machine's start; empty where it does not say.
    boot: String,
    /// When it began, in the kernel's ticks since that start.
    began: u64,
}

/// How it is with a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Now {
    /// It goes on.
    Alive,
    /// It is over.
    Over,
    /// The machine has been started anew since.
    Rebooted,
}

impl Life {
    /// This process's own.
    pub fn own() -> Self {
        let pid = rustix::process::getpid();
        Self { pid: pid.as_raw_pid(), boot: boot(), began: began(pid.as_raw_pid()).unwrap_or(0) }
    }

    /// Nobody's.
    pub fn nobody() -> Self {
        Self { pid: 0, boot: boot(), began: 0 }
    }

    /// How it is with it.
    pub fn now(&self) -> Now {
        if self.boot != boot() {
            return Now::Rebooted;
        }
        let Some(pid) = self.pid() else { return Now::Over };
        let alive = if self.boot.is_empty() {
            rustix::process::test_kill_process(pid).is_ok()
        } else {
            began(self.pid) == Some(self.began)
        };
        if alive { Now::Alive } else { Now::Over }
    }

    /// Its number, to be used only while it is alive.
    pub fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.pid).filter(|_| self.pid > 0)
    }
}

fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// When a process began; `None` if there is none, or only its remains.
fn began(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // proc(5): the name in parentheses may hold anything, so fields are counted behind it: state is the 3rd, starttime the 22nd.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_alive_and_others_under_our_number_are_not_we() {
        let own = Life::own();
        assert_eq!(own.now(), Now::Alive);
        assert_eq!(Life::nobody().now(), Now::Over);
        if !own.boot.is_empty() {
            assert_eq!(Life { began: own.began + 1, ..own.clone() }.now(), Now::Over);
            assert_eq!(Life { boot: "another".into(), ..own }.now(), Now::Rebooted);
        }
    }
}
