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
            c if c.escape_debug().count() > 1 => out.push_str(&format!("\\U{:08x}", u32::from(c))),
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

/// A length of time as a settings file has it; parts of a second are dropped.
pub(super) fn duration(ms: i64) -> String {
    let mut rest = ms / 1000;
    let mut out = String::new();
    for (unit, seconds) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
        if rest >= seconds {
            out.push_str(&format!("{}{unit}", rest / seconds));
            rest %= seconds;
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
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
        assert_eq!(duration(5_400_000), "1h30m");
    }
}
