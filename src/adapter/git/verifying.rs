//! Whose signature a commit has: SSH signatures with Ed25519 keys, as git makes and we make them. It trusts no key by itself.

use super::signing::{Fields, KIND, NAMESPACE, field};
use crate::port::Trouble;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use sha2::{Digest, Sha256, Sha512};

/// Keys whose signatures count.
#[derive(Debug, Clone)]
pub struct VerifyingKeys(Vec<Vec<u8>>);

/// What a signature is made of.
struct Signature {
    key: Vec<u8>,
    signed: Vec<u8>,
    made: Vec<u8>,
}

impl VerifyingKeys {
    /// Takes public keys as OpenSSH writes them, one a line; of a line of `allowed_signers` the key counts as well. `Denied`
    /// says what is wrong.
    pub fn parse(text: &str) -> Result<Self, Trouble> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|line| key(line).ok_or_else(|| no_key(line))).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(no_key("")) } else { Ok(Self(keys)) }
    }

    /// Holds a raw commit against the keys; why it does not count, if it does not.
    pub(super) fn judge(&self, commit: &[u8]) -> Result<(), String> {
        let (payload, armoured) = taken_apart(commit);
        let armoured = armoured.ok_or("it is not signed")?;
        let signature = read(&armoured, &payload).ok_or("its signature is not one by an Ed25519 key of SSH")?;
        if !self.0.contains(&signature.key) {
            return Err(format!("it is signed by another key, {}", STANDARD.encode(&signature.key)));
        }
        let mut fields = Fields(&signature.key);
        let public = fields.text().and_then(|_| fields.text()).ok_or("its signature names no key")?;
        let good = UnparsedPublicKey::new(&ED25519, public).verify(&signature.signed, &signature.made);
        good.map_err(|_| "its signature is not by the key that it names: the commit was changed".to_owned())
    }
}

/// The bytes of the key on a line.
fn key(line: &str) -> Option<Vec<u8>> {
    let mut words = line.split_whitespace().skip_while(|word| *word != "ssh-ed25519").skip(1);
    let blob = STANDARD.decode(words.next()?).ok()?;
    let mut fields = Fields(&blob);
    let fits = fields.text()? == KIND && fields.text()?.len() == 32;
    fits.then_some(blob)
}

fn no_key(line: &str) -> Trouble {
    let line: String = line.chars().take(40).collect();
    Trouble::Denied(format!(
        "`{line}` is no public key of the kind ssh-ed25519; name the .pub file beside the one that git.signing_key_file names"
    ))
}

/// A commit without its signature, which is what was signed, and the signature.
fn taken_apart(commit: &[u8]) -> (Vec<u8>, Option<String>) {
    let (mut payload, mut armoured, mut within, mut body) = (Vec::new(), None::<String>, false, false);
    for line in commit.split_inclusive(|byte| *byte == b'\n') {
        body |= line == b"\n";
        if !body && line.starts_with(b"gpgsig ") {
            armoured = Some(String::from_utf8_lossy(&line[7..]).into_owned());
            within = true;
        } else if let (true, false, Some(armoured)) = (within && line.starts_with(b" "), body, &mut armoured) {
            armoured.push_str(&String::from_utf8_lossy(&line[1..]));
        } else {
            within = false;
            payload.extend_from_slice(line);
        }
    }
    (payload, armoured)
}

/// Reads an armoured signature (`PROTOCOL.sshsig` of OpenSSH) of these bytes.
fn read(armoured: &str, payload: &[u8]) -> Option<Signature> {
    let letters: String = armoured.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let blob = STANDARD.decode(letters).ok()?;
    let mut fields = Fields(blob.strip_prefix(b"SSHSIG")?);
    fields.take(4)?;
    let key = fields.text()?.to_vec();
    let (namespace, reserved, hash) = (fields.text()?, fields.text()?, fields.text()?);
    let digest = match hash {
        b"sha512" => Sha512::digest(payload).to_vec(),
        b"sha256" => Sha256::digest(payload).to_vec(),
        _ => return None,
    };
    let signed = [b"SSHSIG".to_vec(), field(namespace), field(reserved), field(hash), field(&digest)].concat();
    let mut made = Fields(fields.text()?);
    let fits = namespace == NAMESPACE && made.text()? == KIND;
    let made = made.text()?.to_vec();
    fits.then_some(Signature { key, signed, made })
}
