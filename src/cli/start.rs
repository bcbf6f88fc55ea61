//! What `init` and `import` share: the workflows of a clone, a file that is written once, and what workflows need. It decides
//! nothing about settings.

use crate::document::BYTES_MAX;
use crate::wording::shown;
use crate::workflow::{Advice, FOLDER, Files, Workflow};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Workflow files that are read of a repository, at the most.
const FILES_MAX: usize = 500;

/// Where a repository's settings are.
pub const SETTINGS: &str = ".github/greenline.toml";

/// A text file, one byte more than a document may have, so that too long a file is seen to be one.
pub fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    // A byte order mark is what some editors begin a file with, and no part of it.
    let text = String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The workflows of a clone by path, and the files beside them that are none, with the reason.
pub fn workflows(root: &Path) -> (Files, Vec<(String, String)>) {
    let mut files = Files::new();
    let mut broken = Vec::new();
    let entries = fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|kind| kind == "yml" || kind == "yaml"));
    names.sort();
    for name in names.into_iter().take(FILES_MAX) {
        let path = format!("{FOLDER}/{name}");
        let read = text(&root.join(&path)).map_err(|error| error.to_string());
        match read.and_then(|text| Workflow::parse(&text).map_err(|broken| broken.to_string())) {
            Ok(workflow) => _ = files.insert(path, workflow),
            Err(why) => broken.push((path, why)),
        }
    }
    (files, broken)
}

/// Writes a file, and over an existing one only if told to. Errors: what a person must do.
pub fn write(path: &Path, text: &str, force: bool) -> Result<(), String> {
    let told = |error: &io::Error| format!("{} cannot be written: {error}", path.display());
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| told(&error))?;
    }
    let mut options = File::options();
    let options = options.write(true).create_new(!force).create(true).truncate(force);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{} is there already, and nothing was written; --force writes over it", path.display())
        }
        _ => told(&error),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| told(&error))
}

/// What workflows need, as lines to print.
pub fn needed(needed: &[(String, Advice)]) -> Vec<String> {
    let mut lines = Vec::new();
    if !needed.is_empty() {
        lines.extend([
            String::new(),
            "workflows that need a change, so that they test the queue's branches:".to_owned(),
        ]);
    }
    for (path, advice) in needed {
        lines.push(format!("  {}:{}: {}", shown(path), advice.line, advice.why));
        lines.extend(advice.write.iter().map(|line| format!("      {line}")));
    }
    lines
}
