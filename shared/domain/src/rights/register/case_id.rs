//! The id of a case, and those of its requests.

use super::lists::{Listed, RequestKind};
use crate::rights::package::RequestId;
use serde::{Deserialize, Serialize};

/// How many characters the longest kind adds to a case's id, with its hyphen.
const LONGEST: usize = 14;

/// Names a case: 1 to 50 letters, digits, hyphens and underscores. It is used in keys and logs, so
/// it must say nothing about the person.
///
/// Its requests are named by it and their kind, so a case has one request of each kind at most:
/// `C-2026-0042` has `C-2026-0042-access`, which is also the id of that request's package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "RequestId", into = "RequestId")]
pub struct CaseId(RequestId);

/// Text that cannot name a case.
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 50 letters, digits, hyphens and underscores, and not be that of a click")]
pub struct NotACaseId;

impl CaseId {
    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same as the id of a request: evidence is attested under it.
    #[must_use]
    pub const fn as_request(&self) -> &RequestId {
        &self.0
    }

    /// The id of its request of this kind.
    #[must_use]
    pub fn request(&self, kind: RequestKind) -> String {
        format!("{}-{}", self.0.as_str(), kind.as_str())
    }

    /// The case and the kind that the id of a request names, if it has that shape. Whether there is
    /// such a case is another question.
    #[must_use]
    pub fn of_request(id: &str) -> Option<(Self, RequestKind)> {
        let (case, kind) = id.rsplit_once('-')?;
        Some((Self::named(case).ok()?, RequestKind::named(kind)?))
    }

    /// The case with this id.
    ///
    /// # Errors
    /// [`NotACaseId`] if it is too long, or has other characters.
    pub fn named(id: &str) -> Result<Self, NotACaseId> {
        let id = RequestId::try_from(id.to_owned()).map_err(|_| NotACaseId)?;
        Self::try_from(id)
    }
}

impl TryFrom<RequestId> for CaseId {
    type Error = NotACaseId;

    fn try_from(id: RequestId) -> Result<Self, NotACaseId> {
        if id.as_str().len() + LONGEST > 64 || id.is_click() {
            Err(NotACaseId)
        } else {
            Ok(Self(id))
        }
    }
}

impl From<CaseId> for RequestId {
    fn from(id: CaseId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::{CaseId, LONGEST, Listed, RequestKind};
    use crate::rights::package::RequestId;

    #[test]
    fn every_request_of_a_case_has_an_id_that_names_both() {
        let longest = "c".repeat(50);
        for case in ["C-2026-0042", "c", longest.as_str()] {
            let case = CaseId::named(case).unwrap();
            for kind in RequestKind::ALL {
                let id = RequestId::try_from(case.request(*kind)).unwrap();
                assert_eq!(CaseId::of_request(id.as_str()), Some((case.clone(), *kind)));
                assert!(kind.as_str().len() < LONGEST);
            }
        }
    }

    #[test]
    fn what_names_no_case_is_refused() {
        let click = RequestId::of_click([7; 16]);
        for wrong in ["", &"c".repeat(51), "rosa@example.org", click.as_str()] {
            assert!(CaseId::named(wrong).is_err());
        }
        assert_eq!(CaseId::of_request("SAR-2026-0042"), None);
        assert_eq!(CaseId::of_request("-access"), None);
    }
}
