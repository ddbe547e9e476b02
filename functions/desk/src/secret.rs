//! The secret in a session's cookie, and what is derived from it: nothing that is stored opens a
//! session, or what is kept for it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use custodian_domain::identity::seal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Thirty-two bytes that only one browser has.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// A new one.
    ///
    /// # Panics
    /// If the system gives no random bytes. No session is better than one that can be guessed.
    pub(crate) fn new() -> Self {
        Self(random())
    }

    /// The secret of a cookie.
    pub(crate) fn of_cookie(value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub(crate) fn cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What stands for it in storage.
    pub(crate) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }

    /// Seals something so that only this cookie opens it.
    pub(crate) fn seal(&self, what: &str, plain: &[u8]) -> String {
        seal::sealed_under(self.derive(&["seal", what]), plain)
    }

    /// Opens it.
    pub(crate) fn unseal(&self, what: &str, sealed: &str) -> Option<Vec<u8>> {
        seal::opened_under(self.derive(&["seal", what]), sealed)
    }

    /// A name for something that is stored, which says nothing to who reads it.
    pub(crate) fn name(&self, what: &str) -> String {
        hex::encode(&self.derive(&["name", what])[..12])
    }

    /// A token for a form that is shown once, with an id of its own. The order that the form gives
    /// has this id, so that a second click gives the same order.
    pub(crate) fn form_token(&self, form: &str) -> String {
        let id = hex::encode(&random()[..12]);
        let mac = self.mac(form, &id);
        format!("{id}.{mac}")
    }

    /// The id of a token, if it is of this session and this form.
    pub(crate) fn form_id<'a>(&self, form: &str, token: &'a str) -> Option<&'a str> {
        let (id, mac) = token.split_once('.')?;
        let is_ours = self.mac(form, id).as_bytes().ct_eq(mac.as_bytes());
        bool::from(is_ours).then_some(id)
    }

    fn mac(&self, form: &str, id: &str) -> String {
        URL_SAFE_NO_PAD.encode(&self.derive(&["form", form, id])[..18])
    }

    /// A key for these words. A word's length stands before it, so no two lists are alike.
    fn derive(&self, words: &[&str]) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        for word in words {
            mac.update(&(word.len() as u64).to_be_bytes());
            mac.update(word.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// Random bytes as text that is safe in a URL.
pub(crate) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(random())
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    #[expect(
        clippy::expect_used,
        reason = "without randomness a session can be guessed: better no answer"
    )]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_form_token_is_of_one_session_and_one_form() {
        let (secret, other) = (Secret::new(), Secret::new());
        let token = secret.form_token("ask C-1");
        let id = secret.form_id("ask C-1", &token).unwrap();
        assert_eq!(id.len(), 24);
        assert_eq!(secret.form_id("ask C-2", &token), None);
        assert_eq!(other.form_id("ask C-1", &token), None);
        let another = format!("{}.{}", "0".repeat(24), token.split_once('.').unwrap().1);
        for wrong in ["", ".", "x", &token[..token.len() - 1], &another] {
            assert_eq!(secret.form_id("ask C-1", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_its_cookie_opens_what_is_sealed() {
        let secret = Secret::new();
        let sealed = secret.seal("refresh", b"token");
        assert_eq!(secret.unseal("refresh", &sealed).unwrap(), b"token");
        assert_eq!(secret.unseal("typed", &sealed), None);
        assert_eq!(Secret::new().unseal("refresh", &sealed), None);
        assert_eq!(Secret::of_cookie(&secret.cookie()), Some(secret));
        assert_eq!(Secret::of_cookie("short"), None);
    }
}
