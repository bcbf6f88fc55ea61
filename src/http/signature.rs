//! Decides whether a webhook body is GitHub's. It looks at raw bytes only and never parses them.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Secrets that may be valid at once: the present one and, while rotating, the one before.
pub const MOST_SECRETS: usize = 2;

/// A body whose signature held. Only [`verify`] makes one, so an unsigned body cannot reach a parser.
#[derive(Debug, Clone)]
pub struct Verified<B>(B);

impl<B> Verified<B> {
    /// The body.
    pub fn get(&self) -> &B {
        &self.0
    }

    /// The body, given away.
    pub fn into_inner(self) -> B {
        self.0
    }
}

/// Why a body is not taken for GitHub's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No header.
    #[error("the header X-Hub-Signature-256 is missing; set a webhook secret in the App's settings")]
    Missing,
    /// Not a signature at all.
    #[error("the header X-Hub-Signature-256 is not `sha256=` and 64 hex digits")]
    Malformed,
    /// A signature of another body, or made with another secret.
    #[error("the signature does not fit the body; the webhook secret here and in the App's settings must be the same")]
    Mismatch,
}

/// Checks `header` (`X-Hub-Signature-256`) against HMAC-SHA256 of `body` under each of the first [`MOST_SECRETS`]
/// secrets, in constant time. An empty secret never fits: anyone could sign with it.
pub fn verify(body: Bytes, header: Option<&str>, secrets: &[SecretString]) -> Result<Verified<Bytes>, Refusal> {
    let digits = header.ok_or(Refusal::Missing)?.strip_prefix("sha256=").ok_or(Refusal::Malformed)?;
    let mut given = [0; 32];
    hex::decode_to_slice(digits, &mut given).map_err(|_| Refusal::Malformed)?;
    let fits = secrets
        .iter()
        .take(MOST_SECRETS)
        .map(|secret| secret.expose_secret().as_bytes())
        .any(|secret| !secret.is_empty() && signs(secret, &body, &given));
    if fits { Ok(Verified(body)) } else { Err(Refusal::Mismatch) }
}

fn signs(secret: &[u8], body: &[u8], given: &[u8; 32]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(body);
    mac.verify_slice(given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // GitHub's documented example: docs.github.com, "Validating webhook deliveries".
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn check(body: &[u8], header: Option<&str>, secrets: &[&str]) -> Result<(), Refusal> {
        let secrets: Vec<SecretString> = secrets.iter().map(|s| SecretString::from(*s)).collect();
        verify(Bytes::copy_from_slice(body), header, &secrets).map(drop)
    }

    #[test]
    fn githubs_own_example_holds_under_either_secret() {
        let header = format!("sha256={SIGNATURE}");
        assert_eq!(check(BODY, Some(&header), &[SECRET]), Ok(()));
        assert_eq!(check(BODY, Some(&header), &["new", SECRET]), Ok(()));
        assert_eq!(check(BODY, Some(&header.replace(SIGNATURE, &SIGNATURE.to_uppercase())), &[SECRET]), Ok(()));
        assert_eq!(check(BODY, Some(&header), &["new", "newer", SECRET]), Err(Refusal::Mismatch));
        assert_eq!(check(BODY, Some(&header), &[]), Err(Refusal::Mismatch));
    }

    #[test]
    fn what_is_not_a_signature_is_malformed() {
        assert_eq!(check(BODY, None, &[SECRET]), Err(Refusal::Missing));
        let (short, long) = (&SIGNATURE[2..], format!("sha256={SIGNATURE}00"));
        for bad in ["", SIGNATURE, "sha256=", &format!("sha1={SIGNATURE}"), &format!("sha256={short}"), &long] {
            assert_eq!(check(BODY, Some(bad), &[SECRET]), Err(Refusal::Malformed), "{bad}");
        }
        let two = format!("sha256={SIGNATURE}, sha256={SIGNATURE}");
        assert_eq!(check(BODY, Some(&two), &[SECRET]), Err(Refusal::Malformed));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let header = format!("sha256={SIGNATURE}");
        for bit in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(check(&body, Some(&header), &[SECRET]), Err(Refusal::Mismatch), "body bit {bit}");
        }
        for bit in 0..256 {
            let mut signature = hex::decode(SIGNATURE).expect("it is hex");
            signature[bit / 8] ^= 1 << (bit % 8);
            let header = format!("sha256={}", hex::encode(signature));
            assert_eq!(check(BODY, Some(&header), &[SECRET]), Err(Refusal::Mismatch), "signature bit {bit}");
        }
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"").expect("any length");
        mac.update(BODY);
        let header = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(check(BODY, Some(&header), &[""]), Err(Refusal::Mismatch));
    }
}
