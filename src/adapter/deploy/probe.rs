//! Looks once at a stage: an address, a check, a number. It says what was seen, and never what follows from it; that it could
//! not be read is never taken for good or bad.

use super::address::Address;
use super::line;
use super::metric::{self, Number};
use super::web::{Answer, Silence, Web};
use crate::delivery::policy::Bound;
use crate::facts::{Check, CheckState, RequiredCheck};
use crate::ids::Sha;
use crate::port::Trouble;
use crate::port::deploy::{Sample, SampleVerdict};
use http::StatusCode;

const HEADER: &str = "x-commit";

fn sample(verdict: SampleVerdict, note: impl Into<String>) -> Sample {
    Sample { verdict, note: note.into() }
}

/// An address answers as it should. Whoever cannot be reached is not as it should be; a name that is not known is our own
/// trouble as often as theirs.
pub async fn http(web: &Web, base: Option<&str>, url: &str, expect: u16, contains: Option<&str>) -> Sample {
    let address = match (url.starts_with('/'), base) {
        (false, _) => Address::parse(url),
        (true, Some(base)) => Address::parse(&format!("{}{url}", base.trim_end_matches('/'))),
        (true, None) => {
            Err(format!("`{url}` stands behind the stage's address, and the stage has none; give it a `url`"))
        }
    };
    let address = match address {
        Ok(address) => address,
        Err(why) => return sample(SampleVerdict::Unread, why),
    };
    let answer = match web.get(&address).await {
        Ok(answer) => answer,
        Err(Silence::Barred(why) | Silence::Nameless(why)) => return sample(SampleVerdict::Unread, why),
        Err(Silence::Unsent(why) | Silence::Lost(why)) => return sample(SampleVerdict::Bad, why),
    };
    if answer.status.as_u16() != expect {
        return sample(SampleVerdict::Bad, format!("{address} answered {}, not {expect}", answer.status));
    }
    match contains {
        Some(wanted) if !String::from_utf8_lossy(&answer.body).contains(wanted) => {
            sample(SampleVerdict::Bad, format!("{address} answered {expect} without `{}` in it", line(wanted)))
        }
        Some(_) | None => sample(SampleVerdict::Good, format!("{address} answered {expect}")),
    }
}

/// A check on the commit is green. Of several by the same name each must be.
pub fn check(wanted: &RequiredCheck, checks: &[Check]) -> Sample {
    let same = |check: &&Check| check.name == wanted.name && wanted.app.is_none_or(|app| check.app == Some(app));
    let found: Vec<&Check> = checks.iter().filter(same).collect();
    let name = wanted.name.as_str();
    let is = |states: &[CheckState]| found.iter().find(|check| states.contains(&check.state));
    if let Some(red) = is(&[CheckState::Failure, CheckState::TimedOut]) {
        let page = red.url.as_deref().map_or_else(String::new, |url| format!(": {url}"));
        return sample(SampleVerdict::Bad, format!("`{name}` is red{page}"));
    }
    if is(&[CheckState::Cancelled, CheckState::Stale, CheckState::ActionRequired, CheckState::Unrecognised]).is_some() {
        return sample(SampleVerdict::Unread, format!("`{name}` ended and says neither green nor red"));
    }
    if is(&[CheckState::Queued, CheckState::InProgress]).is_some() {
        return sample(SampleVerdict::Nothing, format!("`{name}` has not ended yet"));
    }
    if is(&[CheckState::Success]).is_some() {
        return sample(SampleVerdict::Good, format!("`{name}` is green"));
    }
    let seen = if found.is_empty() { "has not been seen" } else { "did not run" };
    sample(SampleVerdict::Nothing, format!("`{name}` {seen} on this commit"))
}

/// A number stays within its bound.
pub async fn number(web: &Web, url: &str, path: &str, bound: Bound) -> Sample {
    let answer = match Address::parse(url) {
        Ok(address) => web.get(&address).await.map_err(Silence::why).and_then(|answer| good(&address, answer)),
        Err(why) => Err(why),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => return sample(SampleVerdict::Unread, why),
    };
    let Ok(json) = serde_json::from_slice(&answer.body) else {
        return sample(SampleVerdict::Unread, format!("{} answered something that is no JSON", line(url)));
    };
    match metric::find(&json, path) {
        Number::Missing => sample(SampleVerdict::Nothing, format!("there is no number at `{path}`")),
        Number::Other => sample(SampleVerdict::Unread, format!("what stands at `{path}` is no number")),
        Number::Is(number, rest) => {
            let verdict = if metric::crosses(number, rest, bound) { SampleVerdict::Bad } else { SampleVerdict::Good };
            let limit = match bound {
                Bound::Above(limit) => format!("at most {}", shown(i128::from(limit))),
                Bound::Below(limit) => format!("at least {}", shown(i128::from(limit))),
            };
            sample(verdict, format!("`{path}` is {}{}, to be {limit}", shown(number), if rest { "…" } else { "" }))
        }
    }
}

fn good(address: &Address, answer: Answer) -> Result<Answer, String> {
    if answer.status.is_success() { Ok(answer) } else { Err(format!("{address} answered {}", answer.status)) }
}

/// Millionths as people write them.
fn shown(millionths: i128) -> String {
    let (sign, size) = (if millionths < 0 { "-" } else { "" }, millionths.unsigned_abs());
    let fraction = format!("{:06}", size % 1_000_000);
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{}", size / 1_000_000),
        fraction => format!("{sign}{}.{fraction}", size / 1_000_000),
    }
}

/// The commit that an address says it runs: by its header, or as the first word of its answer that is a commit's id.
pub async fn observe(web: &Web, url: &str) -> Result<Option<Sha>, Trouble> {
    let address = Address::parse(url).map_err(Trouble::Denied)?;
    let answer = web.get(&address).await.map_err(|silence| match silence {
        Silence::Barred(why) => Trouble::Denied(why),
        Silence::Nameless(why) | Silence::Unsent(why) | Silence::Lost(why) => Trouble::busy(why),
    })?;
    if answer.status != StatusCode::OK {
        return Ok(None);
    }
    let named =
        answer.headers.get(HEADER).and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse().ok());
    Ok(named.or_else(|| commit_in(&String::from_utf8_lossy(&answer.body))))
}

fn commit_in(text: &str) -> Option<Sha> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.find(|word| word.len() == 40).and_then(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AppId;

    const COMMIT: &str = "757107ea0eb2509fc211221cce984b8a37570b6d";

    fn seen(app: u64, state: CheckState) -> Check {
        let (name, sha) = ("e2e".parse().expect("a name"), COMMIT.parse().expect("a commit id"));
        Check { id: 1, app: Some(AppId::new(app)), name, state, sha, url: None, moved_at: None }
    }

    #[test]
    fn a_check_is_green_red_missing_or_unread() {
        let wanted = RequiredCheck { name: "e2e".parse().expect("a name"), app: Some(AppId::new(7)) };
        let verdict = |checks: &[Check]| check(&wanted, checks).verdict;
        assert_eq!(verdict(&[seen(7, CheckState::Success)]), SampleVerdict::Good);
        assert_eq!(verdict(&[seen(7, CheckState::Success), seen(7, CheckState::Failure)]), SampleVerdict::Bad);
        assert_eq!(verdict(&[seen(7, CheckState::Success), seen(7, CheckState::Queued)]), SampleVerdict::Nothing);
        assert_eq!(verdict(&[seen(8, CheckState::Success)]), SampleVerdict::Nothing);
        assert_eq!(verdict(&[seen(7, CheckState::Skipped)]), SampleVerdict::Nothing);
        assert_eq!(verdict(&[seen(7, CheckState::Cancelled)]), SampleVerdict::Unread);
    }

    #[test]
    fn a_commit_is_a_word_of_its_own() {
        assert_eq!(commit_in(&format!("{{\"commit\":\"{COMMIT}\"}}")).map(|sha| sha.to_string()), Some(COMMIT.into()));
        assert_eq!(commit_in(&format!("a{COMMIT}")), None);
        assert_eq!(commit_in("nothing"), None);
        assert_eq!([shown(20_000), shown(-1_500_000), shown(7_000_000)], ["0.02", "-1.5", "7"]);
    }
}
