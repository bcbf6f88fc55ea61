//! Finds the repository and the installation in any webhook body, also in one that breaks further on. It skips everything
//! else without building it, and never recurses into it.

use crate::ids::{InstallationId, RepoId, RepoName};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// GitHub's own bodies nest less than twenty deep.
const DEEPEST: usize = 127;

/// What every body says about itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) repo: Option<(RepoId, RepoName)>,
    pub(super) installation: Option<InstallationId>,
}

/// What could be found, and what is wrong with the body as a whole.
pub(super) fn open(body: &[u8]) -> (Envelope, Option<String>) {
    let mut found = Envelope::default();
    let mut from = serde_json::Deserializer::from_slice(body);
    let read = Seed(&mut found).deserialize(&mut from).and_then(|()| from.end());
    let broken = match read {
        Err(why) => Some(why.to_string()),
        Ok(()) if too_deep(body) => Some(format!("nested more than {DEEPEST} deep")),
        Ok(()) => std::str::from_utf8(body).err().map(|why| why.to_string()),
    };
    (found, broken)
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Repository,
    Installation,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    full_name: RepoName,
}

#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

/// Writes into the envelope while it reads, so that what was found survives an error further on.
struct Seed<'a>(&'a mut Envelope);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let (mut repositories, mut installations) = (0, 0);
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Repository => {
                    let named: Option<Named> = map.next_value()?;
                    repositories += 1;
                    self.0.repo = self.0.repo.take().or(named.map(|n| (RepoId::new(n.id), n.full_name)));
                }
                Key::Installation => {
                    let numbered: Option<Numbered> = map.next_value()?;
                    installations += 1;
                    self.0.installation = self.0.installation.or(numbered.map(|n| InstallationId::new(n.id)));
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if repositories > 1 || installations > 1 {
            return Err(M::Error::custom("`repository` or `installation` stands in it twice"));
        }
        Ok(())
    }
}

/// Skipping deep JSON costs no stack, but a body like that is nothing GitHub sends, and whoever keeps it must know.
fn too_deep(body: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        if in_text {
            in_text = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}
