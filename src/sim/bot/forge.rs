//! The forge as one process sees it: late, sometimes old, sometimes in trouble. What it answers comes from the ground truth.

use crate::facts::{
    Changed, Check, CheckOutput, Comment, Demands, Labelled, Membership, Permission, Person, Pull, PullState, Pusher,
    Repository, Review, Since, Unresolved,
};
use crate::ids::{AppId, BranchName, CheckRunId, CommentId, Login, Moment, PrNumber, Sha, TeamName};
use crate::port::report::Report;
use crate::port::{Forge, Outcome, Trouble};
use crate::sim::bot::gate::Door;
use crate::sim::ground::pulls::{LABEL, PullFile};
use crate::sim::ground::world::Ground;
use crate::sim::planted::saboteur;

/// The name our own comments carry.
pub const OWN: &str = "greenline[bot]";

/// The forge as one process sees it.
pub struct SimForge(pub Door);

impl SimForge {
    pub(super) async fn read<T: Send>(&self, look: impl FnOnce(&mut Ground) -> T + Send) -> Result<T, Trouble> {
        let early = self.0.ground().dice.one_in(2);
        if !early {
            self.0.pass().await;
        }
        let seen = {
            let mut ground = self.0.ground();
            trouble(&mut ground)?;
            look(&mut ground)
        };
        if early {
            self.0.pass().await;
        }
        Ok(seen)
    }

    /// A question about a pull request, which may be out of reach.
    async fn read_of<T: Send>(&self, pr: PrNumber, look: impl FnOnce(&mut Ground) -> T + Send) -> Result<T, Trouble> {
        self.read(|ground| ground.forge_finds(pr).map(|()| look(ground))).await?
    }

    /// A write: `act` says no when it is refused.
    pub(super) async fn write<T: Send>(
        &self,
        act: impl FnOnce(&mut Ground, u32) -> Option<T> + Send,
    ) -> Result<Outcome<T>, Trouble> {
        self.0.pass().await;
        let (done, lost) = {
            let mut ground = self.0.ground();
            if let Err(trouble) = trouble(&mut ground) {
                return if saboteur::swallows(&ground) { Ok(Outcome::Rejected(String::new())) } else { Err(trouble) };
            }
            let done = act(&mut ground, self.0.process);
            (done, ground.fault(|f| f.after))
        };
        self.0.pass().await;
        let mut ground = self.0.ground();
        match done {
            Some(_) if lost => {
                ground.oracle.sometimes("a write of the forge was done and not answered");
                if ground.dice.one_in(2) {
                    Ok(Outcome::Unknown("the connection was lost".into()))
                } else {
                    Err(Trouble::busy("the connection was lost"))
                }
            }
            Some(done) => Ok(Outcome::Done(done)),
            None => Ok(Outcome::Rejected("it is not there".into())),
        }
    }
}

fn trouble(ground: &mut Ground) -> Result<(), Trouble> {
    if ground.fault(|f| f.rate_limit) {
        ground.oracle.sometimes("the forge asked to wait");
        let wait = 1_000 + ground.dice.roll(30_000);
        return Err(Trouble::Busy { what: "too many requests".into(), retry_after_ms: Some(wait) });
    }
    if ground.fault(|f| f.before) { Err(Trouble::busy("the forge answered 502")) } else { Ok(()) }
}

impl Forge for SimForge {
    async fn repository(&self) -> Result<Repository, Trouble> {
        self.read(|_| Ground::repository()).await
    }

    async fn pull(&self, number: PrNumber) -> Result<Option<Pull>, Trouble> {
        self.read_of(number, |ground| {
            let seen = ground.shown(number);
            saboteur::pull(ground, &self.0.trunk, number, seen)
        })
        .await
    }

    async fn open_pulls(&self, base: Option<&BranchName>) -> Result<Vec<Pull>, Trouble> {
        self.read(|ground| {
            let numbers: Vec<PrNumber> = ground.pulls.keys().copied().collect();
            let shown = numbers.into_iter().filter_map(|number| ground.shown(number));
            let onto = |pull: &Pull| base.is_none_or(|base| pull.base == *base);
            let open = shown.filter(|pull| pull.state == PullState::Open && onto(pull)).collect();
            saboteur::listed(ground, base, open)
        })
        .await
    }

    async fn labelled(&self, number: PrNumber, _label: &str) -> Result<Option<Labelled>, Trouble> {
        self.read_of(number, |ground| {
            let label = ground.pulls.get(&number).and_then(|file| file.label.clone())?;
            Some(Labelled { since: saboteur::since(ground, number, label.since), ..label })
        })
        .await
    }

    async fn since(&self, comment: &Comment) -> Result<Since, Trouble> {
        self.read_of(comment.pull, |ground| {
            let since = ground.comments.get(&comment.id).map(|note| note.since).unwrap_or_default();
            saboteur::since(ground, comment.pull, since)
        })
        .await
    }

    async fn retargeted_at(&self, number: PrNumber) -> Result<Option<Moment>, Trouble> {
        self.read(|ground| ground.pulls.get(&number).and_then(PullFile::retargeted_at)).await
    }

    async fn changed_since(&self, since: Moment) -> Result<Vec<PrNumber>, Trouble> {
        self.read(|ground| {
            let changed = ground.pulls.values().filter(|file| file.shown.updated_at >= since);
            changed.map(|file| file.shown.number).collect()
        })
        .await
    }

    async fn permission(&self, login: &Login) -> Result<Permission, Trouble> {
        let process = self.0.process;
        self.read(|ground| {
            let may = ground.permissions.get(login.as_str()).copied().unwrap_or(Permission::None);
            if may >= Permission::Write {
                ground.oracle.traces.permissions.insert((process, login.to_string()), ground.now);
            }
            saboteur::permission(ground, may)
        })
        .await
    }

    async fn collaborator(&self, login: &Login) -> Result<Option<(Person, Permission)>, Trouble> {
        let permission = self.permission(login).await?;
        Ok(Some((crate::sim::ground::world::person(login.as_str()), permission)))
    }

    async fn comments(&self, number: PrNumber, since: Moment) -> Result<Vec<Comment>, Trouble> {
        self.read(|ground| {
            let notes = ground.comments.values().map(|note| &note.comment);
            notes.filter(|c| c.pull == number && c.created_at >= since).cloned().collect()
        })
        .await
    }

    async fn checks(&self, sha: Sha) -> Result<Vec<Check>, Trouble> {
        self.read(|ground| {
            let seen = ground.seen_checks(sha);
            saboteur::checks(ground, sha, seen)
        })
        .await
    }

    async fn reviews(&self, number: PrNumber) -> Result<Vec<Review>, Trouble> {
        self.read_of(number, |ground| {
            let seen = ground.reviews_seen(number);
            saboteur::reviews(ground, number, seen)
        })
        .await
    }

    async fn membership(&self, team: &TeamName, login: &Login) -> Result<Membership, Trouble> {
        self.read(|ground| ground.membership(team, login)).await
    }

    async fn changed(&self, number: PrNumber) -> Result<Changed, Trouble> {
        self.read(|ground| ground.changed(number)).await
    }

    async fn pusher(&self, _number: PrNumber, _head: Sha) -> Result<Pusher, Trouble> {
        Ok(Pusher::Unknown)
    }

    async fn unresolved(&self, number: PrNumber) -> Result<Unresolved, Trouble> {
        self.read(|ground| {
            let count = ground.pulls.get(&number).map_or(0, |file| file.talks);
            saboteur::talks(ground, Unresolved { count, first: None })
        })
        .await
    }

    async fn output(&self, _check: u64, _url: Option<&str>) -> Result<Option<CheckOutput>, Trouble> {
        self.read(|_| Some(CheckOutput { summary: Some("broken".into()), ..CheckOutput::default() })).await
    }

    async fn file(&self, commit: Sha, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        self.read(|ground| crate::sim::bot::git::settings_file(ground, commit, path)).await
    }

    async fn demands(&self, _branch: &BranchName) -> Result<Demands, Trouble> {
        self.read(|_| Demands::default()).await
    }

    async fn own_comment(&self, number: PrNumber, marker: &str) -> Result<Option<CommentId>, Trouble> {
        self.read(|ground| {
            let own = |(id, note): (&CommentId, &crate::sim::ground::pulls::Note)| {
                (note.own() && note.comment.pull == number && note.comment.body.contains(marker)).then_some(*id)
            };
            let found = ground.comments.iter().find_map(own);
            saboteur::own_comment(ground, found)
        })
        .await
    }

    async fn comment(&self, number: PrNumber, body: &str) -> Result<Outcome<CommentId>, Trouble> {
        self.write(|ground, process| {
            ground.words_intended(process, body);
            ground.note(|| format!("== #{number} is told: {body:?}"));
            let id = ground.write_comment(number, OWN, body.to_owned());
            if let Some(answered) = answered(body) {
                ground.answered(answered, body);
            }
            ground.said(number, body);
            Some(id)
        })
        .await
    }

    async fn edit_comment(&self, id: CommentId, body: &str) -> Result<Outcome<()>, Trouble> {
        self.write(|ground, process| {
            ground.words_intended(process, body);
            let note = ground.comments.get_mut(&id)?;
            body.clone_into(&mut note.comment.body);
            let number = note.comment.pull;
            ground.note(|| format!("== #{number} is told: {body:?}"));
            ground.said(number, body);
            Some(())
        })
        .await
    }

    fn app(&self) -> AppId {
        AppId::new(99)
    }

    async fn own_report(&self, report: &Report) -> Result<Option<CheckRunId>, Trouble> {
        let same = |known: &Report| (known.topic, known.pr, known.head) == (report.topic, report.pr, report.head);
        self.read(|ground| ground.reports.iter().rev().find_map(|(id, known)| same(known).then_some(*id))).await
    }

    async fn report(&self, id: Option<CheckRunId>, report: &Report) -> Result<Outcome<CheckRunId>, Trouble> {
        self.write(|ground, process| {
            let written = serde_json::to_string(report).unwrap_or_default();
            ground.intended(process, &written, || format!("check run {written}"));
            let id = id.unwrap_or_else(|| CheckRunId::new(ground.id()));
            ground.note(|| format!("== #{} shows {:?}: {}", report.pr, report.ending, report.title));
            ground.reports.insert(id, report.clone());
            Some(id)
        })
        .await
    }

    async fn acknowledge(&self, id: CommentId) -> Result<Outcome<()>, Trouble> {
        self.write(|ground, process| {
            ground.intended(process, &format!("\"{id}\":{{\"pr\":"), || format!("thumbs-up on comment {id}"));
            ground.acknowledge(id).then_some(())
        })
        .await
    }

    async fn remove_label(&self, number: PrNumber, label: &str) -> Result<Outcome<()>, Trouble> {
        self.write(|ground, _| {
            debug_assert_eq!(label, LABEL);
            let file = ground.pulls.get(&number)?;
            if file.shown.labels.iter().any(|known| known == label) {
                ground.change(number, |file| file.shown.labels.retain(|known| known != label));
            }
            Some(())
        })
        .await
    }

    async fn close(&self, number: PrNumber) -> Result<Outcome<()>, Trouble> {
        self.write(|ground, process| {
            ground.intended(process, &format!("\"{number}\":{{\"tip\":"), || format!("closing #{number}"));
            let file = ground.pulls.get(&number)?;
            if file.shown.state == PullState::Open {
                ground.change(number, |file| file.shown.state = PullState::Closed);
            }
            Some(())
        })
        .await
    }

    async fn is_protected(&self, _branch: &BranchName) -> Result<bool, Trouble> {
        self.read(|_| false).await
    }

    async fn open_pulls_from(&self, branch: &BranchName) -> Result<Vec<PrNumber>, Trouble> {
        self.read(|ground| {
            let open =
                |file: &crate::sim::ground::pulls::PullFile| file.shown.state == PullState::Open && file.fork.is_none();
            let from = ground.pulls.iter().filter(|(_, file)| open(file) && file.branch == branch.to_ref());
            from.map(|(number, _)| *number).collect()
        })
        .await
    }

    async fn retarget(&self, number: PrNumber, base: &BranchName) -> Result<Outcome<()>, Trouble> {
        self.write(
            |ground, process| {
                if saboteur::never_sends(ground) { Some(()) } else { ground.send(process, number, base) }
            },
        )
        .await
    }

    async fn cancel_runs(&self, sha: Sha) -> Result<Outcome<()>, Trouble> {
        self.write(|ground, _| {
            ground.stop_ci(sha);
            Some(())
        })
        .await
    }
}

/// The comment that a text of ours answers.
fn answered(body: &str) -> Option<CommentId> {
    let (id, _) = body.strip_prefix("<!-- greenline:answer:")?.split_once(' ')?;
    id.parse().ok().map(CommentId::new)
}

impl Ground {
    /// S7 of what is said: the text stands in a state, its marker aside.
    fn words_intended(&mut self, process: u32, body: &str) {
        let words = match body.strip_prefix("<!-- greenline:answer:") {
            Some(rest) => rest.split_once("-->\n").map_or(body, |(_, words)| words).trim_end_matches('\n'),
            None => body,
        };
        let written = serde_json::to_string(words).unwrap_or_default();
        self.intended(process, written.trim_matches('"'), || format!("comment {words:?}"));
    }

    fn said(&mut self, pr: PrNumber, body: &str) {
        let tick = self.tick;
        if body.contains("waits a while for others") {
            self.oracle.sometimes("a batch waited for company");
        }
        if let Some(file) = self.pulls.get_mut(&pr) {
            file.said.push((tick, body.to_owned()));
        }
    }
}
