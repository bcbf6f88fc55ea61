//! Objects a composition made that are not in the object directory yet. It only keeps them; when they are written, and
//! where, is decided elsewhere.

use super::tree::Tree;
use git2::Oid;
use std::collections::HashMap;
use std::sync::Arc;

/// A new object. Composing makes no files.
#[derive(Debug, Clone)]
pub enum Made {
    Tree(Arc<Tree>),
    Commit(Arc<Vec<u8>>),
}

impl Made {
    fn bytes(&self) -> usize {
        match self {
            Self::Tree(tree) => tree.bytes(),
            Self::Commit(raw) => raw.len(),
        }
    }
}

/// The new objects by id.
#[derive(Debug, Default)]
pub struct Unsaved {
    objects: HashMap<Oid, Made>,
    bytes: usize,
}

impl Unsaved {
    pub fn get(&self, id: Oid) -> Option<&Made> {
        self.objects.get(&id)
    }

    pub fn insert(&mut self, id: Oid, made: Made) {
        let bytes = made.bytes();
        if self.objects.insert(id, made).is_none() {
            self.bytes += bytes;
        }
    }

    /// It is in the object directory now.
    pub fn remove(&mut self, id: Oid) {
        if let Some(made) = self.objects.remove(&id) {
            self.bytes -= made.bytes();
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// About how much memory they take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn ids(&self) -> Vec<Oid> {
        self.objects.keys().copied().collect()
    }
}
