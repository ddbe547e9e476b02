//! The eight characters that a person can quote.

use crate::identity::subject::{SubjectKeys, mac};
use crate::record::RecordId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// No vowels, so no words. Of each pair that is confused on paper or on the telephone (0 O Q, 1 I
/// L, 2 Z, 5 S, 6 G, 8 B, U V) at most one.
pub(crate) const ALPHABET: &[u8; 24] = b"23456789CDFHJKMNPQRTVWXY";

/// A reference such as `K7M2PX9T`, made from the id of its record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(String);

/// Text that is not a reference.
#[derive(Debug, thiserror::Error)]
#[error("a reference has eight characters, such as K7M2PX9T")]
pub struct NotAReference;

impl Reference {
    /// The reference of a partner's record `id`: the same id has the same reference. Nobody outside
    /// the partner chooses its name. Where somebody does, [`References`] makes the reference.
    #[must_use]
    pub fn of(id: &RecordId) -> Self {
        Self::read_from(&Sha256::digest(id.as_str()))
    }

    fn read_from(digest: &[u8]) -> Self {
        let mut number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let characters = (0..8).map(|_| {
            let place = (number % 24) as usize;
            number /= 24;
            char::from(ALPHABET[place])
        });
        Self(characters.collect())
    }

    /// The eight characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reference {
    type Error = NotAReference;

    /// Reads a reference as people write it: any case, with spaces or hyphens.
    fn try_from(typed: String) -> Result<Self, NotAReference> {
        let characters: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let sound =
            characters.len() == 8 && characters.bytes().all(|byte| ALPHABET.contains(&byte));
        if sound {
            Ok(Self(characters))
        } else {
            Err(NotAReference)
        }
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

/// Makes the references of answers to forms, under a key that is derived from the secret of the
/// subject keys: the stored ids of anonymous answers depend on it as people's keys do. So somebody
/// who chooses an answer's key does not choose its reference.
///
/// A reference is stored with its record: after a rotation of the secret, references that were
/// given do not change.
#[derive(Clone)]
pub struct References([u8; 32]);

impl References {
    /// References under these keys.
    #[must_use]
    pub fn new(keys: &SubjectKeys) -> Self {
        Self(keys.derive("reference"))
    }

    /// The reference of a submission, after this many of its references were taken. A retry gets
    /// the same.
    #[must_use]
    pub fn of(&self, submission: &RecordId, taken: u8) -> Reference {
        Reference::read_from(&mac(
            &self.0,
            &["reference", submission.as_str(), &taken.to_string()],
        ))
    }

    /// The id of the one anonymous answer that has this reference.
    #[must_use]
    pub fn id(&self, reference: &Reference) -> RecordId {
        RecordId::of_reference(&self.0, reference)
    }
}

impl std::fmt::Debug for References {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("References(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Reference, References};
    use crate::identity::subject::SubjectKeys;
    use crate::record::RecordId;
    use proptest::prelude::*;

    fn references(key: &str) -> References {
        let document = format!(r#"{{"version":"1","key":"{}"}}"#, key.repeat(32));
        References::new(&SubjectKeys::parse(&document).unwrap())
    }

    #[test]
    fn who_knows_what_an_answer_is_called_does_not_know_its_reference() {
        let id = RecordId::of_submission("bins", "key chosen");
        let (ours, others) = (references("a"), references("b"));
        assert_eq!(ours.of(&id, 0), ours.of(&id, 0));
        assert_ne!(ours.of(&id, 0), Reference::of(&id));
        assert_ne!(ours.of(&id, 0), others.of(&id, 0));
        assert_ne!(
            ours.of(&id, 0),
            ours.of(&id, 1),
            "one that is taken is followed by another"
        );
        assert_ne!(ours.id(&ours.of(&id, 0)), others.id(&ours.of(&id, 0)));
        assert_eq!(format!("{ours:?}"), "References(..)");
    }

    #[test]
    fn a_reference_is_read_as_people_write_it() {
        let typed = Reference::try_from("k7m2 px9-t".to_owned()).unwrap();
        assert_eq!(typed.as_str(), "K7M2PX9T");
        assert!(
            Reference::try_from("K7M2PX9O".to_owned()).is_err(),
            "O is confused with 0 and so is in no reference"
        );
        assert!(Reference::try_from("K7M2".to_owned()).is_err());
    }

    proptest! {
        #[test]
        fn every_record_has_a_reference_that_reads_back(key in ".{0,60}") {
            let reference = Reference::of(&RecordId::of_submission("survey", &key));
            prop_assert_eq!(Reference::try_from(reference.as_str().to_owned()).unwrap(), reference);
            let reference = references("a").of(&RecordId::of_submission("survey", &key), 0);
            prop_assert_eq!(Reference::try_from(reference.as_str().to_owned()).unwrap(), reference);
        }
    }
}
