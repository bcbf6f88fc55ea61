//! The table of routes: which method and path, who may ask, which function answers. It answers nothing itself.

use super::Answer;
use super::call::{Call, decode};
use crate::sandbox::world::model::Role;
use http::Method;

/// Who may use a route.
#[derive(Debug, Clone, Copy)]
pub(super) enum Need {
    /// Anybody, also without credentials.
    Nothing,
    /// A person's token.
    Person,
    /// An App, by JSON web token.
    Jwt,
    /// An installation token, of any App.
    Installation,
    /// The repository in the path: a person with this role, or an installation with one of the permissions (`a|b`), as
    /// docs.github.com lists them. Read or write follows from the method.
    Repo(Role, &'static str),
    /// As `Repo`, but with this method's usual sense turned: a POST that only needs read.
    RepoRead(&'static str),
}

pub(super) struct Route {
    pub method: &'static str,
    pub pattern: &'static str,
    pub need: Need,
    pub run: fn(&Call) -> Answer,
}

macro_rules! verb {
    ($name:ident, $method:literal) => {
        pub(super) const fn $name(pattern: &'static str, need: Need, run: fn(&Call) -> Answer) -> Route {
            Route { method: $method, pattern, need, run }
        }
    };
}
verb!(get, "GET");
verb!(post, "POST");
verb!(put, "PUT");
verb!(patch, "PATCH");
verb!(delete, "DELETE");

/// Every route. Of two that match, the first is taken, so fixed words come before parameters.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    [
        super::users::ROUTES,
        super::teams::ROUTES,
        super::graphql::ROUTES,
        super::apps::ROUTES,
        super::search::ROUTES,
        super::pulls::ROUTES,
        super::reviews::ROUTES,
        super::comments::ROUTES,
        super::reactions::ROUTES,
        super::activity::ROUTES,
        super::events::ROUTES,
        super::assignees::ROUTES,
        super::labels::ROUTES,
        super::issues::ROUTES,
        super::checks::ROUTES,
        super::actions::ROUTES,
        super::job_logs::ROUTES,
        super::deployments::ROUTES,
        super::commits::ROUTES,
        super::contents::ROUTES,
        super::edits::ROUTES,
        super::refs::ROUTES,
        super::git_data::ROUTES,
        super::protection::ROUTES,
        super::rules::ROUTES,
        super::releases::ROUTES,
        super::repos::ROUTES,
    ]
    .into_iter()
    .flatten()
}

/// The route for a path and the path's parameters.
pub(super) fn find(method: &Method, path: &str) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
    all().filter(|r| r.method == method).find_map(|r| Some((r, match_path(r.pattern, &parts)?)))
}

/// `{name}` takes one part, `{+name}` one or more; other parts are themselves.
fn match_path(pattern: &'static str, parts: &[&str]) -> Option<Vec<(&'static str, String)>> {
    let wanted: Vec<&'static str> = pattern.split('/').skip(1).filter(|p| !p.is_empty()).collect();
    let mut params = Vec::new();
    let mut at = 0;
    for (index, want) in wanted.iter().enumerate() {
        let name = want.strip_prefix('{').and_then(|w| w.strip_suffix('}'));
        match name.map(|n| n.strip_prefix('+').ok_or(n)) {
            None => {
                if *parts.get(at)? != *want {
                    return None;
                }
                at += 1;
            }
            Some(Err(name)) => {
                params.push((name, decode(parts.get(at)?)));
                at += 1;
            }
            Some(Ok(name)) => {
                let after = wanted.len() - index - 1;
                let end = parts.len().checked_sub(after).filter(|end| *end > at)?;
                params.push((name, decode(&parts[at..end].join("/"))));
                at = end;
            }
        }
    }
    (at == parts.len()).then_some(params)
}

#[cfg(test)]
mod tests {
    use super::match_path;

    #[test]
    fn a_greedy_parameter_stops_before_the_fixed_end() {
        let parts = |path: &'static str| path.split('/').skip(1).collect::<Vec<_>>();
        let found = match_path("/c/{+ref}/status", &parts("/c/heads/main/status"));
        assert_eq!(found, Some(vec![("ref", "heads/main".to_owned())]));
        assert_eq!(match_path("/c/{+ref}/status", &parts("/c/status")), None);
        assert_eq!(match_path("/c/{one}", &parts("/c/a%2Fb")), Some(vec![("one", "a/b".to_owned())]));
        assert_eq!(match_path("/c/{one}", &parts("/c/a/b")), None);
    }
}
