//! How `bot.toml` is read: keys, ranges, defaults, and environment variables above them. What the settings mean stands in
//! `service`. It opens no file itself: secrets come through the reader it is given.

use super::problem::{Fault, Problem};
use super::read::{Reader, Section};
use super::service::{EngineConfig, GitConfig, GithubConfig, LogConfig, ServerConfig, ServiceConfig, StoreConfig};
use super::sign_in::sign_in;
use super::tree::{self, At, Table};
use super::url;
use crate::ids::{AppId, Login};
use crate::wording::shown;
use secrecy::{ExposeSecret, SecretString};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A secret shorter than this can be guessed.
pub(super) const SECRET_MIN: usize = 8;

/// What a file with a secret holds, and who may read it.
#[derive(Debug)]
pub struct SecretFile {
    /// Its text as it is.
    pub text: SecretString,
    /// Every account of the machine may read it.
    pub open_to_all: bool,
}

/// What `bot.toml` needs from around it.
pub struct Surroundings<'a> {
    /// The folder of the file, to which relative paths in it are relative.
    pub folder: &'a Path,
    /// The environment variables whose names begin with [`super::ENV_PREFIX`].
    pub env: &'a [(String, String)],
    /// Reads a file with a secret.
    pub secret: &'a dyn Fn(&Path) -> io::Result<SecretFile>,
}

impl ServiceConfig {
    /// Reads `bot.toml` with the environment above it; secrets are read from the files it names.
    /// Errors: everything that is wrong, at most some fifty problems, in order of lines.
    pub fn parse(text: &str, around: &Surroundings<'_>) -> Result<Self, Vec<Problem>> {
        let mut root = tree::parse(text)?;
        let mut read = Reader::default();
        tree::overlay(&mut root, around.env, &mut read.problems);
        read.unknown(&root, &["server", "github", "store", "git", "engine", "deploy", "log", "api"], "section");
        let server = server(&mut read, &root);
        let github = github(&mut read, &root, around, server.public_url.as_deref());
        let store = store(&mut read, &root, around);
        let git = git(&mut read, &root, around);
        let engine = engine(&mut read, &root);
        let deploy = super::service_deploy::deploy(&mut read, &root, around);
        let log = log(&mut read, &root);
        let api = super::api::api(&mut read, &root);
        read.finish(github.map(|github| Self { server, github, store, git, engine, deploy, log, api }))
    }
}

fn server(read: &mut Reader, root: &Table) -> ServerConfig {
    let mut section = read.section(root, "server");
    let listen = read.checked(&mut section, "listen", |text| {
        let hint = "write an address and a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"";
        text.parse().map_err(|_| Fault::new(format!("`{}` is not an address with a port", shown(text)), hint))
    });
    let public_url = read.checked(&mut section, "public_url", |text| url::base(text, true));
    read.close(&section);
    ServerConfig { listen: listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))), public_url }
}

fn github(
    read: &mut Reader,
    root: &Table,
    around: &Surroundings<'_>,
    public_url: Option<&str>,
) -> Option<GithubConfig> {
    let mut section = read.section(root, "github");
    for (key, hint) in [
        ("app_id", "write the App ID that the App's settings page shows"),
        ("private_key_file", "write the path of the .pem file that GitHub gave when the key was made"),
        ("webhook_secret_files", "write a list with the path of a file that holds the App's webhook secret"),
    ] {
        if !section.has(key) {
            read.wrong(&section.at(key), "is missing", hint);
        }
    }
    let api_url = if section.has("api_url") {
        read.checked(&mut section, "api_url", |text| url::base(text, false))
    } else {
        Some("https://api.github.com".to_owned())
    };
    let git_url = if section.has("git_url") {
        read.checked(&mut section, "git_url", |text| url::base(text, false))
    } else {
        api_url.as_deref().and_then(|api| git_url(read, &section, api))
    };
    let app_id = read.whole(&mut section, "app_id", 1..=i64::MAX).map(|id| AppId::new(id.unsigned_abs()));
    let private_key = private_key(read, &mut section, around);
    let webhook_secrets = webhook_secrets(read, &mut section, around);
    let slug = read.checked(&mut section, "slug", |text| {
        let hint = "write the last part of the App's page address (github.com/apps/SLUG)";
        text.parse::<Login>().map_err(|_| Fault::new(format!("`{}` is no App's slug", shown(text)), hint))
    });
    let sign_in = sign_in(read, &mut section, around, public_url);
    read.close(&section);
    Some(GithubConfig {
        api_url: api_url?,
        git_url: git_url?,
        app_id: app_id?,
        private_key: private_key?,
        webhook_secrets: webhook_secrets?,
        slug,
        sign_in,
    })
}

fn git_url(read: &mut Reader, section: &Section<'_>, api_url: &str) -> Option<String> {
    let base = url::git_base(api_url);
    if base.is_none() {
        let what = "is neither https://api.github.com nor https://HOST/api/v3, so no clone URL follows from it";
        read.wrong(&section.at("api_url"), what, "write git_url as well, or mend api_url");
    }
    base
}

fn private_key(read: &mut Reader, section: &mut Section<'_>, around: &Surroundings<'_>) -> Option<SecretString> {
    let path = read.text(section, "private_key_file")?;
    let at = section.at("private_key_file");
    let key = secret(read, &at, &path, around)?;
    let lines = key.expose_secret();
    if lines.contains("-----BEGIN ") && lines.contains("PRIVATE KEY-----") {
        return Some(key);
    }
    let what = format!("`{}` holds no private key in PEM form", shown(&path));
    read.wrong(&at, what, "make a private key on the App's settings page and use the file it downloads");
    None
}

fn webhook_secrets(
    read: &mut Reader,
    section: &mut Section<'_>,
    around: &Surroundings<'_>,
) -> Option<Vec<SecretString>> {
    let at = section.at("webhook_secret_files");
    let paths = read.texts(section, "webhook_secret_files", 2)?;
    if paths.is_empty() || paths.len() > 2 {
        read.wrong(
            &at,
            format!("names {} files", paths.len()),
            "name one file, or two while a secret is being changed",
        );
        return None;
    }
    let mut secrets = Vec::new();
    for (at, path) in &paths {
        let Some(text) = secret(read, at, path, around) else { continue };
        let text = text.expose_secret().trim_end_matches(['\r', '\n']);
        secrets.extend(long_enough(read, at, path, text, "the App's settings"));
    }
    (secrets.len() == paths.len()).then_some(secrets)
}

/// A secret, if it cannot be guessed.
pub(super) fn long_enough(read: &mut Reader, at: &At, path: &str, text: &str, elsewhere: &str) -> Option<SecretString> {
    if text.len() >= SECRET_MIN {
        return Some(SecretString::from(text.to_owned()));
    }
    let what = format!("`{}` holds {} bytes, which can be guessed", shown(path), text.len());
    read.wrong(at, what, format!("make a secret with `openssl rand -hex 32`, and enter it in {elsewhere} too"));
    None
}

/// A file that every account may read is an error, not a warning: whoever has the App's key can push to trunk.
pub(super) fn secret(read: &mut Reader, at: &At, path: &str, around: &Surroundings<'_>) -> Option<SecretString> {
    if path.trim().is_empty() {
        read.wrong(at, "names no file", "write the path of a file");
        return None;
    }
    let full = around.folder.join(path);
    match (around.secret)(&full) {
        Err(error) => {
            let hint = "write a path that this account can read; a relative one begins at bot.toml's folder";
            read.wrong(at, format!("cannot read `{}`: {error}", full.display()), hint);
            None
        }
        Ok(file) if file.open_to_all => {
            let hint = format!("run `chmod 600 {}` (mounted by Kubernetes: defaultMode: 0400)", full.display());
            read.wrong(at, format!("every account of this machine may read `{}`", full.display()), hint);
            None
        }
        Ok(file) => Some(file.text),
    }
}

pub(super) fn path(text: &str) -> Result<PathBuf, Fault> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err(Fault::new("is no path", "write a path; a relative one begins at bot.toml's folder"));
    }
    Ok(PathBuf::from(text))
}

fn store(read: &mut Reader, root: &Table, around: &Surroundings<'_>) -> StoreConfig {
    let mut section = read.section(root, "store");
    let file = read.checked(&mut section, "path", path).unwrap_or("greenline.db".into());
    read.close(&section);
    StoreConfig { path: around.folder.join(file) }
}

fn git(read: &mut Reader, root: &Table, around: &Surroundings<'_>) -> GitConfig {
    let mut section = read.section(root, "git");
    let cache = read.checked(&mut section, "cache_dir", path).unwrap_or("cache".into());
    let name = read.checked(&mut section, "name", signature_part).unwrap_or("Greenline".into());
    let email = read.checked(&mut section, "email", signature_part).unwrap_or("greenline@localhost".into());
    let signing_key = signing_key(read, &mut section, around);
    let pushes = read.whole(&mut section, "pushes_per_minute", 0..=10_000).unwrap_or(6);
    read.close(&section);
    GitConfig {
        cache_dir: around.folder.join(cache),
        name,
        email,
        signing_key,
        pushes_per_minute: u32::try_from(pushes).ok().filter(|pushes| *pushes > 0),
    }
}

/// Whether it is a key that signs is looked at where it is used.
fn signing_key(read: &mut Reader, section: &mut Section<'_>, around: &Surroundings<'_>) -> Option<SecretString> {
    let path = read.text(section, "signing_key_file")?;
    let at = section.at("signing_key_file");
    let key = secret(read, &at, &path, around)?;
    if key.expose_secret().contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
        return Some(key);
    }
    let hint = format!("make one with `ssh-keygen -t ed25519 -N '' -C greenline -f {}`", shown(&path));
    read.wrong(&at, format!("`{}` holds no private key of OpenSSH", shown(&path)), hint);
    None
}

/// What may stand in a commit's committer field: git itself would drop these characters, and the bytes must be ours.
fn signature_part(text: &str) -> Result<String, Fault> {
    let legal = |c: char| !c.is_control() && !['<', '>'].contains(&c);
    let edge = |c: char| c.is_whitespace() || ".,:;\"'\\".contains(c);
    if text.is_empty() || text.len() > 200 || !text.chars().all(legal) || text.starts_with(edge) || text.ends_with(edge)
    {
        let hint = "write 1 to 200 characters without < and >, and no blank or punctuation at either end";
        return Err(Fault::new(format!("`{}` cannot stand in a commit's header", shown(text)), hint));
    }
    Ok(text.to_owned())
}

fn engine(read: &mut Reader, root: &Table) -> EngineConfig {
    let mut section = read.section(root, "engine");
    let reconcile = read.whole(&mut section, "reconcile_seconds", 1..=3600).unwrap_or(120);
    let head_seen = read.whole(&mut section, "head_seen_seconds", 1..=600).unwrap_or(30);
    read.close(&section);
    EngineConfig { reconcile_ms: reconcile.unsigned_abs() * 1000, head_seen_ms: head_seen.unsigned_abs() * 1000 }
}

fn log(read: &mut Reader, root: &Table) -> LogConfig {
    let mut section = read.section(root, "log");
    let filter = read.checked(&mut section, "filter", |text| {
        let wrong = text.trim().is_empty() || text.len() > 1000 || text.chars().any(char::is_control);
        let fault =
            || Fault::new("is no log filter", "write a level, or levels by module: \"info\", \"greenline=debug\"");
        (!wrong).then(|| text.to_owned()).ok_or_else(fault)
    });
    let json = read.flag(&mut section, "json").unwrap_or(false);
    read.close(&section);
    LogConfig { filter: filter.unwrap_or("info".into()), json }
}
