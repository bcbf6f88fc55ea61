//! Which addresses may be asked at all: a repository's file names them, and it must not reach what only this machine or its
//! network can reach. Pure; it asks nothing.

use http::Uri;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that can be asked: `http` or `https`, a host, nobody's name or password in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Uri);

impl Address {
    /// Reads it; why not, as a clause about it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = |why: &str| format!("`{}` {why}", crate::wording::shown(text));
        let uri: Uri = text.parse().map_err(|_| bad("is no address"))?;
        let authority = uri.authority().ok_or_else(|| bad("is no whole address; write it with https:// and a host"))?;
        if authority.as_str().contains('@') {
            return Err(bad("holds a name or a password, which everybody could read there; write it without"));
        }
        match uri.scheme_str() {
            Some("http" | "https") if !authority.host().is_empty() => Ok(Self(uri)),
            _ => Err(bad("does not begin with https:// or http:// and a host")),
        }
    }

    /// Where this one leads to, as it was answered: a whole address of the same origin, or a path on it.
    pub fn join(&self, answered: &str) -> Result<Self, String> {
        if answered.starts_with('/') && !answered.starts_with("//") {
            return Self::parse(&format!("{}{answered}", self.origin()));
        }
        let other = Self::parse(answered)?;
        if other.origin() == self.origin() {
            return Ok(other);
        }
        Err(format!("{} leads to another host, {}, which is not asked", self.origin(), other.origin()))
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        let secure = self.is_secure();
        let host = self.0.host().unwrap_or_default().to_ascii_lowercase();
        let port = self.0.port_u16().unwrap_or(if secure { 443 } else { 80 });
        format!("{}://{host}:{port}", if secure { "https" } else { "http" })
    }

    /// It is asked in secret.
    pub fn is_secure(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The number it has in place of a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.0.host()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// For a request.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An address stands under another if it is that, or goes on behind it where a part of it ends.
pub fn is_under(address: &str, prefix: &str) -> bool {
    address
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with(['/', '?']))
}

/// Everybody on the internet could ask it; what only we can reach is not public.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    // RFC 6890: this network, shared (100.64/10), IETF's own (192.0.0/24), benchmarks (198.18/15), the future's (240/4).
    let special = a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240;
    !(special
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // An IPv4 address in another coat: mapped, by NAT64 (RFC 6052), by 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            v4(high, low)
        }
        // Only 2000::/3 is given out; in it Teredo and documentation lead elsewhere.
        [0x2001, 0 | 0xdb8, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_this_machine_reaches_is_not_public() {
        for ip in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(ip.parse().expect("a number")), "{ip}");
        }
        for ip in ["1.1.1.1", "140.82.121.4", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::1.1.1.1"] {
            assert!(is_public(ip.parse().expect("a number")), "{ip}");
        }
    }

    #[test]
    fn an_answer_leads_nowhere_else() {
        let here = Address::parse("https://deploy.example.org/start?x=1").expect("an address");
        assert_eq!(here.join("/runs/7").map(|to| to.to_string()), Ok("https://deploy.example.org:443/runs/7".into()));
        assert!(here.join("https://DEPLOY.example.org/runs/7").is_ok());
        for elsewhere in [
            "http://deploy.example.org/x",
            "https://evil.example/x",
            "//evil.example/x",
            "runs",
            "https://deploy.example.org:8443/",
        ] {
            assert!(here.join(elsewhere).is_err(), "{elsewhere}");
        }
        for bad in ["ftp://x/", "https://", "https://u:p@x/", "file:///etc/passwd", "x", ""] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Address::parse("http://[::1]:8080/").expect("an address").ip(), "::1".parse().ok());
    }

    #[test]
    fn a_secret_goes_to_its_own_addresses_only() {
        assert!(is_under("https://a.example/deploy/x", "https://a.example/deploy"));
        assert!(is_under("https://a.example/", "https://a.example"));
        for other in
            ["https://a.example.evil/", "https://a.example:8443/", "http://a.example/", "https://a.example@evil/"]
        {
            assert!(!is_under(other, "https://a.example"), "{other}");
        }
    }
}
