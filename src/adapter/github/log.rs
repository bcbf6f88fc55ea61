//! The lines around the first error of a long log, kept while it streams by. Pure.

use std::collections::VecDeque;
use std::ops::ControlFlow;

/// How GitHub Actions marks an error.
const ERROR: &str = "##[error]";
/// Lines kept before the error; a few more follow it.
const BEFORE: usize = 16;
const AFTER: usize = 3;
/// Bytes of a line that are kept.
const LINE_BYTES: usize = 1024;
/// Bytes that are looked at; an error further on is not found.
const MOST_BYTES: usize = 1 << 20;

/// The lines around the first error, or the last ones.
#[derive(Debug, Default)]
pub(super) struct Window {
    lines: VecDeque<String>,
    open: Vec<u8>,
    seen: usize,
    /// Lines still to come after the error, once it was found.
    left: Option<usize>,
}

impl Window {
    /// Takes the next bytes; breaks when nothing more is wanted.
    pub(super) fn take(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        self.seen += chunk.len();
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_BYTES.saturating_sub(self.open.len());
            self.open.extend(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                self.close();
            }
            if self.left == Some(0) {
                return ControlFlow::Break(());
            }
        }
        if self.seen > MOST_BYTES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn close(&mut self) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.open)).trim_end().to_owned();
        match &mut self.left {
            Some(left) => *left -= 1,
            None if line.contains(ERROR) => self.left = Some(AFTER),
            None => {}
        }
        self.lines.push_back(line);
        while self.lines.len() > BEFORE + AFTER + 1 {
            self.lines.pop_front();
        }
    }

    /// What was kept. A log that was not seen to its end, and no error in what was seen, say nothing.
    pub(super) fn lines(mut self) -> Option<String> {
        if self.left.is_none() && self.seen > MOST_BYTES {
            return None;
        }
        if !self.open.is_empty() && self.left != Some(0) {
            self.close();
        }
        Some(Vec::from(self.lines).join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(log: &str, chunk: usize) -> Option<String> {
        let mut window = Window::default();
        for part in log.as_bytes().chunks(chunk) {
            if window.take(part).is_break() {
                break;
            }
        }
        window.lines()
    }

    #[test]
    fn the_first_error_and_what_is_around_it_is_kept() {
        let many = (0..1_000).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
        let log = format!("{many}##[error]first\na\nb\nc\nd\n##[error]second\n");
        for chunk in [1, 7, 4_096] {
            let kept = kept(&log, chunk).expect("an error");
            assert!(kept.starts_with("line 984\n") && kept.ends_with("##[error]first\na\nb\nc"), "{kept}");
        }
    }

    #[test]
    fn without_an_error_the_end_is_kept_if_it_was_reached() {
        assert_eq!(kept("a\nb", 1).as_deref(), Some("a\nb"));
        assert_eq!(kept(&"a\n".repeat(MOST_BYTES), 4_096), None);
        assert!(kept(&"a".repeat(3_000), 100).is_some_and(|line| line.len() == LINE_BYTES));
    }
}
