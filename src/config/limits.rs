//! How `[[delivery.allow]]` and `[[delivery.webhook]]` of `bot.toml` are read: what repositories may have this machine do. What
//! it means stands in `service`.

use super::api::repositories;
use super::read::{Reader, Section};
use super::service::{DeliveryConfig, DeliveryLimits, WebhookSecret};
use super::service_file::{Surroundings, long_enough, secret};
use super::tree::{Node, Table};
use super::{problem::Fault, url};
use crate::ids::RepoName;
use crate::wording::shown;
use secrecy::ExposeSecret;

/// Repositories, addresses of one, and webhooks, at the most.
const MOST: usize = 100;

pub(super) fn delivery(read: &mut Reader, root: &Table, around: &Surroundings<'_>) -> DeliveryConfig {
    let mut section = read.section(root, "delivery");
    let mut limits: Vec<(RepoName, DeliveryLimits)> = Vec::new();
    for item in read.items(&mut section, "allow", MOST).unwrap_or_default() {
        let Some((repository, allowed)) = allow(read, item) else { continue };
        if limits.iter().any(|(other, _)| other.as_str().eq_ignore_ascii_case(repository.as_str())) {
            let what = format!("`{repository}` stands here twice");
            read.wrong(&item.at, what, "write all that it may into one [[delivery.allow]]");
        }
        limits.push((repository, allowed));
    }
    let mut webhooks: Vec<WebhookSecret> = Vec::new();
    for item in read.items(&mut section, "webhook", MOST).unwrap_or_default() {
        let Some(webhook) = webhook(read, item, around) else { continue };
        let same = |other: &&WebhookSecret| other.url_prefix == webhook.url_prefix;
        if webhooks.iter().filter(same).any(|other| other.repositories == webhook.repositories) {
            let what = format!("`{}` has a secret already", shown(&webhook.url_prefix));
            read.wrong(&item.at, what, "drop one of them, or name the repositories that each is for");
        }
        webhooks.push(webhook);
    }
    read.close(&section);
    DeliveryConfig { limits, webhooks }
}

fn allow(read: &mut Reader, item: &Node) -> Option<(RepoName, DeliveryLimits)> {
    let Some(mut section) = Section::of(item) else {
        read.wrong(
            &item.at,
            "names no repository",
            "write a section [[delivery.allow]] with repository = \"owner/name\"",
        );
        return None;
    };
    read.needs(&section, "repository", "write owner/name");
    let repository = read.checked(&mut section, "repository", |text| {
        text.parse().map_err(|_| Fault::new(format!("`{}` is no repository", shown(text)), "write owner/name"))
    });
    let usual = DeliveryLimits::default();
    let limits = DeliveryLimits {
        commands: read.flag(&mut section, "commands").unwrap_or(usual.commands),
        push: read.each(&mut section, "push", MOST, url::remote).unwrap_or(usual.push),
        auto: read.flag(&mut section, "auto").unwrap_or(usual.auto),
    };
    read.close(&section);
    Some((repository?, limits))
}

fn webhook(read: &mut Reader, item: &Node, around: &Surroundings<'_>) -> Option<WebhookSecret> {
    let Some(mut section) = Section::of(item) else {
        let hint = "write a section [[delivery.webhook]] with url_prefix and secret_file";
        read.wrong(&item.at, "is no webhook", hint);
        return None;
    };
    read.needs(&section, "url_prefix", "write the address that is told, or what all such begin with");
    read.needs(&section, "secret_file", "write the path of a file that holds the secret");
    let url_prefix = read.checked(&mut section, "url_prefix", url::confidential);
    let path = read.text(&mut section, "secret_file");
    let at = section.at("secret_file");
    let file = path.as_deref().and_then(|path| secret(read, &at, path, around));
    let repositories = repositories(read, &mut section);
    read.close(&section);
    let (path, file) = (path?, file?);
    let text = file.expose_secret().trim_end_matches(['\r', '\n']);
    let secret = long_enough(read, &at, &path, text, "what receives the webhook");
    Some(WebhookSecret { url_prefix: url_prefix?, repositories, secret: secret? })
}
