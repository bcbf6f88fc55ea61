//! `greenline compose`: says what pull requests would become on trunk. It touches nothing in the repository it is given.

use crate::adapter::git::{Composer, Identity, Scratch, git_version};
use crate::facts::{InnerMerges, Strategy};
use crate::ids::Sha;
use crate::message::Messages;
use crate::port::Trouble;
use crate::port::git::{Composed, Recipe};
use serde::Serialize;
use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// A line of `--stdin` may be so long.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// What to compose, and how to say it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The repository: any local one, bare or not.
    repo: PathBuf,
    /// What to compose on: any revision git understands there.
    #[arg(long, value_name = "REV", required_unless_present = "stdin", conflicts_with = "stdin")]
    onto: Option<String>,
    /// The pull requests' heads; each is composed on what the one before it became.
    #[arg(value_name = "HEAD", required_unless_present = "stdin", conflicts_with = "stdin")]
    heads: Vec<String>,
    /// How commits become commits on trunk.
    #[arg(long, value_enum, default_value_t = StrategyArg::Rebase)]
    strategy: StrategyArg,
    /// What to do with merge commits inside a pull request when rebasing.
    #[arg(long, value_enum, default_value_t = InnerMergesArg::Refuse)]
    inner_merges: InnerMergesArg,
    /// Who stands in the committer field; the tip's id depends on it.
    #[arg(long, value_name = "NAME <EMAIL>", default_value = "Greenline <greenline@localhost>")]
    committer: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Read lines `ONTO HEAD…` from standard input and print one JSON object for each.
    #[arg(long)]
    stdin: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StrategyArg {
    /// Each commit again on top.
    Rebase,
    /// One merge commit.
    Merge,
    /// One commit with everything in it.
    Squash,
    /// Each commit again on top, and one merge commit.
    RebaseMerge,
    /// The head itself, if it stands there already.
    FastForward,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum InnerMergesArg {
    /// Refuse the pull request.
    Refuse,
    /// Leave them out and rebase the others.
    Flatten,
}

/// How it went, worst last; also the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    Clean = 0,
    Conflict = 1,
    Trouble = 2,
}

#[derive(Debug, Serialize)]
struct Answer {
    tip: Option<Sha>,
    tree: Option<Sha>,
    onto: Sha,
    strategy: Strategy,
    heads: Vec<HeadAnswer>,
    conflict: Option<ConflictAnswer>,
}

#[derive(Debug, Serialize)]
struct HeadAnswer {
    head: Sha,
    commits: usize,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct ConflictAnswer {
    head: Sha,
    paths: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ErrorAnswer {
    error: String,
}

impl Answer {
    fn exit(&self) -> Exit {
        match (&self.conflict, self.tip) {
            (Some(_), _) => Exit::Conflict,
            (None, Some(_)) => Exit::Clean,
            (None, None) => Exit::Trouble,
        }
    }
}

/// Composes and says what came of it: 0 clean, 1 conflict, 2 trouble (also a pull request that cannot be composed).
pub fn run(args: &Args) -> ExitCode {
    let exit = compose(args).unwrap_or_else(|trouble| {
        eprintln!("greenline compose: {trouble}");
        Exit::Trouble
    });
    ExitCode::from(exit as u8)
}

fn compose(args: &Args) -> Result<Exit, Trouble> {
    git_version()?;
    let scratch = Scratch::over(&args.repo)?;
    let mut bench = Bench { composer: Composer::open(scratch.git_dir(), committer(&args.committer)?)?, scratch, args };
    if args.stdin {
        return bench.all(&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
    }
    let onto = args.onto.as_deref().unwrap_or_default();
    let answer = bench.one(onto, &args.heads.iter().map(String::as_str).collect::<Vec<_>>())?;
    let text = if args.json { json(&answer) } else { plain(&answer) };
    print_to(&mut std::io::stdout().lock(), &text)?;
    Ok(answer.exit())
}

fn committer(text: &str) -> Result<Identity, Trouble> {
    let parts = text.strip_suffix('>').and_then(|text| text.split_once('<'));
    let (name, email) = parts.ok_or_else(|| {
        Trouble::Denied(format!("`{text}` is no committer; write it as in --committer 'Greenline <bot@example.org>'"))
    })?;
    Ok(Identity::new(name, email))
}

struct Bench<'a> {
    composer: Composer,
    scratch: Scratch,
    args: &'a Args,
}

impl Bench<'_> {
    /// One answer a line until the input ends; the worst of them.
    fn all(&mut self, from: &mut impl BufRead, to: &mut impl Write) -> Result<Exit, Trouble> {
        let mut worst = Exit::Clean;
        loop {
            let mut line = Vec::new();
            let read = (&mut *from).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
            let read = read.map_err(|error| Trouble::busy(format!("standard input could not be read: {error}")))?;
            if read == 0 {
                return Ok(worst);
            }
            self.composer.forget();
            if read as u64 == MAX_LINE_BYTES && !line.ends_with(b"\n") {
                return Err(Trouble::Denied(format!("a line on standard input is over {MAX_LINE_BYTES} bytes long")));
            }
            let (text, exit) = match self.line(&line) {
                Ok(answer) => (json(&answer), answer.exit()),
                Err(trouble) => (json(&ErrorAnswer { error: trouble.to_string() }), Exit::Trouble),
            };
            print_to(to, &text)?;
            worst = worst.max(exit);
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<Answer, Trouble> {
        let line = std::str::from_utf8(line).map_err(|_| Trouble::Denied("the line is not UTF-8".into()))?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [onto, heads @ ..] if !heads.is_empty() => self.one(onto, heads),
            _ => Err(Trouble::Denied(format!("`{}` is not of the form ONTO HEAD…", line.trim()))),
        }
    }

    fn one(&mut self, onto: &str, heads: &[&str]) -> Result<Answer, Trouble> {
        let onto = self.resolve(onto)?;
        let heads = heads.iter().map(|head| self.resolve(head)).collect::<Result<Vec<_>, _>>()?;
        let strategy = match self.args.strategy {
            StrategyArg::Rebase => Strategy::Rebase,
            StrategyArg::Merge => Strategy::Merge,
            StrategyArg::Squash => Strategy::Squash,
            StrategyArg::RebaseMerge => Strategy::RebaseMerge,
            StrategyArg::FastForward => Strategy::FastForward,
        };
        let inner_merges = match self.args.inner_merges {
            InnerMergesArg::Refuse => InnerMerges::Refuse,
            InnerMergesArg::Flatten => InnerMerges::Flatten,
        };
        let (mut here, mut conflict, mut answers) = (Some(onto), None, Vec::new());
        for head in heads {
            let (mut commits, mut why) = (0, None);
            let result = match here {
                None => "not-tried",
                Some(onto) => {
                    let messages = Messages::default();
                    match self.composer.compose(&Recipe { onto, head, pull: None, strategy, inner_merges, messages })? {
                        Composed::Tip { tip, tree: _, commits: made } => {
                            (here, commits) = (Some(tip), made);
                            "composed"
                        }
                        Composed::Nothing => "nothing",
                        Composed::Conflict { paths } => {
                            (here, conflict) = (None, Some(ConflictAnswer { head, paths }));
                            "conflict"
                        }
                        Composed::Refused { why: reason } => {
                            (here, why) = (None, Some(reason));
                            "refused"
                        }
                    }
                }
            };
            answers.push(HeadAnswer { head, commits, result, why });
        }
        let tree = here.map(|tip| self.composer.tree_of(tip)).transpose()?;
        Ok(Answer { tip: here, tree, onto, strategy, heads: answers, conflict })
    }

    fn resolve(&self, revision: &str) -> Result<Sha, Trouble> {
        // A whole id needs no git process; everything else is read by git's own rules.
        let whole = revision.parse::<Sha>().ok().and_then(|id| self.composer.commit_at(id));
        let commit = match whole {
            Some(commit) => Some(commit),
            None => self.scratch.resolve(revision)?,
        };
        commit.ok_or_else(|| {
            Trouble::Denied(format!(
                "`{revision}` names no commit in {}; fetch it or mend the name",
                self.args.repo.display()
            ))
        })
    }
}

fn print_to(to: &mut impl Write, text: &str) -> Result<(), Trouble> {
    writeln!(to, "{text}")
        .and_then(|()| to.flush())
        .map_err(|error| Trouble::busy(format!("standard output could not be written: {error}")))
}

fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).expect("plain structs of texts and numbers become JSON")
}

fn plain(answer: &Answer) -> String {
    let mut lines = vec![format!("onto  {}", answer.onto)];
    for head in &answer.heads {
        let about = match (head.result, &head.why) {
            ("composed", _) if head.commits == 1 => "1 commit".to_owned(),
            ("composed", _) => format!("{} commits", head.commits),
            (result, Some(why)) => format!("{result}: {why}"),
            ("nothing", None) => "nothing to add".to_owned(),
            (result, None) => result.replace('-', " "),
        };
        lines.push(format!("  {}  {about}", head.head.short()));
        let conflict = answer.conflict.iter().filter(|_| head.result == "conflict");
        lines.extend(conflict.flat_map(|conflict| &conflict.paths).map(|path| format!("              {path}")));
    }
    match (answer.tip, answer.tree) {
        (Some(tip), Some(tree)) => lines.extend([format!("tip   {tip}"), format!("tree  {tree}")]),
        (_, _) => lines.push("no tip".to_owned()),
    }
    lines.join("\n")
}
