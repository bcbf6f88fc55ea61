//! What a push asks for, read from the first bytes of its body (git's pack protocol, "reference update request").
//! Consumes nothing: the same bytes still go to git, which judges them by its own rules.

use super::super::types::RefChange;
use axum::body::Bytes;
use flate2::write::GzDecoder;
use std::io::Write;

/// Some 30,000 refs in one push.
const COMMANDS_BYTES_MAX: usize = 4 << 20;

/// Reads commands as the body arrives.
pub struct CommandReader {
    decoded: Decoded,
    /// Where the next packet begins.
    at: usize,
    changes: Vec<RefChange>,
    done: bool,
}

enum Decoded {
    Plain(Vec<u8>),
    Gzip(Box<GzDecoder<Vec<u8>>>),
}

/// The body is not a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPush;

impl CommandReader {
    /// A reader of a body, compressed or not.
    pub fn new(gzip: bool) -> Self {
        let decoded =
            if gzip { Decoded::Gzip(Box::new(GzDecoder::new(Vec::new()))) } else { Decoded::Plain(Vec::new()) };
        Self { decoded, at: 0, changes: Vec::new(), done: false }
    }

    /// Takes the next bytes of the body; true when all commands are known.
    pub fn take(&mut self, chunk: &Bytes) -> Result<bool, NotAPush> {
        let bytes: &[u8] = match &mut self.decoded {
            Decoded::Plain(bytes) => {
                bytes.extend_from_slice(chunk);
                bytes
            }
            Decoded::Gzip(decoder) => {
                // What follows the commands may not have arrived whole; only what is decoded so far is looked at.
                decoder.write_all(chunk).and_then(|()| decoder.flush()).map_err(|_| NotAPush)?;
                decoder.get_ref()
            }
        };
        while !self.done {
            let Some(packet) = next_packet(&bytes[self.at..])? else { break };
            self.at += packet.len().max(4);
            match packet {
                [] => self.done = true,
                line => self.changes.extend(command(&line[4..])),
            }
        }
        if !self.done && bytes.len() > COMMANDS_BYTES_MAX { Err(NotAPush) } else { Ok(self.done) }
    }

    /// The ref changes asked for, in order.
    pub fn changes(self) -> Vec<RefChange> {
        self.changes
    }
}

/// The packet at the start, its length in front; empty for a flush; `None` if it is not there whole.
fn next_packet(bytes: &[u8]) -> Result<Option<&[u8]>, NotAPush> {
    let Some(length) = bytes.get(..4) else { return Ok(None) };
    let length =
        std::str::from_utf8(length).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok()).ok_or(NotAPush)?;
    match length {
        0 => Ok(Some(&[])),
        1..4 => Err(NotAPush),
        _ => Ok(bytes.get(..length)),
    }
}

/// `old SP new SP name`, on the first line followed by NUL and the client's capabilities. Other lines (`shallow`) are none.
fn command(line: &[u8]) -> Option<RefChange> {
    let line = line.split(|byte| *byte == 0).next()?;
    let mut words = std::str::from_utf8(line).ok()?.trim_end_matches('\n').splitn(3, ' ');
    let (old, new, name) = (words.next()?, words.next()?, words.next()?);
    let is_id = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_id(old) && is_id(new)).then(|| RefChange { name: name.into(), old: old.into(), new: new.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Vec<u8> {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let lines = [format!("{a} {b} refs/heads/x\0report-status atomic"), format!("{b} {a} refs/tags/y")];
        let mut body: Vec<u8> = lines.iter().flat_map(|l| format!("{:04x}{l}", l.len() + 4).into_bytes()).collect();
        body.extend(b"0000PACK....");
        body
    }

    fn names(reader: CommandReader) -> Vec<String> {
        reader.changes().into_iter().map(|change| change.name).collect()
    }

    #[test]
    fn commands_are_read_however_the_body_is_cut() {
        for size in [1, 3, 50, 1000] {
            let mut reader = CommandReader::new(false);
            let done: Vec<_> = body().chunks(size).map(|c| reader.take(&Bytes::copy_from_slice(c))).collect();
            assert_eq!(done.last(), Some(&Ok(true)));
            assert_eq!(names(reader), ["refs/heads/x", "refs/tags/y"]);
        }
    }

    #[test]
    fn a_compressed_body_is_read_too() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&body()).expect("writing to memory");
        let body = gzip.finish().expect("writing to memory");
        let mut reader = CommandReader::new(true);
        assert!(body.chunks(7).any(|c| reader.take(&Bytes::copy_from_slice(c)) == Ok(true)));
        assert_eq!(names(reader), ["refs/heads/x", "refs/tags/y"]);
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(CommandReader::new(false).take(&Bytes::from_static(b"hello world")), Err(NotAPush));
        assert_eq!(CommandReader::new(false).take(&Bytes::from_static(b"0000")), Ok(true));
    }
}
