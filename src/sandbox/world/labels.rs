//! Labels of a repository, and labels put on issues and pull requests or taken off.

use super::issue::What;
use super::model::Label;
use super::{By, World};
use crate::sandbox::types::Refused;
use serde_json::json;

/// What may change about a label; `None` leaves it.
#[derive(Debug, Default)]
pub struct LabelChange<'a> {
    pub name: Option<&'a str>,
    pub color: Option<&'a str>,
    pub description: Option<&'a str>,
}

impl World {
    /// The repository's label by name, made when there is none.
    pub fn label_id(&mut self, repo: u64, name: &str) -> Result<u64, Refused> {
        let known = self.repo(repo)?.labels.iter().find(|l| l.name.eq_ignore_ascii_case(name)).map(|l| l.id);
        if let Some(id) = known {
            return Ok(id);
        }
        self.create_label(repo, name, "ededed", None)
    }

    pub fn create_label(
        &mut self,
        repo: u64,
        name: &str,
        color: &str,
        description: Option<&str>,
    ) -> Result<u64, Refused> {
        if self.repo(repo)?.labels.iter().any(|l| l.name.eq_ignore_ascii_case(name)) {
            return Err(Refused::invalid("Label", "name", "already_exists"));
        }
        check_name(name)?;
        let id = self.id();
        let label =
            Label { id, name: name.to_owned(), color: color.to_owned(), description: description.map(str::to_owned) };
        self.repo_mut(repo)?.labels.push(label);
        Ok(id)
    }

    pub fn add_label(&mut self, repo: u64, number: u64, by: By, name: &str) -> Result<(), Refused> {
        self.issue(repo, number)?;
        let label = self.label_id(repo, name)?;
        if self.issue(repo, number)?.labels.contains(&label) {
            return Ok(());
        }
        self.issue_mut(repo, number)?.labels.push(label);
        self.tell_label(repo, number, by, label, true)
    }

    /// Takes a label off; `false` if it was not there.
    pub fn remove_label(&mut self, repo: u64, number: u64, by: By, name: &str) -> Result<bool, Refused> {
        self.issue(repo, number)?;
        let label = self.repo(repo)?.labels.iter().find(|l| l.name.eq_ignore_ascii_case(name)).map(|l| l.id);
        let issue = self.issue_mut(repo, number)?;
        let Some(label) = label.filter(|id| issue.labels.contains(id)) else { return Ok(false) };
        issue.labels.retain(|id| *id != label);
        self.tell_label(repo, number, by, label, false)?;
        Ok(true)
    }

    fn tell_label(&mut self, repo: u64, number: u64, by: By, label: u64, on: bool) -> Result<(), Refused> {
        let of = self.repo(repo)?;
        let label = of.labels.iter().find(|l| l.id == label).cloned().ok_or_else(Refused::not_found)?;
        let shown = json!({"label": self.label_json(of, &label)});
        let (name, color) = (label.name, label.color);
        let what = if on { What::Labeled { name, color } } else { What::Unlabeled { name, color } };
        self.note(repo, number, by, what)?;
        self.tell_either(repo, number, if on { "labeled" } else { "unlabeled" }, by, shown);
        Ok(())
    }

    /// Changes a label wherever it is.
    pub fn edit_label(&mut self, repo: u64, name: &str, change: &LabelChange<'_>) -> Result<u64, Refused> {
        let all = &mut self.repo_mut(repo)?.labels;
        let at = all.iter().position(|l| l.name.eq_ignore_ascii_case(name)).ok_or_else(Refused::not_found)?;
        if let Some(new) = change.name {
            if all.iter().enumerate().any(|(n, l)| n != at && l.name.eq_ignore_ascii_case(new)) {
                return Err(Refused::invalid("Label", "name", "already_exists"));
            }
            check_name(new)?;
            new.clone_into(&mut all[at].name);
        }
        if let Some(color) = change.color {
            color.clone_into(&mut all[at].color);
        }
        if let Some(text) = change.description {
            all[at].description = Some(text.to_owned());
        }
        Ok(all[at].id)
    }

    /// Takes a label away. It leaves all issues silently: GitHub tells of the label only, and no App here listens to that.
    pub fn delete_label(&mut self, repo: u64, name: &str) -> Result<(), Refused> {
        let of = self.repo_mut(repo)?;
        let at = of.labels.iter().position(|l| l.name.eq_ignore_ascii_case(name)).ok_or_else(Refused::not_found)?;
        let gone = of.labels.remove(at).id;
        of.issues.values_mut().for_each(|issue| issue.labels.retain(|id| *id != gone));
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), Refused> {
    if name.trim().is_empty() || name.chars().count() > 50 {
        return Err(Refused::invalid("Label", "name", "invalid"));
    }
    Ok(())
}
