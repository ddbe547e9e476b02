//! The token in a link to a package: sealed, so that it says nothing to whoever reads it and cannot be made up.
//!
//! It names a request and one of the package's objects, and has an end. It holds nothing of the person.

use super::package::{File, RequestId};
use super::subject::SubjectKeys;
use chrono::{DateTime, Utc};

/// What a token is sealed for.
const PURPOSE: &str = "package";
/// Between the parts.
const THEN: char = ' ';
/// No token is longer, in characters: the longest request's id makes fewer than 160.
const LONGEST: usize = 256;

/// A link to an object of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageLink {
    /// Whose package.
    pub request: RequestId,
    /// Which object.
    pub file: File,
    /// It works before then.
    pub until: DateTime<Utc>,
}

impl PackageLink {
    /// A token for this link, to the second; no two are alike.
    #[must_use]
    pub fn token(&self, keys: &SubjectKeys) -> String {
        let plain = format!("{}{THEN}{}{THEN}{}", word(self.file), self.until.timestamp(), self.request.as_str());
        keys.seal(PURPOSE, plain.as_bytes())
    }

    /// The link that a token was made for, under any version of the secret; its time may be over.
    #[must_use]
    pub fn of_token(keys: &SubjectKeys, token: &str) -> Option<Self> {
        let sealed = (token.len() <= LONGEST).then_some(token)?;
        let plain = String::from_utf8(keys.unseal(PURPOSE, sealed)?).ok()?;
        let mut parts = plain.splitn(3, THEN);
        let file = parts.next()?;
        let file = [File::Document, File::Report].into_iter().find(|it| word(*it) == file)?;
        let until = DateTime::from_timestamp(parts.next()?.parse().ok()?, 0)?;
        Some(Self { request: RequestId::try_from(parts.next()?.to_owned()).ok()?, file, until })
    }
}

const fn word(file: File) -> &'static str {
    match file {
        File::Document => "document",
        File::Report => "report",
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, PackageLink};
    use crate::domain::package::{File, RequestId};
    use crate::domain::subject::SubjectKeys;
    use proptest::prelude::*;

    fn keys(key: &str) -> SubjectKeys {
        SubjectKeys::parse(&format!(r#"{{"version":"1","key":"{}"}}"#, key.repeat(40))).unwrap()
    }

    fn link(request: &str, file: File) -> PackageLink {
        let until = "2026-11-23T11:00:00Z".parse().unwrap();
        PackageLink { request: RequestId::try_from(request.to_owned()).unwrap(), file, until }
    }

    #[test]
    fn a_token_leads_to_its_object_and_says_nothing_of_the_request() {
        let keys = keys("k");
        for link in [link("SAR-2026-0042", File::Document), link(&"r".repeat(64), File::Report)] {
            let token = link.token(&keys);
            assert_eq!(PackageLink::of_token(&keys, &token), Some(link));
            assert!(token.len() < 160 && !token.contains("SAR"), "{token}");
        }
    }

    #[test]
    fn what_is_sealed_with_another_secret_or_for_another_purpose_is_no_token() {
        let link = link("SAR-1", File::Document);
        assert_eq!(PackageLink::of_token(&keys("k"), &link.token(&keys("l"))), None);
        let plain = format!("document {} SAR-1", link.until.timestamp());
        assert_eq!(PackageLink::of_token(&keys("k"), &keys("k").seal("unsubscribe", plain.as_bytes())), None);
        assert_eq!(PackageLink::of_token(&keys("k"), &keys("k").seal("package", plain.as_bytes())), Some(link));
    }

    #[test]
    fn what_is_longer_than_any_token_is_not_looked_at() {
        let long = keys("k").seal("package", format!("document 1 {}", "x".repeat(LONGEST)).as_bytes());
        assert_eq!(PackageLink::of_token(&keys("k"), &long), None);
    }

    proptest! {
        #[test]
        fn nothing_made_up_is_a_token(token in "\\PC{0,300}|[A-Za-z0-9_-]{60,160}") {
            prop_assert_eq!(PackageLink::of_token(&keys("k"), &token), None);
        }
    }
}
