//! The id of a request for somebody's data, and the files of its package.

use crate::identity::identifier::{Identifier, IdentifierKind};
use serde::{Deserialize, Serialize};

/// The beginning of the id of a request that a click begins. The first version used
/// `unsubscribe-…`, and stored it beside the DPO's requests.
const CLICK: &str = "click-";
/// The shortest identifier, in characters, that can be told from any other part of a request's id.
const SHORTEST: usize = 5;

/// Names a request: 1 to 64 letters, digits, hyphens and underscores. The DPO chooses it, or it is
/// random. It is used in keys and logs, so it must say nothing about the person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

/// Text that cannot name a request.
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 64 letters, digits, hyphens and underscores")]
pub struct NotARequestId;

impl RequestId {
    /// A request that a click begins; `random` tells it from all others.
    #[must_use]
    pub fn of_click(random: [u8; 16]) -> Self {
        Self(format!("{CLICK}{}", hex::encode(random)))
    }

    /// Whether a click begins requests with such ids. They have their own partitions, and end a
    /// newsletter and nothing else.
    #[must_use]
    pub fn is_click(&self) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        self.0
            .strip_prefix(CLICK)
            .is_some_and(|random| random.len() == 32 && random.bytes().all(is_digit))
    }

    /// The id of the request that follows from this one and informs recipients that the data was
    /// restricted, freed or corrected (`what`).
    ///
    /// # Errors
    /// [`NotARequestId`] if this one is too long for that.
    pub fn following(&self, what: &str) -> Result<Self, NotARequestId> {
        Self::try_from(format!("{}-{what}", self.0))
    }

    /// Whether it contains one of these identifiers, whole and with any punctuation. Nobody can
    /// tell a name in it from any other word.
    #[must_use]
    pub fn says_who(&self, identifiers: &[Identifier]) -> bool {
        says_who(&self.0, identifiers)
    }

    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text contains one of these identifiers, whole and with any punctuation.
#[must_use]
pub fn says_who(text: &str, identifiers: &[Identifier]) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .collect::<String>()
            .to_uppercase()
    };
    let text = plain(text);
    identifiers
        .iter()
        .map(|identifier| (identifier.kind(), plain(identifier.canonical())))
        .any(|(kind, who)| {
            // A number is written with its country's prefix, or without.
            let who = if kind == IdentifierKind::Phone {
                who.strip_prefix("44").unwrap_or(&who)
            } else {
                &who
            };
            who.chars().count() >= SHORTEST && text.contains(who)
        })
}

impl TryFrom<String> for RequestId {
    type Error = NotARequestId;

    fn try_from(id: String) -> Result<Self, NotARequestId> {
        let sound = (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if sound {
            Ok(Self(id))
        } else {
            Err(NotARequestId)
        }
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

/// The objects of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum File {
    /// The machine-readable document.
    Document,
    /// The report that a lay person reads.
    Report,
}

impl File {
    /// Every object of a package, the one that a person reads first.
    pub const ALL: [Self; 2] = [Self::Report, Self::Document];

    /// The name by which it is stored and requested.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Report => "report",
        }
    }

    /// The name of the file that somebody gets. It names the request, so that two of them can be
    /// told apart.
    #[must_use]
    pub fn name(self, request: &RequestId) -> String {
        match self {
            Self::Document => format!("export-{}.json", request.as_str()),
            Self::Report => format!("report-{}.html", request.as_str()),
        }
    }

    /// The media type by which it is served.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Document => "application/json",
            Self::Report => "text/html; charset=utf-8",
        }
    }
}

/// The contents of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageKind {
    /// Article 15: everything held, including what was observed and inferred, with the
    /// supplementary information.
    Access,
    /// Article 20: what the person provided.
    Portability,
}

#[cfg(test)]
mod tests {
    use super::RequestId;
    use crate::identity::identifier::Identifier;

    #[test]
    fn what_a_click_begins_is_told_from_what_is_ordered() {
        assert!(RequestId::of_click([7; 16]).is_click());
        for ordered in [
            "click-1",
            "unsubscribe-07070707070707070707070707070707",
            "click-0707070707070707070707070707070G",
        ] {
            assert!(
                !RequestId::try_from(ordered.to_owned()).unwrap().is_click(),
                "{ordered}"
            );
        }
    }

    #[test]
    fn an_id_that_has_the_person_s_identifier_in_it_is_told_from_one_that_has_not() {
        let who = [
            Identifier::email("rosa.hardy@example.org").unwrap(),
            Identifier::phone("07700 900142").unwrap(),
            Identifier::reference("UCRN-00093321").unwrap(),
            Identifier::reference("SAR").unwrap(),
        ];
        let says = |id: &str| RequestId::try_from(id.to_owned()).unwrap().says_who(&who);
        for id in [
            "07700900142",
            "SAR-07700-900-142",
            "447700900142",
            "ucrn_00093321",
            "rosa-hardy-example-org",
        ] {
            assert!(says(id), "{id}");
        }
        for id in ["SAR-2026-0042", "rosa-1", "07700900143", "UCRN-0009332"] {
            assert!(!says(id), "{id}");
        }
    }
}
