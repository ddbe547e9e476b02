//! The id of a breach.

use crate::rights::package::RequestId;
use serde::{Deserialize, Serialize};

/// How many characters the name of a hold adds to a breach's id.
const LONGEST: usize = 14;

/// Names a breach: 1 to 50 letters, digits, hyphens and underscores, such as `B-2026-0007`. It is
/// used in keys and logs, so it must say nothing about anybody.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "RequestId", into = "RequestId")]
pub struct BreachId(RequestId);

/// Text that cannot name a breach.
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 50 letters, digits, hyphens and underscores, and not be that of a click")]
pub struct NotABreachId;

impl BreachId {
    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The breach with this id.
    ///
    /// # Errors
    /// [`NotABreachId`] if it is too long, or has other characters.
    pub fn named(id: &str) -> Result<Self, NotABreachId> {
        let id = RequestId::try_from(id.to_owned()).map_err(|_| NotABreachId)?;
        Self::try_from(id)
    }

    /// The id of the request that places its hold with this number.
    pub(super) fn hold(&self, number: usize) -> RequestId {
        let id = self.0.following(&format!("hold-{number}"));
        id.unwrap_or_else(|_| self.0.clone())
    }
}

impl TryFrom<RequestId> for BreachId {
    type Error = NotABreachId;

    fn try_from(id: RequestId) -> Result<Self, NotABreachId> {
        if id.as_str().len() + LONGEST > 64 || id.is_click() {
            Err(NotABreachId)
        } else {
            Ok(Self(id))
        }
    }
}

impl From<BreachId> for RequestId {
    fn from(id: BreachId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::BreachId;
    use crate::rights::package::RequestId;

    #[test]
    fn its_holds_have_ids_of_their_own_however_long_it_is() {
        let longest = "b".repeat(50);
        for id in ["B-2026-0007", longest.as_str()] {
            let id = BreachId::named(id).unwrap();
            assert_eq!(
                id.hold(2).as_str(),
                format!("{}-hold-2", id.as_str()),
                "{id:?}"
            );
        }
    }

    #[test]
    fn what_names_no_breach_is_refused() {
        let click = RequestId::of_click([7; 16]);
        for wrong in ["", &"b".repeat(51), "rosa@example.org", click.as_str()] {
            assert!(BreachId::named(wrong).is_err());
        }
    }
}
