//! The combinations of a job's matrix, `include` and `exclude` applied. It names nothing.

use super::expression::has_expression;
use super::said;
use crate::document::{Entry, Node, Value};

/// GitHub makes at most so many jobs of a matrix (GitHub Docs, *Actions limits*).
const COMBINATIONS_MAX: usize = 256;

/// A job's matrix.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matrix {
    /// The job has none.
    Absent,
    /// All combinations, in the order in which GitHub makes them.
    Known(Vec<Combination>),
    /// Why they are known only when it runs.
    Unknown(String),
}

/// The leaves of one combination in the order in which they were written.
pub(super) type Combination = Vec<Leaf>;

/// A value without parts, and what leads to it: `matrix.os`, `matrix.config.name`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub path: String,
    pub value: String,
}

/// One key with one of its values.
type Choice = (String, Vec<Leaf>);

impl Matrix {
    pub fn read(node: Option<&Node>) -> Self {
        let Some(node) = node.filter(|node| said(node)) else { return Self::Absent };
        let Value::Table(entries) = &node.value else { return Self::computed("the matrix") };
        let list = |key: &str| match node.get(key) {
            Some(Node { value: Value::List(items), .. }) => Ok(items.as_slice()),
            Some(Node { value: Value::Nothing, .. }) | None => Ok(&[][..]),
            Some(_) => Err(Self::computed(key)),
        };
        let (include, exclude) = match (list("include"), list("exclude")) {
            (Ok(include), Ok(exclude)) => (include, exclude),
            (Err(unknown), _) | (_, Err(unknown)) => return unknown,
        };
        let axes: Vec<&Entry> = entries.iter().filter(|e| e.key != "include" && e.key != "exclude").collect();
        if let Some(axis) = axes.iter().find(|axis| !matches!(axis.node.value, Value::List(_))) {
            return Self::computed(&axis.key);
        }
        let Some(mut combinations) = product(&axes) else { return Self::too_many() };
        if include.len() > COMBINATIONS_MAX {
            return Self::too_many();
        }
        let exclude: Vec<Vec<Choice>> = exclude.iter().map(choices).collect();
        combinations.retain(|combination| !exclude.iter().any(|out| out.iter().all(|c| combination.contains(c))));
        let own = combinations.len();
        for more in include.iter().map(choices) {
            included(&mut combinations, own, &axes, more);
        }
        if combinations.len() > COMBINATIONS_MAX {
            return Self::too_many();
        }
        if combinations.is_empty() {
            return Self::Unknown("the matrix has no combination".to_owned());
        }
        let leaves = |choices: Vec<Choice>| choices.into_iter().flat_map(|(_, leaves)| leaves).collect();
        Self::Known(combinations.into_iter().map(leaves).collect())
    }

    fn computed(what: &str) -> Self {
        Self::Unknown(format!("`{}` is computed when it runs", crate::wording::shown(what)))
    }

    fn too_many() -> Self {
        Self::Unknown(format!("the matrix has more than {COMBINATIONS_MAX} combinations"))
    }
}

fn product(axes: &[&Entry]) -> Option<Vec<Vec<Choice>>> {
    let mut combinations: Vec<Vec<Choice>> = if axes.is_empty() { vec![] } else { vec![vec![]] };
    for axis in axes {
        let values: Vec<Choice> =
            axis.node.items().iter().map(|value| (axis.key.clone(), leaves(&axis.key, value))).collect();
        // What is excluded may bring it down again, but GitHub has a bound for good reasons, and so have we.
        if combinations.len().saturating_mul(values.len()) > 4 * COMBINATIONS_MAX {
            return None;
        }
        combinations = combinations
            .iter()
            .flat_map(|before| {
                values.iter().map(move |value| before.iter().chain(std::iter::once(value)).cloned().collect())
            })
            .collect();
    }
    Some(combinations)
}

/// An item of `include` is added to every original combination whose own values it does not change, and if there is none,
/// it is a combination of its own. What an earlier item added may be changed by a later one.
fn included(combinations: &mut Vec<Vec<Choice>>, own: usize, axes: &[&Entry], more: Vec<Choice>) {
    let original = |choice: &&Choice| axes.iter().any(|axis| axis.key == choice.0);
    let mut added = false;
    for combination in &mut combinations[..own] {
        if more.iter().filter(original).all(|choice| combination.contains(choice)) {
            added = true;
            for choice in more.iter().filter(|choice| !original(choice)) {
                match combination.iter_mut().find(|(key, _)| *key == choice.0) {
                    Some(known) => known.1.clone_from(&choice.1),
                    None => combination.push(choice.clone()),
                }
            }
        }
    }
    if !added {
        combinations.push(more);
    }
}

fn choices(item: &Node) -> Vec<Choice> {
    item.entries().iter().map(|entry| (entry.key.clone(), leaves(&entry.key, &entry.node))).collect()
}

fn leaves(key: &str, value: &Node) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(&format!("matrix.{key}"), value, &mut found);
    found
}

fn collect(path: &str, node: &Node, found: &mut Vec<Leaf>) {
    match &node.value {
        Value::Table(entries) => {
            for entry in entries {
                collect(&format!("{path}.{}", entry.key), &entry.node, found);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(&format!("{path}[{index}]"), item, found);
            }
        }
        Value::Nothing | Value::Flag(_) | Value::Whole(_) | Value::Fraction(_) | Value::Text(_) => {
            found.push(Leaf { path: path.to_owned(), value: node.scalar().unwrap_or_default() });
        }
    }
}

/// What GitHub puts behind the name of a matrix job, unless a value is not known or its wording is not.
pub(super) fn suffix(combination: &[Leaf]) -> Result<String, String> {
    let odd = combination.iter().find(|leaf| has_expression(&leaf.value) || leaf.value.trim().is_empty());
    if let Some(leaf) = odd {
        return Err(format!("`{}` is empty or computed when it runs", crate::wording::shown(&leaf.path)));
    }
    let values: Vec<&str> = combination.iter().map(|leaf| leaf.value.as_str()).collect();
    Ok(if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) })
}
