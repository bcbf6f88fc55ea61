//! What came of jobs: what was found out, and which of them could not be done. Never what follows from that.

use crate::engine::fact::Fact;
use crate::engine::job::{Job, Key};
use crate::ids::PrNumber;
use crate::port::Trouble;
use crate::port::git::Recipe;

/// Why a job could not be done, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Why.
    pub trouble: Trouble,
    /// The pull request that this is about, if it is about one alone.
    pub of: Option<PrNumber>,
}

impl Failed {
    /// About one pull request.
    pub(super) fn of(pr: PrNumber) -> impl Fn(Trouble) -> Self {
        move |trouble| Self { trouble, of: Some(pr) }
    }

    /// About what was composed last of these. It need not be the one that stands in the way; with it gone the others are tried
    /// without it, and so whoever does is found.
    pub(super) fn of_last(recipes: &[Recipe]) -> impl Fn(Trouble) -> Self {
        let of = recipes.last().and_then(|recipe| recipe.pull.as_ref()).map(|pull| pull.number);
        move |trouble| Self { trouble, of }
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, of: None }
    }
}

/// What came of a batch of jobs. What failed is still owed.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was found out.
    pub facts: Vec<Fact>,
    /// Which jobs could not be done.
    pub failed: Vec<(Key, Failed)>,
}

impl Outcome {
    pub(super) fn of(job: &Job, done: Result<Vec<Fact>, Failed>) -> Self {
        match done {
            Ok(facts) => Self { facts, failed: Vec::new() },
            Err(failed) => Self { facts: Vec::new(), failed: vec![(job.key(), failed)] },
        }
    }

    /// Something that failed is about one pull request alone.
    pub(super) fn blames(&self) -> bool {
        self.failed.iter().any(|(_, failed)| failed.of.is_some())
    }

    /// What failed is about nobody.
    pub(super) fn acquit(&mut self) {
        for (_, failed) in &mut self.failed {
            failed.of = None;
        }
    }

    pub(super) fn fails(&mut self, job: &Job, failed: Failed) {
        self.failed.push((job.key(), failed));
    }
}
