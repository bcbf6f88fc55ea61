//! How `[[api.token]]` of `bot.toml` is read: who may write through the API. It sees digests, never a token.

use super::problem::Fault;
use super::read::{Reader, Section};
use super::service::{ApiConfig, ApiToken};
use super::tree::{Node, Table};
use crate::ids::{Login, RepoName};
use crate::wording::shown;

/// Tokens, and repositories of one token, at the most.
const MOST: usize = 100;

pub(super) fn api(read: &mut Reader, root: &Table) -> ApiConfig {
    let mut section = read.section(root, "api");
    let items = read.items(&mut section, "token", MOST).unwrap_or_default();
    let mut tokens: Vec<ApiToken> = Vec::new();
    for item in items {
        let Some(token) = token(read, item) else { continue };
        if tokens.iter().any(|other| other.name == token.name || other.sha256 == token.sha256) {
            let what = format!("the token `{}` or its digest stands here twice", shown(&token.name));
            read.wrong(&item.at, what, "give each token a name and a digest of its own");
        }
        tokens.push(token);
    }
    read.close(&section);
    ApiConfig { tokens }
}

fn token(read: &mut Reader, item: &Node) -> Option<ApiToken> {
    let Some(mut section) = Section::of(item) else {
        read.wrong(
            &item.at,
            "is no token",
            "write a section [[api.token]], as `greenline token NAME --login LOGIN` prints it",
        );
        return None;
    };
    for (key, hint) in [
        ("name", "name the program that has the token"),
        ("login", "write the GitHub login in whose name the token speaks"),
        ("sha256", "write the token's SHA-256 digest, as `greenline token` prints it"),
    ] {
        if !section.has(key) {
            read.wrong(&section.at(key), "is missing", hint);
        }
    }
    let name = read.checked(&mut section, "name", name);
    let login = read.checked(&mut section, "login", |text| {
        let fault =
            || Fault::new(format!("`{}` is no GitHub login", shown(text)), "write it as GitHub shows it, without @");
        text.parse::<Login>().map_err(|_| fault())
    });
    let sha256 = read.checked(&mut section, "sha256", digest);
    let repositories = repositories(read, &mut section);
    read.close(&section);
    Some(ApiToken { name: name?, login: login?, sha256: sha256?, repositories })
}

fn name(text: &str) -> Result<String, Fault> {
    if text == "page" {
        let what = "`page` is what requests go by that come from the buttons of the page";
        return Err(Fault::new(what, "give the token another name"));
    }
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if (1..=60).contains(&text.len()) && text.bytes().all(legal) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(format!("`{}` is no name for a token", shown(text)), "write 1 to 60 letters, digits, -, _ or ."))
}

/// A digest is repeated in no message: whoever took the token itself for it would read it in a log.
fn digest(text: &str) -> Result<String, Fault> {
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    let hint = "write 64 hex digits, as `greenline token` prints them; never the token itself";
    Err(Fault::new("is no SHA-256 digest", hint))
}

/// The repositories something is good for, where they are named.
pub(super) fn repositories(read: &mut Reader, section: &mut Section<'_>) -> Option<Vec<RepoName>> {
    let texts = read.texts(section, "repositories", MOST)?;
    let mut names = Vec::new();
    for (at, text) in texts {
        match text.parse() {
            Ok(name) => names.push(name),
            Err(_) => read.wrong(&at, format!("`{}` is no repository", shown(&text)), "write owner/name"),
        }
    }
    Some(names)
}
