//! A person's browser, as far as a page without JavaScript needs one: it keeps cookies, goes where it is sent, follows links and
//! sends forms with where they stood. One host keeps all cookies, whatever the port, as in real ones.

use super::{Stage, http};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Redirects in a row.
const MOST_HOPS: usize = 6;

/// A browser of somebody's own.
#[derive(Debug, Default)]
pub struct Browser {
    cookies: RefCell<BTreeMap<String, String>>,
}

/// A page as it was answered.
#[derive(Debug)]
pub struct Page {
    pub url: String,
    pub status: u16,
    pub text: String,
}

impl Stage {
    /// The address of Greenline's page about a pull request.
    pub fn page_of(&self, pull: &super::Pull) -> String {
        format!("{}/repos/{}/pulls/{}", self.word("/dashboard"), self.full_name(), pull.number)
    }
}

impl Browser {
    /// Opens an address.
    pub fn open(&self, url: &str) -> Page {
        self.go("GET", url, "", "")
    }

    /// Follows the link with these words.
    pub fn follow(&self, page: &Page, words: &str) -> Page {
        let (before, _) =
            page.text.split_once(&format!(">{words}</a>")).unwrap_or_else(|| panic!("no {words}: {page:?}"));
        let (_, href) = before.rsplit_once("href=\"").expect("a link leads somewhere");
        let href = href.trim_end_matches('"').replace("&amp;", "&");
        self.open(&absolute(&page.url, &href))
    }

    /// Presses the button whose words end with these.
    pub fn press(&self, page: &Page, words: &str) -> Page {
        let end = format!("{words}</button>");
        let form = page.text.split("<form ").skip(1).map(|rest| rest.split("</form>").next().unwrap_or_default());
        let form = form.into_iter().find(|form| form.contains(&end)).unwrap_or_else(|| panic!("no {words}: {page:?}"));
        let fields = form.split('<').filter(|tag| tag.starts_with("input") || tag.starts_with("button"));
        let pairs = fields.filter_map(|tag| Some(format!("{}={}", attribute(tag, "name")?, attribute(tag, "value")?)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let action = attribute(form, "action").expect("a form goes somewhere");
        self.go("POST", &absolute(&page.url, action), &body, &page.url)
    }

    fn go(&self, method: &str, url: &str, body: &str, from: &str) -> Page {
        let (mut method, mut url, mut body) = (method, url.to_owned(), body);
        for _ in 0..MOST_HOPS {
            let (head, text) = self.send(method, &url, body, from);
            let field = |name: &str| {
                let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
            };
            let Some(place) = field("location") else {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                return Page { url, status: status.expect("an answer has a status"), text };
            };
            (method, url, body) = ("GET", absolute(&url, &place), "");
        }
        panic!("sent in circles, lastly to {url}");
    }

    fn send(&self, method: &str, url: &str, body: &str, from: &str) -> (String, String) {
        let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut lines = vec![format!("{method} /{path} HTTP/1.0"), format!("host: {host}")];
        if !cookies.is_empty() {
            lines.push(format!("cookie: {}", cookies.join("; ")));
        }
        if method == "POST" {
            lines.push("content-type: application/x-www-form-urlencoded".to_owned());
            lines.push(format!("content-length: {}", body.len()));
            lines.push(format!("origin: {}", from.split('/').take(3).collect::<Vec<_>>().join("/")));
        }
        let request = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
        let answer = http::exchange(host, &request).unwrap_or_else(|trouble| panic!("{method} {url}: {trouble}"));
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        for line in head.lines().filter(|line| line.to_ascii_lowercase().starts_with("set-cookie: ")) {
            let pair = line["set-cookie: ".len()..].split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            let gone = line.contains("Max-Age=0");
            let mut cookies = self.cookies.borrow_mut();
            if gone { drop(cookies.remove(name)) } else { drop(cookies.insert(name.to_owned(), value.to_owned())) }
        }
        (head.to_owned(), text.to_owned())
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!("{name}=\""))?.1.split('"').next()
}

fn absolute(from: &str, to: &str) -> String {
    if to.starts_with('/') {
        return format!("{}{to}", from.split('/').take(3).collect::<Vec<_>>().join("/"));
    }
    to.to_owned()
}
