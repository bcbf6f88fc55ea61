//! The two cookies: who is in, and who is about to come in. It knows names and attributes, and no meaning.

use axum::http::{HeaderMap, HeaderValue, header};

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of somebody who is signed in.
    Session,
    /// Of somebody whom the forge is asked about.
    Attempt,
}

/// What cookies are called at our address, and whether they need TLS.
#[derive(Debug)]
pub(super) struct Cookies {
    session: String,
    attempt: String,
    secure: bool,
}

impl Cookies {
    /// With TLS the prefix has browsers see to it that no other host wrote them. Without, on this machine, cookies of all ports
    /// are one heap, so the port stands in the name.
    pub fn at(origin: &str) -> Self {
        let secure = origin.starts_with("https://");
        let port = origin.rsplit(':').next().filter(|port| port.bytes().all(|b| b.is_ascii_digit())).unwrap_or("80");
        let name =
            |what: &str| if secure { format!("__Host-greenline-{what}") } else { format!("greenline-{what}-{port}") };
        Self { session: name("session"), attempt: name("sign-in"), secure }
    }

    fn name(&self, kind: Kind) -> &str {
        match kind {
            Kind::Session => &self.session,
            Kind::Attempt => &self.attempt,
        }
    }

    /// The value, if there is exactly one.
    pub fn read(&self, headers: &HeaderMap, kind: Kind) -> Option<String> {
        let wanted = self.name(kind);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
        found.next().filter(|_| found.next().is_none())
    }

    /// Has the browser keep it for so many seconds.
    ///
    /// Lax and not Strict: with Strict, whoever comes back from the forge or follows a link from a comment there would look
    /// signed out. No other site can use it for a change: changes are POSTs, which Lax keeps it from, with an `Origin` and a token.
    pub fn keep(&self, kind: Kind, value: &str, seconds: i64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let line = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", self.name(kind));
        HeaderValue::from_str(&line).expect("names and values are base64, digits and dots")
    }

    /// Has the browser forget it.
    pub fn forget(&self, kind: Kind) -> HeaderValue {
        self.keep(kind, "", 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(line).expect("a header"))])
    }

    #[test]
    fn with_tls_no_other_host_can_have_written_them() {
        let cookies = Cookies::at("https://queue.example:8443");
        let line = cookies.keep(Kind::Session, "abc", 60);
        assert_eq!(line, "__Host-greenline-session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(cookies.read(&sent("a=b; __Host-greenline-session=abc"), Kind::Session).as_deref(), Some("abc"));
        assert_eq!(cookies.read(&sent("greenline-session=abc"), Kind::Session), None);
        assert_eq!(cookies.read(&sent("__Host-greenline-session=abc"), Kind::Attempt), None);
    }

    #[test]
    fn on_this_machine_each_port_has_its_own() {
        let cookies = Cookies::at("http://127.0.0.1:8080");
        let line = cookies.forget(Kind::Attempt);
        assert_eq!(line, "greenline-sign-in-8080=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        assert!(
            Cookies::at("http://localhost")
                .keep(Kind::Session, "a", 1)
                .to_str()
                .is_ok_and(|l| l.starts_with("greenline-session-80="))
        );
    }

    #[test]
    fn of_two_none_is_believed() {
        let cookies = Cookies::at("http://127.0.0.1:8080");
        assert_eq!(cookies.read(&sent("greenline-session-8080=a; greenline-session-8080=b"), Kind::Session), None);
    }
}
