//! What `bot.toml` must say for people to sign in, and what it is told when it says half of it.

use greenline::config::{Problem, SecretFile, ServiceConfig, Surroundings};
use secrecy::{ExposeSecret, SecretString};
use std::io;
use std::path::Path;

const EXAMPLE: &str = include_str!("../../bot.toml.example");
const ID: (&str, &str) = ("#client_id = ", "client_id = ");
const SECRET: (&str, &str) = ("#client_secret_file = ", "client_secret_file = ");
const PAGE: (&str, &str) = ("#public_url = ", "public_url = ");

fn secret(path: &Path) -> io::Result<SecretFile> {
    let text = match path.file_name().and_then(|name| name.to_str()) {
        Some("private-key.pem") => "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n",
        Some("webhook-secret") => "It's a Secret to Everybody\n",
        Some("client-secret") => "0123456789abcdef0123456789abcdef01234567\n",
        Some("short") => "abc\n",
        _ => return Err(io::ErrorKind::NotFound.into()),
    };
    Ok(SecretFile { text: SecretString::from(text), open_to_all: false })
}

/// The example with these lines in place of others.
fn parse(changes: &[(&str, &str)], env: &[(&str, &str)]) -> Result<ServiceConfig, Vec<Problem>> {
    let text = changes.iter().fold(EXAMPLE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ServiceConfig::parse(&text, &Surroundings { folder: Path::new("/etc/greenline"), env: &env, secret: &secret })
}

#[test]
fn with_both_and_an_address_people_sign_in_and_without_nobody_does() {
    assert!(parse(&[], &[]).expect("the example is right").github.sign_in.is_none());
    let config = parse(&[ID, SECRET, PAGE], &[]).expect("it is right");
    let sign_in = config.github.sign_in.as_ref().expect("it is set");
    assert_eq!(sign_in.client_id, "Iv23liABCDEFGHIJKLMN");
    assert_eq!(sign_in.client_secret.expose_secret(), "0123456789abcdef0123456789abcdef01234567");
    assert!(!format!("{config:?}").contains("0123456789abcdef"), "a secret is never printed");
    let env = [("GREENLINE__GITHUB__CLIENT_ID", "Iv1.ab"), ("GREENLINE__GITHUB__CLIENT_SECRET_FILE", "client-secret")];
    assert_eq!(parse(&[PAGE], &env).expect("it is right").github.sign_in.expect("it is set").client_id, "Iv1.ab");
    let loopback = (PAGE.0, "public_url = \"http://127.0.0.1:8080\" # ");
    assert!(parse(&[ID, SECRET, loopback], &[]).is_ok());
}

#[test]
fn no_token_goes_by_the_name_of_the_page() {
    let token = |name: &str| {
        let digest = "0".repeat(64);
        format!("[[api.token]]\nname = \"{name}\"\nlogin = \"ann\"\nsha256 = \"{digest}\"\n\n[log]")
    };
    assert!(parse(&[("[log]", &token("pages"))], &[]).is_ok());
    let problems = parse(&[("[log]", &token("page"))], &[]).expect_err("it is ours");
    assert!(problems[0].to_string().contains("give the token another name"), "{problems:?}");
}

#[test]
fn what_is_missing_or_unsafe_is_told_with_what_to_do() {
    let (bad_id, short) = (("#client_id = \"", "client_id = \"a b"), (SECRET.0, "client_secret_file = \"short\" # "));
    let (gone, clear) =
        ((SECRET.0, "client_secret_file = \"gone\" # "), (PAGE.0, "public_url = \"http://queue.example\" # "));
    for (changes, expected) in [
        (vec![ID, PAGE], "github.client_secret_file: is missing"),
        (vec![SECRET, PAGE], "github.client_id: is missing — write the Client ID"),
        (vec![ID, SECRET], "needs the address of the page — write [server] public_url"),
        (vec![ID, SECRET, clear], "in the clear — write https://"),
        (vec![bad_id, SECRET, PAGE], "is no client id"),
        (vec![ID, short, PAGE], "`short` holds no client secret"),
        (vec![ID, gone, PAGE], "cannot read `/etc/greenline/gone`"),
    ] {
        let problems = parse(&changes, &[]).expect_err(expected);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains(expected), "{expected} is not in {told:?}");
        assert!(!told[0].contains("abc\n"), "a secret is never repeated");
    }
}
