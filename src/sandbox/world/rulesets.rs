//! Rulesets in GitHub's own form: made, changed, taken away. What they mean is in `protect` and `gate`.

use super::{By, World};
use crate::sandbox::types::Refused;
use serde_json::{Map, Value, json};

impl World {
    /// Replaces all rulesets; each must be an object in GitHub's form, and gets an id if it has none.
    pub fn set_rulesets(&mut self, repo: u64, rulesets: Vec<Value>) -> Result<(), Refused> {
        let mut kept = Vec::new();
        for ruleset in rulesets {
            let Value::Object(given) = ruleset else { return Err(Refused::new(422, "A ruleset is an object.")) };
            kept.push(self.completed(repo, given)?);
        }
        self.repo_mut(repo)?.rulesets = kept;
        Ok(())
    }

    /// The ruleset with what GitHub fills in.
    fn completed(&mut self, repo: u64, mut given: Map<String, Value>) -> Result<Value, Refused> {
        let (id, source) = (self.id(), self.full_name(self.repo(repo)?));
        for (name, value) in [
            ("id", json!(id)),
            ("name", json!(format!("ruleset {id}"))),
            ("target", json!("branch")),
            ("source_type", json!("Repository")),
            ("source", json!(source)),
            ("enforcement", json!("active")),
            ("conditions", json!({"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}})),
            ("rules", json!([])),
        ] {
            given.entry(name).or_insert(value);
        }
        Ok(Value::Object(given))
    }

    /// Adds one and tells; answers it.
    pub fn create_ruleset(&mut self, repo: u64, by: By, given: Map<String, Value>) -> Result<Value, Refused> {
        let made = self.completed(repo, given)?;
        self.repo_mut(repo)?.rulesets.push(made.clone());
        self.hook(repo, "repository_ruleset", Some("created"), by, json!({"repository_ruleset": made}));
        Ok(made)
    }

    /// Replaces the members that are given, and tells; answers the whole.
    pub fn edit_ruleset(&mut self, repo: u64, by: By, id: u64, given: Map<String, Value>) -> Result<Value, Refused> {
        let mut all = self.repo_mut(repo)?.rulesets.iter_mut();
        let found = all.find(|set| set["id"].as_u64() == Some(id)).and_then(Value::as_object_mut);
        let found = found.ok_or_else(Refused::not_found)?;
        found.extend(given);
        let changed = Value::Object(found.clone());
        self.hook(
            repo,
            "repository_ruleset",
            Some("edited"),
            by,
            json!({"repository_ruleset": changed, "changes": {}}),
        );
        Ok(changed)
    }

    /// Takes one away and tells.
    pub fn delete_ruleset(&mut self, repo: u64, by: By, id: u64) -> Result<(), Refused> {
        let all = &mut self.repo_mut(repo)?.rulesets;
        let at = all.iter().position(|set| set["id"].as_u64() == Some(id)).ok_or_else(Refused::not_found)?;
        let gone = all.remove(at);
        self.hook(repo, "repository_ruleset", Some("deleted"), by, json!({"repository_ruleset": gone}));
        Ok(())
    }
}
