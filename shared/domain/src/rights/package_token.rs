//! The token in a link to a package: sealed, so that it says nothing to a reader and cannot be made
//! up.
//!
//! It names a request, what the link is for, which of the links to this package it is, and its end.
//! The Register says how often it works. It contains nothing of the person, and not the code that
//! opens it. Tokens are opened under the current version of their secret only: a rotation ends
//! every link in use.

use crate::identity::keyring::{Keyring, Packages};
use crate::retention::periods;
use crate::rights::package::RequestId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The number of the wrong code that ends a link: the fifth.
pub const WRONG_CODES: u32 = 5;
/// The purpose for which a token is sealed.
const LINK: &str = "link to a package until";
/// The purposes of earlier tokens, which had no end of their own and, before that, no code.
const FORMER: [&str; 2] = ["link to a package", "package"];
/// How far the clocks of two instances may differ: one makes the link, the other opens it.
const SKEW: TimeDelta = TimeDelta::minutes(1);
/// Between the parts.
const THEN: char = ' ';
/// No token is longer, in characters: the longest request's id makes fewer than 208.
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

    /// How long a link works at most, from when it is made.
    #[must_use]
    pub const fn longest(self) -> TimeDelta {
        match self {
            Self::Release => periods::PACKAGES,
            // The person who asks for it follows it at once.
            Self::Reading => periods::READING,
        }
    }

    /// Whether a link of this kind that ends at `until` works at `now`. If it ends later than the
    /// kind allows, somebody else made it, whatever it was sealed or stored by.
    #[must_use]
    pub fn is_open(self, until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        now < until && until <= now + self.longest() + SKEW
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
    /// If the system gives no random bytes. No link is better than two that are alike.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        #[expect(
            clippy::expect_used,
            reason = "two links that are alike would open with each other's codes"
        )]
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
    /// The second before which it works.
    pub until: DateTime<Utc>,
}

impl PackageLink {
    /// A token for this link; no two are alike.
    #[must_use]
    pub fn token(&self, keys: &Keyring<Packages>) -> String {
        let (kind, id, until) = (self.kind.as_str(), self.id.as_str(), self.until.timestamp());
        let plain = format!(
            "{kind}{THEN}{id}{THEN}{until}{THEN}{}",
            self.request.as_str()
        );
        keys.seal(LINK, plain.as_bytes())
    }

    /// The link of a token, under the current version of the secret.
    #[must_use]
    pub fn of_token(keys: &Keyring<Packages>, token: &str) -> Option<Self> {
        let sealed = (token.len() <= LONGEST).then_some(token)?;
        let plain = String::from_utf8(keys.unseal_current(LINK, sealed)?).ok()?;
        let mut parts = plain.splitn(4, THEN);
        let kind = parts.next()?;
        let kind = LinkKind::ALL.into_iter().find(|it| it.as_str() == kind)?;
        let id = LinkId(parts.next()?.to_owned());
        let until = DateTime::from_timestamp(parts.next()?.parse().ok()?, 0)?;
        Some(Self {
            request: RequestId::try_from(parts.next()?.to_owned()).ok()?,
            kind,
            id,
            until,
        })
    }

    /// Whether Custodian made the token, under a version or in a form that no longer opens
    /// anything. Then its page says that the link has ended, not that it never existed.
    #[must_use]
    pub fn is_former(keys: &Keyring<Packages>, token: &str) -> bool {
        let is_sealed = |what: &str| keys.unseal(what, token).is_some();
        token.len() <= LONGEST && (is_sealed(LINK) || FORMER.into_iter().any(is_sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::{FORMER, LINK, LONGEST, LinkId, LinkKind, PackageLink, SKEW};
    use crate::identity::keyring::PACKAGE_LINKS;
    use crate::identity::keyring::{Keyring, Packages};
    use crate::rights::package::RequestId;
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    fn keys(key: &str) -> Keyring<Packages> {
        Keyring::parse(&format!(r#"{{"version":"1","key":"{}"}}"#, key.repeat(40))).unwrap()
    }

    fn link(request: &str, kind: LinkKind) -> PackageLink {
        let (request, until) = (
            RequestId::try_from(request.to_owned()).unwrap(),
            DateTime::from_timestamp(1_795_431_600, 0),
        );
        PackageLink {
            request,
            kind,
            id: LinkId::random(),
            until: until.unwrap(),
        }
    }

    #[test]
    fn a_token_leads_to_its_link_and_says_nothing_of_the_request() {
        let keys = keys("k");
        for link in [
            link("SAR-2026-0042", LinkKind::Release),
            link(&"r".repeat(64), LinkKind::Reading),
        ] {
            let token = link.token(&keys);
            assert_eq!(PackageLink::of_token(&keys, &token), Some(link));
            assert!(token.len() < 208 && !token.contains("SAR"), "{token}");
        }
    }

    #[test]
    fn what_is_sealed_with_another_secret_or_for_another_purpose_is_no_token() {
        let link = link("SAR-1", LinkKind::Release);
        assert_eq!(
            PackageLink::of_token(&keys("k"), &link.token(&keys("l"))),
            None
        );
        let plain = format!(
            "release {} {} SAR-1",
            link.id.as_str(),
            link.until.timestamp()
        );
        assert_eq!(
            PackageLink::of_token(
                &keys("k"),
                &keys("k").seal("link to a package", plain.as_bytes())
            ),
            None
        );
        assert_eq!(
            PackageLink::of_token(
                &keys("k"),
                &keys("k").seal("link to a package until", plain.as_bytes())
            ),
            Some(link)
        );
    }

    #[test]
    fn a_token_of_before_is_known_and_opens_nothing() {
        for (what, plain) in [
            ("package", &b"document 1795431600 SAR-1"[..]),
            ("link to a package", b"release 0 SAR-1"),
        ] {
            let former = keys("k").seal(what, plain);
            assert!(
                PackageLink::is_former(&keys("k"), &former)
                    && !PackageLink::is_former(&keys("l"), &former)
            );
            assert_eq!(PackageLink::of_token(&keys("k"), &former), None);
        }
        assert!(
            PACKAGE_LINKS
                .iter()
                .map(|it| it.strip_prefix("seal ").unwrap())
                .eq(FORMER)
        );
    }

    #[test]
    fn a_rotation_ends_every_link_and_whoever_has_one_is_told_so() {
        let token = link("SAR-1", LinkKind::Release).token(&keys("k"));
        let document = format!(
            r#"{{"version":"2","key":"{}","previous":[{{"version":"1","key":"{}"}}]}}"#,
            "l".repeat(40),
            "k".repeat(40)
        );
        let rotated = Keyring::parse(&document).unwrap();
        assert_eq!(PackageLink::of_token(&rotated, &token), None);
        assert!(PackageLink::is_former(&rotated, &token));
    }

    #[test]
    fn a_link_works_until_its_end_and_not_at_all_if_that_is_further_off_than_the_rule() {
        let now = DateTime::from_timestamp(1_795_431_600, 0).unwrap();
        for (kind, longest) in [
            (LinkKind::Release, TimeDelta::days(14)),
            (LinkKind::Reading, TimeDelta::minutes(15)),
        ] {
            let second = TimeDelta::seconds(1);
            assert!(kind.is_open(now + second, now) && !kind.is_open(now, now));
            assert!(
                kind.is_open(now + longest, now)
                    && !kind.is_open(now + longest + SKEW + second, now)
            );
            assert!(!kind.is_open(now + TimeDelta::days(3_653), now));
        }
    }

    #[test]
    fn what_is_longer_than_any_token_is_not_looked_at() {
        let plain = format!("release 1 1795431600 {}", "x".repeat(LONGEST));
        let long = |what: &str| keys("k").seal(what, plain.as_bytes());
        assert_eq!(PackageLink::of_token(&keys("k"), &long(LINK)), None);
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
