//! Which third-party crate belongs where. A crate in one place can be replaced in one place.

use super::Breach;
use super::source::{Source, words};
use std::path::Path;

/// Crate, and the paths below `src/` in which it may be named.
const PLACES: [(&str, &[&str]); 38] = [
    ("axum", &["http", "sandbox"]),
    ("base64", &["adapter", "http", "sandbox"]),
    ("bytes", &["adapter", "http", "sandbox"]),
    ("clap", &["cli"]),
    ("flate2", &["sandbox"]),
    ("getrandom", &["http", "sandbox", "cli"]),
    ("futures_util", &["engine", "adapter", "http", "sandbox", "sim", "cli"]),
    ("git2", &["adapter/git", "sandbox"]),
    ("hex", &["ids.rs", "adapter", "http", "sandbox"]),
    ("hmac", &["adapter", "http", "sandbox"]),
    ("http", &["adapter", "http", "sandbox", "cli"]),
    ("http_body_util", &["adapter", "http", "sandbox", "cli"]),
    ("hyper", &["adapter/github", "http", "sandbox", "cli"]),
    ("hyper_rustls", &["adapter/deploy", "cli"]),
    ("hyper_util", &["adapter/deploy", "adapter/github", "http", "sandbox", "cli"]),
    ("jiff", &["calendar"]),
    ("jsonwebtoken", &["sandbox"]),
    ("maud", &["http", "sandbox"]),
    ("octocrab", &["adapter/github"]),
    ("pulldown_cmark", &["command"]),
    ("regex", &["config/pattern.rs"]),
    ("ring", &["adapter/git"]),
    ("rustix", &["adapter", "sandbox", "cli"]),
    ("saphyr_parser", &["document"]),
    ("secrecy", &["config", "port", "engine", "adapter", "http", "sandbox", "cli"]),
    ("serde", ANYWHERE),
    ("serde_json", &["ledger", "engine", "adapter", "http", "sandbox", "sim", "cli"]),
    ("sha2", &["adapter", "http", "sandbox"]),
    ("sqlx", &["adapter/store"]),
    ("tempfile", &["adapter", "sandbox", "cli"]),
    ("thiserror", ANYWHERE),
    ("tokio", &["engine", "adapter", "http", "sandbox", "sim", "cli"]),
    ("toml", &["config", "document"]),
    ("tower", &["adapter/deploy", "http", "sandbox"]),
    ("tracing", &["engine", "adapter", "http", "sandbox", "sim", "cli"]),
    ("tracing_subscriber", &["cli", "sandbox"]),
    // tests and benches only
    ("criterion", &[]),
    ("jsonschema", &[]),
];

const ANYWHERE: &[&str] = &[""];

fn belongs(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| {
        path.strip_prefix(place).is_some_and(|rest| place.is_empty() || rest.is_empty() || rest.starts_with('/'))
    })
}

/// Third-party crates named in product code outside of their places.
pub fn strays(source: &Source) -> Vec<Breach> {
    let Some(path) = source.path.strip_prefix("src/") else { return Vec::new() };
    let code = source.product.as_str();
    // Our own door has the name of a crate; a file that uses the door does not use the crate.
    let own_http = code.contains("crate::http") || code.contains("mod http");
    words(code)
        .filter(|word| code[word.end..].starts_with("::") && !code[..word.start].ends_with("::"))
        .filter(|word| !(word.text == "http" && own_http))
        .filter_map(|word| {
            let (name, places) = PLACES.iter().find(|(name, _)| *name == word.text)?;
            let told = || {
                let places = places.join(", ");
                format!("`{name}` belongs only in: {places}. What one place knows, one place can change")
            };
            (!belongs(path, places)).then(|| Breach::at(source, word.start, told()))
        })
        .collect()
}

/// A new dependency must be given its place here, or it would spread.
pub fn complete(root: &Path) {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the project has a Cargo.toml");
    let manifest: toml::Table = manifest.parse().expect("cargo could read it, too");
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
        for name in dependencies.keys().map(|name| name.replace('-', "_")) {
            let known = PLACES.iter().any(|(known, _)| *known == name);
            assert!(known, "Cargo.toml: give dependency `{name}` its place in tests/architecture/outside.rs");
        }
    }
}
