//! Who owns what by `CODEOWNERS`, whose word on it is missing, and whom to ask. Pure; which file counts, and who approved, is read
//! elsewhere.

mod file;
mod pattern;

#[cfg(test)]
mod tests;

use super::weigh::Obstacle;
use crate::facts::{Membership, OwnersFile, Person, Rolls};
use crate::ids::{Login, Party, TeamName};
use file::Rules;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Paths named of each share.
const PATHS_TOLD: usize = 3;
/// Shares told of at once.
const SHARES_TOLD: usize = 5;
/// Lines named of those that cannot be used.
const LINES_TOLD: usize = 5;
/// Memberships asked for at once; whoever comes after those counts as not in the team.
const ASKED_MAX: usize = 300;

/// An owner, as the file names them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A person or a team.
    Party(Party),
    /// A person by an address: GitHub tells nobody else whose it is.
    Mail(String),
}

/// Changed paths that have the same owners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Any one of these decides.
    pub owners: Vec<Owner>,
    /// The first of the paths; none where the forge does not list them all.
    pub paths: Vec<String>,
    /// How many there are.
    pub count: usize,
}

/// Lines of an owners' file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Skipped {
    /// The numbers of the first few.
    pub first: Vec<usize>,
    /// How many there are.
    pub count: usize,
}

impl Skipped {
    fn note(&mut self, line: usize) {
        self.count += 1;
        if self.first.len() < LINES_TOLD {
            self.first.push(line);
        }
    }
}

/// Who has to approve a pull request, as the owners' file on trunk says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owned {
    /// Each share by one of its owners.
    Shares {
        /// What has owners.
        shares: Vec<Share>,
        /// Lines of the file that cannot be used.
        skipped: Skipped,
    },
    /// The file at this path is too large, so nobody knows.
    TooLarge(String),
}

/// A file of owners as it was seen, as far as one need know whether it is still the same, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Where it stands; none, if there is none.
    pub path: Option<String>,
    /// The forge takes no file of its size.
    pub too_large: bool,
    /// Lines of it that cannot be used.
    pub skipped: Skipped,
    /// Differs where the text does. Another build may compute another one; that costs one look more.
    digest: u64,
}

/// What is kept in mind of a file.
pub fn seen(file: Option<&OwnersFile>) -> Seen {
    let Some(file) = file else { return Seen::default() };
    let text = file.text.as_deref().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Seen {
        path: Some(file.path.clone()),
        too_large: file.text.is_none(),
        skipped: Rules::parse(text).skipped,
        digest: hasher.finish(),
    }
}

impl Default for Owned {
    /// Nothing has owners.
    fn default() -> Self {
        Self::Shares { shares: Vec::new(), skipped: Skipped::default() }
    }
}

/// Sorts changed paths by who owns them, one at a time: thousands of paths and of rules take a while.
#[derive(Debug)]
pub struct Sorting {
    rules: Rules,
    shares: BTreeMap<Vec<Owner>, Share>,
}

impl Sorting {
    /// By the rules of an owners' file.
    pub fn new(text: &str) -> Self {
        Self { rules: Rules::parse(text), shares: BTreeMap::new() }
    }

    /// This path is changed.
    pub fn add(&mut self, path: &str) {
        let share = share(&mut self.shares, self.rules.owners(path));
        share.count += 1;
        if share.paths.len() < PATHS_TOLD {
            share.paths.push(path.to_owned());
        }
    }

    /// Who has to approve; `whole` if these were all the paths.
    pub fn done(self, whole: bool) -> Owned {
        let Self { rules, mut shares } = self;
        if !whole {
            // What is not listed may be anybody's.
            for owners in rules.all() {
                share(&mut shares, owners);
            }
        }
        shares.remove([].as_slice());
        Owned::Shares { shares: shares.into_values().collect(), skipped: rules.skipped }
    }
}

fn share<'s>(shares: &'s mut BTreeMap<Vec<Owner>, Share>, owners: &[Owner]) -> &'s mut Share {
    let new = || Share { owners: owners.to_vec(), paths: Vec::new(), count: 0 };
    shares.entry(owners.to_vec()).or_insert_with(new)
}

/// Whose membership in which team decides, if these approved.
pub fn asks(owned: &Owned, approvers: &[&Login]) -> BTreeSet<(TeamName, Login)> {
    let Owned::Shares { shares, .. } = owned else { return BTreeSet::new() };
    let open = shares.iter().filter(|share| share.by_name(approvers).is_none());
    let teams: BTreeSet<&TeamName> = open.flat_map(Share::teams).collect();
    let pairs = teams.into_iter().flat_map(|team| approvers.iter().map(|login| (team.clone(), (*login).clone())));
    pairs.take(ASKED_MAX).collect()
}

/// What keeps a pull request out, if these approved exactly its head and may push.
pub(super) fn missing(owned: &Owned, approvers: &[&Login], author: &Person, rolls: &Rolls) -> Vec<Obstacle> {
    let (shares, skipped) = match owned {
        Owned::Shares { shares, skipped } => (shares, skipped),
        Owned::TooLarge(path) => return vec![Obstacle::OwnersTooLarge(path.clone())],
    };
    let open: Vec<_> = shares.iter().filter(|share| !share.is_approved(approvers, rolls)).collect();
    let unreadable: BTreeSet<String> = open
        .iter()
        .flat_map(|share| share.teams())
        .filter(|team| rolls.is_unreadable(team))
        .map(ToString::to_string)
        .collect();
    let teams = (!unreadable.is_empty()).then(|| Obstacle::TeamsUnread(unreadable.into_iter().collect()));
    let told = open.into_iter().take(SHARES_TOLD).map(|share| Obstacle::Owners {
        paths: share.paths.clone(),
        more: share.count.saturating_sub(share.paths.len()),
        owners: share.askable(&author.login),
        skipped: skipped.clone(),
    });
    told.chain(teams).collect()
}

impl Share {
    fn teams(&self) -> impl Iterator<Item = &TeamName> {
        self.owners.iter().filter_map(|owner| match owner {
            Owner::Party(Party::Team(team)) => Some(team),
            Owner::Party(Party::Person(_)) | Owner::Mail(_) => None,
        })
    }

    /// Who of these is an owner by login.
    fn by_name<'a>(&self, approvers: &[&'a Login]) -> Option<&'a Login> {
        let is_owner = |login: &Login| {
            self.owners.iter().any(|owner| matches!(owner, Owner::Party(Party::Person(known)) if known.is(login)))
        };
        approvers.iter().copied().find(|login| is_owner(login))
    }

    fn is_approved(&self, approvers: &[&Login], rolls: &Rolls) -> bool {
        let member = |team: &TeamName| approvers.iter().any(|who| rolls.of(team, who) == Some(Membership::Member));
        self.by_name(approvers).is_some() || self.teams().any(member)
    }

    /// Who can approve: nobody their own work.
    fn askable(&self, author: &Login) -> Vec<String> {
        let names = self.owners.iter().filter_map(|owner| match owner {
            Owner::Party(Party::Person(login)) if login.is(author) => None,
            Owner::Party(party) => Some(format!("@{party}")),
            Owner::Mail(address) => Some(address.clone()),
        });
        names.collect()
    }
}
