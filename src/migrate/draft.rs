//! What was carried over so far: settings with where each came from, and what is to be told of the rest. Whether a setting
//! can stand in the file is asked of the parser that will read it; what it refuses stays as a comment.

use super::setting::Setting;
use super::written::comment;
use crate::config::RepoConfig;
use crate::wording::shown;

/// What became of one setting of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Its line, from 1.
    pub line: usize,
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
    pub line: usize,
}

impl At {
    pub fn new(key: &str, line: usize) -> Self {
        Self { key: shown(key), line }
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
    dropped: Vec<Note>,
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

    /// A setting with everything it came from, and how each differs. Of two for the same key the first stays.
    pub fn set(&mut self, setting: Setting, from: Vec<(At, Option<String>)>) {
        let key = (setting.section(), setting.key());
        let Some(known) = self.carried.iter_mut().find(|k| (k.setting.section(), k.setting.key()) == key) else {
            return self.carried.push(Carried { setting, from });
        };
        if known.setting.absorb(&setting) {
            return known.from.extend(from);
        }
        for (at, _) in from {
            let instead = format!("look at [{}] {}, and choose", key.0, key.1);
            self.drop(at, "the file says it twice and differently, and the first was taken", &instead);
        }
    }

    /// What needs no setting, and why.
    pub fn needless(&mut self, at: At, why: &str) {
        self.note(at, Fate::Needless, why.to_owned());
    }

    /// What stays behind, why, and what to do instead.
    pub fn drop(&mut self, at: At, why: &str, instead: &str) {
        let note = Note { line: at.line, key: at.key, fate: Fate::Dropped, said: format!("{why}; {instead}") };
        self.dropped.push(note);
    }

    fn note(&mut self, at: At, fate: Fate, said: String) {
        self.notes.push(Note { line: at.line, key: at.key, fate, said });
    }

    /// The file, and what became of each setting. `file` is what the source is called.
    pub fn finish(mut self, file: &str) -> (String, Vec<Note>) {
        let file = shown(file);
        let mut toml: Vec<String> = comment("", &format!("Greenline's settings, carried over from {file}."));
        toml.extend(comment("", "They count once they are on the default branch, as .github/greenline.toml."));
        for section in ["queue", "rules", "checks", "merge"] {
            let mut lines = Vec::new();
            let (own, others) =
                self.carried.into_iter().partition(|known: &Carried| known.setting.section() == section);
            self.carried = others;
            let mut open = false;
            for known in own {
                let refused = refused(&toml, section, open, &known.setting);
                lines.extend(written(&known, refused.is_some()));
                if refused.is_none() {
                    if !open {
                        toml.extend([String::new(), format!("[{section}]")]);
                        open = true;
                    }
                    toml.append(&mut lines);
                }
                for (at, difference) in known.from {
                    let target = format!("[{section}] {}", known.setting.key());
                    match (&refused, difference) {
                        (Some(why), _) => self.drop(at, &format!("{target}: {}", why.0), &why.1),
                        (None, Some(difference)) => self.note(at, Fate::Changed, format!("{target}: {difference}")),
                        (None, None) => self.note(at, Fate::Carried, target),
                    }
                }
            }
            if !lines.is_empty() {
                toml.extend(if open { vec![] } else { vec![String::new(), format!("# [{section}]")] });
                toml.append(&mut lines);
            }
        }
        self.dropped.sort();
        if !self.dropped.is_empty() {
            toml.push(String::new());
            toml.extend(comment("", &format!("Not carried over from {file}:")));
            toml.extend(
                self.dropped.iter().flat_map(|n| comment("", &format!("{}, line {}: {}", n.key, n.line, n.said))),
            );
        }
        self.notes.append(&mut self.dropped);
        self.notes.sort();
        toml.push(String::new());
        (toml.join("\n"), self.notes)
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
    Some((problem.what, problem.hint))
}

fn written(known: &Carried, as_comment: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let same: Vec<String> = known.from.iter().map(|(at, _)| format!("{}, line {}", at.key, at.line)).collect();
    lines.extend(comment("", &same.join("; ")));
    let mut differences: Vec<&String> = known.from.iter().filter_map(|(_, difference)| difference.as_ref()).collect();
    differences.dedup();
    lines.extend(differences.into_iter().flat_map(|difference| comment("", difference)));
    let own = known.setting.lines();
    lines.extend(own.into_iter().map(|line| if as_comment { format!("# {line}") } else { line }));
    lines
}
