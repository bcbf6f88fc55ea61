//! What is set differently in two settings: each key with its old and its new value. It compares whatever there is, so a new
//! setting needs nothing here, but for those of delivery, which `delivery::written` names; what a change means is said elsewhere.

use super::delivery::written::{one_promote, written};
use super::{RepoConfig, duration};
use crate::delivery::policy::Promote;
use std::collections::BTreeMap;
use toml::Value;

/// Characters of a value that are shown.
const SHOWN: usize = 160;

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its key, `section.key`.
    pub key: String,
    /// Its value before, as one would write it; `None` if it had none.
    pub old: Option<String>,
    /// Its value after.
    pub new: Option<String>,
}

pub use super::delivery::laxer::{Laxer, laxer};

/// What a stage waits for, as one writes it.
pub fn promote_written(promote: Promote) -> String {
    one_promote(promote)
}

/// Everything that is set differently, by key.
pub fn changes(old: &RepoConfig, new: &RepoConfig) -> Vec<Change> {
    let (mut old, mut new) = (flat(old), flat(new));
    let keys: std::collections::BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
    keys.into_iter()
        .map(|key| Change { old: old.remove(&key), new: new.remove(&key), key })
        .filter(|change| change.old != change.new)
        .collect()
}

fn flat(config: &RepoConfig) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // Settings are plain structs, numbers and texts, all of which TOML can say.
    if let Ok(Value::Table(mut sections)) = Value::try_from(config) {
        sections.remove("delivery");
        spread("", &Value::Table(sections), &mut found);
    }
    let cut = written(&config.delivery).into_iter().map(|(key, value)| (key, cut(&value)));
    found.extend(cut);
    found
}

fn cut(said: &str) -> String {
    let end = if said.chars().count() > SHOWN { "…" } else { "" };
    said.chars().take(SHOWN).collect::<String>() + end
}

fn spread(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) if !(table.contains_key("prefix") && table.contains_key("width")) => {
            for (name, value) in table {
                // The plan's settings stand in [queue] itself.
                let under = key.strip_suffix(".plan").unwrap_or(key);
                // And one of them has a longer name there.
                let name = if key == "queue.plan" && name == "size" { "batch_size" } else { name };
                let key = if under.is_empty() { name.to_owned() } else { format!("{under}.{name}") };
                spread(&key, value, found);
            }
        }
        Value::Integer(ms) if key.ends_with("_ms") => {
            found.insert(key.trim_end_matches("_ms").to_owned(), duration::written(*ms));
        }
        Value::Table(_)
        | Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Array(_) => {
            found.insert(key.to_owned(), cut(&said(value)));
        }
    }
}

/// A value on one line.
pub(super) fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(said).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => match (table.get("name"), table.get("prefix")) {
            (Some(name), _) => {
                let app = table.get("app").map_or_else(|| "any App".to_owned(), |app| format!("App {}", said(app)));
                format!("{} ({app})", said(name))
            }
            (None, Some(prefix)) => {
                let part = |key: &str| table.get(key).map(said).unwrap_or_default();
                format!("{}{{seq:0{}}}{}", said(prefix), part("width"), part("suffix"))
            }
            (None, None) => {
                let parts = table.iter().map(|(key, value)| format!("{key} = {}", said(value)));
                format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
            }
        },
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(moment) => moment.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> RepoConfig {
        RepoConfig::parse(text).expect("right")
    }

    #[test]
    fn each_setting_that_differs_is_named_as_it_is_written() {
        let old = config("[checks]\nrequired = [{ name = \"ci\", app = 7 }]");
        let new = config(
            "[queue]\nstrategy = \"batch\"\nbatch_size = 6\n[checks]\nrequired = [{ name = \"ci\", app = 7 }, { name = \
             \"lint\", app = \"any\" }]\nfinish_deadline = \"1h30m\"\n[candidate]\ntag = \"rc/{seq:04}\"",
        );
        let said: Vec<_> = changes(&old, &new)
            .into_iter()
            .map(|change| format!("{}: {:?} -> {:?}", change.key, change.old, change.new))
            .collect();
        assert_eq!(
            said,
            [
                "candidate.tag: Some(\"candidate/{seq:06}\") -> Some(\"rc/{seq:04}\")",
                "checks.finish_deadline: Some(\"2h\") -> Some(\"1h30m\")",
                "checks.required: Some(\"[ci (App 7)]\") -> Some(\"[ci (App 7), lint (any App)]\")",
                "queue.batch_size: None -> Some(\"6\")",
                "queue.depth: Some(\"4\") -> None",
                "queue.strategy: Some(\"pipeline\") -> Some(\"batch\")",
            ]
        );
        assert_eq!(changes(&new, &new), []);
    }

    #[test]
    fn what_differs_in_delivery_is_named_by_stage_and_key() {
        let new = config(
            "[delivery]\nmode = \"deployment\"\nmin_interval = \"5m\"\n[[stage]]\nname = \"staging\"\n[[stage]]\nname = \"production\"\n\
             promote = \"veto after 2h\"\nurl = \"https://example.org\"\ndriver = { kind = \"command\", command = [\"./a\", \"\\\"b\"] }\n\
             verify = [{ http = \"/healthz\" }, { metric = \"errors\", url = \"https://m.example.org\", path = \"v\", fail_if = \"> 0.02\" }]\n\
             windows = [{ deny = \"fri 16:00 - mon 08:00\", reason = \"weekend\" }]\napproval = { from = [\"@acme/release\"] }\n",
        );
        let said: Vec<_> = changes(&RepoConfig::default(), &new)
            .into_iter()
            .map(|change| {
                format!("{}: {} -> {}", change.key, change.old.unwrap_or_default(), change.new.unwrap_or_default())
            })
            .collect();
        assert_eq!(
            said,
            [
                "delivery.min_interval: 0s -> 5m",
                "delivery.mode: delivery -> deployment",
                "delivery.when: landed -> post-merge-green",
                "stage.production.approval.from: [] -> [acme/release]",
                "stage.production.driver: { kind = \"ref\" } -> { kind = \"command\", command = [\"./a\", \"\\\"b\"] }",
                "stage.production.promote:  -> veto after 2h",
                "stage.production.url:  -> https://example.org",
                "stage.production.verify[1]:  -> { http = \"/healthz\", expect = 200, tries = 10, every = \"10s\" }",
                "stage.production.verify[2]:  -> { metric = \"errors\", url = \"https://m.example.org\", path = \"v\", fail_if = \"> 0.02\", \
                 every = \"1m\", count = 10, fail_limit = 0 }",
                "stage.production.windows[1]:  -> { deny = \"fri 16:00 - mon 08:00\", reason = \"weekend\", time_zone = \"UTC\" }",
            ]
        );
        let everything = config(include_str!("../../fixtures/config/every-setting.toml"));
        let keys = changes(&RepoConfig::default(), &everything);
        let empty = keys.iter().find(|change| change.new.as_deref() == Some(""));
        assert_eq!(empty, None, "each value can be said");
    }
}
