//! TOML and its comments as text. It decides nothing.

/// Comments are broken into lines of this many characters.
const WIDTH: usize = 100;

/// A text between double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\'' => out.push(c),
            // What cannot be seen, or turns the text around, is spelt out.
            c if c.escape_debug().count() > 1 => out.extend(format!("\\U{:08x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Texts between square brackets.
pub(super) fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// A comment, broken between words; `indent` stands before each line, and what follows the first is set in.
pub(super) fn comment(indent: &str, text: &str) -> Vec<String> {
    let mut lines = vec![format!("{indent}#")];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is a first line");
        if last.chars().count() + word.chars().count() < WIDTH || last.trim_start() == "#" {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(format!("{indent}#   {word}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives_being_quoted() {
        for text in ["plain", "a \"b\" \\c\n\t\u{7}ü", "it's \u{202e}turned 🚨\u{fe0f}", "\u{7f}'''", "{name = \"x\"}"]
        {
            let toml = format!("x = {}", quoted(text));
            let root = crate::document::Node::toml(&toml).expect(&toml);
            assert_eq!(root.get("x").and_then(|x| x.text()), Some(text));
        }
    }

    #[test]
    fn comments_are_broken_and_never_end_early() {
        let lines = comment("", &"word ".repeat(60));
        assert!(lines.len() > 2 && lines.iter().all(|line| line.starts_with('#') && line.len() <= WIDTH + 4));
        assert_eq!(comment("    ", "a\n[merge]"), ["    # a [merge]"]);
    }
}
