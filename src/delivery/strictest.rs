//! Which stage's approvers must agree to a change of the policy itself. Whether they did is not known here.

use super::policy::{Policy, Stage, Tier};

impl Policy {
    /// The stage whose approvers must agree to a change of this policy: whoever could weaken it without them could pass them by.
    /// It is the last of production, else the last; none where there are no stages.
    pub fn strictest(&self) -> Option<&Stage> {
        self.stages.iter().rfind(|stage| stage.tier == Tier::Production).or(self.stages.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_last_of_production_else_the_last() {
        let stage = |name: &str, tier| Stage::usual(name.parse().expect("a name"), tier);
        let (eu, us) = (stage("eu", Tier::Production), stage("us", Tier::Production));
        let (staging, docs) = (stage("staging", Tier::Staging), stage("docs", Tier::Other));
        for (stages, expected) in [
            (vec![staging.clone(), eu, us, docs.clone()], Some("us")),
            (vec![staging, docs], Some("docs")),
            (Vec::new(), None),
        ] {
            let policy = Policy { stages, ..Policy::default() };
            assert_eq!(policy.strictest().map(|stage| stage.name.as_str()), expected);
        }
    }
}
