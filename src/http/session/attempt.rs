//! One attempt to sign in, kept by the browser that makes it: what the forge must say back, what proves that the code was asked
//! for here (PKCE, RFC 7636), and where to go on to. It holds nothing on the server, so nobody can use attempts up.

use crate::http::tokens::same;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The longest local address that is gone on to.
const LONGEST: usize = 500;

/// An attempt to sign in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// What the forge has to say back.
    pub state: String,
    /// What only this browser and we know.
    pub verifier: String,
    /// Where to go on to.
    pub to: String,
}

impl Attempt {
    /// A new one, by chance.
    pub fn new(to: &str) -> std::io::Result<Self> {
        Ok(Self { state: chance()?, verifier: chance()?, to: local(to).to_owned() })
    }

    /// What the forge is told beforehand of the verifier.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }

    /// As the value of a cookie.
    pub fn cookie(&self) -> String {
        format!("{}.{}.{}", self.state, self.verifier, URL_SAFE_NO_PAD.encode(&self.to))
    }

    /// Out of the value of a cookie, which anybody may have written.
    pub fn read(cookie: &str) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (state, verifier, to) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = |text: &str| URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
        let to = String::from_utf8(URL_SAFE_NO_PAD.decode(to).ok()?).ok()?;
        (parts.next().is_none() && whole(state) && whole(verifier)).then(|| Self {
            state: state.to_owned(),
            verifier: verifier.to_owned(),
            to: local(&to).to_owned(),
        })
    }

    /// The forge sent this browser back, and no other.
    pub fn is_answered_by(&self, state: &str) -> bool {
        same(state, &self.state)
    }
}

/// 32 bytes of chance, for a URL or a cookie.
pub(super) fn chance() -> std::io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// An address of this page to go on to, or the first page: never another host, which browsers also see in `//host` and `/\host`,
/// nor signing in again, which would go round for ever.
pub(super) fn local(to: &str) -> &str {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'\\';
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let here = to.starts_with('/') && !to.starts_with("//") && to.len() <= LONGEST && to.bytes().all(plain);
    if here && path != "/sign-in" && !path.starts_with("/sign-in/") { to } else { "/" }
}

/// Text as the value of a query's parameter.
pub(super) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_as_what_was_written() {
        let attempt = Attempt::new("/repos/octo/hello/pulls/7?request=x").expect("there is chance");
        assert_eq!(Attempt::read(&attempt.cookie()).as_ref(), Some(&attempt));
        assert!(attempt.is_answered_by(&attempt.state.clone()));
        assert!(!attempt.is_answered_by(&attempt.verifier) && !attempt.is_answered_by(""));
        let other = Attempt::new("/").expect("there is chance");
        assert!(other.state != attempt.state && other.verifier != attempt.verifier && other.state != other.verifier);
    }

    #[test]
    fn a_cookie_that_somebody_else_wrote_leads_nowhere() {
        let Attempt { state, verifier, .. } = Attempt::new("/").expect("there is chance");
        let to = |to: &str| format!("{state}.{verifier}.{}", URL_SAFE_NO_PAD.encode(to));
        assert_eq!(Attempt::read(&to("//evil.example")).map(|read| read.to), Some("/".to_owned()));
        for bad in ["", "a.b.c", &format!("{state}.{verifier}"), &format!("{}.x", to("/")), &format!(".{verifier}.Lw")]
        {
            assert_eq!(Attempt::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let attempt = Attempt { state: String::new(), verifier, to: String::new() };
        assert_eq!(attempt.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for good in ["/", "/repos/octo/hello/pulls/7", "/?trunk=a%2Fb", "/sign-in-help", "/a//b"] {
            assert_eq!(local(good), good);
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        for bad in [
            "",
            "x",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nb",
            " /",
            "/\u{e9}",
            "javascript:alert(1)",
            "/sign-in",
            "/sign-in?to=/",
            "/sign-in/callback?code=x",
            &long,
        ] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
        assert_eq!(encoded("/a?b=c&d e"), "/a%3Fb%3Dc%26d%20e");
    }
}
