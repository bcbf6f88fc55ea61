//! How `[github] client_id` and `client_secret_file` of `bot.toml` are read: by what people sign in on the page. Both or neither;
//! and without an address of the page that cookies are safe at, neither.

use super::problem::Fault;
use super::read::{Reader, Section};
use super::service::SignInConfig;
use super::service_file::{SECRET_MIN, Surroundings, secret};
use super::url;
use crate::wording::shown;
use secrecy::{ExposeSecret, SecretString};

const ID: &str = "client_id";
const SECRET: &str = "client_secret_file";

/// What signing in needs; `None` where nobody is to sign in, or something is wrong with it.
pub(super) fn sign_in(
    read: &mut Reader,
    section: &mut Section<'_>,
    around: &Surroundings<'_>,
    public_url: Option<&str>,
) -> Option<SignInConfig> {
    let (has_id, has_secret) = (section.has(ID), section.has(SECRET));
    let client_id = read.checked(section, ID, client_id);
    let client_secret = client_secret(read, section, around);
    if !has_id && !has_secret {
        return None;
    }
    if !has_secret {
        let hint =
            format!("write the path of a file with the App's client secret, or leave {ID} out: then nobody signs in");
        read.wrong(&section.at(SECRET), "is missing", hint);
    }
    if !has_id {
        let hint = "write the Client ID that the App's settings page shows (it is not the App ID)";
        read.wrong(&section.at(ID), "is missing", hint);
    }
    match public_url {
        None => {
            let hint = "write [server] public_url: GitHub sends people back to it when they have signed in";
            read.wrong(&section.at(ID), "needs the address of the page", hint);
        }
        Some(address) if !url::keeps_secrets(address) => {
            let hint = "write https:// in [server] public_url; http:// is for this machine only";
            let what = format!("would have people sign in at `{}`, in the clear", shown(address));
            read.wrong(&section.at(ID), what, hint);
        }
        Some(_) => {}
    }
    Some(SignInConfig { client_id: client_id?, client_secret: client_secret? })
}

fn client_id(text: &str) -> Result<String, Fault> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if (1..=100).contains(&text.len()) && text.bytes().all(legal) {
        return Ok(text.to_owned());
    }
    let hint = "write the Client ID that the App's settings page shows, such as \"Iv23liABCDEFGHIJKLMN\"";
    Err(Fault::new(format!("`{}` is no client id", shown(text)), hint))
}

fn client_secret(read: &mut Reader, section: &mut Section<'_>, around: &Surroundings<'_>) -> Option<SecretString> {
    let path = read.text(section, SECRET)?;
    let at = section.at(SECRET);
    let text = secret(read, &at, &path, around)?;
    let text = text.expose_secret().trim_end_matches(['\r', '\n']);
    if text.len() >= SECRET_MIN && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Some(SecretString::from(text.to_owned()));
    }
    let hint = "make a client secret on the App's settings page and put it into the file, alone";
    read.wrong(&at, format!("`{}` holds no client secret", shown(&path)), hint);
    None
}
