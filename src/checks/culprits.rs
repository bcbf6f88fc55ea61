//! What people are told of the checks that keep a commit from being green. It finds that out; the words are elsewhere.

use super::Named;
use crate::facts::{Check, CheckState, Culprit, How, Instead, RequiredCheck};
use crate::ids::CheckName;

/// Checks that did not pass, and how they ended.
pub fn unpassed(checks: &[Named]) -> Vec<Culprit> {
    checks.iter().map(|named| Culprit { name: named.name.clone(), how: How::Stands(named.state) }).collect()
}

/// Required checks of which there was no sign: by whom they were to be, and who else reported one of that name.
pub fn unseen(names: &[CheckName], required: &[RequiredCheck], seen: &[Check]) -> Vec<Culprit> {
    let one = |name: &CheckName| {
        let Some(app) = required.iter().find(|check| check.name == *name).and_then(|check| check.app) else {
            return Culprit::plain(name.clone());
        };
        let other = seen.iter().find(|check| check.name == *name && check.app != Some(app));
        let instead = other.map_or(Instead::Nobody, |check| check.app.map_or(Instead::Status, Instead::App));
        Culprit { name: name.clone(), how: How::Unseen { app, instead } }
    };
    names.iter().map(one).collect()
}

/// Required checks that did not end, and whether it is a person that they wait for.
pub fn unended(names: &[CheckName], seen: &[Check]) -> Vec<Culprit> {
    let by_person =
        |name: &CheckName| seen.iter().any(|check| check.name == *name && check.state == CheckState::ActionRequired);
    let how = |name| if by_person(name) { How::Stands(CheckState::ActionRequired) } else { How::Plain };
    names.iter().map(|name| Culprit { name: name.clone(), how: how(name) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, Sha};

    fn seen(app: Option<u64>) -> Check {
        let sha = Sha::from_bytes([1; 20]).expect("not zero");
        let (name, app) = ("ci".parse().expect("a name"), app.map(AppId::new));
        Check { id: 1, app, name, state: CheckState::Success, sha, url: None, moved_at: None }
    }

    #[test]
    fn whoever_reports_under_the_same_name_is_told_apart() {
        let names: [CheckName; 1] = ["ci".parse().expect("a name")];
        let how = |app: Option<u64>, seen: &[Check]| {
            let required = [RequiredCheck { name: names[0].clone(), app: app.map(AppId::new) }];
            unseen(&names, &required, seen).pop().expect("one").how
        };
        let by = |instead| How::Unseen { app: AppId::new(7), instead };
        assert_eq!(how(None, &[]), How::Plain);
        assert_eq!(how(Some(7), &[]), by(Instead::Nobody));
        assert_eq!(how(Some(7), &[seen(Some(8))]), by(Instead::App(AppId::new(8))));
        assert_eq!(how(Some(7), &[seen(None)]), by(Instead::Status));
    }

    #[test]
    fn what_waits_for_a_person_says_so() {
        let names: [CheckName; 1] = ["ci".parse().expect("a name")];
        let waits = Check { state: CheckState::ActionRequired, ..seen(None) };
        assert_eq!(unended(&names, &[seen(None)])[0].how, How::Plain);
        assert_eq!(unended(&names, &[waits])[0].how, How::Stands(CheckState::ActionRequired));
    }
}
