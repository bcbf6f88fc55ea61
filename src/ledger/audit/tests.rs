//! Each invariant broken once: it is named, with the entry that breaks it.

use super::*;
use crate::facts::CheckState;
use crate::ledger::testing::{Clone, landing, sha, tag_object};

/// The entries of these landings, chained.
fn pages(landings: &[Landing]) -> Vec<Page> {
    let mut before = None;
    let page = |(landing, id): (&Landing, u8)| {
        let parents = before.replace(sha(id)).into_iter().collect();
        let message = Entry::landed(landing.clone()).message();
        Page { id: sha(id), parents, message, signed: Signed::Unasked }
    };
    landings.iter().zip(200..).map(page).collect()
}

/// Three sound landings, the second of two pull requests, and a repository that agrees.
fn sound() -> (Vec<Landing>, Clone) {
    let landings = vec![landing(1, 2, &[(7, 2)]), landing(2, 4, &[(8, 3), (9, 4)]), landing(4, 5, &[(10, 5)])];
    (landings, Clone::at(5, &[2, 4, 5]))
}

fn told(pages: &[Page], clone: &mut Clone) -> (Vec<(&'static str, Sha)>, Report) {
    let Ok(report) = audit(pages, clone, |_, _| {});
    let found = report.findings.iter().filter_map(|finding| Some((finding.rule?.name(), finding.entry)));
    (found.collect(), report)
}

/// What is found when the second landing is bent.
fn bent(bend: impl FnOnce(&mut Landing)) -> Vec<(&'static str, Sha)> {
    let (mut landings, mut clone) = sound();
    bend(&mut landings[1]);
    told(&pages(&landings), &mut clone).0
}

const SECOND: u8 = 201;

#[test]
fn a_sound_ledger_has_no_findings_and_says_what_was_looked_at() {
    let (landings, mut clone) = sound();
    clone.heads.insert(landings[0].members[0].head);
    let mut heard = 0;
    let Ok(report) = audit(&pages(&landings), &mut clone, |done, of| heard += usize::from(done <= of));
    assert_eq!((report.findings.as_slice(), report.notes.as_slice(), heard), (&[][..], &[][..], 3));
    let counts = Counts { entries: 3, landings: 3, pulls: 4, recomputed: 1, unmade: 3, ..Counts::default() };
    assert_eq!(report.counts, counts);
    assert!(counts.to_string().contains("3 not, for their heads are not in this clone"), "{counts}");
}

#[test]
fn s1_a_required_check_that_was_not_green() {
    let found = vec![("S1", sha(SECOND))];
    assert_eq!(bent(|landing| landing.green.clear()), found);
    assert_eq!(bent(|landing| landing.required.clear()), found);
    assert_eq!(bent(|landing| landing.green[0].app = None), found, "of another App");
    assert_eq!(bent(|landing| landing.green[0].state = CheckState::Failure), found);
    assert_eq!(bent(|landing| landing.green[0].state = CheckState::Skipped), [], "settings may let it pass");
}

#[test]
fn s2_an_approval_of_another_head() {
    assert_eq!(bent(|landing| landing.members[1].approved.head = sha(99)), [("S2", sha(SECOND))]);
}

#[test]
fn s3_a_trunk_that_went_back_or_elsewhere() {
    let (landings, mut clone) = sound();
    clone.trunk = Some(sha(3));
    assert_eq!(told(&pages(&landings), &mut clone).0, [("S3", sha(202))], "the last landing is lost");
    let (landings, mut clone) = sound();
    clone.aside.insert(4);
    let found = told(&pages(&landings), &mut clone).0;
    assert!(found.contains(&("S3", sha(202))), "the third does not stand on what the second made: {found:?}");
    let (landings, mut clone) = sound();
    clone.gone.insert(4);
    assert_eq!(told(&pages(&landings), &mut clone).0[0], ("S3", sha(SECOND)), "nor is that there");
}

#[test]
fn what_others_pushed_in_between_and_afterwards_is_only_noted() {
    let landings = [landing(1, 2, &[(7, 2)]), landing(4, 5, &[(10, 5)])];
    let (found, report) = told(&pages(&landings), &mut Clone::at(6, &[2, 5]));
    assert_eq!((found.len(), report.notes.len()), (0, 2), "{report:?}");
    assert!(report.notes[0].to_string().contains("no entry records"), "{}", report.notes[0]);
}

#[test]
fn a_branch_that_is_gone_is_noted_and_its_commits_are_not_missed() {
    let (landings, mut clone) = sound();
    clone.trunk = None;
    clone.gone.extend([1, 2]);
    let (found, report) = told(&pages(&landings), &mut clone);
    assert_eq!((found.len(), report.counts.absent), (0, 2), "{report:?}");
}

#[test]
fn s4_a_pull_request_that_landed_before() {
    let (mut landings, mut clone) = sound();
    landings[2].members[0] = Member { onto: sha(4), tip: sha(5), tree: sha(5), ..landings[1].members[0].clone() };
    assert_eq!(told(&pages(&landings), &mut clone).0, [("S4", sha(202))]);
    let other = &mut landings[2].members[0];
    (other.head, other.approved.head) = (sha(99), sha(99));
    let (found, report) = told(&pages(&landings), &mut clone);
    assert_eq!((found.len(), report.notes.len()), (0, 1), "with a new head it may");
}

#[test]
fn s5_a_tag_that_was_moved_or_deleted() {
    let (landings, mut clone) = sound();
    clone.tags.remove("candidate/000004");
    assert_eq!(told(&pages(&landings), &mut clone).0, [("S5", sha(SECOND))]);
    for moved in [
        Tag { object: tag_object(9), peeled: Some(sha(4)) },
        Tag { object: tag_object(4), peeled: Some(sha(9)) },
        Tag { object: sha(4), peeled: None },
    ] {
        clone.tags.insert("candidate/000004".to_owned(), moved);
        let (found, report) = told(&pages(&landings), &mut clone);
        assert_eq!(found, [("S5", sha(SECOND))]);
        assert!(report.findings[0].to_string().contains("Landed #8, #9 on main"), "{}", report.findings[0]);
    }
}

#[test]
fn s6_members_that_do_not_stand_on_each_other_or_are_made_otherwise() {
    let found = vec![("S6", sha(SECOND))];
    assert_eq!(bent(|landing| landing.members[1].onto = sha(2)), found);
    assert_eq!(bent(|landing| landing.members[0].tree = sha(9)), found);
    assert_eq!(bent(|landing| drop(landing.members.pop())), found);
    let (landings, mut clone) = sound();
    clone.heads.insert(landings[1].members[1].head);
    clone.wrong.insert(4);
    assert_eq!(told(&pages(&landings), &mut clone).0, found);
}

#[test]
fn s14_a_chain_with_two_parents_or_somebody_elses_words() {
    let (landings, mut clone) = sound();
    let found = vec![("S14", sha(SECOND))];
    let mut chain = pages(&landings);
    chain[1].parents.push(sha(77));
    assert_eq!(told(&chain, &mut clone).0, found);
    let mut chain = pages(&landings);
    chain[1].signed = Signed::No("it is not signed".to_owned());
    assert_eq!(told(&chain, &mut clone).0, found);
    let mut chain = pages(&landings);
    chain[1].message = "Nothing to see here".to_owned();
    assert_eq!(told(&chain, &mut clone).0[0], found[0]);
}

#[test]
fn s14_an_entry_that_was_taken_out_is_betrayed_by_its_candidate() {
    let (mut landings, mut clone) = sound();
    landings.remove(1);
    let (found, report) = told(&pages(&landings), &mut clone);
    assert_eq!(found, [("S14", sha(SECOND))], "the entry behind it is named");
    assert!(report.findings[0].what.contains("candidate/000004"), "{}", report.findings[0]);
    landings.pop();
    assert_eq!(told(&pages(&landings), &mut clone).0.len(), 2, "so are those at the end");
    let (landings, mut clone) = sound();
    clone.tags.insert("candidate/000001".to_owned(), Tag { object: tag_object(1), peeled: Some(sha(1)) });
    assert_eq!(told(&pages(&landings), &mut clone).0, [], "what is older than the ledger stands in none");
}

#[test]
fn a_newer_versions_lines_are_counted() {
    let (landings, mut clone) = sound();
    let mut chain = pages(&landings);
    let id = sha(210);
    let message = "Promoted\n\n{\"promoted\":1}\n".to_owned();
    chain.push(Page { id, parents: vec![chain[2].id], message, signed: Signed::Yes });
    let (found, report) = told(&chain, &mut clone);
    assert_eq!((found.len(), report.counts.unknown), (0, 1));
}

#[test]
fn a_hostile_entry_cannot_write_to_the_terminal_of_its_reader() {
    let (mut landings, mut clone) = sound();
    let tag = format!("candidate/\u{1b}[2J{}", "x".repeat(100_000));
    landings[1].candidate = landings[1].candidate.take().map(|made| crate::ledger::Candidate { tag, ..made });
    let (_, report) = told(&pages(&landings), &mut clone);
    let line = report.findings[0].to_string();
    assert!(line.contains("?[2J") && !line.contains('\u{1b}') && line.len() < 2_000, "{line}");
}
