//! The yield point: every call of a process waits here until its time has come, and may never come back.

use crate::ids::BranchName;
use crate::sim::ground::world::{Ground, Shared};
use std::pin::Pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll};

/// A process's way to the world.
#[derive(Clone)]
pub struct Door {
    shared: Shared,
    /// Whose.
    pub process: u32,
    /// The branch whose queue is at work.
    pub trunk: BranchName,
}

impl Door {
    /// The way of one process, at work for one queue.
    pub fn new(shared: Shared, process: u32, trunk: BranchName) -> Self {
        Self { shared, process, trunk }
    }

    /// Everything.
    pub fn ground(&self) -> MutexGuard<'_, Ground> {
        self.shared.ground()
    }

    /// Takes as long as calls take. The process may die here.
    pub fn pass(&self) -> Turnstile {
        Turnstile { door: self.clone(), ms: None, ticket: None }
    }

    /// Takes exactly so long.
    pub fn wait(&self, ms: u64) -> Turnstile {
        Turnstile { door: self.clone(), ms: Some(i64::try_from(ms).unwrap_or(i64::MAX)), ticket: None }
    }
}

/// Resolves when its time has come.
pub struct Turnstile {
    door: Door,
    ms: Option<i64>,
    ticket: Option<u64>,
}

impl Future for Turnstile {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = self.door.shared.clone();
        let mut ground = shared.ground();
        let Some(id) = self.ticket else {
            let ms = self.ms.unwrap_or_else(|| ground.latency());
            self.ticket = Some(ground.wait(ms, cx.waker().clone()));
            return Poll::Pending;
        };
        if !ground.granted(id) {
            return Poll::Pending;
        }
        if self.ms.is_none() && ground.fault(|f| f.crash) {
            ground.doomed.push(self.door.process);
            return Poll::Pending;
        }
        self.ticket = None;
        Poll::Ready(())
    }
}

impl Drop for Turnstile {
    fn drop(&mut self) {
        if let Some(id) = self.ticket {
            self.door.shared.ground().give_back(id);
        }
    }
}
