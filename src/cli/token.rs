//! `greenline token`: makes a token for the API and says what to write into bot.toml. It changes no file and keeps nothing.

use crate::http::tokens;
use crate::ids::{Login, RepoName};
use secrecy::ExposeSecret;
use std::fmt::Write as _;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The program that is to have it: 1 to 60 letters, digits, -, _ or .
    #[arg(value_parser = name)]
    name: String,
    /// The GitHub login in whose name it speaks; it may do what this person may.
    #[arg(long)]
    login: Login,
    /// A repository it is good for, owner/name; may be given again. Without any, all that the service serves.
    #[arg(long = "repository", value_name = "REPO")]
    repositories: Vec<RepoName>,
}

pub fn run(args: &Args) -> ExitCode {
    let token = match tokens::mint() {
        Ok(token) => token,
        Err(error) => {
            eprintln!("greenline: the operating system gave no chance to make a token of: {error}");
            return ExitCode::from(75);
        }
    };
    println!("{}", token.expose_secret());
    eprintln!("\nThat is the token; it is shown only now. Give it to the program as GREENLINE_TOKEN.");
    eprintln!("Then add this to bot.toml and start the service again:\n\n{}", section(args, &tokens::digest(&token)));
    ExitCode::SUCCESS
}

fn section(args: &Args, digest: &str) -> String {
    let mut text =
        format!("[[api.token]]\nname = \"{}\"\nlogin = \"{}\"\nsha256 = \"{digest}\"\n", args.name, args.login);
    if !args.repositories.is_empty() {
        let names: Vec<String> = args.repositories.iter().map(|name| format!("\"{name}\"")).collect();
        let _ = writeln!(text, "repositories = [{}]", names.join(", "));
    }
    text
}

fn name(text: &str) -> Result<String, String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if (1..=60).contains(&text.len()) && text.bytes().all(legal) {
        return Ok(text.to_owned());
    }
    Err("write 1 to 60 letters, digits, -, _ or .".to_owned())
}
