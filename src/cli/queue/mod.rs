//! `greenline queue`: reads and changes the queue of a running service, as any program can through its API. It decides nothing.

mod client;
mod show;
mod stop;

use crate::engine::board::RequestRow;
use crate::engine::why::{Stage, Why};
use crate::facts::Strategy;
use crate::ids::{BranchName, PrNumber, RepoName, Sha};
use clap::{Subcommand, ValueEnum};
use client::{Client, Trouble};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Between two looks for an answer.
const LOOK_EVERY: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// The service's address [default: GREENLINE_URL, else http://127.0.0.1:8080].
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// A file with the API token; without it GREENLINE_TOKEN is used. Only list and why need none.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Print the service's JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the queues of one repository, or of all.
    List {
        /// The repository, owner/name.
        repo: Option<RepoName>,
        /// Only the queue of this branch.
        #[arg(long, requires = "repo", value_name = "BRANCH")]
        trunk: Option<BranchName>,
    },
    /// Say why a pull request is not merged: the reason, the rule it comes from, and what to do.
    Why {
        /// The repository, owner/name.
        repo: RepoName,
        /// The pull request, 7 or '#7'.
        #[arg(value_parser = number)]
        pull: PrNumber,
    },
    /// Put a pull request into the queue.
    Add(Add),
    /// Take a pull request out of the queue.
    Remove(One),
    /// Have CI check what a pull request would become, without ever landing it.
    Try(Try),
    /// Keep a pull request from landing; those behind it go on, and its approval and its place are kept.
    Hold {
        #[command(flatten)]
        one: One,
        /// The reason.
        #[arg(long, value_name = "REASON")]
        because: Option<String>,
    },
    /// Let a pull request that is held go on.
    Release(One),
    /// Keep everything from landing but what is exempt; tests go on.
    Freeze(stop::Freeze),
    /// Let everything go on.
    Thaw(stop::Whole),
}

/// One pull request.
#[derive(Debug, clap::Args)]
struct One {
    /// The repository, owner/name.
    repo: RepoName,
    /// The pull request, 7 or '#7'.
    #[arg(value_parser = number)]
    pull: PrNumber,
    /// How long to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
}

#[derive(Debug, clap::Args)]
struct Try {
    #[command(flatten)]
    one: One,
    /// The commit that is meant; without it, the head as it is when this is judged.
    #[arg(long, value_name = "SHA")]
    commit: Option<Sha>,
    /// The shape of its commits.
    #[arg(long = "as", value_enum)]
    shape: Option<Shape>,
    /// End its trial.
    #[arg(long, conflicts_with_all = ["commit", "shape"])]
    cancel: bool,
}

#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    one: One,
    /// The commit that may land; without it, the head that the service read last, which is printed.
    #[arg(long, value_name = "SHA")]
    commit: Option<Sha>,
    /// The shape of its commits on trunk.
    #[arg(long = "as", value_enum)]
    shape: Option<Shape>,
    /// Its rank, -100 to 100; higher goes first.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    priority: Option<i32>,
    /// In no group with others.
    #[arg(long)]
    alone: bool,
    /// Not before the required checks have passed on its own head.
    #[arg(long)]
    when_green: bool,
    /// Before everybody else, because it mends what is broken.
    #[arg(long)]
    hotfix: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shape {
    /// Each commit again on top.
    Rebase,
    /// One merge commit.
    Merge,
    /// One commit with everything in it.
    Squash,
    /// Each commit again on top, and one merge commit around them.
    RebaseMerge,
    /// The head itself.
    FastForward,
}

impl From<Shape> for Strategy {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Rebase => Self::Rebase,
            Shape::Merge => Self::Merge,
            Shape::Squash => Self::Squash,
            Shape::RebaseMerge => Self::RebaseMerge,
            Shape::FastForward => Self::FastForward,
        }
    }
}

/// How it went. The values are the exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// As asked.
    Done = 0,
    /// The queue said no, or knows nothing of it.
    Refused = 1,
    /// The service could not be asked, or would not listen.
    Trouble = 2,
    /// It was accepted, and has no answer yet.
    Open = 75,
}

pub fn run(args: &Args) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(ask(args)),
        Err(error) => Err(Trouble::said(format!("the operating system gave no event loop: {error}"))),
    };
    let exit = outcome.unwrap_or_else(|trouble| {
        eprintln!("greenline: {trouble}");
        Exit::Trouble
    });
    ExitCode::from(exit as u8)
}

async fn ask(args: &Args) -> Result<Exit, Trouble> {
    let writes = !matches!(args.what, What::List { .. } | What::Why { .. });
    let client = Client::new(args.url.as_deref(), if writes { Some(token(args)?) } else { None })?;
    match &args.what {
        What::List { repo, trunk } => list(&client, repo.as_ref(), trunk.as_ref(), args.json).await,
        What::Why { repo, pull } => {
            let answer = client.get(&place(repo, *pull)).await?;
            let why: Why = client::read(&answer)?;
            print(args.json, &answer, || show::why(repo, &why));
            Ok(if why.state == Stage::Unknown { Exit::Refused } else { Exit::Done })
        }
        What::Add(add) => {
            let body = wish(&client, add).await?;
            change(&client, ("POST", &add.one.place("")), &body, (add.one.wait, args.json)).await
        }
        What::Remove(one) => end(&client, one, "", args.json).await,
        What::Try(Try { one, cancel: true, .. }) => end(&client, one, "/trial", args.json).await,
        What::Try(Try { one, commit, shape, .. }) => {
            let mut body = json!({});
            if let Some(commit) = commit {
                body["commit"] = json!(commit);
            }
            if let Some(shape) = *shape {
                body["as"] = json!(Strategy::from(shape));
            }
            change(&client, ("POST", &one.place("/trial")), &body, (one.wait, args.json)).await
        }
        What::Hold { one, because } => {
            let body = because.as_ref().map_or_else(|| json!({}), |because| json!({"because": because}));
            change(&client, ("POST", &one.place("/hold")), &body, (one.wait, args.json)).await
        }
        What::Release(one) => end(&client, one, "/hold", args.json).await,
        What::Freeze(freeze) => {
            let (place, wait) = freeze.whole.place();
            change(&client, ("POST", &place), &freeze.body(), (wait, args.json)).await
        }
        What::Thaw(whole) => {
            let (place, wait) = whole.place();
            change(&client, ("DELETE", &place), &Value::Null, (wait, args.json)).await
        }
    }
}

impl One {
    /// Its address, or that of something about it.
    fn place(&self, what: &str) -> String {
        place(&self.repo, self.pull) + what
    }
}

/// Ends something about a pull request.
async fn end(client: &Client, one: &One, what: &str, json: bool) -> Result<Exit, Trouble> {
    change(client, ("DELETE", &one.place(what)), &Value::Null, (one.wait, json)).await
}

/// Asks for a change, and waits so many seconds for its answer.
async fn change(
    client: &Client,
    (method, place): (&str, &str),
    body: &Value,
    (wait, json): (u64, bool),
) -> Result<Exit, Trouble> {
    let look = client.change(method, place, body).await?;
    answer(client, &look, wait, json).await
}

/// One queue as the API gives it where one branch is named, else a list of them.
async fn list(
    client: &Client,
    repo: Option<&RepoName>,
    trunk: Option<&BranchName>,
    json: bool,
) -> Result<Exit, Trouble> {
    let names = if let Some(repo) = repo { vec![repo.to_string()] } else { served(client).await? };
    let mut all = Vec::new();
    for name in names {
        let place = format!("/api/repos/{name}/queue");
        let first = client.get(&trunk.map_or_else(|| place.clone(), |trunk| at(&place, trunk))).await?;
        let further: Vec<BranchName> = client::read(&first["trunks"])?;
        all.push(first);
        for branch in further.iter().skip(1).filter(|_| trunk.is_none()) {
            all.push(client.get(&at(&place, branch)).await?);
        }
    }
    let queues: Vec<show::Queue> = all.iter().map(client::read).collect::<Result<_, _>>()?;
    let answer = if trunk.is_some() { all.pop().unwrap_or_default() } else { Value::Array(all) };
    print(json, &answer, || show::queues(&queues));
    Ok(Exit::Done)
}

/// The address of one branch's queue. Git allows characters in branches that mean something in addresses.
fn at(place: &str, trunk: &BranchName) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
    let written = trunk
        .as_str()
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("{place}?trunk={}", written.collect::<String>())
}

/// The names of all repositories that have a queue.
async fn served(client: &Client) -> Result<Vec<String>, Trouble> {
    let boards = client.get("/api/board").await?;
    let boards = boards.as_object().into_iter().flatten().filter(|(id, _)| !id.contains('/'));
    Ok(boards.filter_map(|(_, board)| board["name"].as_str().map(str::to_owned)).collect())
}

/// What is asked, with the commit that is meant: the one that is named, or the head the service knows, said aloud.
async fn wish(client: &Client, add: &Add) -> Result<Value, Trouble> {
    let commit = if let Some(commit) = add.commit { commit } else { present_head(client, add).await? };
    let mut body = json!({"commit": commit, "alone": add.alone, "when_green": add.when_green, "hotfix": add.hotfix});
    if let Some(shape) = add.shape {
        body["as"] = json!(Strategy::from(shape));
    }
    if let Some(priority) = add.priority {
        body["priority"] = json!(priority);
    }
    Ok(body)
}

async fn present_head(client: &Client, add: &Add) -> Result<Sha, Trouble> {
    let why: Why = client::read(&client.get(&add.one.place("")).await?)?;
    let head = why.head.ok_or_else(|| {
        Trouble::said(format!(
            "the service has not heard of #{} yet, so it knows no commit of it; name the one that may land: --commit SHA",
            add.one.pull
        ))
    })?;
    eprintln!("{}", show::meant(&why, head));
    Ok(head)
}

/// Waits for the answer to an accepted request and says it.
async fn answer(client: &Client, look: &str, wait_s: u64, json: bool) -> Result<Exit, Trouble> {
    let end = tokio::time::Instant::now() + Duration::from_secs(wait_s);
    loop {
        let answer = client.get(look).await?;
        if answer["answered"] == true {
            let row: RequestRow = client::read(&answer)?;
            print(json, &answer, || show::answer(&row));
            return Ok(if row.done { Exit::Done } else { Exit::Refused });
        }
        if tokio::time::Instant::now() >= end {
            print(json, &answer, || {
                format!("accepted, and not judged within {wait_s} s; its answer will be at {look}\n")
            });
            return Ok(Exit::Open);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn place(repo: &RepoName, pull: PrNumber) -> String {
    format!("/api/repos/{repo}/queue/{pull}")
}

fn number(text: &str) -> Result<PrNumber, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let number = digits.parse().ok().filter(|number| *number > 0 && digits.bytes().all(|b| b.is_ascii_digit()));
    number.map(PrNumber::new).ok_or_else(|| "write the pull request's number, 7 or '#7'".to_owned())
}

fn token(args: &Args) -> Result<SecretString, Trouble> {
    let said = match &args.token_file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| Trouble::said(format!("{}: cannot be read: {error}", file.display())))?,
        None => std::env::var("GREENLINE_TOKEN").unwrap_or_default(),
    };
    if said.trim().is_empty() {
        let what = "changing a queue needs a token; set GREENLINE_TOKEN or --token-file (whoever runs the service makes one \
                    with `greenline token NAME --login LOGIN`)";
        return Err(Trouble::said(what));
    }
    Ok(SecretString::from(said.trim().to_owned()))
}

/// A closed pipe is no reason for a panic: whoever reads this has seen enough.
fn print(json: bool, answer: &Value, words: impl FnOnce() -> String) {
    let text = if json { format!("{answer}\n") } else { words() };
    let _ = std::io::stdout().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_is_named_with_or_without_its_sign() {
        assert_eq!((number("7"), number("#7")), (Ok(PrNumber::new(7)), Ok(PrNumber::new(7))));
        for wrong in ["", "#", "0", "-1", "+7", "##7", "seven"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
