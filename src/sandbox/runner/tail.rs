//! The end of a long text, and the text as Markdown. Pure.

use std::collections::VecDeque;

/// Keeps the last bytes of what is put in.
#[derive(Debug)]
pub struct Tail {
    bytes: VecDeque<u8>,
    cut: bool,
    max: usize,
}

impl Tail {
    /// Keeps `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { bytes: VecDeque::new(), cut: false, max }
    }

    /// Puts more in at the end.
    pub fn push(&mut self, chunk: &[u8]) {
        self.cut |= self.bytes.len() + chunk.len() > self.max;
        self.bytes.extend(&chunk[chunk.len().saturating_sub(self.max)..]);
        self.bytes.drain(..self.bytes.len().saturating_sub(self.max));
    }

    /// The text in a fence that it cannot close, whole lines only, without terminal control codes.
    pub fn fenced(mut self) -> String {
        let text = String::from_utf8_lossy(self.bytes.make_contiguous());
        let text = match text.split_once('\n') {
            Some((_, rest)) if self.cut => format!("…\n{rest}"),
            Some(_) | None => text.into_owned(),
        };
        let plain = without_controls(&text);
        let plain = plain.trim_end();
        let longest = plain.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        format!("{fence}text\n{plain}\n{fence}\n")
    }
}

/// Drops escape sequences and control characters other than newline and tab.
fn without_controls(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
        } else if c == '\n' || c == '\t' || !c.is_control() {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let mut tail = Tail::new(12);
        tail.push(b"one\ntwo\nthree\nfour\n");
        assert_eq!(tail.fenced(), "```text\n…\nthree\nfour\n```\n");
    }

    #[test]
    fn colours_go_and_fences_hold() {
        let mut tail = Tail::new(100);
        tail.push(b"\x1b[31mred\x1b[0m ```` \x07");
        assert_eq!(tail.fenced(), "`````text\nred ````\n`````\n");
    }
}
