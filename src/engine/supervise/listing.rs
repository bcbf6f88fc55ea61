//! Decides when the App's repositories are listed, and what a list changes. It asks nobody, and is told the time.

use super::Found;
use crate::ids::{InstallationId, Moment, RepoId};
use crate::port::store::Hint;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The list of repositories is read again after this long at the latest.
const LIST_MS: i64 = 600_000;
/// Pause after the list, the inbox or a repository could not be read.
const RETRY_MS: i64 = 5_000;

/// When the list of repositories and the inbox are read. Deliveries never put a list off, and never shorten the pause
/// after trouble.
#[derive(Debug)]
pub(super) struct Agenda {
    list_at: Moment,
    inbox_at: Option<Moment>,
    listing: bool,
    trouble: bool,
}

impl Agenda {
    /// Both are to be read at once.
    pub(super) fn new(now: Moment) -> Self {
        Self { list_at: now, inbox_at: Some(now), listing: false, trouble: false }
    }

    /// True if the list is to be read now, and then it is under way until [`Self::listed`].
    pub(super) fn begin_list(&mut self, now: Moment) -> bool {
        let due = !self.listing && now >= self.list_at;
        if due {
            (self.listing, self.trouble) = (true, false);
            // Whoever wants another one while this one is under way sets an earlier time.
            self.list_at = now.plus_ms(LIST_MS);
        }
        due
    }

    /// The list under way has come, or has failed.
    pub(super) fn listed(&mut self) {
        self.listing = false;
    }

    /// Something says that a new list would read otherwise.
    pub(super) fn list_now(&mut self, now: Moment) {
        if !self.trouble {
            self.list_at = self.list_at.min(now);
        }
    }

    /// The list, or something on it, could not be read.
    pub(super) fn list_after_trouble(&mut self, now: Moment) {
        self.trouble = true;
        self.list_at = now.plus_ms(RETRY_MS);
    }

    /// The last list, or something on it, could not be read.
    pub(super) fn in_trouble(&self) -> bool {
        self.trouble
    }

    /// The last list was read well, all on it could be opened, and nothing says that it reads otherwise by now.
    pub(super) fn list_holds(&self, now: Moment) -> bool {
        !self.listing && !self.trouble && now < self.list_at
    }

    /// True if the inbox is to be looked at now.
    pub(super) fn begin_inbox(&mut self, now: Moment) -> bool {
        self.inbox_at.take_if(|at| *at <= now).is_some()
    }

    /// Something may have come in.
    pub(super) fn inbox_now(&mut self, now: Moment) {
        self.inbox_at = Some(now);
    }

    /// The inbox could not be read.
    pub(super) fn inbox_after_trouble(&mut self, now: Moment) {
        self.inbox_at = Some(now.plus_ms(RETRY_MS));
    }

    /// Until one of them is due, in milliseconds.
    pub(super) fn pause_ms(&self, now: Moment) -> u64 {
        let list = (!self.listing).then_some(self.list_at);
        let next = list.into_iter().chain(self.inbox_at).min();
        u64::try_from(next.map_or(LIST_MS, |next| next.since_ms(now))).unwrap_or(0)
    }
}

/// What a list changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changes {
    /// No longer given, or now by another installation.
    pub(super) close: Vec<RepoId>,
    /// To be opened, after those are closed.
    pub(super) open: VecDeque<Found>,
    /// All that is to have a queue.
    pub(super) served: BTreeSet<RepoId>,
}

/// Compares what is given with what is open. An archived repository is not opened, but not closed either.
pub(super) fn changes(found: Vec<Found>, open: &BTreeMap<RepoId, InstallationId>) -> Changes {
    let given: BTreeMap<RepoId, Found> = found.into_iter().map(|found| (found.repository.id, found)).collect();
    let stays = |id: &RepoId| given.get(id).is_some_and(|found| open.get(id) == Some(&found.installation));
    let close = open.keys().filter(|id| !stays(id)).copied().collect();
    let served = given.values().filter(|found| !found.repository.archived || stays(&found.repository.id));
    let served: BTreeSet<RepoId> = served.map(|found| found.repository.id).collect();
    let missing = given.iter().filter(|(id, _)| served.contains(id) && !stays(id));
    Changes { close, open: missing.map(|(_, found)| found.clone()).collect(), served }
}

/// A delivery that no loop takes in and that says there may be another list now.
pub(super) fn asks_for_list(hint: &Hint) -> bool {
    match hint {
        Hint::Installations | Hint::Repository | Hint::Unreadable => true,
        Hint::Pull(_) | Hint::Comment(_) | Hint::Request(_) | Hint::Checks(_) | Hint::Pushed(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Repository;

    fn at(ms: i64) -> Moment {
        Moment::from_ms(ms)
    }

    fn found(id: u64, installation: u64, archived: bool) -> Found {
        let (name, trunk) = ("octo/hello".parse().expect("a name"), "main".parse().expect("a branch"));
        let repository = Repository { id: RepoId::new(id), name, default_branch: trunk, archived };
        Found { installation: InstallationId::new(installation), repository }
    }

    #[test]
    fn deliveries_do_not_put_a_list_off() {
        let mut agenda = Agenda::new(at(0));
        assert!(agenda.begin_list(at(0)));
        agenda.listed();
        for second in 1..600 {
            agenda.inbox_now(at(second * 1_000));
            assert!(agenda.begin_inbox(at(second * 1_000)) && !agenda.begin_list(at(second * 1_000)));
        }
        assert_eq!(agenda.pause_ms(at(599_000)), 1_000);
        assert!(agenda.begin_list(at(600_000)));
    }

    #[test]
    fn after_trouble_a_list_waits_whatever_is_delivered() {
        let mut agenda = Agenda::new(at(0));
        assert!(agenda.begin_list(at(0)));
        agenda.listed();
        agenda.list_after_trouble(at(100));
        agenda.list_now(at(200));
        assert!(!agenda.begin_list(at(200)) && !agenda.list_holds(at(200)));
        assert!(agenda.begin_list(at(5_100)));
    }

    #[test]
    fn whoever_asks_for_a_list_while_one_is_under_way_gets_another() {
        let mut agenda = Agenda::new(at(0));
        assert!(agenda.begin_list(at(0)));
        agenda.list_now(at(10));
        assert!(!agenda.begin_list(at(10)), "one at a time");
        agenda.listed();
        assert!(!agenda.list_holds(at(20)) && agenda.begin_list(at(20)));
        agenda.listed();
        assert!(agenda.list_holds(at(30)));
    }

    #[test]
    fn a_list_opens_what_is_new_and_closes_what_is_gone() {
        let open = [(1, 9), (2, 9), (3, 9), (4, 9)].map(|(id, by)| (RepoId::new(id), InstallationId::new(by)));
        let list =
            vec![found(1, 9, false), found(2, 9, true), found(3, 8, false), found(5, 9, false), found(6, 9, true)];
        let changes = changes(list, &BTreeMap::from(open));
        assert_eq!(changes.close, [3, 4].map(RepoId::new), "given by another installation, and no longer given");
        assert_eq!(changes.open, [found(3, 8, false), found(5, 9, false)]);
        assert_eq!(changes.served, BTreeSet::from([1, 2, 3, 5].map(RepoId::new)), "archived while open, it stays");
    }
}
