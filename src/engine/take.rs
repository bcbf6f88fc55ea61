//! Takes facts into a repository's state: admission, checks and queue decide, and what they decide is written down here. No I/O.

use super::branches;
use super::delivery;
use super::fact::Fact;
use super::gate;
use super::gather;
use super::job::{landing_ref, run_branch};
use super::owners;
use super::posts;
use super::proposals;
use super::recipe::recipe;
use super::reports;
use super::requests;
use super::retries;
use super::state::{Closing, File, RepoState, Run};
use super::trials;
use crate::admission::{self, Asked, Decision, Desk, Heard, PullReading, Refusal, Terms, Via};
use crate::checks::{Evidence, Judgement, judge, unended, unpassed, unseen};
use crate::command::About;
use crate::config::{Places, RepoConfig};
use crate::engine::board::{DepartureRow, LandingRow};
use crate::facts::{Check, CheckState, Demands, Pull, PullState};
use crate::ids::{Moment, PrNumber, RunId, Sha};
use crate::port::report::Ending;
use crate::queue::{self, Effect, Event, LeaveWhy, Notice, RedWhy, Silence, TrunkVerdict, Unfit, Verdict, Why};
use crate::text;

/// Landings and departures that are kept for the board.
const ROWS_KEPT: usize = 20;
/// Failed checks of a tip that are kept for its people.
const FAILED_KEPT: usize = 3;
/// Closed pull requests that are kept in mind.
const CLOSED_KEPT: usize = 500;

/// Comments that could not be read are asked for again for this long: a day.
const UNHEARD_MS: i64 = 24 * 3_600_000;

/// A trunk commit, its settings file, and what the forge demands.
type SettingsRead<'a> = (Sha, &'a Result<Option<Box<RepoConfig>>, Vec<String>>, &'a Demands);

/// What does not come from the repository but from the service around it.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// Now.
    pub now: Moment,
    /// The status page, for links in comments.
    pub page: Option<&'a str>,
}

/// Takes in facts, in order.
pub fn take_in(state: &mut RepoState, facts: &[Fact], around: Around<'_>) {
    look_at_gate(state, around);
    for fact in facts {
        take_one(state, fact, around);
        look_at_gate(state, around);
    }
    if !state.is_served() {
        admit(state, around, |desk, _| admission::dismiss(desk));
    }
    // A policy may have changed without anything happening to the queue.
    advance(state, Event::Reconsidered, around);
    trials::settle(state, around.now);
    sweep(state, around.now);
    delivery::take::settle(state, around.now);
    posts::refresh(state, around);
    trials::refresh(state, around.page);
    reports::sweep(state);
}

/// Time, settings, people's words and labels: each may shut trunk or open it.
fn look_at_gate(state: &mut RepoState, around: Around<'_>) {
    if let Some(event) = gate::look(state, around.now) {
        advance(state, event, around);
    }
    if let Some(event) = gather::look(state, around.now) {
        advance(state, event, around);
    }
}

fn take_one(state: &mut RepoState, fact: &Fact, around: Around<'_>) {
    match fact {
        Fact::Repository(repository) => state.repository = repository.clone(),
        Fact::Trunk { reading, tip } => advance(state, Event::TrunkRead { reading: *reading, tip: *tip }, around),
        Fact::Settings { at, file, demands, places } => settings(state, (*at, file, demands), places, around),
        Fact::Owners(seen) => owners_read(state, seen, around),
        Fact::Trunks(names) => state.settings.trunks = Some(names.clone()),
        Fact::Pull(reading) if elsewhere(state, reading, around) => left_below(state, reading, around),
        Fact::Pull(reading) => {
            let reading = PullReading { pull: seen(state, reading.pull.as_ref()), ..reading.clone() };
            admit(state, around, |desk, terms| admission::read(desk, &reading, around.now, terms));
        }
        Fact::OutOfReach { pr, what } => admit(state, around, |desk, _| admission::out_of_reach(desk, *pr, what)),
        Fact::Comment(heard) if !state.answers_for(&heard.pull.base) => {}
        Fact::Comment(heard) => {
            let pull = seen(state, Some(&heard.pull)).unwrap_or_else(|| heard.pull.clone());
            let heard = Heard { pull, on_trial: state.trials.live(heard.pull.number).is_some(), ..heard.clone() };
            admit(state, around, |desk, terms| admission::hear(desk, &heard, around.now, terms));
        }
        Fact::Request(asked) => request(state, asked, around),
        Fact::RequestUnread { request, why } => requests::unread(state, request, why, around.now),
        Fact::HeardUntil(moment) => heard_until(state, *moment),
        Fact::Unheard { pr, since } => unheard(state, *pr, *since),
        Fact::RunAsked { run } => {
            if let Some(run) = state.runs.get_mut(run) {
                run.asked_at.get_or_insert(around.now);
            }
        }
        Fact::Checks { run, seen } => checks(state, *run, seen, around),
        Fact::Evidence { tip, words } => _ = state.evidence.insert(*tip, words.clone()),
        Fact::TrunkDoubted => advance(state, Event::TrunkDoubted, around),
        Fact::Landed { tip, landed } => {
            delivery::take::landed(state, *tip, landed, around.now);
            state.landed.insert(*tip, landed.clone());
        }
        Fact::Delivery(fact) => delivery::take::take(state, fact, around.now),
        Fact::Queue(event) => {
            if let Event::Revoked { attempt, trunk, landed: false, .. } = event {
                state.revoked.insert(landing_ref(state.trunk(), *attempt), *trunk);
            }
            advance(state, event.clone(), around);
        }
        Fact::Posted { which, pr, comment, body } => posts::written(state, (*which, *pr), *comment, body),
        Fact::PostRefused { which, pr, body, comment } => posts::refused(state, (*which, *pr), *comment, body),
        Fact::Reported { id, report } => reports::written(state, report, *id),
        Fact::ReportRefused { report, id, denied } => reports::refused(state, report, *id, denied.as_deref()),
        Fact::Heads { open, gone } => proposals::heads(state, open, gone),
        Fact::Proposal { pr, head, proposed } => proposals::read(state, *pr, *head, proposed, around.page),
        Fact::WaitsForItself(where_required) => state.settings.waits_for_itself.clone_from(where_required),
        Fact::Answered { comment } => _ = state.answers.remove(comment),
        Fact::Trial(fact) => trials::take(state, fact, around.now),
        Fact::RefGone(name) => _ = state.refs.remove(name),
        Fact::Retargeted { pr } => _ = state.retargets.remove(pr),
        Fact::LabelOff { pr } => _ = state.labels_off.remove(pr),
        Fact::Closed { pr, merged } => closed(state, *pr, *merged, around),
        Fact::LeftOpen { pr, head } => left_open(state, *pr, *head, around),
        Fact::BranchDone { pr } => _ = state.branches.remove(pr),
    }
}

/// Comments that can never be read, as those of a hidden account, are not asked for without end.
fn heard_until(state: &mut RepoState, moment: Moment) {
    state.heard_until = state.heard_until.max(moment);
    state.unheard.retain(|_, since| moment.since_ms(*since) < UNHEARD_MS);
}

/// Since when the comments on a pull request have not been read, if they have not.
fn unheard(state: &mut RepoState, pr: PrNumber, since: Option<Moment>) {
    match since {
        Some(since) => _ = state.unheard.insert(pr, since),
        None => _ = state.unheard.remove(&pr),
    }
}

/// The owners' file as it is now: whoever waits is weighed by it, and not by the one before.
fn owners_read(state: &mut RepoState, seen: &admission::owners::Seen, around: Around<'_>) {
    if owners::changed(state, seen) {
        admit(state, around, admission::reconsider);
    }
}

/// A commit that did not land stands in a landed pull request's branch, which so stays open.
fn left_open(state: &mut RepoState, pr: PrNumber, head: Sha, around: Around<'_>) {
    if let Some(closing) = state.closings.remove(&pr) {
        posts::left_open(state, pr, (closing.tip, head), around.page);
    }
}

/// A landed pull request came to its end on the forge as well.
fn closed(state: &mut RepoState, pr: PrNumber, merged: bool, around: Around<'_>) {
    match state.closings.remove(&pr) {
        Some(closing) if merged => branches::leave(state, pr, closing.tip),
        Some(closing) => posts::closed_not_merged(state, pr, closing.tip, around.page),
        None => {}
    }
}

/// A pull request that landed counts as merged, whatever the forge still shows: nobody can ask for it any more.
fn seen(state: &mut RepoState, pull: Option<&Pull>) -> Option<Pull> {
    let pull = pull?.clone();
    proposals::seen(state, &pull);
    let landed = state.closings.contains_key(&pull.number) && pull.state == PullState::Open;
    Some(Pull { state: if landed { PullState::Merged } else { pull.state }, ..pull })
}

/// The pull request goes to a branch with a queue of its own, and none of its approvals is ours to end: it is forgotten here, but
/// for a word that keeps it back.
fn elsewhere(state: &mut RepoState, reading: &PullReading, Around { now, page }: Around<'_>) -> bool {
    let Some(pull) = reading.pull.as_ref().filter(|pull| !state.answers_for(&pull.base)) else { return false };
    let known = state.desk.pulls.get(&pull.number);
    if known.is_some_and(|record| record.approval.is_some()) {
        return false;
    }
    let news = known.filter(|record| record.reading < reading.reading);
    match news.map(|record| record.hold.standing.is_some()) {
        Some(true) => posts::held_here_only(state, pull, page),
        Some(false) => {
            trials::sent_elsewhere(state, pull, now);
            state.desk.pulls.remove(&pull.number);
        }
        None => {}
    }
    state.proposals.remove(&pull.number);
    true
}

/// Whoever stands here on what goes elsewhere is to know what became of that.
fn left_below(state: &mut RepoState, reading: &PullReading, around: Around<'_>) {
    admit(state, around, |desk, terms| admission::elsewhere(desk, reading, terms));
}

/// A request through the API, unless it has its answer already or is another queue's to answer.
fn request(state: &mut RepoState, asked: &Asked, around: Around<'_>) {
    let base = match &asked.request.about {
        About::Trunk(branch) => Some(branch),
        About::Pull(_) => asked.pull.as_ref().map(|pull| &pull.base),
    };
    let ours = base.map_or(state.branch.is_none(), |base| state.answers_for(base));
    if ours && !requests::is_answered(state, asked.request.id) {
        let on_trial = asked.pull.as_ref().is_some_and(|pull| state.trials.live(pull.number).is_some());
        let archived = state.repository.archived;
        let asked = Asked { pull: seen(state, asked.pull.as_ref()), on_trial, archived, ..asked.clone() };
        admit(state, around, |desk, terms| admission::ask(desk, &asked, around.now, terms));
    }
}

/// Lets admission decide, and follows its decisions.
fn admit(state: &mut RepoState, around: Around<'_>, judge: impl FnOnce(&mut Desk, &Terms) -> Vec<Decision>) {
    let terms = state.terms();
    let mut desk = std::mem::take(&mut state.desk);
    let decisions = judge(&mut desk, &terms);
    state.desk = desk;
    decide(state, decisions, around);
    // The label that a standing approval came by stays, whatever an earlier one was to lose.
    let by_label = |pr: &PrNumber| {
        let approval = state.desk.pulls.get(pr).and_then(|record| record.approval.as_ref());
        approval.is_some_and(|approval| matches!(approval.via, Via::Label(_)))
    };
    state.labels_off.retain(|pr| !by_label(pr));
}

/// The settings as they are on a trunk commit: in force from now on.
fn settings(state: &mut RepoState, (at, file, demands): SettingsRead<'_>, places: &Places, around: Around<'_>) {
    let (before, terms) = (state.config().clone(), state.terms());
    state.settings.read_at = Some(at);
    state.settings.demands = demands.clone();
    match file {
        Ok(None) => (state.settings.file, state.settings.good) = (File::Missing, None),
        Ok(Some(config)) => {
            (state.settings.file, state.settings.good) = (File::Valid, Some((**config).clone()));
            (state.settings.places, state.settings.places_at) = (places.clone(), Some(at));
        }
        Err(problems) => state.settings.file = File::Broken(problems.clone()),
    }
    if *state.config() != before {
        proposals::settings_changed(state);
    }
    if state.config().merge.shape() != before.merge.shape() {
        advance(state, Event::Reshaped, around);
    }
    if state.terms() != terms {
        admit(state, around, admission::reconsider);
    }
}

/// One step of the queue, and what its effects mean for the state around it.
fn advance(state: &mut RepoState, event: Event, around: Around<'_>) {
    let policy = state.policy();
    let (queue, effects) = queue::step(std::mem::take(&mut state.queue), event, &policy);
    state.queue = queue;
    for effect in effects {
        match effect {
            Effect::StartRun { run, sha } => {
                state.runs.insert(run, Run { sha, asked_at: None, green: Vec::new(), url: None });
                state.refs.insert(run_branch(state.trunk(), run));
            }
            // Before a ref is moved or made it is written down that we do it.
            Effect::Land { members, attempt, .. } => {
                for member in members {
                    state.desk.expect_move(member.entry.pr, member.tip);
                }
                state.refs.insert(landing_ref(state.trunk(), attempt));
            }
            Effect::Tell { entry, notice } => {
                tell(state, entry, &notice, around);
                advance(state, Event::Told { entry }, around);
            }
            Effect::Compose { .. } | Effect::CancelRun { .. } | Effect::Revoke { .. } | Effect::ConfirmEject { .. } => {
            }
        }
    }
}

fn decide(state: &mut RepoState, decisions: Vec<Decision>, around: Around<'_>) {
    for decision in decisions {
        match decision {
            Decision::Queue(event) => {
                let arrived = if let Event::Arrived { entry, .. } = &event { Some(entry.pr) } else { None };
                if let Some(pr) = arrived {
                    state.labels_off.remove(&pr);
                    state.last_words.remove(&pr);
                    state.count("greenline_queued_total");
                }
                advance(state, event, around);
                let held = |pr: &PrNumber| state.desk.pulls.get(pr).is_some_and(|r| r.hold.standing.is_some());
                if let Some(pr) = arrived.filter(held) {
                    advance(state, Event::Held { pr }, around);
                }
            }
            Decision::Deliver(ask) => delivery::ask(state, *ask, around.now),
            Decision::Answer { comment, pr, answers } => {
                requests::refused(state, pr, &answers, around.now);
                let told = std::mem::take(&mut state.delivery.told);
                let delivered = |id: &str| told.get(id).map(|(.., told)| told.to_string());
                let body = text::answers(&answers, &posts::standing(state, pr, around.now), delivered);
                state.answers.insert(comment, super::state::Reply { pr, body });
            }
            Decision::Reply { request, answer } => requests::answered(state, &request, &answer, around.now),
            Decision::RefuseLabel { pr, why } => {
                requests::remember(state, pr, text::why::refusal_code(&why), text::refusal(&why), around.now);
                refuse_label(state, pr, &why, around);
                state.labels_off.insert(pr);
            }
            Decision::Try { pr, asked } => trials::ask(state, pr, asked, around.now),
            Decision::EndTrial { pr, by } => state.trials.cancel(pr, &by, around.now),
            Decision::Withdrawn { entry, why } => tell(state, entry, &Notice::Left(why), around),
            Decision::RemoveLabel { pr } => {
                state.labels_off.insert(pr);
            }
            Decision::Retarget { pr } => _ = state.retargets.insert(pr),
        }
    }
}

fn refuse_label(state: &mut RepoState, pr: PrNumber, why: &Refusal, around: Around<'_>) {
    let body = text::status_comment("Not queued.", &text::refusal(why).to_string(), around.page);
    posts::say(state, pr, format!("refused {:?}", state.desk.pulls.get(&pr).and_then(|r| r.label_event)), body);
}

fn checks(state: &mut RepoState, id: RunId, seen: &[Check], around: Around<'_>) {
    let Some(run) = state.runs.get(&id) else { return };
    let (sha, required) = (run.sha, state.required());
    let spent = state.spent.get(&sha).cloned().unwrap_or_default();
    let evidence = Evidence { sha, seen, spent: &spent, asked_at: run.asked_at, now: around.now };
    let judgement = judge(required, &state.config().checks, evidence);
    let asked_at = run.asked_at;
    let url = seen.iter().filter(|c| required.iter().any(|r| r.name == c.name)).find_map(|c| c.url.clone());
    if let Some(run) = state.runs.get_mut(&id) {
        run.url = url;
    }
    let verdict = match judgement {
        Judgement::Pending { .. } => return,
        Judgement::Passed(green) => {
            let before = state.runs.get_mut(&id).map(|run| std::mem::replace(&mut run.green, green));
            let was_green = before.is_some_and(|before| !before.is_empty());
            // The same verdict is often read twice.
            if !was_green {
                state.history.run_passed(asked_at.map_or(0, |asked| around.now.since_ms(asked)));
            }
            Verdict::Passed
        }
        Judgement::Failed(failed) => {
            spend(state, sha, seen.iter());
            let culprits = unpassed(&failed);
            let again = retries::gone_over(state, sha, &failed);
            state.failed.insert(sha, failed.into_iter().take(FAILED_KEPT).collect());
            if again { Verdict::Flaky(culprits) } else { Verdict::Failed(culprits) }
        }
        Judgement::Cancelled(cancelled) => {
            spend(state, sha, seen.iter());
            Verdict::Silent(Silence::Cancelled(unpassed(&cancelled)))
        }
        // What hangs hangs for good: the next run must be a new one. What has passed may count again, since some CI checks a
        // commit only once.
        Judgement::NeverStarted(missing) => {
            spend(state, sha, seen.iter().filter(|check| check.state != CheckState::Success));
            Verdict::Silent(Silence::NeverStarted(unseen(&missing, state.required(), seen)))
        }
        Judgement::NeverFinished(open) => {
            spend(state, sha, seen.iter().filter(|check| check.state != CheckState::Success));
            Verdict::Silent(Silence::NeverFinished(unended(&open, seen)))
        }
    };
    state.count(match verdict {
        Verdict::Passed => "greenline_runs_passed_total",
        Verdict::Failed(_) | Verdict::Flaky(_) => "greenline_runs_failed_total",
        Verdict::Silent(_) => "greenline_runs_silent_total",
    });
    advance(state, Event::RunFinished { run: id, verdict }, around);
}

/// A later run of the same commit must not be judged by checks that an earlier one was judged by.
fn spend<'a>(state: &mut RepoState, sha: Sha, checks: impl Iterator<Item = &'a Check>) {
    state.spent.entry(sha).or_default().extend(checks.map(|check| check.id));
}

fn tell(state: &mut RepoState, entry: queue::EntryId, notice: &Notice, around: Around<'_>) {
    let (trunk, label) = (state.trunk().to_string(), state.config().queue.label.clone());
    let (headline, code, told, ending) = match notice {
        Notice::Landed { tip, trunk: moved_to } => return landed(state, entry, *tip, *moved_to, around),
        Notice::Ejected(why) => {
            let terms = state.terms();
            if state.desk.pulls.get(&entry.pr).is_some_and(|record| terms.labelled(&record.pull)) {
                state.labels_off.insert(entry.pr);
            }
            state.count("greenline_ejected_total");
            // That it is on trunk already is nobody's mistake.
            let ending = if *why == Why::Unfit(Unfit::Nothing) { Ending::Neutral } else { Ending::Failure };
            ("Sent back.", text::eject_code(why), text::eject(why, &trunk, &label), ending)
        }
        // Its approval stands: where it waits is told with the others that wait.
        Notice::Left(LeaveWhy::SetAside) => return state.count("greenline_set_aside_total"),
        Notice::Left(why) => {
            state.count("greenline_left_total");
            let mut told = text::leave(why, entry.head, &label);
            told.next.extend(posts::hold_that_stays(state, entry.pr).map(|stays| format!(" {stays}")));
            ("Out of the queue.", text::leave_code(why), told, Ending::Neutral)
        }
    };
    state.desk.close(entry);
    let sentence = told.to_string();
    requests::remember(state, entry.pr, code, told, around.now);
    let evidence = match notice {
        Notice::Ejected(Why::Red(tip, RedWhy::Failed(_))) => state.evidence.get(tip).filter(|words| !words.is_empty()),
        Notice::Ejected(_) | Notice::Left(_) | Notice::Landed { .. } => None,
    };
    let full = evidence.map_or_else(|| sentence.clone(), |words| format!("{sentence}\n\n{words}"));
    let body = text::status_comment(headline, &full, around.page);
    reports::ended(state, entry, ending, (&text::departure_title(headline, code), &full), around.page);
    let row = DepartureRow { at: around.now, pull: entry.pr, code: code.to_owned(), sentence };
    state.departures.insert(0, row);
    state.departures.truncate(ROWS_KEPT);
    posts::say(state, entry.pr, format!("{code} {}", entry.rev), body);
}

fn landed(state: &mut RepoState, entry: queue::EntryId, tip: Sha, moved_to: Sha, around: Around<'_>) {
    let kept = recipe(state, moved_to, entry).strategy.keeps_head().then_some(entry.head);
    let approved = state.desk.pulls.get(&entry.pr).and_then(|record| record.approval.as_ref());
    let waited_ms = approved.map_or(0, |approval| around.now.since_ms(approval.at));
    state.history.landed(waited_ms);
    state.desk.close(entry);
    state.desk.settle(entry.pr, entry.head, around.now);
    state.count("greenline_landed_total");
    let known = state.landed.get(&moved_to).cloned();
    let candidate = known.as_ref().and_then(|known| known.candidate.clone());
    let checks: Vec<String> = known.iter().flat_map(|known| &known.checks).map(text::check).collect();
    let retried = retries::reds(state, moved_to);
    match state.landings.first_mut() {
        Some(row) if row.commit == moved_to => row.pulls.push(entry.pr),
        _ => {
            let row = LandingRow {
                at: around.now,
                commit: moved_to,
                pulls: vec![entry.pr],
                candidate: candidate.clone(),
                checks: checks.clone(),
                retried: retried.clone(),
            };
            state.landings.insert(0, row);
            state.landings.truncate(ROWS_KEPT);
        }
    }
    let sentence = text::landed(tip, state.trunk().as_str(), candidate.as_deref(), &checks);
    let sentence = retries::with(sentence, &retried);
    let title = format!("Landed as {}", tip.short());
    reports::landed(state, entry, (&title, &sentence), around.page);
    let unmoved = known.is_some_and(|known| known.unmoved.contains(&entry.pr));
    state.closings.insert(entry.pr, Closing { tip, unmoved, kept });
    posts::say(state, entry.pr, format!("landed {tip}"), text::status_comment("Landed.", &sentence, around.page));
    admit(state, around, |desk, terms| admission::awaken(desk, entry.pr, terms));
}

/// Forgets what nothing refers to any more.
fn sweep(state: &mut RepoState, now: Moment) {
    let needed: std::collections::BTreeSet<RunId> = state
        .queue
        .tree
        .iter()
        .filter_map(|(_, node)| node.run)
        .chain(state.queue.cancelling.keys().copied())
        .chain(state.queue.trunk.and_then(|trunk| match trunk.verdict {
            TrunkVerdict::Testing { run, .. } => Some(run),
            TrunkVerdict::Green | TrunkVerdict::Unknown { .. } | TrunkVerdict::Red => None,
        }))
        .collect();
    state.runs.retain(|run, _| needed.contains(run));
    let trunk = state.queue.trunk.map(|trunk| trunk.tip);
    let shas: std::collections::BTreeSet<Sha> =
        state.queue.tree.iter().filter_map(|(_, node)| node.tip()).chain(trunk).collect();
    state.spent.retain(|sha, _| shas.contains(sha));
    state.forgiven.retain(|sha, _| shas.contains(sha));
    state.failed.retain(|sha, _| shas.contains(sha));
    state.evidence.clear();
    state.landed.retain(|sha, _| Some(*sha) == trunk);
    state.revoked.retain(|_, on| Some(*on) == trunk);
    let red = state.queue.trunk.is_some_and(|trunk| trunk.verdict == TrunkVerdict::Red);
    state.trunk_red_at = red.then(|| state.trunk_red_at.unwrap_or(now));
    state.desk.forget(CLOSED_KEPT);
}
