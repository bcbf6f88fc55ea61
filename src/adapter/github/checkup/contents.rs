//! Reads files and folders of a repository at a branch. What is no plain file there is as if it were not there.

use super::super::answer::Ask;
use super::super::app::App;
use super::super::client::Who;
use super::super::host::encoded;
use crate::port::Trouble;
use crate::workflow;
use base64::Engine as _;
use http::StatusCode;
use serde::Deserialize;

const NEEDS: &str = "Contents: read";
/// Workflow files of a repository, at the most.
const FILES_MAX: usize = 100;

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl File {
    /// GitHub breaks the text into lines, and leaves it out where it is over a megabyte.
    fn text(&self, ask: &Ask) -> Result<String, Trouble> {
        let unread = |why: &str| Trouble::Bug(format!("the file at {} cannot be read: {why}", ask.path));
        if self.encoding.as_deref() != Some("base64") {
            return Err(unread("it is no plain file, or too large"));
        }
        let lines: String = self.content.iter().flat_map(|text| text.split_whitespace()).collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(lines).map_err(|why| unread(&why.to_string()))?;
        String::from_utf8(bytes).map_err(|_| unread("it is not UTF-8 text"))
    }
}

/// A branch of a repository, as one who may look.
pub(super) struct Tree<'a> {
    pub(super) app: &'a App,
    pub(super) who: Who,
    pub(super) repo: &'a str,
    pub(super) branch: &'a str,
}

impl Tree<'_> {
    fn ask(&self, path: &str) -> Ask {
        let parts: Vec<_> = path.split('/').map(encoded).collect();
        let branch = encoded(self.branch);
        Ask::get(format!("/repos/{}/contents/{}?ref={branch}", self.repo, parts.join("/")), NEEDS)
    }

    /// A file's text; none if there is no such file.
    pub(super) async fn file(&self, path: &str) -> Result<Option<String>, Trouble> {
        let ask = self.ask(path);
        let answer = self.app.client().get(self.who, &ask).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.json::<File>(&ask)?.text(&ask).map(Some)
    }

    /// The workflow files: path and text.
    pub(super) async fn workflows(&self) -> Result<Vec<(String, String)>, Trouble> {
        let ask = self.ask(workflow::FOLDER);
        let answer = self.app.client().get(self.who, &ask).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let entries: Vec<Entry> = answer.json(&ask)?;
        let yaml = |path: &str| [".yml", ".yaml"].iter().any(|end| path.ends_with(end));
        let mut found = Vec::new();
        for entry in entries.iter().filter(|entry| entry.kind == "file" && yaml(&entry.path)).take(FILES_MAX) {
            if let Some(text) = self.file(&entry.path).await? {
                found.push((entry.path.clone(), text));
            }
        }
        Ok(found)
    }
}
