//! The one table of commands: parser, help and suggestions all read it.

use crate::wording::nearest;

/// Something a person asks of the queue about one pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// Put the pull request, as its head now is, into the queue.
    Merge,
    /// Take it out of the queue.
    Cancel,
    /// Say where it stands.
    Status,
}

struct Row {
    command: Command,
    word: &'static str,
    /// Other words for it that are done like the word itself.
    aliases: &'static [&'static str],
    /// What other bots call it: suggested, never done, since theirs may mean more than ours (`r+` also approves).
    foreign: &'static [&'static str],
    help: &'static str,
}

const TABLE: [Row; 3] = [
    Row {
        command: Command::Merge,
        word: "merge",
        aliases: &["queue"],
        foreign: &[
            "r+", "+r", "approve", "retry", "enqueue", "land", "ship", "shipit", "lgtm", "rebase", "squash", "go",
        ],
        help: "puts this pull request into the queue, as its head is now",
    },
    Row {
        command: Command::Cancel,
        word: "cancel",
        aliases: &["dequeue"],
        foreign: &["r-", "-r", "unapprove", "stop", "abort", "remove", "unqueue", "unmerge", "leave", "no"],
        help: "takes it out of the queue",
    },
    Row {
        command: Command::Status,
        word: "status",
        aliases: &[],
        foreign: &["ping", "position", "where", "why", "info", "explain", "show", "list", "help"],
        help: "says where it stands and what it waits for",
    },
];

impl Command {
    /// The word one writes for it.
    pub fn word(self) -> &'static str {
        TABLE.iter().find(|row| row.command == self).map_or("", |row| row.word)
    }
}

/// The command a text is, in any case of its letters.
pub(super) fn command(text: &str) -> Option<Command> {
    let says = |word: &&str| word.eq_ignore_ascii_case(text);
    TABLE.iter().find(|row| says(&row.word) || row.aliases.iter().any(says)).map(|row| row.command)
}

/// The command a word was probably meant to be.
pub(super) fn suggestion(word: &str) -> Option<Command> {
    let word = word.trim_end_matches(['.', '!', ',', ';']);
    let foreign = |row: &&Row| row.foreign.iter().any(|foreign| foreign.eq_ignore_ascii_case(word));
    let known = TABLE.iter().flat_map(|row| std::iter::once(&row.word).chain(row.aliases)).copied();
    command(word)
        .or_else(|| TABLE.iter().find(foreign).map(|row| row.command))
        .or_else(|| nearest(word, known).and_then(command))
}

/// All commands as a Markdown list. No line of it begins with the prefix, so that no bot takes it for a command.
pub fn help(prefix: &str) -> String {
    let line = |row: &Row| {
        let aliases = row.aliases.join("`, `");
        let or = if aliases.is_empty() { String::new() } else { format!(" (or `{aliases}`)") };
        format!("- `{prefix} {}`{or} {}", row.word, row.help)
    };
    TABLE.iter().map(line).collect::<Vec<_>>().join("\n")
}
