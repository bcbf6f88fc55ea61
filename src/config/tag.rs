//! Which names candidate tags may have. Tags are written by push, so a template is checked before it can name any ref.

use super::problem::Fault;
use super::repo::TagTemplate;
use crate::ids::RefName;
use crate::wording::shown;

const HINT: &str = "write a tag name with one {seq} in it, such as \"candidate/{seq:06}\" or \"v{seq}\"";

/// First parts of a tag name that git's own short names give another meaning (`heads/x` is a branch), or that are ours.
const RESERVED: [&str; 6] = ["refs", "heads", "tags", "remotes", "pull", "greenline"];

/// The template a text is, or what is wrong with it.
pub(super) fn check(text: &str) -> Result<TagTemplate, Fault> {
    let wrong = |what: &str| Fault::new(format!("`{}` {what}", shown(text)), HINT);
    if text.len() > 200 {
        return Err(wrong("is longer than 200 characters"));
    }
    let open = text.find("{seq").ok_or_else(|| wrong("has no {seq} in it, so every candidate would have one name"))?;
    let close = text[open..].find('}').map(|at| open + at).ok_or_else(|| wrong("has a { without its }"))?;
    let width = width(&text[open + "{seq".len()..close])
        .ok_or_else(|| wrong("has a number format that is not {seq} or {seq:06}, with a width of 1 to 12"))?;
    let (prefix, suffix) = (&text[..open], &text[close + 1..]);
    if suffix.contains("{seq") {
        return Err(wrong("has more than one {seq}"));
    }
    if [prefix, suffix].iter().any(|part| !part.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.+".contains(&b))) {
        return Err(wrong("has more around {seq} than letters, digits and / - _ . +"));
    }
    if prefix.starts_with('-') {
        return Err(wrong("begins with a dash, which programs take for an option"));
    }
    let first = prefix.split('/').next().filter(|_| prefix.contains('/')).unwrap_or_default();
    if RESERVED.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        return Err(wrong(&format!("begins with {first}/, which means something else")));
    }
    let template = TagTemplate { prefix: prefix.into(), width, suffix: suffix.into() };
    let longest = crate::ids::CandidateSeq::new(u64::MAX);
    if format!("refs/tags/{}", template.name(longest)).parse::<RefName>().is_err() {
        return Err(wrong("would not be a tag name that git allows"));
    }
    Ok(template)
}

/// The width in what stands between `{seq` and `}`: nothing, or `:0` and a number.
fn width(format: &str) -> Option<u8> {
    if format.is_empty() {
        return Some(1);
    }
    let digits = format.strip_prefix(":0")?;
    digits.parse().ok().filter(|width| (1..=12).contains(width) && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CandidateSeq;

    #[test]
    fn good_templates_name_and_parse_back() {
        for (text, name) in [
            ("candidate/{seq:06}", "candidate/000123"),
            ("v{seq}", "v123"),
            ("{seq:012}-rc", "000000000123-rc"),
            ("release/v1.{seq}+build", "release/v1.123+build"),
        ] {
            let template = check(text).expect(text);
            assert_eq!(template.name(CandidateSeq::new(123)), name);
            assert_eq!(template.parse(name), Some(CandidateSeq::new(123)));
        }
    }

    #[test]
    fn bad_templates_are_refused() {
        let long = format!("{}{{seq}}", "x".repeat(300));
        for bad in [
            "v{date}/../../heads/master",
            "v{seq}/../../heads/master",
            "-rf",
            "-rf{seq}",
            "refs/heads/x",
            "refs/heads/{seq}",
            "heads/{seq}",
            "Greenline/{seq}",
            "",
            "candidate",
            "{seq}{seq}",
            "{seq:6}",
            "{seq:00}",
            "{seq:013}",
            "{seq:0+6}",
            "{seq",
            "{sequence}",
            "v{seq}.lock",
            "v{seq}/",
            "/{seq}",
            "a//{seq}",
            ".{seq}",
            "v {seq}",
            "v{seq}\n",
            "v{seq}~1",
            "ö{seq}",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
