//! `[freeze]`: when nothing lands, and what lands all the same. What the settings mean, and how they are read.

use super::problem::Fault;
use super::read::{Reader, Section};
use super::repo_file::label;
use super::rules_file::login;
use super::tree::{Node, Table};
use crate::calendar::{When, Window, Zone};
use crate::facts::Permission;
use crate::ids::Login;
use serde::{Deserialize, Serialize};

/// Windows, labels and users of each list, at the most.
const ITEMS_MAX: usize = 50;
/// Characters of a reason, at the most.
const REASON_MAX: usize = 200;

/// `[freeze]`: when nothing lands, and what lands all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeConfig {
    /// The clocks by which people say moments, and those of windows that name no others.
    pub zone: Zone,
    /// Who may freeze and thaw by command. Write by default: a stop is the safe side, it says who and why, and whoever
    /// may land may also lift it; asking for more would mean that at night nobody is there who may stop anything.
    pub by: Permission,
    /// What lands while a person froze the queue; windows that say nothing about it have the same.
    pub exempt: Exempt,
    /// The calendar.
    pub windows: Vec<FreezeWindow>,
}

/// What lands although the queue is frozen: whatever one of these holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exempt {
    /// It has one of these labels.
    pub labels: Vec<String>,
    /// One of these people asked for its landing.
    pub users: Vec<Login>,
    /// It has at least this priority.
    pub priority: Option<i32>,
    /// It is a hotfix.
    pub hotfix: bool,
}

/// A stretch of time in which nothing lands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeWindow {
    /// When.
    pub window: Window,
    /// Why.
    pub reason: String,
    /// What lands all the same.
    pub exempt: Exempt,
}

impl Default for Exempt {
    fn default() -> Self {
        Self { labels: Vec::new(), users: Vec::new(), priority: None, hotfix: true }
    }
}

impl Default for FreezeConfig {
    fn default() -> Self {
        Self { zone: Zone::default(), by: Permission::Write, exempt: Exempt::default(), windows: Vec::new() }
    }
}

pub(super) fn freeze(read: &mut Reader, root: &Table) -> FreezeConfig {
    let mut section = read.section(root, "freeze");
    let zone = read.checked(&mut section, "time_zone", zone).unwrap_or_default();
    let by = read.word(&mut section, "by", &[("write", Permission::Write), ("admin", Permission::Admin)]);
    let exempt = exempt(read, &mut section, &Exempt::default());
    let items = read.items(&mut section, "windows", ITEMS_MAX).unwrap_or_default();
    let windows = items.iter().filter_map(|item| window(read, item, &zone, &exempt)).collect();
    read.close(&section);
    FreezeConfig { zone, by: by.unwrap_or(Permission::Write), exempt, windows }
}

fn window(read: &mut Reader, item: &Node, usual: &Zone, inherited: &Exempt) -> Option<FreezeWindow> {
    let Some(mut section) = Section::of(item) else {
        read.wrong(&item.at, "is no window", "write [[freeze.windows]] with when = \"…\" and reason = \"…\"");
        return None;
    };
    for (key, hint) in [
        ("when", "write for example when = \"fri 16:00 - mon 08:00\""),
        ("reason", "write what everybody who waits shall read"),
    ] {
        if !section.has(key) {
            read.wrong(&section.at(key), "is missing", hint);
        }
    }
    let when =
        read.checked(&mut section, "when", |text| When::parse(text).map_err(|(what, hint)| Fault::new(what, hint)));
    let zone = read.checked(&mut section, "time_zone", zone).unwrap_or_else(|| usual.clone());
    let reason = read.checked(&mut section, "reason", reason);
    let exempt = exempt(read, &mut section, inherited);
    read.close(&section);
    Some(FreezeWindow { window: Window { when: when?, zone }, reason: reason?, exempt })
}

fn exempt(read: &mut Reader, section: &mut Section<'_>, inherited: &Exempt) -> Exempt {
    let labels = read.each(section, "exempt_labels", ITEMS_MAX, label);
    let users = read.each(section, "exempt_users", ITEMS_MAX, login);
    let priority = read.whole(section, "exempt_priority", -100..=100).and_then(|n| i32::try_from(n).ok());
    let hotfix = read.flag(section, "exempt_hotfix");
    Exempt {
        labels: labels.unwrap_or_else(|| inherited.labels.clone()),
        users: users.unwrap_or_else(|| inherited.users.clone()),
        priority: priority.or(inherited.priority),
        hotfix: hotfix.unwrap_or(inherited.hotfix),
    }
}

pub(super) fn zone(text: &str) -> Result<Zone, Fault> {
    Zone::named(text).map_err(|what| Fault::new(what, "write a name of the IANA database, such as \"Europe/Berlin\""))
}

fn reason(text: &str) -> Result<String, Fault> {
    let count = text.chars().count();
    let legal = !text.trim().is_empty() && count <= REASON_MAX && !text.chars().any(char::is_control);
    let hint = || format!("write one line of 1 to {REASON_MAX} characters");
    legal
        .then(|| text.trim().to_owned())
        .ok_or_else(|| Fault::new(format!("has {count} characters or several lines"), hint()))
}
