//! The token in a newsletter's link: sealed, so that it says nothing to a reader and cannot be made
//! up.
//!
//! It names a person by their subject key, and a list; it contains no address. So a function that
//! opens it needs no subject keys. It has no end of its own: it works while the version of the
//! secret that sealed it is kept, which is 36 months after a rotation.

use crate::identity::keyring::{Keyring, MailLinks};
use crate::identity::subject::{SubjectKey, mac};
use crate::rights::subscription::{List, Subscription};

/// The purpose for which a token is sealed.
const PURPOSE: &str = "unsubscribe";
/// A stranger's token stands for a subject that is made from this.
const NOBODY: &str = "nobody's subscription";
/// Between list and subject key.
const THEN: char = ' ';
/// No token is longer, in characters: the longest list and the longest subject key make fewer than
/// 160.
const LONGEST: usize = 256;

impl Subscription {
    /// A token for this subscription; no two are alike.
    #[must_use]
    pub fn token(&self, keys: &Keyring<MailLinks>) -> String {
        let plain = format!("{}{THEN}{}", self.list.as_str(), self.subject.as_str());
        keys.seal(PURPOSE, plain.as_bytes())
    }

    /// The subscription of a token, under any version of the secret.
    #[must_use]
    pub fn of_token(keys: &Keyring<MailLinks>, token: &str) -> Option<Self> {
        let sealed = (token.len() <= LONGEST).then_some(token)?;
        let plain = String::from_utf8(keys.unseal(PURPOSE, sealed)?).ok()?;
        let (list, subject) = plain.split_once(THEN)?;
        Some(Self {
            list: List::named(list)?,
            subject: SubjectKey::try_from(subject.to_owned()).ok()?,
        })
    }

    /// Nobody's subscription, another for each text that is not our token, so that the same calls
    /// can be made for it.
    #[must_use]
    pub fn of_nobody(keys: &Keyring<MailLinks>, token: &str) -> Self {
        Self {
            subject: SubjectKey::of_nobody(mac(&keys.derive(NOBODY), &[token])),
            list: List::Newsletter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Subscription};
    use crate::identity::identifier::Identifier;
    use crate::identity::keyring::{Keyring, MailLinks};
    use crate::identity::subject::SubjectKeys;
    use crate::rights::subscription::List;
    use proptest::prelude::*;

    const OLD: &str = r#"{"version":"12345678","key":"old-old-old-old-old-old-old-old-old"}"#;
    const NEW: &str = r#"{"version":"2","key":"new-new-new-new-new-new-new-new-new",
        "previous":[{"version":"12345678","key":"old-old-old-old-old-old-old-old-old"}]}"#;

    fn keys(document: &str) -> Keyring<MailLinks> {
        Keyring::parse(document).unwrap()
    }

    fn subscription() -> Subscription {
        let person = Identifier::email("rosa.hardy@example.org").unwrap();
        Subscription {
            subject: SubjectKeys::parse(OLD).unwrap().key(&person),
            list: List::Newsletter,
        }
    }

    #[test]
    fn a_token_leads_to_its_subscription_and_says_nothing_of_it() {
        let keys = keys(OLD);
        let token = subscription().token(&keys);
        assert_eq!(Subscription::of_token(&keys, &token), Some(subscription()));
        assert!(token.len() < 160, "{}", token.len());
        assert!(
            token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        let opened =
            base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &token)
                .unwrap();
        for text in ["rosa", "subject", "newsletter"] {
            assert!(
                !opened
                    .windows(text.len())
                    .any(|part| part == text.as_bytes()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_token_outlives_the_rotation_of_the_secret_while_the_old_one_is_kept() {
        let before = keys(OLD);
        let token = subscription().token(&before);
        assert_eq!(
            Subscription::of_token(&keys(NEW), &token),
            Some(subscription())
        );
        let forgotten = keys(&OLD.replace("old-old", "another"));
        assert_eq!(Subscription::of_token(&forgotten, &token), None);
    }

    #[test]
    fn what_is_sealed_for_another_purpose_is_no_token() {
        let keys = keys(OLD);
        let plain = format!("newsletter {}", subscription().subject.as_str());
        assert_eq!(
            Subscription::of_token(&keys, &keys.seal("identities", plain.as_bytes())),
            None
        );
        assert!(
            Subscription::of_token(&keys, &keys.seal("unsubscribe", plain.as_bytes())).is_some()
        );
    }

    #[test]
    fn what_is_longer_than_any_token_is_not_looked_at() {
        let keys = keys(OLD);
        let long = keys.seal(
            "unsubscribe",
            format!("newsletter subject#1#{}", "x".repeat(LONGEST)).as_bytes(),
        );
        assert_eq!(Subscription::of_token(&keys, &long), None);
    }

    #[test]
    fn nobody_is_another_for_each_text_and_never_somebody() {
        let keys = keys(OLD);
        let nobody = |token: &str| Subscription::of_nobody(&keys, token).subject;
        assert_eq!(nobody("a"), nobody("a"));
        assert_ne!(nobody("a"), nobody("b"));
        let person = Identifier::reference("a").unwrap();
        assert!(
            SubjectKeys::parse(OLD)
                .unwrap()
                .keys(&person)
                .all(|key| key != nobody("a"))
        );
    }

    proptest! {
        #[test]
        fn nothing_made_up_is_a_token(token in "\\PC{0,300}|[A-Za-z0-9_-]{100,160}") {
            prop_assert_eq!(Subscription::of_token(&keys(NEW), &token), None);
        }
    }
}
