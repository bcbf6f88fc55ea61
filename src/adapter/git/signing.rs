//! Signatures of our commits and tags by an SSH key, in the form of `gpg.format = ssh`. Only Ed25519 keys, whose signature
//! follows from what is signed: the same recipe must give the same commit. The key never leaves this file.

use crate::port::Trouble;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::Ed25519KeyPair;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha512};
use std::sync::Arc;

pub(super) const KIND: &[u8] = b"ssh-ed25519";
/// What signatures are for; `git verify-commit` asks for this one.
pub(super) const NAMESPACE: &[u8] = b"git";
/// Letters in a line of an armoured signature, as `ssh-keygen` writes them.
const LINE: usize = 70;

/// A key that signs.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Ed25519KeyPair>,
    public: [u8; 32],
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.public_line())
    }
}

impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        self.public == other.public
    }
}

impl Eq for SigningKey {}

impl SigningKey {
    /// Takes a private key as `ssh-keygen` writes it. `Denied` says what is wrong with it.
    pub fn parse(text: &SecretString) -> Result<Self, Trouble> {
        let lines = text.expose_secret().lines().filter(|line| !line.starts_with("-----"));
        let raw = STANDARD.decode(lines.map(str::trim).collect::<String>());
        let raw = raw.map_err(|_| denied("is not a private key of OpenSSH"))?;
        let mut fields = Fields(raw.strip_prefix(b"openssh-key-v1\0").ok_or_else(|| denied("is no key of OpenSSH"))?);
        let cut_off = || denied("is cut off");
        let cipher = fields.text().ok_or_else(cut_off)?;
        if cipher != b"none" {
            return Err(denied("is locked by a passphrase"));
        }
        // The name of the key derivation, its options, the number of keys, the public key.
        fields.text().and_then(|_| fields.text()).and_then(|_| fields.take(4)).and_then(|_| fields.text());
        let mut fields = Fields(fields.text().ok_or_else(cut_off)?);
        fields.take(8).ok_or_else(cut_off)?;
        if fields.text().ok_or_else(cut_off)? != KIND {
            return Err(denied("is not of the kind Ed25519, and others sign the same text in another way each time"));
        }
        let public = fields.text().and_then(|key| <[u8; 32]>::try_from(key).ok()).ok_or_else(cut_off)?;
        let seed = fields.text().and_then(|key| key.get(..32)).ok_or_else(cut_off)?;
        let pair = Ed25519KeyPair::from_seed_and_public_key(seed, &public)
            .map_err(|_| denied("has a public half that does not belong to it"))?;
        Ok(Self { pair: Arc::new(pair), public })
    }

    /// The public key, as it is entered on GitHub as a signing key.
    pub fn public_line(&self) -> String {
        format!("ssh-ed25519 {}", STANDARD.encode(self.public_blob()))
    }

    fn public_blob(&self) -> Vec<u8> {
        [field(KIND), field(&self.public)].concat()
    }

    /// The armoured signature of some bytes, without a line end (`PROTOCOL.sshsig` of OpenSSH).
    pub(super) fn sign(&self, payload: &[u8]) -> String {
        let about = [field(NAMESPACE), field(b""), field(b"sha512")].concat();
        let signed = [b"SSHSIG".as_slice(), &about, &field(&Sha512::digest(payload))].concat();
        let signature = self.pair.sign(&signed);
        let signature = [field(KIND), field(signature.as_ref())].concat();
        let version = 1_u32.to_be_bytes();
        let blob = [b"SSHSIG".as_slice(), &version, &field(&self.public_blob()), &about, &field(&signature)].concat();
        let letters = STANDARD.encode(blob);
        let mut armoured = String::from("-----BEGIN SSH SIGNATURE-----\n");
        for line in letters.as_bytes().chunks(LINE) {
            armoured.extend(line.iter().copied().map(char::from));
            armoured.push('\n');
        }
        armoured + "-----END SSH SIGNATURE-----"
    }
}

fn denied(what: &str) -> Trouble {
    Trouble::Denied(format!(
        "git.signing_key_file {what}; make a key with `ssh-keygen -t ed25519 -N '' -C greenline -f FILE` and name FILE"
    ))
}

/// A field of SSH's: its length in four bytes, then itself.
pub(super) fn field(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("keys and signatures are short");
    [length.to_be_bytes().as_slice(), bytes].concat()
}

/// What is still to be read of a row of such fields.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_be_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }
}
