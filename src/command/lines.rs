//! The lines of a comment that its writer says in their own voice: text of ordinary paragraphs, outside of any HTML.
//! It knows Markdown, and no command.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeMap;

/// GitHub's limit is 65,536 characters, of up to four bytes; what is longer did not come from there.
const BODY_BYTES_MAX: usize = 4 * 65_536;

/// Stands in a line for what is not plain text, so that no command can be read across it.
const MARKUP: char = '\u{fffc}';

/// HTML elements that have no end tag.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// The plain lines of a Markdown text; the first character of each stands in the text as it is, neither escaped nor
/// written as an entity.
pub(super) fn plain(body: &str) -> impl Iterator<Item = String> {
    let mut reader = Reader::default();
    if body.len() <= BODY_BYTES_MAX {
        let options = Options::ENABLE_GFM
            | Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_FOOTNOTES;
        for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
            reader.take(event, body, range.start);
        }
    }
    reader.lines.into_iter()
}

#[derive(Default)]
struct Reader {
    lines: Vec<String>,
    /// The line being read, in an ordinary paragraph outside of HTML.
    line: Option<String>,
    /// Blocks and inline markup around this place; an ordinary paragraph alone is one.
    depth: usize,
    paragraph: bool,
    html: OpenTags,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, body: &str, start: usize) {
        match event {
            Event::Start(Tag::Paragraph) if self.depth == 0 => {
                self.depth = 1;
                self.paragraph = true;
                self.begin_line();
            }
            Event::Start(_) => {
                self.depth += 1;
                self.markup();
            }
            Event::End(TagEnd::Paragraph) if self.depth == 1 => {
                self.depth = 0;
                self.end_line();
                self.paragraph = false;
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                // A block ends with what it stands in, so a comment left open in a quotation hides nothing after it.
                self.html.comment &= end != TagEnd::HtmlBlock;
            }
            Event::Text(text) if self.depth == 1 => self.text(&text, body, start),
            Event::SoftBreak | Event::HardBreak => {
                self.end_line();
                self.begin_line();
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                self.html.read(&html);
                self.markup();
            }
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::Rule
            | Event::TaskListMarker(_) => self.markup(),
        }
    }

    fn text(&mut self, text: &str, body: &str, start: usize) {
        let Some(line) = self.line.as_mut() else { return };
        let as_written = text.chars().next().is_none_or(|first| body[start..].starts_with(first));
        let escaped = body[..start].ends_with('\\') || !as_written;
        if line.is_empty() && escaped {
            line.push(MARKUP);
        }
        line.push_str(text);
    }

    fn markup(&mut self) {
        if let Some(line) = self.line.as_mut() {
            line.push(MARKUP);
        }
    }

    fn begin_line(&mut self) {
        self.line = (self.paragraph && self.html.none()).then(String::new);
        if self.depth > 1 {
            self.markup();
        }
    }

    fn end_line(&mut self) {
        self.lines.extend(self.line.take());
    }
}

/// HTML elements begun and not ended: CommonMark sees no element around a paragraph (`<details>`), but a reader does.
#[derive(Default)]
struct OpenTags {
    by_name: BTreeMap<String, usize>,
    total: usize,
    /// A comment comes in pieces, one a line; what looks like a tag within it is none.
    comment: bool,
}

impl OpenTags {
    fn none(&self) -> bool {
        self.total == 0
    }

    fn read(&mut self, html: &str) {
        let mut rest = html;
        while !rest.is_empty() {
            if self.comment {
                let Some((_, after)) = rest.split_once("-->") else { return };
                self.comment = false;
                rest = after;
            }
            let Some((_, tag)) = rest.split_once('<') else { return };
            self.comment = tag.starts_with("!--");
            if !self.comment {
                self.tag(tag);
            }
            rest = tag;
        }
    }

    fn tag(&mut self, tag: &str) {
        let (closing, rest) = tag.strip_prefix('/').map_or((false, tag), |rest| (true, rest));
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(32).collect();
        let name = name.to_ascii_lowercase();
        let single =
            || VOID.contains(&name.as_str()) || rest.split(['<', '>']).next().is_some_and(|t| t.ends_with('/'));
        if name.is_empty() || (!closing && single()) {
            return;
        }
        let count = self.by_name.entry(name).or_default();
        if !closing {
            *count += 1;
            self.total += 1;
        } else if *count > 0 {
            *count -= 1;
            self.total -= 1;
        }
    }
}
