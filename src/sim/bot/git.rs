//! Git as one process sees it. Leases are judged when a push arrives, which may be long after its process died.

use crate::facts::OwnersFile;
use crate::ids::{Moment, RefName, RepoName, Sha};
use crate::port::git::{
    Composed, Expect, LedgerCommit, LedgerPage, PullHead, Pushed, Recipe, Recomputed, RefUpdate, RemoteRef, TagObject,
};
use crate::port::{Git, Trouble};
use crate::sim::bot::gate::Door;
use crate::sim::ground::trunks::Ours;
use crate::sim::ground::truth::sha;
use crate::sim::ground::world::{Due, Ground, Push};
use crate::sim::people::intents::Intent;
use crate::sim::planted::saboteur;
use std::collections::BTreeMap;

/// The only file of a tree that has content.
const SETTINGS: &str = ".github/greenline.toml";

/// Git as one process sees it.
pub struct SimGit(pub Door);

/// A push that has left its process and has not arrived.
struct OnTheWay {
    door: Door,
    push: Option<Push>,
}

impl OnTheWay {
    fn arrived(mut self) -> Option<Push> {
        self.push.take()
    }
}

impl Drop for OnTheWay {
    /// Its process died: the push may arrive all the same, some time.
    fn drop(&mut self) {
        if let Some(push) = self.push.take() {
            let mut ground = self.door.ground();
            if !ground.calm && ground.dice.one_in(2) {
                ground.oracle.sometimes("a push outlived its process");
                let ms = ground.dice.ms(10, 20_000);
                ground.after(ms, Due::Arrives(push));
            }
        }
    }
}

impl SimGit {
    /// Each of them is a commit of the ledger. Every process has them all: that one is not there would be one more lost reading.
    fn has_pages(&self, commits: &[Sha]) -> bool {
        let ground = self.0.ground();
        commits.iter().all(|commit| ground.ledger.contains_key(commit))
    }

    async fn read<T: Send>(&self, look: impl FnOnce(&mut Ground) -> T + Send) -> Result<T, Trouble> {
        let early = self.0.ground().dice.one_in(2);
        if !early {
            self.0.pass().await;
        }
        let seen = {
            let mut ground = self.0.ground();
            if ground.fault(|f| f.before) {
                return Err(Trouble::busy("the connection was lost"));
            }
            look(&mut ground)
        };
        if early {
            self.0.pass().await;
        }
        Ok(seen)
    }
}

/// What a commit has at a path: only settings have content.
pub fn settings_file(ground: &Ground, commit: Sha, path: &str) -> Option<Vec<u8>> {
    let commit = saboteur::judged_by(ground, commit);
    let version = ground.truth.get(commit).content.get(&0).copied().filter(|_| path == SETTINGS)?;
    let text = ground.settings.get(usize::try_from(version).ok()?.checked_sub(1)?)?;
    Some(saboteur::settings(ground, &text.text).into_bytes())
}

impl Git for SimGit {
    async fn remote_refs(&self, prefixes: &[&str]) -> Result<BTreeMap<RefName, RemoteRef>, Trouble> {
        self.read(|ground| {
            let wanted = |name: &RefName| prefixes.iter().any(|prefix| name.as_str().starts_with(prefix));
            let there = ground.refs.iter().filter(|(name, _)| wanted(name));
            let peeled = |target: &Sha| ground.tags.get(target).map(|tag| tag.target);
            let seen = there.map(|(name, at)| (name.clone(), RemoteRef { target: *at, peeled: peeled(at) })).collect();
            saboteur::refs(ground, (&self.0.trunk, prefixes), seen)
        })
        .await
    }

    async fn fetch(&self, commits: &[Sha], heads: &[PullHead]) -> Result<(), Trouble> {
        // What is there already costs nothing.
        if !commits.is_empty() && heads.is_empty() && self.has_pages(commits) {
            return Ok(());
        }
        self.read(|ground| ground.git_finds(heads)).await?
    }

    async fn compose(&self, recipe: &Recipe) -> Result<Composed, Trouble> {
        let mut ground = self.0.ground();
        let Some(number) = recipe.pull.as_ref().map(|pull| pull.number) else {
            return Err(Trouble::Bug("nobody's recipe".into()));
        };
        if !ground.has(self.0.process, recipe.onto) || !ground.has(self.0.process, recipe.head) {
            return Err(Trouble::Bug(format!("{:?} or {:?} is not there", recipe.onto, recipe.head)));
        }
        let composed = ground.truth.compose(recipe.onto, recipe.head, number, recipe.strategy);
        if let (Composed::Tip { tip, .. }, Some(process)) = (&composed, ground.processes.get_mut(&self.0.process)) {
            process.unsaved.insert(*tip);
        }
        Ok(composed)
    }

    async fn recompute(&self, recipe: &Recipe, tip: Sha) -> Result<Recomputed, Trouble> {
        match self.compose(recipe).await? {
            Composed::Tip { tip: again, .. } if again == tip => Ok(Recomputed::Agrees),
            other => Ok(Recomputed::Differs(format!("{other:?}"))),
        }
    }

    async fn is_ancestor(&self, ancestor: Sha, descendant: Sha) -> Result<bool, Trouble> {
        let ground = self.0.ground();
        let reached = ground.truth.is_ancestor(ancestor, descendant);
        let of_trunk = ground.tips().iter().any(|now| ground.truth.is_ancestor(descendant, *now));
        Ok(saboteur::is_ancestor(&ground, reached, of_trunk))
    }

    async fn file(&self, commit: Sha, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(settings_file(&self.0.ground(), commit, path))
    }

    async fn owners(&self, commit: Sha) -> Result<Option<OwnersFile>, Trouble> {
        Ok(self.0.ground().owners_file(commit))
    }

    async fn committed_at(&self, commit: Sha) -> Result<Moment, Trouble> {
        let mut ground = self.0.ground();
        if !ground.has(self.0.process, commit) {
            ground.oracle.sometimes("a composed commit was lost");
            return Err(Trouble::Bug(format!("{commit:?} is not there")));
        }
        Ok(Moment::from_ms(1_700_000_000_000))
    }

    async fn tag_object(&self, tag: &TagObject) -> Result<Sha, Trouble> {
        let hash = tag
            .message
            .bytes()
            .chain(tag.name.bytes())
            .fold(11, |hash, byte| crate::sim::ground::dice::mix(hash ^ u64::from(byte)));
        let object = sha(hash);
        self.0.ground().tags.insert(object, tag.clone());
        Ok(object)
    }

    async fn tree(&self, commit: Sha) -> Result<Sha, Trouble> {
        self.committed_at(commit).await.map(|_| commit)
    }

    async fn ledger_commit(&self, commit: &LedgerCommit) -> Result<Sha, Trouble> {
        Ok(self.0.ground().ledger_commit(commit))
    }

    async fn ledger_page(&self, id: Sha) -> Result<Option<LedgerPage>, Trouble> {
        Ok(self.0.ground().ledger_page(id))
    }

    async fn ledger_pages(&self, tip: Sha, known: Option<Sha>) -> Result<Option<Vec<LedgerPage>>, Trouble> {
        Ok(self.0.ground().ledger_pages(tip, known))
    }

    async fn push(&self, fork: Option<&RepoName>, updates: &[RefUpdate], atomic: bool) -> Result<Vec<Pushed>, Trouble> {
        let (process, trunk) = (self.0.process, self.0.trunk.clone());
        let push = Push { process, trunk, fork: fork.cloned(), updates: updates.to_vec(), atomic };
        let on_the_way = {
            let mut ground = self.0.ground();
            ground.push_asked(&push);
            ground.save(&push)?;
            if ground.fault(|f| f.before) {
                return Err(Trouble::busy("the connection was refused"));
            }
            OnTheWay { door: self.0.clone(), push: Some(push) }
        };
        self.0.pass().await;
        let Some(push) = on_the_way.arrived() else { return Err(Trouble::Bug("a push went twice".into())) };
        let (outcomes, lost) = {
            let mut ground = self.0.ground();
            if ground.fault(|f| f.late_push) {
                ground.oracle.sometimes("a push was not answered and done later");
                let ms = ground.dice.ms(10, 20_000);
                ground.after(ms, Due::Arrives(push));
                (vec![Pushed::Unknown("no answer".into()); updates.len()], false)
            } else {
                ground.rival(&push);
                let outcomes = saboteur::push(&mut ground, push);
                let done = outcomes.contains(&Pushed::Done);
                (outcomes, done && ground.fault(|f| f.after))
            }
        };
        self.0.pass().await;
        if !lost {
            return Ok(outcomes);
        }
        let mut ground = self.0.ground();
        ground.oracle.sometimes("a push was done and not answered");
        if ground.dice.one_in(2) {
            Err(Trouble::busy("the connection was lost"))
        } else {
            Ok(vec![Pushed::Unknown("the connection was lost".into()); updates.len()])
        }
    }
}

impl Ground {
    /// A process can reach this commit: others made it, or it was pushed once, or the process composed it itself.
    fn has(&self, process: u32, commit: Sha) -> bool {
        let own = || self.processes.get(&process).is_some_and(|file| file.unsaved.contains(&commit));
        self.truth.has(commit) && (self.truth.get(commit).member.is_none() || self.saved.contains(&commit) || own())
    }

    /// What is pushed is written down first, with everything it stands on.
    fn save(&mut self, push: &Push) -> Result<(), Trouble> {
        let tips = push.updates.iter().filter_map(|update| update.to);
        for to in tips.filter(|to| !self.ledger.contains_key(to)).collect::<Vec<_>>() {
            let target = self.tags.get(&to).map_or(to, |tag| tag.target);
            if !self.has(push.process, target) {
                return Err(Trouble::Bug(format!("{target:?} is not there to be pushed")));
            }
            let line = self.truth.line(target).map(|(sha, _)| sha);
            let new: Vec<Sha> = line.take_while(|sha| !self.saved.contains(sha)).collect();
            self.saved.extend(new);
        }
        Ok(())
    }

    /// A push arrives: leases are compared, what holds is done. `leased` is false only for a planted bug.
    pub fn arrive(&mut self, push: &Push, leased: bool) -> Vec<Pushed> {
        let held: Vec<bool> = push.updates.iter().map(|update| !leased || self.holds(push, update)).collect();
        let all = held.iter().all(|held| *held);
        let done = |held: bool| held && (all || !push.atomic);
        let accepted: Vec<RefUpdate> =
            push.updates.iter().zip(&held).filter(|(_, held)| done(**held)).map(|(u, _)| u.clone()).collect();
        self.push_accepted(push, &accepted);
        for update in &accepted {
            self.note(|| format!("== {} is {:?} now (process {})", update.name, update.to, push.process));
            self.set_ref(push.fork.as_ref(), update);
        }
        if !all {
            self.oracle.sometimes("a lease did not hold");
            self.overtaken(push, &held);
        }
        let answer = |held: bool| if done(held) { Pushed::Done } else { Pushed::Rejected("stale info".into()) };
        held.into_iter().map(answer).collect()
    }

    fn holds(&self, push: &Push, update: &RefUpdate) -> bool {
        let at = match &push.fork {
            None => self.refs.get(&update.name),
            Some(fork) => {
                let file = self.pulls.values().find(|file| file.fork.as_ref() == Some(fork));
                if !file.is_some_and(|file| file.shown.maintainer_can_modify) {
                    return false;
                }
                self.forks.get(fork).and_then(|refs| refs.get(&update.name))
            }
        };
        match update.expect {
            Expect::Absent => at.is_none(),
            Expect::At(sha) => at == Some(&sha),
        }
    }

    fn set_ref(&mut self, fork: Option<&RepoName>, update: &RefUpdate) {
        if let (None, Some((trunk, Ours::Trunk))) = (fork, self.owner_of(&update.name)) {
            if let Some(to) = update.to {
                self.trunk_moved(&trunk, to);
                self.intend(12, (5, 1_500), Intent::Push);
            }
            return;
        }
        let refs = match fork {
            None => &mut self.refs,
            Some(fork) => self.forks.entry(fork.clone()).or_default(),
        };
        match update.to {
            Some(to) => refs.insert(update.name.clone(), to),
            None => refs.remove(&update.name),
        };
        if fork.is_none() && update.to.is_none() {
            self.branch_gone(&update.name);
        }
        if let (true, Some(to)) = (update.name.as_str().starts_with("refs/heads/greenline/"), update.to) {
            self.check(to);
        }
        let owner = self.pulls.iter().find(|(_, f)| f.branch == update.name && f.fork.as_ref() == fork);
        if let Some(pr) = owner.map(|(pr, _)| *pr) {
            self.branch_moved(pr);
        }
    }
}
