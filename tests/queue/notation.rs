//! The short words scripts are written in: commits by name, effects and standings on one line each.

use greenline::facts::Culprit;
use greenline::ids::Sha;
use greenline::queue::{Doing, Effect, EntryId, LeaveWhy, Notice, RedWhy, Silence, Standing, Unfit, Why};

/// A commit named like this: the name's bytes are the commit id, so no table is needed.
pub fn sha(name: &str) -> Sha {
    let mut bytes = [0; 20];
    assert!(name.len() <= 20, "`{name}` is too long for a commit's name");
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Sha::from_bytes(bytes).unwrap_or_else(|| panic!("a commit has a name"))
}

pub fn name(sha: Sha) -> String {
    String::from_utf8_lossy(sha.as_bytes()).trim_end_matches('\0').to_owned()
}

fn entry(entry: EntryId) -> String {
    name(entry.head)
}

pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Compose { onto, entry: e } => format!("compose {} on {}", entry(*e), name(*onto)),
        Effect::StartRun { run, sha } => format!("run {run} on {}", name(*sha)),
        Effect::CancelRun { run, sha } => format!("cancel run {run} on {}", name(*sha)),
        Effect::Land { from, to, run, attempt, members } => {
            let members: Vec<_> = members.iter().map(|m| format!("{}={}", entry(m.entry), name(m.tip))).collect();
            let (from, to) = (name(*from), name(to.sha()));
            format!("land {to} from {from} by run {run}, attempt {attempt}: {}", members.join(" "))
        }
        Effect::Revoke { to, attempt } => format!("revoke attempt {attempt} of {}", name(to.sha())),
        Effect::ConfirmEject { entry: e, onto, why: reason } => {
            format!("confirm that {} goes from {}: {}", entry(*e), name(*onto), why(reason))
        }
        Effect::Tell { entry: e, notice } => format!("tell {}: {}", entry(*e), notice_words(notice)),
    }
}

fn notice_words(notice: &Notice) -> String {
    match notice {
        Notice::Landed { tip, trunk } if tip == trunk => format!("landed as {}", name(*tip)),
        Notice::Landed { tip, trunk } => format!("landed as {} with {}", name(*tip), name(*trunk)),
        Notice::Ejected(reason) => format!("ejected, {}", why(reason)),
        Notice::Left(reason) => format!("left, {}", leave(reason)),
    }
}

fn names(checks: &[Culprit]) -> String {
    checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>().join(" ")
}

fn why(why: &Why) -> String {
    match why {
        Why::Unfit(Unfit::Conflict(paths)) => format!("conflict in {}", paths.join(" ")),
        Why::Unfit(Unfit::Nothing) => "nothing to land".into(),
        Why::Unfit(Unfit::Refused(words)) => format!("not composable: {words}"),
        Why::Unfit(Unfit::HeadMissing(head)) => format!("head {} missing", name(*head)),
        Why::Red(sha, RedWhy::Failed(checks)) => format!("{} failed {}", name(*sha), names(checks)),
        Why::Red(sha, RedWhy::Refused(words)) => format!("{} refused: {words}", name(*sha)),
        Why::Red(sha, RedWhy::Unsound(how)) => format!("{} unsound: {how}", name(*sha)),
        Why::Red(sha, RedWhy::Unanswered) => format!("{} never answered", name(*sha)),
        Why::Red(sha, RedWhy::Silent(Silence::NeverStarted(c))) => {
            format!("{} never started {}", name(*sha), names(c))
        }
        Why::Red(sha, RedWhy::Silent(Silence::NeverFinished(c))) => {
            format!("{} never finished {}", name(*sha), names(c))
        }
        Why::Red(sha, RedWhy::Silent(Silence::Unpushed(words))) => format!("{} not pushed: {words}", name(*sha)),
        Why::Red(sha, RedWhy::Silent(Silence::Cancelled(c))) => format!("{} cancelled {}", name(*sha), names(c)),
    }
}

fn leave(why: &LeaveWhy) -> String {
    match why {
        LeaveWhy::Cancelled { by } => format!("cancelled by {by}"),
        LeaveWhy::LabelRemoved => "label removed".into(),
        LeaveWhy::NoQueue => "no queue".into(),
        LeaveWhy::NewHead { head } => format!("new head {}", name(*head)),
        LeaveWhy::BaseChanged { base } => format!("now onto {base}"),
        LeaveWhy::Draft => "draft".into(),
        LeaveWhy::Closed => "closed".into(),
        LeaveWhy::MergedElsewhere => "merged elsewhere".into(),
        LeaveWhy::HeadGone => "head gone".into(),
        LeaveWhy::PermissionLost { by } => format!("{by} lost permission"),
        LeaveWhy::MayNotAsk { by } => format!("{by} may not ask"),
        LeaveWhy::SetAside => "set aside".into(),
        LeaveWhy::Replaced => "replaced".into(),
    }
}

pub fn standing(head: Sha, standing: &Standing) -> String {
    let doing = match &standing.doing {
        Doing::WaitsForTrunk => "waits for trunk".into(),
        Doing::WaitsForTurn => "waits for its turn".into(),
        Doing::Gathers => "gathers".into(),
        Doing::WaitsForThoseAhead => "waits for those ahead".into(),
        Doing::Composing => "composing".into(),
        Doing::WaitsForSlot => "waits for a slot".into(),
        Doing::Testing { with, tip, run } => {
            let with: Vec<_> = with.iter().map(|pr| format!("#{pr}")).collect();
            let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(" ")) };
            format!("run {run} on {}{with}", name(*tip))
        }
        Doing::GreenBehind { tip } => format!("green behind others as {}", name(*tip)),
        Doing::GreenFrozen { tip } => format!("green while frozen as {}", name(*tip)),
        Doing::RedBehind { tip } => format!("red behind others as {}", name(*tip)),
        Doing::UnfitBehind => "does not compose behind others".into(),
        Doing::TrunkTested => "red, trunk is tested".into(),
        Doing::TrunkRed => "red, and so is trunk".into(),
        Doing::Landing { tip } => format!("landing as {}", name(*tip)),
        Doing::Revoking => "revoking".into(),
        Doing::Ejecting => "ejecting".into(),
    };
    format!("{} of {} {}: {doing}", standing.position, standing.of, name(head))
}
