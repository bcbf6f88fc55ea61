//! The loop that listens to look-alike, service and runner at once and passes everything on to screen and tale.
//! Decides only when to stop listening.

use super::super::client::AllBoards;
use super::super::example::{Scene, label};
use super::super::happening::Happening;
use super::super::types::SandboxEvent;
use super::super::{Lookalike, SandboxTrouble};
use super::screen::{Screen, Voice};
use super::summary::{self, Sights};
use super::tale::Tale;
use crate::ids::RepoId;
use std::future::Future;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio::time::Instant;

/// How a story is told.
#[derive(Debug, Clone)]
pub struct StorySettings {
    /// The pull requests must have ended within this time.
    pub limit: Duration,
    /// The story is told to its end and the sandbox then ends too.
    pub exit: bool,
}

/// Everything a story listens to.
pub struct Story {
    /// The look-alike.
    pub forge: Lookalike,
    /// Repository and pull requests.
    pub scene: Scene,
    /// The look-alike's events.
    pub events: broadcast::Receiver<SandboxEvent>,
    /// The sandbox's own.
    pub news: broadcast::Receiver<Happening>,
    /// The service's boards.
    pub boards: mpsc::Receiver<AllBoards>,
    /// Everything said so far.
    pub tale: Tale,
}

/// Why listening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Something,
    Stop,
    TimeUp,
}

impl Story {
    /// A story that has not begun.
    pub fn new(
        forge: Lookalike,
        scene: Scene,
        (events, news, boards): (
            broadcast::Receiver<SandboxEvent>,
            broadcast::Receiver<Happening>,
            mpsc::Receiver<AllBoards>,
        ),
    ) -> Self {
        Self { forge, scene, events, news, boards, tale: Tale::default() }
    }

    /// Tells the story, then goes on listening until `stop`. True when everything ended as it should, or there was no story.
    ///
    /// # Errors
    /// When a label cannot be put on.
    pub async fn tell(
        mut self,
        settings: &StorySettings,
        screen: &mut Screen,
        sights: &Sights<'_>,
        stop: impl Future<Output = ()>,
    ) -> Result<bool, SandboxTrouble> {
        let mut stop = std::pin::pin!(stop);
        let mut ok = true;
        if self.scene.pulls.is_empty() {
            show(screen, sights);
        } else {
            for pull in &self.scene.pulls {
                label(&self.forge, self.scene.repo.id, pull.number).await?;
            }
            if self.listen(settings.limit, screen, stop.as_mut()).await == Heard::Stop {
                return Ok(false);
            }
            ok = self.sum_up(screen, sights);
        }
        if settings.exit {
            return Ok(ok);
        }
        screen.line(Voice::Strong, "Serving until Ctrl-C.");
        while self.hear(screen, None, stop.as_mut()).await == Heard::Something {}
        Ok(true)
    }

    /// Listens until every pull request has ended, or for so long.
    async fn listen(
        &mut self,
        limit: Duration,
        screen: &mut Screen,
        mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
    ) -> Heard {
        let end = Instant::now() + limit;
        while !self.tale.is_over(&self.scene.pulls) {
            match self.hear(screen, Some(end), stop.as_mut()).await {
                Heard::Something => {}
                Heard::Stop => return Heard::Stop,
                Heard::TimeUp => {
                    let text = format!("not everything ended within {} s; giving up the wait", limit.as_secs());
                    screen.tell(Voice::Bad, &text);
                    return Heard::TimeUp;
                }
            }
        }
        Heard::Something
    }

    /// Waits for the next thing to happen and says it.
    async fn hear(
        &mut self,
        screen: &mut Screen,
        end: Option<Instant>,
        stop: std::pin::Pin<&mut impl Future<Output = ()>>,
    ) -> Heard {
        let time_up = async {
            match end {
                Some(end) => tokio::time::sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop => return Heard::Stop,
            () = time_up => return Heard::TimeUp,
            event = self.events.recv() => match event {
                Ok(event) => self.event(screen, &event),
                Err(broadcast::error::RecvError::Lagged(count)) => screen.object(&Happening::Missed { count }),
                Err(broadcast::error::RecvError::Closed) => return Heard::Stop,
            },
            news = self.news.recv() => match news {
                Ok(news) => self.happening(screen, &news),
                Err(broadcast::error::RecvError::Lagged(count)) => screen.object(&Happening::Missed { count }),
                Err(broadcast::error::RecvError::Closed) => return Heard::Stop,
            },
            Some(boards) = self.boards.recv() => self.boards(screen, &boards),
        }
        screen.now(&self.tale.now());
        Heard::Something
    }

    fn event(&mut self, screen: &mut Screen, event: &SandboxEvent) {
        screen.object(event);
        if let Some((voice, text)) = self.tale.event(event) {
            screen.tell(voice, &text);
        }
    }

    fn happening(&mut self, screen: &mut Screen, news: &Happening) {
        screen.object(news);
        if let Some((voice, text)) = self.tale.happening(news) {
            screen.tell(voice, &text);
        }
    }

    fn boards(&mut self, screen: &mut Screen, boards: &AllBoards) {
        let Some(board) = boards.get(&RepoId::new(self.scene.repo.id)) else { return };
        let (lines, news) = self.tale.board(board);
        for (voice, text) in lines {
            screen.tell(voice, &text);
        }
        for happening in news {
            screen.object(&happening);
        }
    }

    fn sum_up(&self, screen: &mut Screen, sights: &Sights<'_>) -> bool {
        let complaints = self.tale.complaints(&self.scene.pulls);
        let ok = complaints.is_empty();
        screen.line(Voice::Strong, "\nWhat became of them");
        for line in summary::table(&self.scene.pulls, &self.tale) {
            screen.line(Voice::Plain, &line);
        }
        for complaint in &complaints {
            screen.line(Voice::Bad, &format!("  not as expected: {complaint}"));
        }
        show(screen, sights);
        screen.object(&Happening::StoryEnded { ok, complaints });
        ok
    }
}

fn show(screen: &mut Screen, sights: &Sights<'_>) {
    screen.line(Voice::Strong, "\nLook around");
    for line in summary::sights(sights) {
        screen.line(Voice::Plain, &line);
    }
}
