//! A person's identifiers, sealed for as long as processors have to be asked about them.

use crate::identity::identifier::{Identifier, IdentifierKind};
use crate::identity::keyring::{Identities, Keyring};
use crate::validation::json;

const PURPOSE: &str = "identities";

/// Seals identifiers, so that the Register holds no address that can be read there.
#[must_use]
pub fn seal(keys: &Keyring<Identities>, identifiers: &[Identifier]) -> String {
    let plain: Vec<(IdentifierKind, &str)> = identifiers
        .iter()
        .map(|one| (one.kind(), one.canonical()))
        .collect();
    keys.seal(PURPOSE, json::text(&plain).as_bytes())
}

/// Opens a seal made under any version of the secret.
#[must_use]
pub fn unseal(keys: &Keyring<Identities>, sealed: &str) -> Option<Vec<Identifier>> {
    let plain = keys.unseal(PURPOSE, sealed)?;
    let plain: Vec<(IdentifierKind, String)> = serde_json::from_slice(&plain).ok()?;
    plain
        .iter()
        .map(|(kind, canonical)| Identifier::of(*kind, canonical).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{seal, unseal};
    use crate::identity::identifier::Identifier;
    use crate::identity::keyring::Keyring;

    #[test]
    fn identifiers_are_read_by_this_house_only() {
        let keys =
            |key: &str| Keyring::parse(&format!(r#"{{"version":"1","key":"{key}"}}"#)).unwrap();
        let (ours, theirs) = (
            keys("0123456789abcdef0123456789abcdef"),
            keys("fedcba9876543210fedcba9876543210"),
        );
        let identifiers = vec![
            Identifier::email("rosa@example.org").unwrap(),
            Identifier::phone("07700 900142").unwrap(),
            Identifier::reference("UCRN-1").unwrap(),
        ];
        let sealed = seal(&ours, &identifiers);
        assert!(!sealed.contains("rosa"));
        assert_eq!(unseal(&ours, &sealed), Some(identifiers));
        assert_eq!(unseal(&theirs, &sealed), None);
    }
}
