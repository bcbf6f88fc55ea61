//! Files of a commit in the cache: where they stand, and what is in them up to a bound. It fetches nothing.

use super::objects::{Objects, oid};
use crate::facts::{OWNERS_MAX, OwnersFile};
use crate::ids::Sha;
use crate::port::Trouble;
use git2::{ObjectType, Oid};

/// Where GitHub looks for owners, in this order ("About code owners").
const OWNERS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
/// A file read from a commit may have so many bytes.
const MAX_FILE_BYTES: usize = 64 << 10;

/// A file's bytes; `None` if there is no such file, trouble if it is too large.
pub(super) fn file(objects: &mut Objects, commit: Sha, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
    let Some(id) = find(objects, commit, path)? else { return Ok(None) };
    let bytes = objects.read(id, ObjectType::Blob, MAX_FILE_BYTES)?;
    let too_big = || Trouble::Denied(format!("{path} has more than {MAX_FILE_BYTES} bytes; make it smaller"));
    bytes.ok_or_else(too_big).map(Some)
}

/// The first file of owners there is.
pub(super) fn owners(objects: &mut Objects, commit: Sha) -> Result<Option<OwnersFile>, Trouble> {
    for path in OWNERS {
        if let Some(id) = find(objects, commit, path)? {
            let bytes = objects.read(id, ObjectType::Blob, OWNERS_MAX)?;
            let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            return Ok(Some(OwnersFile { path: path.to_owned(), text }));
        }
    }
    Ok(None)
}

fn find(objects: &mut Objects, commit: Sha, path: &str) -> Result<Option<Oid>, Trouble> {
    let mut tree = objects.commit(oid(commit))?.tree;
    let (directories, name) = path.rsplit_once('/').unwrap_or(("", path));
    for directory in directories.split('/').filter(|part| !part.is_empty()) {
        match objects.tree(tree)?.get(directory.as_bytes()) {
            Some(item) if item.mode.is_tree() => tree = item.oid,
            Some(_) | None => return Ok(None),
        }
    }
    Ok(objects.tree(tree)?.get(name.as_bytes()).filter(|item| item.mode.is_file()).map(|item| item.oid))
}
