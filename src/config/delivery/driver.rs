//! How `driver = { kind = "…", … }` of a stage is read: each kind has keys of its own. Nothing is carried out here, and what the
//! service's machine allows stands in `bot.toml`.

use crate::config::problem::Fault;
use crate::config::read::{Reader, Section};
use crate::config::rules_file::login;
use crate::config::tree::At;
use crate::config::url;
use crate::delivery::policy::Driver;
use crate::ids::{BranchName, RefName};
use crate::wording::shown;

/// Arguments of a command, the program itself counted, at the most.
const ARGV_MAX: usize = 50;
/// Bytes of one argument, at the most.
const ARGUMENT_MAX: usize = 1000;
/// Logins whose word on a deployment counts, at the most.
const LOGINS_MAX: usize = 50;

/// Where refs that say what runs may be.
const OURS: [&str; 2] = ["refs/deploy/", "refs/heads/deploy/"];

const KINDS: [&str; 7] = ["ref", "command", "webhook", "github-deployment", "actions", "push", "manual"];

/// The driver, and where the name of its ref stands or would stand. `base` is the stage's `url` if that could be read.
pub(super) fn driver(
    read: &mut Reader,
    section: &mut Section<'_>,
    base: Option<&str>,
    has_url: bool,
) -> Option<(Driver, At)> {
    let mut table = read.table(section, "driver", "{ kind = \"ref\" }")?;
    read.needs(&table, "kind", format!("write one of {}", KINDS.map(|kind| format!("\"{kind}\"")).join(", ")));
    let kind = read.word(&mut table, "kind", &KINDS.map(|kind| (kind, kind)))?;
    let at = if kind == "ref" { table.at("name") } else { table.at("kind") };
    let driver = match kind {
        "command" => {
            read.needs(&table, "command", "write the program and its arguments, such as [\"./deploy.sh\"]");
            argv(read, &mut table, "command").map(|argv| Driver::Command { argv })
        }
        "webhook" => {
            read.needs(&table, "url", "write the address that is told");
            read.checked(&mut table, "url", url::confidential).map(|url| Driver::Webhook { url })
        }
        "github-deployment" => {
            let environment = read.checked(&mut table, "environment", |text| super::line(text, 255));
            let by = read.each(&mut table, "by", LOGINS_MAX, login).unwrap_or_default();
            Some(Driver::GithubDeployment { environment, by })
        }
        "actions" => {
            read.needs(&table, "workflow", "write the name of a file in .github/workflows, such as \"deploy.yml\"");
            read.checked(&mut table, "workflow", workflow).map(|workflow| Driver::Actions { workflow })
        }
        "push" => push(read, &mut table),
        "manual" => Some(Driver::Manual),
        _ => {
            let name = read.checked(&mut table, "name", ref_name);
            Some(Driver::Ref { name, observe: observe(read, &mut table, base, has_url) })
        }
    };
    read.close(&table);
    Some((driver?, at))
}

fn push(read: &mut Reader, table: &mut Section<'_>) -> Option<Driver> {
    read.needs(table, "remote", "write the address that is pushed to");
    read.needs(table, "branch", "write the branch there, such as \"main\"");
    let remote = read.checked(table, "remote", url::remote);
    let branch = read.checked(table, "branch", |text| {
        let fault = || Fault::new(format!("`{}` is no branch", shown(text)), "write a branch's name, such as \"main\"");
        text.parse::<BranchName>().map_err(|_| fault())
    });
    Some(Driver::Push { remote: remote?, branch: branch? })
}

/// The address that says what runs; a path stands behind the stage's own.
fn observe(read: &mut Reader, table: &mut Section<'_>, base: Option<&str>, has_url: bool) -> Option<String> {
    let text = read.checked(table, "observe", |text| url::asked(text, has_url))?;
    if text.starts_with('/') { base.map(|base| format!("{base}{text}")) } else { Some(text) }
}

/// Drivers move refs without asking anybody, so none may be one that means something else: trunk, a tag, our own records.
fn ref_name(text: &str) -> Result<RefName, Fault> {
    let below = OURS.iter().any(|ours| text.strip_prefix(ours).is_some_and(|rest| !rest.is_empty()));
    text.parse().ok().filter(|_| below).ok_or_else(|| {
        let what = format!("`{}` is no ref that a stage may move", shown(text));
        Fault::new(what, "write a name below refs/deploy/ or refs/heads/deploy/, or leave it out")
    })
}

fn workflow(text: &str) -> Result<String, Fault> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let stem = text.strip_suffix(".yml").or_else(|| text.strip_suffix(".yaml")).unwrap_or_default();
    if !stem.is_empty() && text.len() <= 100 && text.bytes().all(legal) {
        return Ok(text.to_owned());
    }
    let what = format!("`{}` is no workflow's file", shown(text));
    Err(Fault::new(what, "write the name of a file in .github/workflows without the folder, such as \"deploy.yml\""))
}

/// A program and its arguments; no shell reads them.
pub(super) fn argv(read: &mut Reader, section: &mut Section<'_>, key: &'static str) -> Option<Vec<String>> {
    let at = section.at(key);
    let argv = read.each(section, key, ARGV_MAX, argument)?;
    if argv.first().is_none_or(|program| program.trim().is_empty()) {
        read.wrong(
            &at,
            "names no program",
            "write the program and its arguments, such as [\"./deploy.sh\", \"--now\"]",
        );
        return None;
    }
    Some(argv)
}

fn argument(text: &str) -> Result<String, Fault> {
    if text.len() <= ARGUMENT_MAX && !text.contains('\0') {
        return Ok(text.to_owned());
    }
    let hint = format!("write at most {ARGUMENT_MAX} bytes; a script can say more");
    Err(Fault::new(format!("has {} bytes, or one that is zero", text.len()), hint))
}
