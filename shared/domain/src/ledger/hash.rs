//! Hashes of the chain.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SHA-256 of a link: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(String);

/// Text that is not a hash.
#[derive(Debug, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits")]
pub struct NotAHash;

impl Hash {
    /// What the first link names as the link before it.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self("0".repeat(64))
    }

    /// The hash of a body that follows another link.
    #[must_use]
    pub fn of(previous: &Self, body: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(&previous.0)
            .chain_update("\n")
            .chain_update(body)
            .finalize();
        Self(hex::encode(digest))
    }

    /// The hash of a text by itself.
    #[must_use]
    pub fn digest(text: &str) -> Self {
        Self(hex::encode(Sha256::digest(text)))
    }

    /// The number that its first eight digits write.
    ///
    /// # Panics
    /// Never: a hash is made of hexadecimal digits only.
    #[must_use]
    #[expect(clippy::expect_used, reason = "its constructors take nothing else")]
    pub fn number(&self) -> u32 {
        u32::from_str_radix(&self.0[..8], 16).expect("a hash is 64 hexadecimal digits")
    }

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Hash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        let is_hex = text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 64 && is_hex {
            Ok(Self(text))
        } else {
            Err(NotAHash)
        }
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.0
    }
}
