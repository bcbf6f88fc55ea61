//! What a failed check says of itself, as a piece of Markdown that can do no harm: somebody else's text, bounded, without control
//! codes, in a fence it cannot close. Inside a fence GitHub follows no mention and no link. Words only.

use super::is_bidi;
use crate::checks::Named;
use crate::facts::CheckOutput;
use std::fmt::Write as _;

/// Lines shown at most.
const LINES: usize = 20;
/// Characters of a line shown at most.
const WIDTH: usize = 200;
/// Bytes shown at most.
const BYTES: usize = 2048;
/// Annotations shown at most, before the log.
const ANNOTATIONS: usize = 5;

/// A failed check with a link to its page and, if it could be read, what it says of itself.
pub fn excerpt(check: &Named, output: Option<&CheckOutput>) -> String {
    let name = super::code(check.name.as_str());
    let page = check.url.as_deref().filter(|url| is_plain_web(url));
    let lines = output.map(lines).unwrap_or_default();
    let mut text = match page {
        Some(page) => format!("[{name} says more]({page})"),
        None if lines.is_empty() => return String::new(),
        None => format!("{name} says"),
    };
    if lines.is_empty() {
        text.push('.');
    } else {
        let _ = write!(text, ":\n\n{}", fenced(&lines));
    }
    text
}

/// An address that stands between parentheses without ending them.
fn is_plain_web(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    web && url.len() <= 500 && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "()<>`\"\\".contains(c))
}

/// Where it failed, then the end of the log; without a log the end of its own words.
fn lines(output: &CheckOutput) -> Vec<String> {
    let plain = |text: &str| text.lines().map(harmless).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let places = output.annotations.iter().filter_map(|annotation| plain(annotation).into_iter().next());
    let mut lines: Vec<String> = places.take(ANNOTATIONS).collect();
    let mut words = output.log.as_deref().map(plain).unwrap_or_default();
    if words.is_empty() {
        words = output.title.as_deref().map(plain).unwrap_or_default();
        for own in [&output.summary, &output.text].into_iter().flatten() {
            words.extend(plain(own).into_iter().filter(|line| !line.starts_with("```")));
        }
    }
    let taken: usize = lines.iter().map(|line| line.len() + 1).sum();
    lines.extend(end_of(words, LINES - lines.len(), BYTES.saturating_sub(taken)));
    lines
}

/// The last lines that fit: what went wrong stands at the end of most texts.
fn end_of(mut lines: Vec<String>, most: usize, most_bytes: usize) -> Vec<String> {
    let all = lines.len();
    let (mut bytes, mut kept) = (0, 0);
    for line in lines.iter().rev().take(most) {
        bytes += line.len() + 1;
        if bytes > most_bytes {
            break;
        }
        kept += 1;
    }
    lines.drain(..all - kept);
    if kept < all {
        lines.insert(0, "…".to_owned());
    }
    lines
}

/// One line without what a terminal, a reading direction or a forge's log would do with it.
fn harmless(line: &str) -> String {
    let line = without_time(line.trim_end());
    let line = match line.strip_prefix("##[") {
        Some(command) => command.replacen(']', ": ", 1),
        None => line.to_owned(),
    };
    let mut out = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            skip_escape(&mut chars);
        } else if c == '\t' {
            out.push_str("    ");
        } else if !c.is_control() && !is_bidi(c) && !is_invisible(c) {
            out.push(c);
        }
    }
    if out.chars().count() > WIDTH {
        out = out.chars().take(WIDTH).chain(['…']).collect();
    }
    out.trim_end().to_owned()
}

/// GitHub Actions writes a time before each line of a log.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, rest)) if time.len() >= 20 && crate::when::parse(time).is_some() => rest,
        Some(_) | None => line,
    }
}

/// `ESC [ … letter` sets colours, `ESC ] … BEL` titles and links.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if chars.next_if_eq(&'[').is_some() {
        while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
    } else if chars.next_if_eq(&']').is_some() {
        while chars.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {}
        chars.next_if_eq(&'\\');
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn fenced(lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`').map(str::len)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::CheckState;

    fn check(url: &str) -> Named {
        let name = "ci".parse().expect("a name");
        Named { name, app: None, id: 7, state: CheckState::Failure, url: Some(url.to_owned()) }
    }

    fn said(log: &str) -> String {
        let output = CheckOutput { log: Some(log.to_owned()), ..CheckOutput::default() };
        excerpt(&check("https://ci.example/7"), Some(&output))
    }

    #[test]
    fn a_log_is_shown_plainly() {
        let log = "2026-01-01T00:00:00.1234567Z ##[error]it \u{1b}[31mbroke\u{1b}[0m\r\n\u{1b}]0;title\u{7}@team \u{202e}look\u{200b}\n";
        let shown = "[`ci` says more](https://ci.example/7):\n\n```text\nerror: it broke\n@team look\n```\n";
        assert_eq!(said(log), shown);
    }

    #[test]
    fn no_text_closes_its_fence() {
        for log in ["```\n@team", "x\n````````\n# big\n", "~~~\n</details>\n", "` `` ``` ````\n"] {
            let text = said(log);
            let fence = text.lines().nth(2).and_then(|line| line.strip_suffix("text")).expect("it opens").to_owned();
            let closing = text.lines().skip(3).filter(|line| line.trim().starts_with(&fence)).count();
            assert_eq!(closing, 1, "{text}");
        }
    }

    #[test]
    fn it_is_short_whatever_it_is_given() {
        let long = "x".repeat(5_000) + "\n";
        for log in [long.repeat(100), "y\n".repeat(10_000), "é".repeat(10_000)] {
            let text = said(&log);
            assert!(text.len() < 2_600 && text.lines().count() <= LINES + 6, "{}", text.len());
        }
    }

    #[test]
    fn without_a_log_it_speaks_for_itself_and_without_words_there_is_the_link() {
        let output = CheckOutput {
            title: Some("2 of 3 failed".into()),
            summary: Some("```text\nassertion failed\n```\n".into()),
            annotations: vec!["src/a.rs:3: expected 1\nmore".into()],
            ..CheckOutput::default()
        };
        let text = excerpt(&check("https://ci.example/7"), Some(&output));
        assert!(text.contains("```text\nsrc/a.rs:3: expected 1\n2 of 3 failed\nassertion failed\n```"), "{text}");
        assert_eq!(excerpt(&check("https://ci.example/7"), None), "[`ci` says more](https://ci.example/7).");
        assert_eq!(excerpt(&check("javascript:alert(1)"), None), "");
        assert_eq!(excerpt(&check("https://x/)[y](z"), None), "");
    }
}
