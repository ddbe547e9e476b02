//! Sealing: for what has to be stored for a while and read by nobody but Custodian.
//!
//! ChaCha20-Poly1305 (RFC 8439). Its key is derived from the purpose's secret and the kind of
//! thing, so a seal of one kind does not open as another. The nonce is 96 random bits: safe for
//! 2^32 seals of one kind under one version of the secret.

use crate::identity::keyring::{KeyPurpose, Keyring};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

impl<P: KeyPurpose> Keyring<P> {
    /// Seals `plain` as a kind of thing. No two seals are alike, and the text is safe in a URL
    /// (base64url without padding).
    ///
    /// # Panics
    /// If the system gives no random bytes. No seal is better than one whose nonce is used twice.
    #[must_use]
    pub fn seal(&self, what: &str, plain: &[u8]) -> String {
        sealed_under(self.derive(&scope(what)), plain)
    }

    /// Opens what was sealed as the same kind of thing under any version of the secret. Nothing
    /// else opens.
    #[must_use]
    pub fn unseal(&self, what: &str, sealed: &str) -> Option<Vec<u8>> {
        self.derive_all(&scope(what))
            .find_map(|key| opened_under(key, sealed))
    }

    /// The same, but only for the current version of the secret.
    #[must_use]
    pub fn unseal_current(&self, what: &str, sealed: &str) -> Option<Vec<u8>> {
        opened_under(self.derive(&scope(what)), sealed)
    }
}

/// Seals `plain` under a derived key.
///
/// # Panics
/// If the system gives no random bytes, as [`Keyring::seal`].
#[must_use]
pub fn sealed_under(secret: [u8; 32], plain: &[u8]) -> String {
    let nonce = random_nonce();
    let mut sealed = plain.to_vec();
    #[expect(
        clippy::expect_used,
        reason = "it fails for more than 256 GiB only (RFC 8439, 2.8)"
    )]
    let tag = key(secret)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::empty(),
            &mut sealed,
        )
        .expect("a plain text that fits into memory");
    URL_SAFE_NO_PAD.encode([&nonce[..], &sealed, tag.as_ref()].concat())
}

/// Opens what was sealed under a derived key.
#[must_use]
pub fn opened_under(secret: [u8; 32], sealed: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    key(secret)
        .open_in_place(nonce, Aad::empty(), &mut sealed)
        .ok()
        .map(|plain| plain.to_vec())
}

fn scope(what: &str) -> String {
    format!("seal {what}")
}

fn key(secret: [u8; 32]) -> LessSafeKey {
    #[expect(
        clippy::expect_used,
        reason = "the array is as long as the algorithm's key"
    )]
    let key = UnboundKey::new(&CHACHA20_POLY1305, &secret).expect("32 bytes");
    LessSafeKey::new(key)
}

fn random_nonce() -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    #[expect(
        clippy::expect_used,
        reason = "a nonce that can be guessed or comes twice breaks the seal: better no answer"
    )]
    getrandom::fill(&mut nonce).expect("the system gives random bytes");
    nonce
}

#[cfg(test)]
mod tests {
    use crate::identity::keyring::{Identities, Keyring};
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    const PLAIN: &[u8] = b"resident@example.org";
    const PURPOSE: &str = "identities";

    fn keys(version: &str, previous: &str) -> Keyring<Identities> {
        let key =
            |version: &str| format!(r#""version":"{version}","key":"{}""#, version.repeat(32));
        let previous = if previous.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", key(previous))
        };
        Keyring::parse(&format!(r#"{{{},"previous":[{previous}]}}"#, key(version))).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_again_and_shows_nothing_meanwhile() {
        let keys = keys("1", "");
        let sealed = keys.seal(PURPOSE, PLAIN);
        assert_eq!(keys.unseal(PURPOSE, &sealed).unwrap(), PLAIN);
        assert!(
            sealed
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        assert!(
            !bytes
                .windows(4)
                .any(|part| PLAIN.windows(4).any(|plain| plain == part))
        );
        assert_eq!(format!("{keys:?}"), "Keyring(..)");
    }

    #[test]
    fn the_same_sealed_twice_is_never_alike() {
        let keys = keys("1", "");
        assert_ne!(keys.seal(PURPOSE, PLAIN), keys.seal(PURPOSE, PLAIN));
    }

    #[test]
    fn a_seal_that_was_altered_anywhere_does_not_open() {
        let keys = keys("1", "");
        let sealed = URL_SAFE_NO_PAD.decode(keys.seal(PURPOSE, PLAIN)).unwrap();
        for place in 0..sealed.len() {
            for bit in 0..8 {
                let mut altered = sealed.clone();
                altered[place] ^= 1 << bit;
                assert_eq!(
                    keys.unseal(PURPOSE, &URL_SAFE_NO_PAD.encode(&altered)),
                    None,
                    "byte {place}, bit {bit}"
                );
            }
            assert_eq!(
                keys.unseal(PURPOSE, &URL_SAFE_NO_PAD.encode(&sealed[..place])),
                None,
                "cut to {place}"
            );
        }
        assert_eq!(
            keys.unseal(
                PURPOSE,
                &URL_SAFE_NO_PAD.encode([&sealed[..], b"x"].concat())
            ),
            None
        );
    }

    #[test]
    fn what_is_sealed_for_one_purpose_opens_for_no_other() {
        let keys = keys("1", "");
        let sealed = keys.seal(PURPOSE, PLAIN);
        assert_eq!(keys.unseal("unsubscribe", &sealed), None);
        assert_eq!(keys.unseal("", &sealed), None);
    }

    #[test]
    fn after_a_rotation_it_opens_while_the_old_secret_is_kept_and_not_after() {
        let sealed = keys("1", "").seal(PURPOSE, PLAIN);
        assert_eq!(keys("2", "1").unseal(PURPOSE, &sealed).unwrap(), PLAIN);
        assert_eq!(keys("2", "").unseal(PURPOSE, &sealed), None);
        assert_eq!(keys("2", "1").unseal_current(PURPOSE, &sealed), None);
        assert_eq!(
            keys("1", "").unseal_current(PURPOSE, &sealed).unwrap(),
            PLAIN
        );
    }

    proptest! {
        #[test]
        fn anything_opens_as_what_was_sealed(plain in proptest::collection::vec(any::<u8>(), 0..300)) {
            let keys = keys("1", "");
            prop_assert_eq!(keys.unseal(PURPOSE, &keys.seal(PURPOSE, &plain)).unwrap(), plain);
        }

        #[test]
        fn nothing_made_up_opens(sealed in "\\PC{0,80}|[A-Za-z0-9_-]{0,80}") {
            prop_assert_eq!(keys("2", "1").unseal(PURPOSE, &sealed), None);
        }
    }
}
