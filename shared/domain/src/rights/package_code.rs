//! The code that opens a link to a package. It travels by another channel than the link, so that
//! neither alone gives anything away.
//!
//! Eight characters of 24 are 36 bits. That is enough because the [fifth wrong
//! code](crate::rights::package_token::WRONG_CODES) ends the link, and because the Register has
//! only a digest, against which nobody can try codes without the secret.

use crate::identity::keyring::{Keyring, Packages};
use crate::identity::subject::mac;
use crate::record::reference::ALPHABET;
use crate::rights::package_token::LinkId;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The purpose from which the key of digests is derived.
const PURPOSE: &str = "code of a link to a package";
/// How many characters a code has.
const LENGTH: usize = 8;

/// A code. Debug output shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PackageCode(String);

impl PackageCode {
    /// A code that nobody can guess.
    ///
    /// # Panics
    /// If the system gives no random bytes. No link is better than one that anybody can open.
    #[must_use]
    pub fn random() -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let mut bytes = [0; 2 * LENGTH];
            #[expect(
                clippy::expect_used,
                reason = "a code that can be guessed opens a package to anybody"
            )]
            getrandom::fill(&mut bytes).expect("the system gives random bytes");
            // Bytes beyond the last multiple of 24 would make some characters more frequent than
            // others.
            let fair = bytes
                .into_iter()
                .filter(|byte| *byte < 240)
                .map(|byte| ALPHABET[usize::from(byte % 24)]);
            code.extend(fair.map(char::from).take(LENGTH - code.len()));
        }
        Self(code)
    }

    /// Reads a code as people type it: in any case; only its letters and digits count.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let code: String = text
            .chars()
            .filter(|c| c.is_alphanumeric())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let sound = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        sound.then_some(Self(code))
    }

    /// The code as it is shown: `K7M2-PX9T`.
    #[must_use]
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{first}-{second}")
    }

    /// What is stored of it: HMAC-SHA-256 over the link and the code, base64url without padding.
    #[must_use]
    pub fn digest(&self, keys: &Keyring<Packages>, link: &LinkId) -> String {
        URL_SAFE_NO_PAD.encode(mac(&keys.derive(PURPOSE), &[link.as_str(), &self.0]))
    }

    /// Whether this is the code of a link with this digest, made under the current version of the
    /// secret.
    #[must_use]
    pub fn opens(&self, keys: &Keyring<Packages>, link: &LinkId, digest: &str) -> bool {
        // Both sides are digests under a secret key, so a difference in time reveals nothing.
        self.digest(keys, link) == digest
    }
}

impl std::fmt::Debug for PackageCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Code(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::PackageCode;
    use crate::identity::keyring::{Keyring, Packages};
    use crate::rights::package_token::LinkId;
    use proptest::prelude::*;

    fn keys(version: &str, previous: &str) -> Keyring<Packages> {
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
    fn a_code_is_read_as_people_type_it_and_shown_to_nobody_who_debugs() {
        let code = PackageCode::random();
        let shown = code.shown();
        assert_eq!(shown.len(), 9);
        let dashed = shown.replace('-', " \u{2013} ");
        for typed in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', ""),
            format!(" {dashed}\n"),
        ] {
            assert_eq!(PackageCode::typed(&typed), Some(code.clone()), "{typed:?}");
        }
        for typed in ["", "K7M2-PX9", "K7M2-PX9T2", "K7M2-PX90", "Ｋ7M2-PX9T"] {
            assert_eq!(PackageCode::typed(typed), None, "{typed}");
        }
        assert_eq!(format!("{code:?}"), "Code(..)");
        assert_ne!(PackageCode::random(), code);
    }

    #[test]
    fn every_character_is_as_frequent_as_any_other() {
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..3_000 {
            PackageCode::random()
                .0
                .chars()
                .for_each(|c| *counts.entry(c).or_insert(0) += 1);
        }
        // A thousand each; five standard deviations are 155.
        assert!(
            counts.len() == 24 && counts.values().all(|count| (845..1_155).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn a_code_opens_its_own_link_only_until_the_next_rotation() {
        let (link, code, before) = (LinkId::random(), PackageCode::random(), keys("1", ""));
        let digest = code.digest(&before, &link);
        assert!(
            code.opens(&before, &link, &digest) && !code.opens(&keys("2", "1"), &link, &digest)
        );
        assert!(
            !code.opens(&before, &LinkId::random(), &digest)
                && !PackageCode::random().opens(&before, &link, &digest)
        );
        assert!(!digest.contains(&code.0));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_a_code_or_is_not(typed in "\\PC{0,40}") {
            if let Some(code) = PackageCode::typed(&typed) {
                prop_assert_eq!(PackageCode::typed(&code.shown()), Some(code));
            }
        }
    }
}
