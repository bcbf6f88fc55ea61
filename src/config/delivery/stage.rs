//! How one `[[stage]]` is read. How stages stand to each other is looked at in `graph`.

use super::graph::{Draft, names};
use super::{Around, DAY_MS, MINUTE_MS, approval, driver, probe, small, stage_name, windows};
use crate::config::problem::Fault;
use crate::config::read::{Reader, Section, one_of};
use crate::config::tree::At;
use crate::config::{duration, url};
use crate::delivery::policy::{Need, OnFailure, Promote, Stage, Supersede, Tier};
use crate::ids::StageName;
use crate::wording::shown;

/// A soak that holds where a stage for tests says neither how it is verified nor how long it soaks.
const USUAL_SOAK_MS: i64 = 10 * MINUTE_MS;

const TIME: (i64, i64) = (1000, 7 * DAY_MS);

/// A stage; none if it has no name. `before` is the one that is written before it.
pub(super) fn stage(
    read: &mut Reader,
    mut section: Section<'_>,
    before: Option<StageName>,
    around: &Around<'_>,
) -> Option<Draft> {
    read.needs(&section, "name", "write what the stage is called, such as name = \"staging\"");
    let name = read.checked(&mut section, "name", stage_name);
    let tiers = [("staging", Tier::Staging), ("production", Tier::Production), ("other", Tier::Other)];
    let tier = read.word(&mut section, "tier", &tiers).unwrap_or_else(|| usual_tier(name.as_ref()));
    // What it says is read, and reported, even if nobody can call it by name.
    let stand_in = || "nameless".parse().expect("small letters are a name");
    let mut stage = Stage::usual(name.clone().unwrap_or_else(stand_in), tier);
    let after = names(read, &mut section, "after");
    stage.after = match &after {
        Some(named) => named.iter().map(|(_, name)| name.clone()).collect(),
        None => before.into_iter().collect(),
    };
    passage(read, &mut section, &mut stage);
    stage.url = read.checked(&mut section, "url", |text| url::base(text, true));
    let ref_at = deployment(read, &mut section, &mut stage);
    verification(read, &mut section, &mut stage);
    stage.windows = windows::windows(read, &mut section, around.zone);
    stage.approval = approval::approval(read, &mut section, stage.approval);
    failure(read, &mut section, &mut stage);
    read.close(&section);
    name?;
    Some(Draft { stage, at: section.at("name"), ref_at, after: after.unwrap_or_default() })
}

fn usual_tier(name: Option<&StageName>) -> Tier {
    match name.map(StageName::as_str) {
        Some("production" | "prod") => Tier::Production,
        Some("staging") => Tier::Staging,
        Some(_) | None => Tier::Other,
    }
}

/// Which candidates come, and what they wait for.
fn passage(read: &mut Reader, section: &mut Section<'_>, stage: &mut Stage) {
    stage.need = read.word(section, "need", &[("all", Need::All), ("any", Need::Any)]).unwrap_or(stage.need);
    stage.promote = read.checked(section, "promote", promote);
    let words = [("latest", Supersede::Latest), ("each", Supersede::Each)];
    stage.supersede = read.word(section, "supersede", &words).unwrap_or(stage.supersede);
    stage.group = read.checked(section, "group", group);
}

fn promote(text: &str) -> Result<Promote, Fault> {
    let words = [("auto", Promote::Auto), ("approve", Promote::Approve), ("manual", Promote::Manual)];
    let Some(time) = text.strip_prefix("veto after ") else { return one_of(text, &words, ", or \"veto after 2h\"") };
    let range = MINUTE_MS..=7 * DAY_MS;
    duration::parse_ms(time).filter(|ms| range.contains(ms)).map(Promote::VetoAfter).ok_or_else(|| {
        let hint = "write for example \"veto after 2h\", with a time from 1m to 7d";
        Fault::new(format!("`{}` is no time in which somebody can reject", shown(time)), hint)
    })
}

fn group(text: &str) -> Result<String, Fault> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    if (1..=60).contains(&text.len()) && text.bytes().all(legal) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(format!("`{}` is no group's name", shown(text)), "write 1 to 60 letters, digits and - _ . /"))
}

/// How a candidate gets there; says where the name of the ref stands.
fn deployment(read: &mut Reader, section: &mut Section<'_>, stage: &mut Stage) -> At {
    let has_url = section.has("url");
    let found = driver::driver(read, section, stage.url.as_deref(), has_url);
    let ref_at = found.as_ref().map_or_else(|| section.at("name"), |(_, at)| at.clone());
    if let Some((driver, _)) = found {
        stage.driver = driver;
    }
    stage.timeout_ms = read.duration(section, "timeout", TIME).unwrap_or(stage.timeout_ms);
    stage.lost_ms = read.duration(section, "lost_after", TIME).unwrap_or(stage.lost_ms);
    stage.retries = small(read.whole(section, "retries", 0..=5)).unwrap_or(stage.retries);
    ref_at
}

/// A stage for tests that says nothing of how it is verified is looked at where it can be, or soaks: without either, production
/// would get what nobody looked at.
fn verification(read: &mut Reader, section: &mut Section<'_>, stage: &mut Stage) {
    let silent = !section.has("verify") && !section.has("soak") && stage.tier == Tier::Staging;
    let has_url = section.has("url");
    stage.verify = probe::verify(read, section, has_url).unwrap_or_default();
    stage.soak_ms = read.duration(section, "soak", (0, 30 * DAY_MS)).unwrap_or(stage.soak_ms);
    if silent && has_url {
        stage.verify = vec![probe::usual()];
    } else if silent {
        stage.soak_ms = USUAL_SOAK_MS;
    }
}

fn failure(read: &mut Reader, section: &mut Section<'_>, stage: &mut Stage) {
    let words = [("rollback", OnFailure::Rollback), ("hold", OnFailure::Hold), ("notify", OnFailure::Notify)];
    let said = read.word(section, "on_failure", &words);
    stage.on_failure = said.unwrap_or(stage.on_failure);
    let at = section.at("on_failure");
    let Some(mut table) = read.table(section, "rollback", "{ max_auto = 1, revert = true }") else { return };
    stage.auto_rollbacks = small(read.whole(&mut table, "max_auto", 0..=10)).unwrap_or(stage.auto_rollbacks);
    stage.revert = read.flag(&mut table, "revert").unwrap_or(stage.revert);
    read.close(&table);
    if stage.auto_rollbacks == 0 && stage.on_failure == OnFailure::Rollback {
        if said.is_some() {
            let what = "asks for a rollback, and rollback.max_auto = 0 forbids it";
            read.wrong(&at, what, "write on_failure = \"hold\", or a max_auto of at least 1");
        }
        stage.on_failure = OnFailure::Hold;
    }
}
