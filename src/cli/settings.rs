//! Opens settings files and the files they name. What is right in them is for `config` to say.

use crate::config::{BYTES_MAX, ENV_PREFIX, Problem, RepoConfig, SecretFile, ServiceConfig, Surroundings};
use secrecy::SecretString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why a settings file gave no settings.
#[derive(Debug)]
pub enum Trouble {
    /// The file itself cannot be read.
    Unreadable(io::Error),
    /// What is wrong in it.
    Wrong(Vec<Problem>),
}

/// Reads `bot.toml` with the environment above it and the secrets it names.
pub fn service(path: &Path) -> Result<ServiceConfig, Trouble> {
    let text = text(path).map_err(Trouble::Unreadable)?;
    let env: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| name.starts_with(ENV_PREFIX))
        .collect();
    let folder = path.parent().unwrap_or(Path::new(""));
    ServiceConfig::parse(&text, &Surroundings { folder, env: &env, secret: &secret }).map_err(Trouble::Wrong)
}

/// Reads a `.github/greenline.toml`.
pub fn repository(path: &Path) -> Result<RepoConfig, Trouble> {
    RepoConfig::parse(&text(path).map_err(Trouble::Unreadable)?).map_err(Trouble::Wrong)
}

/// A text file as far as it is of interest: one byte more than is allowed, so that too long a file is seen to be one.
pub fn text(path: &Path) -> io::Result<String> {
    read(File::open(path)?)
}

fn read(file: File) -> io::Result<String> {
    let mut text = String::new();
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

fn secret(path: &Path) -> io::Result<SecretFile> {
    let file = File::open(path)?;
    let open_to_all = open_to_all(&file.metadata()?);
    Ok(SecretFile { text: SecretString::from(read(file)?), open_to_all })
}

#[cfg(unix)]
fn open_to_all(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn open_to_all(_: &std::fs::Metadata) -> bool {
    false
}
