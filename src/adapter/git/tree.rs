//! A tree object's bytes, read and compared in git's own order. It reads nothing from a repository.

use git2::Oid;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A tree entry's mode, as git writes it in octal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(u32);

impl Mode {
    /// A directory.
    pub const TREE: Self = Self(0o40_000);
    /// A file that is not to be run.
    pub const FILE: Self = Self(0o100_644);

    /// It is a directory.
    pub fn is_tree(self) -> bool {
        self == Self::TREE
    }

    /// It is a file with content of its own: no directory, link or submodule.
    pub fn is_file(self) -> bool {
        self.0 & 0o170_000 == 0o100_000
    }

    /// One of the five modes git writes today. Old histories have others (`100664`), which git writes anew as these.
    fn is_usual(self) -> bool {
        matches!(self.0, 0o40_000 | 0o100_644 | 0o100_755 | 0o120_000 | 0o160_000)
    }
}

/// What a name in a tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub mode: Mode,
    pub oid: Oid,
}

/// One name that differs between two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub before: Option<Item>,
    pub after: Option<Item>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    mode: Mode,
    name_at: u32,
    name_end: u32,
}

/// A tree object, indexed.
#[derive(Debug, Default)]
pub struct Tree {
    raw: Vec<u8>,
    slots: Vec<Slot>,
    unusual: bool,
}

impl Tree {
    /// Indexes the raw bytes; `None` if they are no tree.
    pub fn parse(raw: Vec<u8>) -> Option<Self> {
        let (mut slots, mut unusual, mut at) = (Vec::new(), false, 0);
        while at < raw.len() {
            let space = at + raw[at..].iter().position(|byte| *byte == b' ')?;
            let octal = std::str::from_utf8(&raw[at..space]).ok()?;
            let mode = Mode(u32::from_str_radix(octal, 8).ok()?);
            unusual |= !mode.is_usual() || octal.starts_with('0');
            let name_at = space + 1;
            let name_end = name_at + raw[name_at..].iter().position(|byte| *byte == 0)?;
            at = name_end + 21;
            if at > raw.len() {
                return None;
            }
            slots.push(Slot { mode, name_at: u32::try_from(name_at).ok()?, name_end: u32::try_from(name_end).ok()? });
        }
        unusual |= slots.windows(2).any(|pair| order(&raw, pair[0], &raw, pair[1]) != Ordering::Less);
        Some(Self { raw, slots, unusual })
    }

    /// It has modes or an order git does not write today; git would write another tree for the same content.
    pub fn is_unusual(&self) -> bool {
        self.unusual
    }

    /// The object's bytes.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The directories in it.
    pub fn directories(&self) -> impl Iterator<Item = Oid> {
        self.iter().filter(|(_, item)| item.mode.is_tree()).map(|(_, item)| item.oid)
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        self.raw.len() + self.slots.len() * size_of::<Slot>() + 96
    }

    /// The names and what they stand for, in git's order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Item)> {
        self.slots.iter().map(|slot| (name(&self.raw, *slot), self.item(*slot)))
    }

    /// What a name stands for.
    pub fn get(&self, wanted: &[u8]) -> Option<Item> {
        self.iter().find(|(name, _)| *name == wanted).map(|(_, item)| item)
    }

    fn item(&self, slot: Slot) -> Item {
        let at = slot.name_end as usize + 1;
        Item { mode: slot.mode, oid: Oid::from_bytes(&self.raw[at..at + 20]).expect("20 bytes are an object id") }
    }

    /// The names that differ from `base`, in the order of the names.
    pub fn changes_since<'a>(&'a self, base: &'a Self) -> BTreeMap<&'a [u8], Change> {
        let mut changes = BTreeMap::new();
        let (mut old, mut new) = (base.slots.iter().copied().peekable(), self.slots.iter().copied().peekable());
        loop {
            let side = match (old.peek(), new.peek()) {
                (None, None) => return changes,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(b), Some(s)) => order(&base.raw, *b, &self.raw, *s),
            };
            let before = if side == Ordering::Greater { None } else { old.next() };
            let after = if side == Ordering::Less { None } else { new.next() };
            let same_bytes = match (before, after) {
                (Some(b), Some(s)) => b.mode == s.mode && base.item(b).oid == self.item(s).oid,
                (Some(_) | None, None) | (None, Some(_)) => false,
            };
            if same_bytes {
                continue;
            }
            // A file that became a directory sorts elsewhere: both halves meet here under the one name.
            if let Some(b) = before {
                let change = changes.entry(name(&base.raw, b)).or_insert(Change { before: None, after: None });
                change.before = Some(base.item(b));
            }
            if let Some(s) = after {
                let change = changes.entry(name(&self.raw, s)).or_insert(Change { before: None, after: None });
                change.after = Some(self.item(s));
            }
        }
    }

    /// The raw bytes of this tree with some names changed or (`None`) gone; empty if nothing is left.
    pub fn with(&self, edits: &BTreeMap<Vec<u8>, Option<Item>>) -> Vec<u8> {
        let kept = self.iter().filter(|(name, _)| !edits.contains_key(*name));
        let added = edits.iter().filter_map(|(name, item)| item.map(|item| (name.as_slice(), item)));
        let mut entries: Vec<(&[u8], Item)> = kept.chain(added).collect();
        entries.sort_by(|a, b| named(a.0, a.1.mode, b.0, b.1.mode));
        let mut raw = Vec::with_capacity(self.raw.len() + 64);
        for (name, item) in entries {
            raw.extend_from_slice(format!("{:o} ", item.mode.0).as_bytes());
            raw.extend_from_slice(name);
            raw.push(0);
            raw.extend_from_slice(item.oid.as_bytes());
        }
        raw
    }
}

fn name(raw: &[u8], slot: Slot) -> &[u8] {
    &raw[slot.name_at as usize..slot.name_end as usize]
}

fn order(raw_a: &[u8], a: Slot, raw_b: &[u8], b: Slot) -> Ordering {
    named(name(raw_a, a), a.mode, name(raw_b, b), b.mode)
}

/// Git sorts a directory as if its name ended in a slash.
fn named(a: &[u8], a_mode: Mode, b: &[u8], b_mode: Mode) -> Ordering {
    let shared = a.len().min(b.len());
    a[..shared].cmp(&b[..shared]).then_with(|| {
        let next = |name: &[u8], mode: Mode| {
            name.get(shared).copied().map_or(if mode.is_tree() { i16::from(b'/') } else { -1 }, i16::from)
        };
        next(a, a_mode).cmp(&next(b, b_mode)).then(a.len().cmp(&b.len()))
    })
}
