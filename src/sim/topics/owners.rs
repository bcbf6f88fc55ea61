//! Owners, a team, and conversations: who owns what by the file on a commit, who is in the team, what is still talked about; people
//! who change all that; and the judge of whether a landing had what the rules ask of them.

use crate::config::RepoConfig;
use crate::facts::{Changed, Membership, OwnersFile};
use crate::ids::{Login, PrNumber, Sha, TeamName};
use crate::port::store::Hint;
use crate::sim::ground::truth::{Blob, Content, Path};
use crate::sim::ground::world::{Ground, PEOPLE};
use crate::sim::judge::rules::{Lands, Stand, Standing};
use crate::sim::planted::saboteur;
use std::collections::BTreeSet;

/// The place of the owners' file in a tree.
pub const OWNERS: Path = 254;
/// The team.
pub const TEAM: &str = "acme/core";

/// A version of the owners' file: of each line a path, or all of them, and who owns it.
#[derive(Debug, Clone)]
pub struct Ownership(Vec<(Option<Path>, Vec<&'static str>)>);

impl Ownership {
    fn text(&self) -> String {
        let line = |(path, owners): &(Option<Path>, Vec<&str>)| {
            let pattern = path.map_or_else(|| "*".to_owned(), |path| format!("/{}", name(path)));
            let owners: Vec<String> = owners.iter().map(|owner| format!("@{owner}")).collect();
            format!("{pattern} {}\n", owners.join(" "))
        };
        self.0.iter().map(line).collect()
    }

    fn of(&self, path: Path) -> &[&'static str] {
        let last = self.0.iter().rev().find(|(of, _)| of.is_none_or(|of| of == path));
        last.map_or(&[], |(_, owners)| owners)
    }
}

/// A path as git names it.
fn name(path: Path) -> String {
    match path {
        0 => ".github/greenline.toml".to_owned(),
        OWNERS => "CODEOWNERS".to_owned(),
        _ => format!("file-{path}"),
    }
}

impl Ground {
    /// A new version of the owners' file; the blob it is in a tree.
    pub fn write_owners(&mut self) -> Blob {
        let mut lines = Vec::new();
        let who: [&[&str]; 6] = [&["ann"], &["ben", "cid"], &[TEAM], &[TEAM, "eve"], &["ann", "ben"], &[]];
        if self.whims.one_in(2) {
            lines.push((None, self.whims.pick(&who).to_vec()));
        }
        for _ in 0..self.whims.roll(4) {
            let path = self.whims.pick(&[1, 2, 3, 11, 12, 13, 14, 15, 16, OWNERS]);
            lines.push((Some(path), self.whims.pick(&who).to_vec()));
        }
        self.ownerships.push(Ownership(lines));
        Blob::try_from(self.ownerships.len()).unwrap_or(1)
    }

    /// The tree a world begins with.
    pub fn first_tree(&mut self) -> Content {
        let mut tree = Content::from([(0, 1)]);
        if self.customs.owned {
            let owners = self.write_owners();
            tree.insert(OWNERS, owners);
        }
        tree
    }

    /// Somebody may change who owns what, in a pull request.
    pub fn may_own(&mut self, content: &mut Content) {
        if self.customs.owned && self.whims.one_in(12) {
            content.insert(OWNERS, self.write_owners());
        }
    }

    /// Somebody talks about a pull request, or changes who decides; false if nobody does.
    pub fn mind_owners(&mut self, pr: PrNumber) -> bool {
        if !self.customs.owned || !self.whims.one_in(4) {
            return false;
        }
        match self.whims.roll(9) {
            0..3 => self.talk(pr, |talks| talks + 1),
            3..6 => self.talk(pr, |talks| talks.saturating_sub(1)),
            6 | 7 => {
                let (who, _) = self.whims.pick(&PEOPLE);
                let joins = self.team.insert(who);
                if !joins {
                    self.team.remove(who);
                }
                self.note(|| format!("{who} {} the team", if joins { "joins" } else { "leaves" }));
                let all: Vec<PrNumber> = self.pulls.keys().copied().collect();
                for pr in all {
                    self.reckon(pr);
                }
            }
            _ => {
                let trunk = self.any_trunk();
                let mut content = self.truth.get(self.tip_of(&trunk)).content.clone();
                content.insert(OWNERS, self.write_owners());
                self.commit_to_trunk(&trunk, content);
            }
        }
        true
    }

    fn talk(&mut self, pr: PrNumber, goes_on: impl FnOnce(u32) -> u32) {
        if let Some(file) = self.pulls.get_mut(&pr) {
            file.talks = goes_on(file.talks);
            let talks = file.talks;
            self.note(|| format!("{talks} conversations on #{pr} are open"));
        }
        if crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a conversation went on while something settled");
        }
        // The forge does not count that as a change of the pull request.
        self.reckon(pr);
        self.mail(Hint::Pull(pr));
    }

    /// The owners' file on a commit.
    pub fn owners_file(&self, commit: Sha) -> Option<OwnersFile> {
        let text = self.ownership(commit)?.text();
        saboteur::owners(self, OwnersFile { path: name(OWNERS), text: Some(text) })
    }

    fn ownership(&self, commit: Sha) -> Option<&Ownership> {
        let version = self.truth.get(commit).content.get(&OWNERS)?;
        self.ownerships.get(usize::try_from(*version).ok()?.checked_sub(1)?)
    }

    /// What a pull request changes, as the forge shows it.
    pub fn changed(&self, pr: PrNumber) -> Changed {
        let shown = self.pulls.get(&pr).map(|file| &file.shown);
        let base = |pull: &crate::facts::Pull| Some((pull.head, *self.refs.get(&pull.base.to_ref())?));
        let paths = shown.and_then(base).map(|(head, onto)| self.truth.changed(head, onto));
        Changed { paths: paths.unwrap_or_default().into_iter().map(name).collect(), whole: true }
    }

    /// Whether somebody is in a team.
    pub fn membership(&self, team: &TeamName, login: &Login) -> Membership {
        match team.to_string() == TEAM {
            true if self.team.contains(login.as_str()) => Membership::Member,
            true => saboteur::outsider(self),
            false => Membership::Unreadable,
        }
    }

    /// The settings ask for its owners, and a path of it had none of theirs among who approved it.
    pub(in crate::sim) fn unowned(&self, then: &[&Standing], lands: &Lands, config: &RepoConfig) -> Option<String> {
        let tip = self.tip_of(&lands.trunk);
        let ownership = self.ownership(tip).filter(|_| config.rules.code_owners)?;
        let approving = crate::sim::judge::rules::approving(then, lands.head);
        let team: BTreeSet<&str> = then.iter().flat_map(|standing| standing.team.iter().copied()).collect();
        let one = |owner: &&str| approving.iter().any(|who| who == owner || (*owner == TEAM && team.contains(who)));
        let missing = |path: &Path| {
            let owners = ownership.of(*path);
            !owners.is_empty() && !owners.iter().any(&one)
        };
        let path = self.truth.changed(lands.head, tip).into_iter().find(missing)?;
        Some(format!("no owner of {} had approved it", name(path)))
    }

    /// Counts a landing that the rules of owners, teams or conversations let pass.
    pub fn minded_owners(&mut self, lands: &Lands, config: &RepoConfig) {
        let tip = self.tip_of(&lands.trunk);
        let owns = |path: Path| self.ownership(tip).is_some_and(|ownership| !ownership.of(path).is_empty());
        let owned = config.rules.code_owners && self.truth.changed(lands.head, tip).into_iter().any(owns);
        let talked = config.rules.conversations_resolved
            && self.pulls.get(&lands.pr).is_some_and(|file| file.stands.iter().any(Stand::talked));
        let counts = [(owned, "a landing that needed its owners"), (talked, "a landing after it was talked about")];
        for (_, what) in counts.into_iter().filter(|(happened, _)| *happened) {
            self.oracle.sometimes(what);
        }
    }
}

/// The settings ask for all conversations to be resolved, and at no moment they were.
pub fn talking(then: &[&Standing], config: &RepoConfig) -> Option<String> {
    let open = config.rules.conversations_resolved && then.iter().all(|standing| standing.talks > 0);
    open.then(|| "conversations on it were open".to_owned())
}
