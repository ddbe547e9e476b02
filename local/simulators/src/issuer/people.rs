//! Who can sign in, and where.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Builder;

/// An invented person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id, such as `dana`.
    pub id: String,
    /// How the sign-in page names them.
    pub name: String,
    /// The name that their account has, which their tokens say.
    pub username: String,
    /// The groups that they are in.
    pub groups: Vec<String>,
    /// What else their ID tokens say about them, by claim.
    pub attributes: BTreeMap<String, String>,
}

impl Person {
    /// The `sub` of their tokens: the same as long as their id is.
    #[must_use]
    pub fn sub(&self) -> String {
        let digest = Sha256::digest(format!("an invented person: {}", self.id));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }
}

/// An application at which people sign in. It has no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// The addresses to which people may return with a code.
    pub redirect_uris: Vec<String>,
    /// The addresses to which people may return when they have signed out.
    pub logout_uris: Vec<String>,
    /// The scopes that it may ask for.
    pub scopes: Vec<String>,
}
