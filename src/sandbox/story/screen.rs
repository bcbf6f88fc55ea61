//! Where words go: lines for people (with colour and one line in place on a terminal), or one JSON object a line.
//! Decides nothing about what is said.

use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::time::Instant;

/// The tone of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Something goes on.
    Plain,
    /// Something ended well.
    Good,
    /// Something was sent back or went wrong.
    Bad,
    /// Of interest to some.
    Quiet,
    /// A heading.
    Strong,
}

impl Voice {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Quiet => "2",
            Self::Strong => "1",
        }
    }
}

/// The sandbox's output.
#[derive(Debug)]
pub struct Screen {
    json: bool,
    /// A person looks at a terminal that knows colours and carriage returns.
    live: bool,
    begun: Instant,
    /// The line in place that stands at the bottom; empty when there is none.
    in_place: String,
}

impl Screen {
    /// People read stdout, or stderr when `json` has stdout for itself.
    pub fn new(json: bool) -> Self {
        let terminal = if json { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        let dumb =
            std::env::var_os("NO_COLOR").is_some() || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { json, live: terminal && !dumb, begun: Instant::now(), in_place: String::new() }
    }

    /// One JSON object on stdout, when that was asked for. A reader who has gone away is not missed.
    pub fn object(&self, object: &impl Serialize) {
        if self.json
            && let Ok(mut line) = serde_json::to_vec(object)
        {
            line.push(b'\n');
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
    }

    /// A line of the story, with the seconds since the start in front.
    pub fn tell(&mut self, voice: Voice, text: &str) {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.line(voice, &format!("{seconds:6.1} s  {text}"));
    }

    /// A line as it is.
    pub fn line(&mut self, voice: Voice, text: &str) {
        let clear = if std::mem::take(&mut self.in_place).is_empty() { "" } else { "\r\x1b[K" };
        let text = plain(text);
        if self.live && voice != Voice::Plain {
            self.write(&format!("{clear}\x1b[{}m{text}\x1b[0m\n", voice.code()));
        } else {
            self.write(&format!("{clear}{text}\n"));
        }
    }

    /// Replaces the line at the bottom, on a terminal only.
    pub fn now(&mut self, text: &str) {
        let text: String = plain(text).chars().take(100).collect();
        if self.live && text != self.in_place {
            self.write(&format!("\r\x1b[K\x1b[2m{text}\x1b[0m"));
            self.in_place = text;
        }
    }

    fn write(&self, text: &str) {
        // Nobody reading is no reason to stop the service.
        let _ = if self.json {
            std::io::stderr().lock().write_all(text.as_bytes())
        } else {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        };
    }
}

/// Titles are written by anyone: no control character of theirs reaches the terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}
