//! Reads a small file of a commit without fetching the commit.

use super::GithubForge;
use crate::adapter::github::host::encoded;
use crate::ids::Sha;
use crate::port::Trouble;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

const NEEDS: &str = "Contents: read";

/// What is no file (a directory, a submodule, a symbolic link) or too large for this has no such content.
#[derive(Debug, Deserialize)]
struct Content {
    encoding: String,
    #[serde(rename = "content")]
    text: String,
}

impl Content {
    fn bytes(self) -> Result<Vec<u8>, Trouble> {
        if self.encoding != "base64" {
            return Err(Trouble::Bug(format!("GitHub gives a file as {}, which we do not read", self.encoding)));
        }
        let text: String = self.text.split_ascii_whitespace().collect();
        STANDARD.decode(text).map_err(|why| Trouble::Bug(format!("GitHub gives a file in broken base64: {why}")))
    }
}

impl GithubForge {
    pub(super) async fn file_of(&self, commit: Sha, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let path: Vec<String> = path.split('/').map(encoded).collect();
        let rest = format!("contents/{}?ref={commit}", path.join("/"));
        self.read::<Content>(&rest, NEEDS).await?.map(Content::bytes).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_unwrapped_and_anything_else_is_trouble() {
        let content = |encoding: &str, content: &str| Content { encoding: encoding.into(), text: content.into() };
        assert_eq!(content("base64", "W3F1\nZXVl\nXQo=\n").bytes(), Ok(b"[queue]\n".to_vec()));
        for (encoding, text) in [("none", ""), ("base64", "?")] {
            assert!(matches!(content(encoding, text).bytes(), Err(Trouble::Bug(_))), "{encoding}");
        }
        assert!(serde_json::from_str::<Content>("[]").is_err(), "a directory");
    }
}
