//! A process with all its descendants: begun together, ended together. Decides nothing about when.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};

/// Ends the whole group when dropped, so that nothing a CI command left behind outlives its run.
#[derive(Debug)]
pub struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    /// Starts a command as the leader of a new group.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(command: &mut Command) -> std::io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok((child, Self(pid)))
    }

    /// Asks the leader to end (SIGTERM).
    pub fn ask_to_end(&self) {
        if let Some(pid) = self.0 {
            // An error means that it has ended already.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // The group keeps its number while any member lives; with none left there is nothing to kill and no trouble.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}
