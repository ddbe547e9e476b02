//! Confirming an address: a person who reads its mail follows a link that was sent there, and says
//! that it is theirs.
//!
//! The token in the link is sealed, so that it says nothing to a reader and cannot be made up. It
//! is good for one purpose, one person and one moment of asking. A later email for the same purpose
//! ends it.

use crate::identity::identifier::{Identifier, IdentifierKind};
use crate::identity::keyring::{Addresses, Keyring, MailLinks};
use crate::identity::subject::SubjectKey;
use crate::retention::ExpiresAt;
use crate::retention::periods;
use crate::rights::subscription::{Proof, Wish};
use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a link works, from when it was asked for; the email says so.
pub const LINK: TimeDelta = periods::CONFIRM_LINKS;
/// How long the email is tried; after that too little of the link's time is left.
pub const SENDING: TimeDelta = periods::CONFIRM_SENDING;
/// How soon another email for the same purpose may go to the same address, so that nobody can fill
/// somebody's mailbox.
pub const APART: TimeDelta = periods::CONFIRM_APART;
/// How long a confirmed address counts for a requester: an extended request must be answered within
/// this.
const REQUEST: Months = periods::CONFIRMED_REQUESTS;
/// How long it counts for a list: as long as the opt-out that it undoes would stand, and as the
/// record of the wish is kept.
const LIST: Months = periods::CONFIRMED_LISTS;

/// The purpose for which a token is sealed.
const TOKEN: &str = "confirm an address";
/// The purpose for which an address is sealed while it waits for an email.
const ADDRESS: &str = "address to confirm";
/// No token is longer, in characters.
const LONGEST: usize = 256;

/// What an address is confirmed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationPurpose {
    /// That its reader wants the newsletter.
    Newsletter,
    /// That its reader made a request to the Data Protection Officer.
    Request,
}

impl ConfirmationPurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::Newsletter, Self::Request];

    /// The name, as keys and logs spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newsletter => "newsletter",
            Self::Request => "request",
        }
    }

    /// The purpose with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// The meaning of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmLink {
    /// Its purpose.
    pub purpose: ConfirmationPurpose,
    /// Whose address it was sent to.
    pub subject: SubjectKey,
    /// When it was asked for, to the second. For a newsletter: when the person sent their wish.
    pub asked_at: DateTime<Utc>,
}

impl ConfirmLink {
    /// A token for it; no two are alike.
    #[must_use]
    pub fn token(&self, keys: &Keyring<MailLinks>) -> String {
        let plain = format!(
            "{} {} {}",
            self.purpose.as_str(),
            self.asked_at.timestamp(),
            self.subject.as_str()
        );
        keys.seal(TOKEN, plain.as_bytes())
    }

    /// The link of a token, under any version of the secret.
    #[must_use]
    pub fn of_token(keys: &Keyring<MailLinks>, token: &str) -> Option<Self> {
        let sealed = (token.len() <= LONGEST).then_some(token)?;
        let plain = String::from_utf8(keys.unseal(TOKEN, sealed)?).ok()?;
        let mut parts = plain.splitn(3, ' ');
        Some(Self {
            purpose: ConfirmationPurpose::named(parts.next()?)?,
            asked_at: DateTime::from_timestamp(parts.next()?.parse().ok()?, 0)?,
            subject: SubjectKey::try_from(parts.next()?.to_owned()).ok()?,
        })
    }

    /// Whether it no longer works at `now`.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        now >= self.asked_at + LINK
    }
}

/// Seals an address for as long as it waits for an email, so that it cannot be read in the
/// Register.
#[must_use]
pub fn seal_address(keys: &Keyring<Addresses>, address: &Identifier) -> String {
    keys.seal(ADDRESS, address.canonical().as_bytes())
}

/// Opens an address that was sealed under any version of the secret.
#[must_use]
pub fn unseal_address(keys: &Keyring<Addresses>, sealed: &str) -> Option<Identifier> {
    let plain = String::from_utf8(keys.unseal(ADDRESS, sealed)?).ok()?;
    Identifier::of(IdentifierKind::Email, &plain).ok()
}

/// What proves that something comes from the person who has the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// By a link for a newsletter.
    Newsletter,
    /// By a link for a request.
    Request,
    /// The Data Protection Officer has taken an opt-out back, for a reason that is recorded.
    OptIn,
}

impl Means {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Newsletter, Self::Request, Self::OptIn];

    /// The name, as keys and documents spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newsletter => "newsletter",
            Self::Request => "request",
            Self::OptIn => "opt_in",
        }
    }

    /// The means with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|means| means.as_str() == name)
    }
}

impl From<ConfirmationPurpose> for Means {
    fn from(purpose: ConfirmationPurpose) -> Self {
        match purpose {
            ConfirmationPurpose::Newsletter => Self::Newsletter,
            ConfirmationPurpose::Request => Self::Request,
        }
    }
}

/// That an address was confirmed, or an opt-out from it taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// How.
    #[serde(rename = "for")]
    pub means: Means,
    /// When the wish was sent, or the email requested.
    pub asked_at: DateTime<Utc>,
    /// When it was confirmed.
    pub at: DateTime<Utc>,
}

impl Confirmed {
    /// Whether somebody followed a link that was sent to the address: an order proves no mailbox.
    #[must_use]
    pub const fn is_by_a_link(&self) -> bool {
        matches!(self.means, Means::Newsletter | Means::Request)
    }

    /// What it says about the newsletter, if it concerns that.
    #[must_use]
    pub const fn wish(&self) -> Option<Wish> {
        let proof = match self.means {
            Means::Newsletter => Proof::Confirmed,
            Means::OptIn => Proof::Ordered,
            Means::Request => return None,
        };
        Some(Wish {
            told_at: self.asked_at,
            proof,
        })
    }

    /// When it is over.
    #[must_use]
    pub fn ends(&self) -> ExpiresAt {
        let months = if self.means == Means::Request {
            REQUEST
        } else {
            LIST
        };
        ExpiresAt::at(
            self.asked_at
                .checked_add_months(months)
                .unwrap_or(self.asked_at),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{
        ConfirmLink, ConfirmationPurpose, Confirmed, LINK, LONGEST, Means, seal_address,
        unseal_address,
    };
    use crate::identity::identifier::Identifier;
    use crate::identity::keyring::{KeyPurpose as Secret, Keyring};
    use crate::identity::subject::SubjectKeys;
    use crate::rights::subscription::{List, OptOut, Subscription};
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    const OLD: &str = r#"{"version":"12345678","key":"old-old-old-old-old-old-old-old-old"}"#;
    const NEW: &str = r#"{"version":"2","key":"new-new-new-new-new-new-new-new-new",
        "previous":[{"version":"12345678","key":"old-old-old-old-old-old-old-old-old"}]}"#;

    fn keys<P: Secret>(document: &str) -> Keyring<P> {
        Keyring::parse(document).unwrap()
    }

    fn rosa() -> Identifier {
        Identifier::email("rosa.hardy@example.org").unwrap()
    }

    fn link(purpose: ConfirmationPurpose) -> ConfirmLink {
        let subject = SubjectKeys::parse(OLD).unwrap().key(&rosa());
        ConfirmLink {
            purpose,
            subject,
            asked_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_token_leads_to_what_it_was_made_for_and_says_nothing_of_it() {
        let keys = keys(OLD);
        for purpose in ConfirmationPurpose::ALL {
            let token = link(purpose).token(&keys);
            assert_eq!(ConfirmLink::of_token(&keys, &token), Some(link(purpose)));
            assert!(
                token.len() < 180
                    && token
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
        }
        assert_eq!(
            ConfirmLink::of_token(
                &super::tests::keys(NEW),
                &link(ConfirmationPurpose::Request).token(&keys)
            ),
            Some(link(ConfirmationPurpose::Request))
        );
    }

    #[test]
    fn what_is_sealed_for_anything_else_is_no_token() {
        let keys = keys(OLD);
        let subject = link(ConfirmationPurpose::Newsletter).subject;
        let unsubscribe = Subscription {
            subject,
            list: List::Newsletter,
        }
        .token(&keys);
        let address = seal_address(&self::keys(OLD), &rosa());
        let long = keys.seal(
            super::TOKEN,
            format!("newsletter 1795428000 subject#1#{}", "x".repeat(LONGEST)).as_bytes(),
        );
        for other in [unsubscribe, address, long] {
            assert_eq!(ConfirmLink::of_token(&keys, &other), None);
        }
        assert_eq!(
            Subscription::of_token(&keys, &link(ConfirmationPurpose::Newsletter).token(&keys)),
            None
        );
    }

    #[test]
    fn a_link_works_for_a_week() {
        let link = link(ConfirmationPurpose::Newsletter);
        assert!(
            !link.is_over(link.asked_at + LINK - TimeDelta::seconds(1))
                && link.is_over(link.asked_at + LINK)
        );
    }

    #[test]
    fn an_address_is_read_by_this_house_only() {
        let sealed = seal_address(&keys(OLD), &rosa());
        assert_eq!(unseal_address(&keys(NEW), &sealed), Some(rosa()));
        assert_eq!(
            unseal_address(&keys(&OLD.replace("old-old", "another")), &sealed),
            None
        );
        assert!(!sealed.contains("rosa"));
    }

    #[test]
    fn what_is_confirmed_for_a_request_says_nothing_of_a_newsletter() {
        let at: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().unwrap();
        let of = |means| Confirmed {
            means,
            asked_at: at,
            at,
        };
        assert!(of(Means::Request).wish().is_none() && of(Means::OptIn).wish().is_some());
        assert!(of(Means::Request).is_by_a_link() && !of(Means::OptIn).is_by_a_link());
        assert!(
            Means::ALL
                .into_iter()
                .all(|means| Means::named(means.as_str()) == Some(means))
        );
    }

    proptest! {
        #[test]
        fn nothing_made_up_is_a_token(token in "\\PC{0,300}|[A-Za-z0-9_-]{100,180}") {
            prop_assert_eq!(ConfirmLink::of_token(&keys(NEW), &token), None);
        }

        #[test]
        fn what_undoes_an_opt_out_outlasts_it(said in 0_i64..4_000_000_000, after in 1_i64..90_000_000) {
            let said = DateTime::from_timestamp(said, 0).unwrap();
            let asked_at = said + TimeDelta::seconds(after);
            for means in [Means::Newsletter, Means::OptIn] {
                let confirmation = Confirmed { means, asked_at, at: asked_at };
                prop_assert!(confirmation.ends() >= OptOut::at(said).ends());
            }
        }
    }
}
