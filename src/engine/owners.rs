//! The file of owners as it was last seen on trunk: whoever waits is weighed anew when it has changed, and what of it cannot be
//! used is told to the team. Whose approval is missing is decided in `admission`. No I/O.

use super::state::RepoState;
use crate::admission::owners::Seen;
use crate::text;

/// Notes the file as it is now; true where something in it may decide otherwise than before.
pub(super) fn changed(state: &mut RepoState, seen: &Seen) -> bool {
    let before = state.settings.owners.replace(seen.clone());
    before.is_some_and(|before| before != *seen) && state.terms().rules.code_owners
}

/// What is wrong with the file where its owners have to approve.
pub(super) fn trouble(state: &RepoState) -> Option<String> {
    let seen = state.settings.owners.as_ref().filter(|_| state.terms().rules.code_owners)?;
    text::owners_trouble(seen, state.trunk().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::owners::{Skipped, seen};
    use crate::admission::{Heard, Obstacle};
    use crate::config::RepoConfig;
    use crate::engine::fact::Fact;
    use crate::engine::job::Job;
    use crate::engine::owed::jobs;
    use crate::engine::take::{Around, take_in};
    use crate::facts::{Comment, Demands, OwnersFile, Permission, Person, Pull, PullState, Repository, Rolls, Since};
    use crate::ids::{CommentId, Moment, PrNumber, Reading, RepoId, Sha, UserId};
    use std::collections::BTreeSet;

    const PULL: PrNumber = PrNumber::new(1);

    fn sha(digit: &str) -> Sha {
        digit.repeat(40).parse().expect("forty hex digits")
    }

    fn around() -> Around<'static> {
        Around { now: Moment::from_ms(0), page: None }
    }

    fn file(text: &str) -> Fact {
        Fact::Owners(seen(Some(&OwnersFile { path: "CODEOWNERS".into(), text: Some(text.into()) })))
    }

    /// A pull request that was asked for, and weighed by the owners as they were then.
    fn waiting() -> RepoState {
        let (name, default_branch) = ("acme/widget".parse().expect("a name"), "main".parse().expect("a branch"));
        let repository = Repository { id: RepoId::new(1), name, default_branch, archived: false };
        let mut state = RepoState::new(repository, Moment::from_ms(0));
        let text = "[rules]\ncode_owners = true\n[checks]\nrequired = [{ name = \"ci\", app = 1 }]";
        let config = RepoConfig::parse(text).expect("they are right");
        let (demands, places) = (Demands::default(), crate::config::Places::default());
        let settings = Fact::Settings { at: sha("b"), file: Ok(Some(Box::new(config))), demands, places };
        let by = Person { id: UserId::new(1), login: "ann".parse().expect("a login"), bot: false };
        let pull = Pull {
            number: PULL,
            title: "A change".into(),
            author: by.clone(),
            state: PullState::Open,
            draft: false,
            base: "main".parse().expect("a branch"),
            head: sha("a"),
            head_repo: None,
            maintainer_can_modify: false,
            labels: Vec::new(),
            body: String::new(),
            url: String::new(),
            updated_at: Moment::from_ms(0),
        };
        let body = format!("{} merge", crate::command::PREFIX);
        let comment =
            Comment { id: CommentId::new(1), pull: PULL, by, body, created_at: Moment::from_ms(0), edited: false };
        let home = crate::facts::HeadRepo {
            id: RepoId::new(1),
            name: state.repository.name.clone(),
            branch: "topic".parse().expect("a branch"),
        };
        let pull = Pull { head_repo: Some(home), ..pull };
        let (permission, rolls) = (Permission::Write, Rolls::default());
        let reading = Reading::new(1);
        let heard = Heard {
            reading,
            comment,
            pull,
            permission,
            rolls,
            since: Since::Nothing,
            request: None,
            on_trial: false,
            unknown: BTreeSet::new(),
        };
        take_in(&mut state, &[settings, file("* @ben"), Fact::Comment(heard)], around());
        state
    }

    fn weighs(state: &RepoState) -> bool {
        jobs(state).iter().any(|job| matches!(job, Job::Weigh { pr: PULL, .. }))
    }

    /// The reading by which it waits for an owner.
    fn weighed(state: &mut RepoState) {
        let record = state.desk.pulls.get_mut(&PULL).expect("it was heard of");
        let owners = vec!["@ben".into()];
        let missing = Obstacle::Owners { paths: vec!["a".into()], more: 0, owners, skipped: Skipped::default() };
        record.approval.as_mut().expect("it was asked for").waits = vec![missing];
    }

    #[test]
    fn another_file_of_owners_has_whoever_waits_weighed_anew_at_once() {
        let mut state = waiting();
        assert!(weighs(&state), "nothing was read yet");
        weighed(&mut state);
        take_in(&mut state, &[file("* @ben")], around());
        assert!(!weighs(&state), "nothing has changed");
        take_in(&mut state, &[file("* @carl")], around());
        assert!(weighs(&state));
    }

    #[test]
    fn lines_that_cannot_be_used_are_told() {
        let mut state = waiting();
        assert_eq!(trouble(&state), None);
        take_in(&mut state, &[file("* @ben\n[odd] @ben\n!x @ben")], around());
        let told = trouble(&state).expect("two lines are wrong");
        assert!(told.contains("lines 2 and 3") && told.contains("`CODEOWNERS` on main"), "{told}");
    }
}
