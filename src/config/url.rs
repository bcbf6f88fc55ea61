//! Base URLs of the forge: which are safe to send a token to, and which clone URL belongs to which API.

use super::problem::Fault;
use crate::wording::shown;

/// Bytes of an address, at the most.
const LONGEST: usize = 500;

/// A base URL without its trailing slash.
pub(super) fn base(text: &str, plain_http_anywhere: bool) -> Result<String, Fault> {
    let wrong = |what: &str, hint: &str| Fault::new(format!("`{}` {what}", shown(text)), hint);
    let (scheme, rest) = text
        .split_once("://")
        .filter(|(scheme, _)| ["http", "https"].contains(scheme))
        .ok_or_else(|| wrong("is not a URL", "write https:// and the host"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let legal = |b: u8| b.is_ascii_graphic() && !b"?#@\\\"'<>`{}|^%".contains(&b);
    if host.is_empty() || host.starts_with(':') || !rest.bytes().all(legal) || text.len() > LONGEST {
        return Err(wrong("is not a plain base URL", "write scheme, host and path, without user, ? or #"));
    }
    if scheme == "http" && !plain_http_anywhere && !loopback(host) {
        return Err(wrong("would send tokens in the clear", "write https://; http:// is for this machine only"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The address of a running service without its trailing slash. Where a token is sent along, plain http is for this
/// machine only. Errors: what is wrong with it and what to write.
pub fn service_url(text: &str, carries_token: bool) -> Result<String, String> {
    base(text, !carries_token).map_err(|fault| format!("{} — {}", fault.what, fault.hint))
}

/// The address of something that is asked: whole, or a path behind a base address where there is one.
pub(super) fn asked(text: &str, has_base: bool) -> Result<String, Fault> {
    if !text.starts_with('/') {
        return address(text);
    }
    let fault = |what: &str, hint: &str| Fault::new(format!("`{}` {what}", shown(text)), hint);
    if !has_base {
        let hint = "write the stage's url = \"https://…\" beside it, or the whole address";
        return Err(fault("is a path, and the stage has no address", hint));
    }
    if text.starts_with("//") || text.len() > LONGEST || !text.bytes().all(in_address) {
        return Err(fault("is no path", "write a path such as \"/healthz\""));
    }
    Ok(text.to_owned())
}

/// A whole address: scheme and host, and perhaps a path and a query.
pub(super) fn address(text: &str) -> Result<String, Fault> {
    let fault = |what: &str, hint: &str| Fault::new(format!("`{}` {what}", shown(text)), hint);
    let host = host(text, &["https", "http"]).ok_or_else(|| fault("is no address", "write https:// and the host"))?;
    if host.contains('@') {
        let hint = "leave it out: whoever may read the repository reads this file";
        return Err(fault("has a user or password in it", hint));
    }
    // What asks would leave the folders out, and so go elsewhere than where one reads.
    let folders =
        text.to_ascii_lowercase().replace("%2e", ".").split(['/', '?']).any(|part| part == "." || part == "..");
    if folders || text.len() > LONGEST || !text.bytes().all(in_address) {
        let hint = "write scheme, host, path and query without `..`, blanks or #; anything else as %20";
        return Err(fault("is no address", hint));
    }
    Ok(text.to_owned())
}

/// An address that something is sent to which others must not read.
pub(super) fn confidential(text: &str) -> Result<String, Fault> {
    let address = address(text)?;
    if address.starts_with("http://") && !host(text, &["http"]).is_some_and(loopback) {
        let what = format!("`{}` would be sent tokens in the clear", shown(text));
        return Err(Fault::new(what, "write https://; http:// is for this machine only"));
    }
    Ok(address)
}

/// A repository elsewhere that is pushed to. Other schemes are refused: to git, `ext::` is a program to run.
pub(super) fn remote(text: &str) -> Result<String, Fault> {
    let fault = || {
        let hint = "write https:// or ssh://, the host and the path, with no password and no `..`";
        Fault::new(format!("`{}` is nothing that can be pushed to", shown(text)), hint)
    };
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_./:@~[]".contains(&b);
    let host = host(text, &["https", "http", "ssh"]).ok_or_else(fault)?;
    let (user, machine) = host.split_once('@').map_or(("", host), |(user, machine)| (user, machine));
    let secure = text.starts_with("ssh://") || (user.is_empty() && (text.starts_with("https://") || loopback(machine)));
    let plain = !host.starts_with('-') && !machine.starts_with(['-', ':']) && !user.contains(':');
    let folders = text.split('/').all(|part| part != "." && part != "..");
    if secure && plain && folders && !machine.is_empty() && text.len() <= LONGEST && text.bytes().all(legal) {
        return Ok(text.to_owned());
    }
    Err(fault())
}

/// Host and port of an address, with the user before them.
fn host<'t>(text: &'t str, schemes: &[&str]) -> Option<&'t str> {
    let (_, rest) = text.split_once("://").filter(|(scheme, _)| schemes.contains(scheme))?;
    rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty() && !host.starts_with(':'))
}

fn in_address(b: u8) -> bool {
    b.is_ascii_graphic() && !b"#\\<>`^".contains(&b)
}

/// What a browser sends to this base URL nobody else can read: it has TLS, or is on this machine.
pub(super) fn keeps_secrets(base: &str) -> bool {
    base.starts_with("https://")
        || base.strip_prefix("http://").is_some_and(|rest| loopback(rest.split('/').next().unwrap_or_default()))
}

fn loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |h| h.0);
    name == "localhost" || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The base of clone URLs that belongs to a REST base URL, where GitHub has a rule for it.
pub(super) fn git_base(api_url: &str) -> Option<String> {
    if let Some(server) = api_url.strip_suffix("/api/v3") {
        return Some(server.to_owned());
    }
    let host = api_url.strip_prefix("https://api.")?;
    (host == "github.com" || (host.ends_with(".ghe.com") && !host.contains('/'))).then(|| format!("https://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_plain_and_safe() {
        for good in ["https://api.github.com", "https://ghe.example.com/api/v3/", "http://127.0.0.1:8080/api/v3"] {
            assert_eq!(base(good, false).expect(good), good.trim_end_matches('/'));
        }
        assert!(base("http://localhost:3000", false).is_ok());
        assert!(base("http://[::1]:3000", false).is_ok());
        assert!(base("http://queue.example.com", true).is_ok());
        for bad in [
            "",
            "api.github.com",
            "ftp://x",
            "http://api.github.com",
            "http://127.0.0.1.evil.example",
            "https://user:pass@host",
            "https://",
            "https://h/?q",
            "https://h/#f",
            "https://a b",
        ] {
            assert!(base(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn secrets_are_kept_by_tls_or_by_this_machine() {
        for (url, kept) in [
            ("https://queue.example.com", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/queue", true),
            ("http://queue.example.com", false),
            ("http://127.0.0.1.evil.example", false),
        ] {
            assert_eq!(keeps_secrets(url), kept, "{url}");
        }
    }

    #[test]
    fn what_is_asked_is_a_path_or_a_whole_address_that_goes_where_it_says() {
        for good in ["https://example.org", "http://example.org:80/a/b?c=d&e=%20{f=\"g\"}", "https://example.org/a..b"]
        {
            assert!(asked(good, false).is_ok(), "{good}");
        }
        assert!(asked("/healthz?full", true).is_ok());
        for bad in [
            "",
            "healthz",
            "//example.org",
            "/a b",
            "/a#b",
            "https://",
            "https://:80/",
            "https:///a",
            "https://user@example.org",
            "https://example.org\\@other.example",
            "https://example.org/a/../b",
            "https://example.org/%2E%2e/b",
            "file:///etc/passwd",
        ] {
            assert!(asked(bad, true).is_err(), "{bad}");
        }
        assert!(confidential("http://example.org").is_err() && confidential("http://[::1]:80/").is_ok());
    }

    #[test]
    fn clone_urls_follow_from_the_api() {
        assert_eq!(git_base("https://api.github.com").as_deref(), Some("https://github.com"));
        assert_eq!(git_base("https://api.acme.ghe.com").as_deref(), Some("https://acme.ghe.com"));
        assert_eq!(git_base("https://git.acme.example/api/v3").as_deref(), Some("https://git.acme.example"));
        assert_eq!(git_base("https://git.acme.example/rest"), None);
    }
}
