//! What was carried over so far: settings with where each came from, and what is to be told of the rest. Whether a setting
//! can stand in the file is asked of the parser that will read it; what it refuses stays as a comment.

use super::setting::Setting;
use super::written::comment;
use crate::config::RepoConfig;
use crate::wording::shown;

/// What became of one setting of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Its line, from 1; none for a default that the file does not mention.
    pub line: Option<usize>,
    /// Its key, made harmless.
    pub key: String,
    /// What became of it.
    pub fate: Fate,
    /// Where it went, how it differs, or why it stays behind and what to do instead.
    pub said: String,
}

/// What became of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It means the same.
    Carried,
    /// It is there, and means something else than before.
    Changed,
    /// It needs no setting: it is always so here, or has nothing to act on.
    Needless,
    /// It stays behind.
    Dropped,
}

/// Where a setting of the source was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    pub key: String,
    pub line: Option<usize>,
}

impl At {
    pub fn new(key: &str, line: usize) -> Self {
        Self { key: shown(key), line: Some(line) }
    }

    /// What a source does where its file says nothing.
    pub fn default_of(key: &str) -> Self {
        Self { key: format!("{} (its default)", shown(key)), line: None }
    }
}

struct Carried {
    setting: Setting,
    from: Vec<(At, Option<String>)>,
}

#[derive(Default)]
pub(super) struct Draft {
    carried: Vec<Carried>,
    notes: Vec<Note>,
}

impl Draft {
    /// A setting that means what it meant.
    pub fn carry(&mut self, setting: Setting, at: At) {
        self.set(setting, vec![(at, None)]);
    }

    /// A setting that means something else than it did.
    pub fn change(&mut self, setting: Setting, at: At, difference: &str) {
        self.set(setting, vec![(at, Some(difference.to_owned()))]);
    }

    /// A setting with everything it came from, and how each differs. Of two for the same key the first stays, unless both
    /// can hold.
    pub fn set(&mut self, setting: Setting, from: Vec<(At, Option<String>)>) {
        let place = setting.place();
        let Some(known) = self.carried.iter_mut().find(|known| known.setting.place() == place) else {
            return self.carried.push(Carried { setting, from });
        };
        if known.setting.absorb(&setting) {
            return known.from.extend(from);
        }
        for (at, _) in from {
            let instead = format!("look at [{}] {}, and choose", place.0, place.1);
            self.drop(at, "the file says it twice and differently, and the first was taken", &instead);
        }
    }

    /// What needs no setting, and why.
    pub fn needless(&mut self, at: At, why: &str) {
        self.note(at, Fate::Needless, why.to_owned());
    }

    /// What stays behind, why, and what to do instead.
    pub fn drop(&mut self, at: At, why: &str, instead: &str) {
        self.note(at, Fate::Dropped, format!("{why}; {instead}"));
    }

    fn note(&mut self, at: At, fate: Fate, said: String) {
        self.notes.push(Note { line: at.line, key: at.key, fate, said });
    }

    /// The file, and what became of each setting. `file` is what the source is called.
    pub fn finish(mut self, file: &str) -> (String, Vec<Note>) {
        let file = shown(file);
        let mut toml = comment("", &format!("Greenline's settings, carried over from {file}."));
        toml.extend(comment("", "They count once they are on the default branch, as .github/greenline.toml."));
        let mut behind = self.notes.clone();
        behind.retain(|note| note.fate == Fate::Dropped);
        let carried = std::mem::take(&mut self.carried);
        for section in Setting::SECTIONS {
            let own: Vec<&Carried> = carried.iter().filter(|known| known.setting.place().0 == section).collect();
            self.write(&mut toml, section, &own);
        }
        if !behind.is_empty() {
            behind.sort();
            behind.dedup();
            toml.push(String::new());
            toml.extend(comment("", &format!("Not carried over from {file}:")));
            toml.extend(grouped(&behind).iter().flat_map(|told| comment("", told)));
        }
        toml.push(String::new());
        self.notes.sort();
        self.notes.dedup();
        (toml.join("\n"), self.notes)
    }

    /// One section, with the settings that this version cannot read as comments.
    fn write(&mut self, toml: &mut Vec<String>, section: &'static str, settings: &[&Carried]) {
        let mut comments = Vec::new();
        let mut open = false;
        for Carried { setting, from } in settings {
            let refused = refused(toml, section, open, setting);
            self.tell(setting, from, refused.as_ref());
            if let Some((why, _)) = refused {
                comments.extend(comment("", &format!("Not in force, because {why} ({}):", origins(from))));
                comments.extend(setting.lines().into_iter().map(|line| format!("# {line}")));
                continue;
            }
            if !open {
                toml.extend([String::new(), format!("[{section}]")]);
                open = true;
            }
            toml.extend(comment("", &origins(from)));
            let mut differences: Vec<&String> = from.iter().filter_map(|(_, difference)| difference.as_ref()).collect();
            differences.sort();
            differences.dedup();
            toml.extend(differences.into_iter().flat_map(|difference| comment("", difference)));
            toml.extend(setting.lines());
        }
        if !comments.is_empty() && !open {
            toml.extend([String::new(), format!("# [{section}]")]);
        }
        toml.append(&mut comments);
    }

    fn tell(&mut self, setting: &Setting, from: &[(At, Option<String>)], refused: Option<&(String, String)>) {
        let target = format!("[{}] {}", setting.place().0, setting.short());
        for (at, difference) in from {
            match (refused, difference) {
                (Some((why, instead)), _) => self.drop(at.clone(), &format!("{target}: {why}"), instead),
                (None, Some(difference)) => self.note(at.clone(), Fate::Changed, format!("{target}: {difference}")),
                (None, None) => self.note(at.clone(), Fate::Carried, target.clone()),
            }
        }
    }
}

/// Why this version cannot read the setting, and what to do.
fn refused(so_far: &[String], section: &str, open: bool, setting: &Setting) -> Option<(String, String)> {
    let mut text = so_far.to_vec();
    if !open {
        text.push(format!("[{section}]"));
    }
    text.extend(setting.lines());
    let problem = RepoConfig::parse(&text.join("\n")).err()?.into_iter().next()?;
    if problem.what.starts_with("there is no such") {
        let what = "this version has no such setting".to_owned();
        return Some((what, "it stands in the file as a comment, for one that has it".to_owned()));
    }
    Some((format!("its value {}", problem.what), problem.hint))
}

/// Each reason once, with everything that stays behind for it.
fn grouped(behind: &[Note]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for note in behind {
        let place = note.line.map_or_else(|| note.key.clone(), |line| format!("{}, line {line}", note.key));
        match reasons.iter_mut().find(|(said, _)| *said == note.said) {
            Some((_, places)) => places.push(place),
            None => reasons.push((&note.said, vec![place])),
        }
    }
    reasons.into_iter().map(|(said, places)| format!("{}: {said}", places.join("; "))).collect()
}

/// Keys and lines, each key once.
fn origins(from: &[(At, Option<String>)]) -> String {
    let mut keys: Vec<(&str, Vec<usize>)> = Vec::new();
    for (at, _) in from {
        match keys.iter_mut().find(|(key, _)| *key == at.key) {
            Some((_, lines)) => lines.extend(at.line.filter(|line| !lines.contains(line))),
            None => keys.push((&at.key, at.line.into_iter().collect())),
        }
    }
    let told = keys.into_iter().map(|(key, lines)| match lines.as_slice() {
        [] => key.to_owned(),
        [line] => format!("{key}, line {line}"),
        lines => format!("{key}, lines {}", lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    });
    told.collect::<Vec<_>>().join("; ")
}
