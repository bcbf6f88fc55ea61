//! The one table of commands: parser, help and suggestions all read it.

use super::arguments;
use super::delivering::{self, Delivering};
use super::stop::{self, Stop};
use super::trying::{self, Trying};
use super::wish::{self, Named, Wish};
use crate::facts::Strategy;
use crate::ids::{Login, PrNumber};
use crate::wording::nearest;
use std::collections::BTreeSet;

/// Something a person asks of the queue about one pull request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// Put the pull request into the queue, in the way that is wished.
    Merge(Wish),
    /// Take it out of the queue.
    Cancel,
    /// Have CI check what it would become on trunk, without landing it.
    Try(Trying),
    /// End that.
    TryCancel,
    /// Count my word as an approving review of this commit.
    Approve(Option<Named>),
    /// Count it no longer.
    Unapprove,
    /// Let this person ask for landing of this pull request.
    Delegate(Login),
    /// Let it in only when these have landed.
    Depends(BTreeSet<PrNumber>),
    /// Say where it stands.
    Status,
    /// Keep it from landing; perhaps because of this.
    Hold(Option<String>),
    /// Let it go on.
    Release,
    /// Keep everything from landing.
    Freeze(Stop),
    /// Let everything go on.
    Thaw,
    /// Something about what becomes of what landed.
    Deliver(Delivering),
    /// Say that somebody listens.
    Ping,
    /// Say what can be asked.
    Help,
}

/// The word a command begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// [`Command::Merge`].
    Merge,
    /// [`Command::Merge`], as one commit.
    Squash,
    /// [`Command::Cancel`].
    Cancel,
    /// [`Command::Try`], or [`Command::TryCancel`].
    Try,
    /// [`Command::Approve`].
    Approve,
    /// [`Command::Unapprove`].
    Unapprove,
    /// [`Command::Delegate`].
    Delegate,
    /// [`Command::Depends`].
    Depends,
    /// [`Command::Status`].
    Status,
    /// [`Command::Hold`].
    Hold,
    /// [`Command::Release`].
    Release,
    /// [`Command::Freeze`].
    Freeze,
    /// [`Command::Thaw`].
    Thaw,
    /// [`Command::Deliver`]: `promote`.
    Promote,
    /// [`Command::Deliver`]: `reject`.
    Reject,
    /// [`Command::Deliver`]: `unreject`.
    Unreject,
    /// [`Command::Deliver`]: `deploy`.
    Deploy,
    /// [`Command::Deliver`]: `rollback`.
    Rollback,
    /// [`Command::Deliver`]: `verify`.
    Verify,
    /// [`Command::Deliver`]: `deployment`.
    Deployment,
    /// [`Command::Deliver`]: `resume`.
    Resume,
    /// [`Command::Deliver`]: `lock`.
    Lock,
    /// [`Command::Deliver`]: `unlock`.
    Unlock,
    /// [`Command::Deliver`]: `cut`.
    Cut,
    /// [`Command::Deliver`]: `fixing`.
    Fixing,
    /// [`Command::Deliver`]: `restore`.
    Restore,
    /// [`Command::Ping`].
    Ping,
    /// [`Command::Help`].
    Help,
}

struct Row {
    verb: Verb,
    word: &'static str,
    /// What may follow it, as the help shows it.
    takes: &'static str,
    /// Other words for it that are done like the word itself.
    aliases: &'static [&'static str],
    /// What other bots call it: suggested, never done, since theirs may mean more than ours (`r+` also approves).
    foreign: &'static [&'static str],
    help: &'static str,
}

const TABLE: [Row; 28] = [
    Row {
        verb: Verb::Merge,
        word: "merge",
        takes: " [COMMIT] [as rebase|merge|squash|rebase-merge|fast-forward] [priority=N] [alone] [when green] [hotfix]",
        aliases: &["queue", "retry"],
        foreign: &["r+", "+r", "enqueue", "land", "shipit", "lgtm", "rebase", "go"],
        help: "puts this pull request into the queue, as its head is now; COMMIT is that head's id, twelve digits of it or \
               more, and leaves no doubt about which one is meant",
    },
    Row {
        verb: Verb::Squash,
        word: "squash",
        takes: " [COMMIT] [priority=N] [alone] [when green] [hotfix]",
        aliases: &[],
        foreign: &[],
        help: "is short for `merge as squash`",
    },
    Row {
        verb: Verb::Cancel,
        word: "cancel",
        takes: "",
        aliases: &["dequeue"],
        foreign: &["r-", "-r", "stop", "abort", "remove", "unqueue", "unmerge", "leave", "no"],
        help: "takes it out of the queue",
    },
    Row {
        verb: Verb::Try,
        word: "try",
        takes: " [COMMIT] [as rebase|merge|squash|rebase-merge|fast-forward]|cancel",
        aliases: &[],
        foreign: &["trial", "test", "preview", "dry-run"],
        help: "has CI check what its head would become on the branch it goes to, without ever landing it; `try cancel` ends that",
    },
    Row {
        verb: Verb::Approve,
        word: "approve",
        takes: " [COMMIT]|STAGE",
        aliases: &[],
        foreign: &["approved", "accept"],
        help: "counts as your approving review of its head, for teams who approve by comment; it asks for nothing else. With a \
               stage it is short for `promote`",
    },
    Row {
        verb: Verb::Unapprove,
        word: "unapprove",
        takes: "",
        aliases: &[],
        foreign: &["disapprove"],
        help: "takes that back",
    },
    Row {
        verb: Verb::Delegate,
        word: "delegate",
        takes: " @LOGIN",
        aliases: &[],
        foreign: &["d+", "delegate+"],
        help: "lets that person, who may not push here, ask for landing of this one pull request",
    },
    Row {
        verb: Verb::Depends,
        word: "depends",
        takes: " on #N...|nothing",
        aliases: &[],
        foreign: &["after", "needs", "requires"],
        help: "lets it into the queue only when those have landed",
    },
    Row {
        verb: Verb::Status,
        word: "status",
        takes: "",
        aliases: &["why"],
        foreign: &["position", "where", "info", "explain", "show", "list"],
        help: "says where it stands, what it waits for, and why it is not merged",
    },
    Row {
        verb: Verb::Hold,
        word: "hold",
        takes: " [because REASON]|STAGE because REASON",
        aliases: &[],
        foreign: &["block", "defer", "postpone"],
        help: "keeps it from landing; those behind it go on, and its approval and its place are kept. With a stage: nothing goes \
               there by itself until it is resumed",
    },
    Row {
        verb: Verb::Release,
        word: "release",
        takes: "",
        aliases: &["unhold"],
        foreign: &["unblock"],
        help: "ends that",
    },
    Row {
        verb: Verb::Freeze,
        word: "freeze",
        takes: " [until MOMENT|for TIME] because REASON",
        aliases: &[],
        foreign: &["treeclosed", "pause", "close"],
        help: "keeps everything from landing but what is exempt; tests go on. MOMENT is like `18:00`, `mon 08:00` or \
               `2026-12-01 08:00`, TIME like `2h30m`",
    },
    Row {
        verb: Verb::Thaw,
        word: "thaw",
        takes: "",
        aliases: &["unfreeze"],
        foreign: &["treeopen", "reopen"],
        help: "ends that",
    },
    Row {
        verb: Verb::Promote,
        word: "promote",
        takes: " STAGE [CANDIDATE]",
        aliases: &[],
        foreign: &["ship"],
        help: "lets the candidate that waits there go to a stage: your word counts as an approval of exactly the changes that would go",
    },
    Row {
        verb: Verb::Reject,
        word: "reject",
        takes: " CANDIDATE [for STAGE] because REASON",
        aliases: &[],
        foreign: &[],
        help: "keeps a candidate from a stage and all behind it, or from all",
    },
    Row {
        verb: Verb::Unreject,
        word: "unreject",
        takes: " CANDIDATE because REASON",
        aliases: &[],
        foreign: &[],
        help: "ends that",
    },
    Row {
        verb: Verb::Deploy,
        word: "deploy",
        takes: " CANDIDATE to STAGE [override] [because REASON]",
        aliases: &[],
        foreign: &["release-to"],
        help: "asks for a deployment; `override` lets it past stages that have not verified it",
    },
    Row {
        verb: Verb::Rollback,
        word: "rollback",
        takes: " STAGE [to CANDIDATE] because REASON",
        aliases: &[],
        foreign: &["revert"],
        help: "goes back to what was verified there before; nothing goes there by itself after that until it is resumed",
    },
    Row {
        verb: Verb::Verify,
        word: "verify",
        takes: " STAGE pass|fail|again [because REASON]",
        aliases: &[],
        foreign: &[],
        help: "says what a verification counts as that came to nothing, or begins it again",
    },
    Row {
        verb: Verb::Deployment,
        word: "deployment",
        takes: " NUMBER cancel|retry|succeeded|failed|again",
        aliases: &[],
        foreign: &["deployed"],
        help: "stops a deployment, tries it again, or says how one ended of which nobody knows",
    },
    Row {
        verb: Verb::Resume,
        word: "resume",
        takes: " STAGE",
        aliases: &[],
        foreign: &[],
        help: "lets candidates go to a stage by themselves again",
    },
    Row {
        verb: Verb::Lock,
        word: "lock",
        takes: " STAGE|stages|merges [strictly] [until MOMENT|for TIME] because REASON",
        aliases: &[],
        foreign: &[],
        help: "keeps everything from a stage, from all, or from landing; each lock is taken away by its number",
    },
    Row { verb: Verb::Unlock, word: "unlock", takes: " NUMBER", aliases: &[], foreign: &[], help: "takes a lock away" },
    Row {
        verb: Verb::Cut,
        word: "cut",
        takes: "",
        aliases: &[],
        foreign: &["tag"],
        help: "makes a candidate of the newest green commit, where they are made by hand",
    },
    Row {
        verb: Verb::Fixing,
        word: "fixing",
        takes: "",
        aliases: &[],
        foreign: &["mending"],
        help: "says that you mend a red trunk: nothing is proposed in the meantime",
    },
    Row {
        verb: Verb::Restore,
        word: "restore",
        takes: " CANDIDATE",
        aliases: &[],
        foreign: &[],
        help: "puts the tag of a candidate back that somebody moved or deleted",
    },
    Row {
        verb: Verb::Ping,
        word: "ping",
        takes: "",
        aliases: &[],
        foreign: &[],
        help: "is answered by whoever listens here",
    },
    Row {
        verb: Verb::Help,
        word: "help",
        takes: "",
        aliases: &[],
        foreign: &["commands", "usage"],
        help: "lists what can be asked",
    },
];

impl Verb {
    /// The word one writes for it.
    pub fn word(self) -> &'static str {
        TABLE.iter().find(|row| row.verb == self).map_or("", |row| row.word)
    }

    /// What may be written after it, as the help shows it; begins with a blank unless it is empty.
    pub fn takes(self) -> &'static str {
        TABLE.iter().find(|row| row.verb == self).map_or("", |row| row.takes)
    }

    /// The command it is with these words after it. Errors: what is wrong with which of them, in a sentence.
    pub(super) fn with(self, words: &[&str]) -> Result<Command, String> {
        let bare = |command| match words.first() {
            None => Ok(command),
            Some(word) => Err(wish::unknown(word)),
        };
        match self {
            Self::Merge => wish::read(words).map(Command::Merge),
            Self::Squash => wish::read(words).and_then(|wish| match wish.strategy {
                None => Ok(Command::Merge(Wish { strategy: Some(Strategy::Squash), ..wish })),
                Some(_) => Err("`as` does not go with it.".to_owned()),
            }),
            Self::Cancel => bare(Command::Cancel),
            Self::Try => trying::read(words),
            Self::Approve => {
                delivering::approve(words).map_or_else(|| arguments::commit(words).map(Command::Approve), Ok)
            }
            Self::Unapprove => bare(Command::Unapprove),
            Self::Delegate => arguments::login(words).map(Command::Delegate),
            Self::Depends => arguments::depends(words).map(Command::Depends),
            Self::Status => bare(Command::Status),
            Self::Hold => stop::hold(words),
            Self::Release => bare(Command::Release),
            Self::Freeze => stop::freeze(words).map(Command::Freeze),
            Self::Thaw => bare(Command::Thaw),
            Self::Promote
            | Self::Reject
            | Self::Unreject
            | Self::Deploy
            | Self::Rollback
            | Self::Verify
            | Self::Deployment
            | Self::Resume
            | Self::Lock
            | Self::Unlock
            | Self::Cut
            | Self::Fixing
            | Self::Restore => delivering::read(self, words),
            Self::Ping => bare(Command::Ping),
            Self::Help => bare(Command::Help),
        }
    }
}

/// What a command is about: by this it is decided who is asked, and what has to be read for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It changes nothing.
    Asks,
    /// Landing is asked for.
    Lands,
    /// A trial is asked for, or its end.
    Tries,
    /// Something else about one pull request.
    Says,
    /// The whole queue stops, or goes on.
    Stops,
    /// It is about what becomes of what landed.
    Delivers,
}

impl Command {
    /// What it is about.
    pub fn class(&self) -> Class {
        match self {
            Self::Status | Self::Ping | Self::Help => Class::Asks,
            Self::Merge(_) => Class::Lands,
            Self::Try(_) | Self::TryCancel => Class::Tries,
            Self::Cancel
            | Self::Approve(_)
            | Self::Unapprove
            | Self::Delegate(_)
            | Self::Depends(_)
            | Self::Hold(_)
            | Self::Release => Class::Says,
            Self::Freeze(_) | Self::Thaw => Class::Stops,
            Self::Deliver(_) => Class::Delivers,
        }
    }

    /// It asks, and changes nothing.
    pub fn only_asks(&self) -> bool {
        self.class() == Class::Asks
    }

    /// The word one writes for it.
    pub fn word(&self) -> &'static str {
        let verb = match self {
            // Said as `squash`, too, which means the same.
            Self::Merge(Wish { strategy: Some(Strategy::Squash), .. }) => return "merge as squash",
            Self::Merge(_) => Verb::Merge,
            Self::Cancel => Verb::Cancel,
            Self::TryCancel => return "try cancel",
            Self::Try(_) => Verb::Try,
            Self::Approve(_) => Verb::Approve,
            Self::Unapprove => Verb::Unapprove,
            Self::Delegate(_) => Verb::Delegate,
            Self::Depends(_) => Verb::Depends,
            Self::Status => Verb::Status,
            Self::Hold(_) => Verb::Hold,
            Self::Release => Verb::Release,
            Self::Freeze(_) => Verb::Freeze,
            Self::Thaw => Verb::Thaw,
            Self::Deliver(asked) => asked.verb(),
            Self::Ping => Verb::Ping,
            Self::Help => Verb::Help,
        };
        verb.word()
    }
}

/// The verb a word is, in any case of its letters.
pub(super) fn verb(word: &str) -> Option<Verb> {
    let says = |known: &&str| known.eq_ignore_ascii_case(word);
    TABLE.iter().find(|row| says(&row.word) || row.aliases.iter().any(says)).map(|row| row.verb)
}

/// The verb a word was probably meant to be.
pub(super) fn suggestion(word: &str) -> Option<Verb> {
    let word = word.trim_end_matches(['.', '!', ',', ';']);
    let foreign = |row: &&Row| row.foreign.iter().any(|foreign| foreign.eq_ignore_ascii_case(word));
    let known = TABLE.iter().flat_map(|row| std::iter::once(&row.word).chain(row.aliases)).copied();
    verb(word)
        .or_else(|| TABLE.iter().find(foreign).map(|row| row.verb))
        .or_else(|| nearest(word, known).and_then(verb))
}

/// All commands as a Markdown list. No line of it begins with the prefix, so that no bot takes it for a command.
pub fn help(prefix: &str) -> String {
    let line = |row: &Row| {
        let aliases = row.aliases.join("`, `");
        let or = if aliases.is_empty() { String::new() } else { format!(" (or `{aliases}`)") };
        format!("- `{prefix} {}{}`{or} {}", row.word, row.takes, row.help)
    };
    TABLE.iter().map(line).collect::<Vec<_>>().join("\n")
}
