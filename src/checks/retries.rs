//! Checks that may fail a few times on the same commit before that counts: which, and how often they have.

use super::Named;
use crate::ids::CheckName;
use std::collections::{BTreeMap, BTreeSet};

/// How often each check failed on one commit and was run again for it.
pub type Reds = BTreeMap<CheckName, u8>;

/// Whether every one of these failed checks may fail once more by the settings; then that is counted. One that may not is
/// red at once, whatever failed beside it.
pub fn forgive(failed: &[Named], retries: &BTreeMap<CheckName, u8>, reds: &mut Reds) -> bool {
    let names: BTreeSet<&CheckName> = failed.iter().map(|check| &check.name).collect();
    let so_far = |name: &CheckName| reds.get(name).copied().unwrap_or(0);
    let may = |name: &&CheckName| retries.get(*name).is_some_and(|times| so_far(name) < *times);
    let all = !names.is_empty() && names.iter().all(may);
    if all {
        for name in names {
            *reds.entry(name.clone()).or_default() += 1;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::CheckState;

    fn failed(names: &[&str]) -> Vec<Named> {
        let check = |name: &&str| {
            let name = name.parse().expect("a name");
            Named { name, app: None, id: 7, state: CheckState::Failure, url: None }
        };
        names.iter().map(check).collect()
    }

    #[test]
    fn each_check_has_its_own_count_and_one_without_is_final() {
        let name = |name: &str| name.parse::<CheckName>().expect("a name");
        let retries = BTreeMap::from([(name("flaky"), 2), (name("slow"), 1)]);
        let mut reds = Reds::new();
        assert!(!forgive(&failed(&["flaky", "ci"]), &retries, &mut reds));
        assert!(!forgive(&[], &retries, &mut reds));
        assert_eq!(reds, Reds::new(), "what is final is not counted");
        assert!(forgive(&failed(&["flaky", "flaky", "slow"]), &retries, &mut reds));
        assert!(!forgive(&failed(&["flaky", "slow"]), &retries, &mut reds));
        assert!(forgive(&failed(&["flaky"]), &retries, &mut reds));
        assert!(!forgive(&failed(&["flaky"]), &retries, &mut reds));
        assert_eq!(reds, Reds::from([(name("flaky"), 2), (name("slow"), 1)]));
    }
}
