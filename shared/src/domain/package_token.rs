//! The token in a link to a package: sealed, so that it says nothing to whoever reads it and cannot be made up.
//!
//! It names a request, what the link is for, and which of the links to this package it is. How long and how often it works
//! says the Register. It holds nothing of the person, nor the code that opens it.

use super::package::RequestId;
use super::subject::SubjectKeys;
use serde::{Deserialize, Serialize};

/// The wrong code that ends a link: the fifth.
pub const WRONG_CODES: u32 = 5;
/// What a token is sealed for.
const PURPOSE: &str = "link to a package";
/// What tokens were sealed for that opened a package without a code.
const FORMER: &str = "package";
/// Between the parts.
const THEN: char = ' ';
/// No token is longer, in characters: the longest request's id makes fewer than 192.
const LONGEST: usize = 256;

/// What a link to a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The person gets the package: the first fetch hands it over.
    Release,
    /// The DPO reads it before that.
    Reading,
}

impl LinkKind {
    const ALL: [Self; 2] = [Self::Release, Self::Reading];

    /// The name by which it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Reading => "reading",
        }
    }
}

/// Tells one link to a package from every other: 16 random bytes, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(String);

impl LinkId {
    /// A new one.
    ///
    /// # Panics
    /// If the system gives no random bytes: better no link than two that are alike.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        #[expect(clippy::expect_used, reason = "two links that are alike would open with each other's codes")]
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        Self(hex::encode(bytes))
    }

    /// The id as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A link to a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageLink {
    /// Whose package.
    pub request: RequestId,
    /// What it is for.
    pub kind: LinkKind,
    /// Which one it is.
    pub id: LinkId,
}

impl PackageLink {
    /// A token for this link; no two are alike.
    #[must_use]
    pub fn token(&self, keys: &SubjectKeys) -> String {
        let plain = format!("{}{THEN}{}{THEN}{}", self.kind.as_str(), self.id.as_str(), self.request.as_str());
        keys.seal(PURPOSE, plain.as_bytes())
    }

    /// The link that a token was made for, under any version of the secret.
    #[must_use]
    pub fn of_token(keys: &SubjectKeys, token: &str) -> Option<Self> {
        let sealed = (token.len() <= LONGEST).then_some(token)?;
        let plain = String::from_utf8(keys.unseal(PURPOSE, sealed)?).ok()?;
        let mut parts = plain.splitn(3, THEN);
        let kind = parts.next()?;
        let kind = LinkKind::ALL.into_iter().find(|it| it.as_str() == kind)?;
        let id = LinkId(parts.next()?.to_owned());
        Some(Self { request: RequestId::try_from(parts.next()?.to_owned()).ok()?, kind, id })
    }

    /// Whether this is a token of before there were codes: none of them opens anything any more.
    #[must_use]
    pub fn is_former(keys: &SubjectKeys, token: &str) -> bool {
        token.len() <= LONGEST && keys.unseal(FORMER, token).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, LinkId, LinkKind, PackageLink};
    use crate::domain::package::RequestId;
    use crate::domain::subject::SubjectKeys;
    use proptest::prelude::*;

    fn keys(key: &str) -> SubjectKeys {
        SubjectKeys::parse(&format!(r#"{{"version":"1","key":"{}"}}"#, key.repeat(40))).unwrap()
    }

    fn link(request: &str, kind: LinkKind) -> PackageLink {
        PackageLink { request: RequestId::try_from(request.to_owned()).unwrap(), kind, id: LinkId::random() }
    }

    #[test]
    fn a_token_leads_to_its_link_and_says_nothing_of_the_request() {
        let keys = keys("k");
        for link in [link("SAR-2026-0042", LinkKind::Release), link(&"r".repeat(64), LinkKind::Reading)] {
            let token = link.token(&keys);
            assert_eq!(PackageLink::of_token(&keys, &token), Some(link));
            assert!(token.len() < 192 && !token.contains("SAR"), "{token}");
            assert!(!PackageLink::is_former(&keys, &token));
        }
    }

    #[test]
    fn what_is_sealed_with_another_secret_or_for_another_purpose_is_no_token() {
        let link = link("SAR-1", LinkKind::Release);
        assert_eq!(PackageLink::of_token(&keys("k"), &link.token(&keys("l"))), None);
        let plain = format!("release {} SAR-1", link.id.as_str());
        assert_eq!(PackageLink::of_token(&keys("k"), &keys("k").seal("unsubscribe", plain.as_bytes())), None);
        assert_eq!(
            PackageLink::of_token(&keys("k"), &keys("k").seal("link to a package", plain.as_bytes())),
            Some(link)
        );
    }

    #[test]
    fn a_token_of_before_there_were_codes_is_known_and_opens_nothing() {
        let former = keys("k").seal("package", b"document 1795431600 SAR-1");
        assert!(PackageLink::is_former(&keys("k"), &former) && !PackageLink::is_former(&keys("l"), &former));
        assert_eq!(PackageLink::of_token(&keys("k"), &former), None);
    }

    #[test]
    fn what_is_longer_than_any_token_is_not_looked_at() {
        let plain = format!("release 1 {}", "x".repeat(LONGEST));
        let long = |purpose: &str| keys("k").seal(purpose, plain.as_bytes());
        assert_eq!(PackageLink::of_token(&keys("k"), &long("link to a package")), None);
        assert!(!PackageLink::is_former(&keys("k"), &long("package")));
    }

    proptest! {
        #[test]
        fn nothing_made_up_is_a_token(token in "\\PC{0,300}|[A-Za-z0-9_-]{60,200}") {
            prop_assert_eq!(PackageLink::of_token(&keys("k"), &token), None);
            prop_assert!(!PackageLink::is_former(&keys("k"), &token));
        }
    }
}
