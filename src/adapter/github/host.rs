//! Where GitHub is: turns our paths into addresses, and addresses GitHub gives us back into paths on the same host. A
//! credential never leaves that host, whatever an answer says. Nothing here talks to it.

use crate::port::Trouble;
use http::header::{LINK, LOCATION};
use http::uri::Authority;
use http::{HeaderMap, Uri};

/// The path that means GitHub's GraphQL interface, which stands beside REST: on an Enterprise Server at `/api/graphql`.
pub(super) const GRAPHQL: &str = "/graphql";

/// The REST base URL, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Host {
    scheme: String,
    authority: Authority,
    /// The path all others stand under: empty on github.com, `/api/v3` on an Enterprise Server.
    base: String,
}

impl Host {
    /// Takes the base URL apart.
    pub(super) fn new(api_url: &str) -> Result<Self, Trouble> {
        let bad =
            || Trouble::Denied(format!("`{api_url}` is not a base URL; set github.api_url to https://HOST[/PATH]"));
        let uri: Uri = api_url.parse().map_err(|_| bad())?;
        let (Some(scheme @ ("https" | "http")), Some(authority), None) =
            (uri.scheme_str(), uri.authority(), uri.query())
        else {
            return Err(bad());
        };
        let base = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { scheme: scheme.to_owned(), authority: authority.clone(), base })
    }

    /// The address of a path of ours (`/repos/…`).
    pub(super) fn uri(&self, path: &str) -> Result<Uri, Trouble> {
        let base = self.base.as_str();
        let base = if path == GRAPHQL { base.strip_suffix("/v3").unwrap_or(base) } else { base };
        let full = format!("{}://{}{base}{path}", self.scheme, self.authority);
        full.parse().map_err(|why| Trouble::Bug(format!("`{full}` is not an address: {why}")))
    }

    /// The path of ours that an address GitHub gave us means.
    fn path(&self, address: &str) -> Result<String, Trouble> {
        let bad = |why: &str| Trouble::Bug(format!("GitHub sent us on to `{address}`, which {why}; not followed"));
        let uri: Uri = address.parse().map_err(|_| bad("is not an address"))?;
        if uri.authority().is_some_and(|a| !a.as_str().eq_ignore_ascii_case(self.authority.as_str())) {
            return Err(bad("is another host"));
        }
        let full = uri.path_and_query().map_or("", |p| p.as_str());
        match full.strip_prefix(self.base.as_str()) {
            Some(path) if path.starts_with('/') => Ok(path.to_owned()),
            Some(_) | None => Err(bad("is not under the API's base path")),
        }
    }

    /// The path of the next page, by the `Link` header.
    pub(super) fn next(&self, headers: &HeaderMap) -> Result<Option<String>, Trouble> {
        let mut links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        links.find_map(next_of).map(|address| self.path(address)).transpose()
    }

    /// The path a redirect leads to.
    pub(super) fn redirect(&self, headers: &HeaderMap) -> Result<String, Trouble> {
        let address = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        self.path(address.ok_or_else(|| Trouble::Bug("GitHub sent a redirect that says not where to".to_owned()))?)
    }

    /// The address a redirect leads to, on whatever host: it must not be asked with a credential.
    pub(super) fn elsewhere(&self, headers: &HeaderMap) -> Result<Uri, Trouble> {
        let address = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let uri: Option<Uri> = address.parse().ok();
        // Nothing of an API behind TLS is read without TLS.
        let safe = |uri: &Uri| uri.scheme_str() == Some("https") || uri.scheme_str() == Some(self.scheme.as_str());
        uri.filter(safe).ok_or_else(|| Trouble::Bug("GitHub sent us on to no address we may ask".to_owned()))
    }
}

/// The target of `rel="next"` in one `Link` header.
fn next_of(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, from)) = rest.split_once('<') {
        let (target, after) = from.split_once('>')?;
        let params = after.split('<').next().unwrap_or_default();
        if params.split([';', ',']).any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next")) {
            return Some(target);
        }
        rest = after;
    }
    None
}

/// One part of a path or query, with everything but unreserved characters percent-encoded, slashes too.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn link(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(LINK, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_next_page_is_a_path_on_our_host() {
        let host = Host::new("http://127.0.0.1:8080/api/v3/").expect("a base URL");
        assert_eq!(
            host.next(&link(
                r#"<http://127.0.0.1:8080/api/v3/x?a=1,2&page=1>; rel="prev", <http://127.0.0.1:8080/api/v3/repositories/7/x?page=3>; rel="next""#
            )),
            Ok(Some("/repositories/7/x?page=3".to_owned()))
        );
        assert_eq!(host.next(&link(r#"</api/v3/x?page=2>; rel="next""#)), Ok(Some("/x?page=2".to_owned())));
        assert_eq!(host.next(&link(r#"<http://127.0.0.1:8080/api/v3/x?page=2>; rel="last""#)), Ok(None));
        assert_eq!(host.next(&HeaderMap::new()), Ok(None));
        assert_eq!(
            host.uri("/x?page=2").map(|u| u.to_string()),
            Ok("http://127.0.0.1:8080/api/v3/x?page=2".to_owned())
        );
    }

    #[test]
    fn other_hosts_and_paths_are_not_followed() {
        let host = Host::new("https://ghe.example/api/v3").expect("a base URL");
        for bad in [
            r#"<https://evil.example/api/v3/x>; rel="next""#,
            r#"<https://ghe.example:444/api/v3/x>; rel="next""#,
            r#"<https://ghe.example@evil.example/api/v3/x>; rel="next""#,
            r#"<https://ghe.example/api/v3x>; rel="next""#,
            r#"<https://ghe.example/other>; rel="next""#,
            r#"<>; rel="next""#,
        ] {
            assert!(host.next(&link(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_base_url_is_http_with_a_host() {
        for bad in ["", "api.github.com", "ftp://x", "https://", "/api/v3", "https://x/?q=1"] {
            assert!(Host::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn slashes_and_spaces_are_encoded() {
        assert_eq!(encoded("release/1.0 ä"), "release%2F1.0%20%C3%A4");
    }
}
