//! A workflow that can be dispatched, as far as the sandbox runs one: the `run` steps of its jobs, one after the other, with inputs
//! filled in. Steps that use actions are left out; checking out happens anyway. Pure.

use crate::document::Node;
use std::collections::BTreeMap;

/// What GitHub would start by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What its runs are called, expressions and all.
    pub run_name: Option<String>,
    /// Its first job.
    pub job: String,
    inputs: Vec<Input>,
    steps: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Input {
    name: String,
    required: bool,
    default: Option<String>,
}

impl Workflow {
    /// Reads a file; why it cannot be dispatched, in GitHub's words where it has some.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root = Node::yaml(text).map_err(|broken| format!("Failed to parse workflow: {broken}"))?;
        let on = root.get("on");
        let by_hand = on.and_then(|on| on.get("workflow_dispatch"));
        let named = on.is_some_and(|on| on.items().iter().any(|event| event.text() == Some("workflow_dispatch")));
        if by_hand.is_none() && !named {
            return Err("Workflow does not have 'workflow_dispatch' trigger".into());
        }
        let inputs = by_hand.and_then(|by_hand| by_hand.get("inputs")).map(Node::entries).unwrap_or_default();
        let inputs = inputs.iter().map(|input| Input {
            name: input.key.clone(),
            required: input.node.get("required").and_then(Node::flag).unwrap_or(false),
            default: input.node.get("default").and_then(Node::scalar),
        });
        let jobs = root.get("jobs").map(Node::entries).unwrap_or_default();
        let steps = jobs.iter().filter_map(|job| job.node.get("steps")).flat_map(Node::items);
        Ok(Self {
            name: root.get("name").and_then(Node::scalar),
            run_name: root.get("run-name").and_then(Node::scalar),
            job: jobs.first().map_or_else(|| "job".to_owned(), |job| job.key.clone()),
            inputs: inputs.collect(),
            steps: steps.filter_map(|step| step.get("run")?.scalar()).collect(),
        })
    }

    /// The inputs as the run has them; what is wrong with them, in GitHub's words.
    pub fn inputs(&self, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        let unexpected: Vec<_> =
            given.keys().filter(|name| self.inputs.iter().all(|input| input.name != **name)).collect();
        if !unexpected.is_empty() {
            return Err(format!("Unexpected inputs provided: {unexpected:?}"));
        }
        let mut all = BTreeMap::new();
        for input in &self.inputs {
            match given.get(&input.name).or(input.default.as_ref()) {
                Some(value) => drop(all.insert(input.name.clone(), value.clone())),
                None if input.required => return Err(format!("Required input '{}' not provided", input.name)),
                None => {}
            }
        }
        Ok(all)
    }

    /// All steps as one script, which ends with the first step that fails. Inputs are there as GitHub's runner has them in a
    /// step's own environment: by expression, and as `INPUT_NAME`.
    pub fn script(&self, known: &BTreeMap<String, String>) -> String {
        let exported = known.iter().filter_map(|(name, value)| Some((name.strip_prefix("inputs.")?, value)));
        let exports = exported.map(|(name, value)| {
            let name: String =
                name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
            format!("export INPUT_{name}='{}'\n", value.replace('\'', "'\\''"))
        });
        let steps = self.steps.iter().map(|step| format!("(\n{}\n) || exit\n", filled(step, known)));
        exports.chain(steps).collect()
    }
}

/// A text with `${{ … }}` replaced; what is not known becomes nothing, as on GitHub.
pub fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (inner, after))) = rest.split_once("${{").and_then(|(b, a)| Some((b, a.split_once("}}")?)))
    {
        out.push_str(before);
        let name = inner.trim();
        let name = name.strip_prefix("github.event.").filter(|rest| rest.starts_with("inputs.")).unwrap_or(name);
        out.push_str(known.get(name).map_or("", String::as_str));
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "name: Deploy\nrun-name: to ${{ inputs.stage }} ${{github.event.inputs.key}}${{ secrets.x }}\non:\n  workflow_dispatch:\n    inputs:\n      \
        stage: { required: true }\n      key: { default: none }\njobs:\n  ship:\n    steps:\n      - uses: actions/checkout@v4\n      - run: echo ${{ inputs.stage }}\n";

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn inputs_are_checked_and_filled_in() {
        let flow = Workflow::parse(FILE).expect("it can be dispatched");
        assert_eq!(flow.inputs(&map(&[("stage", "x")])), Ok(map(&[("stage", "x"), ("key", "none")])));
        assert!(flow.inputs(&map(&[])).is_err_and(|why| why.contains("Required input 'stage'")));
        assert!(flow.inputs(&map(&[("stage", "x"), ("odd", "")])).is_err_and(|why| why.contains("Unexpected")));
        let known = map(&[("inputs.stage", "it's"), ("inputs.key", "k")]);
        assert_eq!(flow.run_name.map(|name| filled(&name, &known)).as_deref(), Some("to it's k"));
        let flow = Workflow::parse(FILE).expect("it can be dispatched");
        assert_eq!(
            flow.script(&known),
            "export INPUT_KEY='k'\nexport INPUT_STAGE='it'\\''s'\n(\necho it's\n) || exit\n"
        );
        assert!(Workflow::parse("on: push\njobs: {}\n").is_err_and(|why| why.contains("workflow_dispatch")));
        assert!(Workflow::parse("on: [push, workflow_dispatch]\njobs: {}\n").is_ok());
    }
}
