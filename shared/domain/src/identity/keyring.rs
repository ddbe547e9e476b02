//! One secret for each purpose. Somebody who reads one can make and open the things of that
//! purpose, and nothing else.
//!
//! Each has one key to make things with, and the earlier keys that things were made with before.
//! Within a purpose every kind of thing has its own derived key.

mod document;

use crate::identity::subject::{BadSecret, Secret, sound};
use std::collections::BTreeMap;
use std::marker::PhantomData;

pub use document::{BadDocument, are_alike, inherited, rotated, settled};

/// The longest name of a version, in characters.
const VERSION: usize = 16;
/// The name of a key that was inherited from the subject keys' secret: this, and its version.
const INHERITED: &str = "subject";

/// A purpose that has its own secret.
pub trait KeyPurpose: Send + Sync + 'static {
    /// What this purpose is called, and where its secret is.
    const ABOUT: About;
}

/// The names of a purpose and of its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name, as people call it.
    pub name: &'static str,
    /// The name of its secret in the template.
    pub secret: &'static str,
    /// The setting that names its secret.
    pub setting: &'static str,
    /// The kinds of things that were made under the secret of the subject keys, before there were
    /// other secrets, and are still in use. The key that was derived for each kind is handed on.
    /// Nothing about that secret can be learnt from it.
    pub inherits: &'static [&'static str],
}

/// What the public API hands out and counts: form tokens, the addresses of receipts, digests of
/// network addresses.
#[derive(Clone, Copy, Debug)]
pub enum Forms {}

/// Links to packages, and their codes.
#[derive(Clone, Copy, Debug)]
pub enum Packages {}

/// Links in emails, to unsubscribe and to confirm an address.
#[derive(Clone, Copy, Debug)]
pub enum MailLinks {}

/// Addresses that wait for an email.
#[derive(Clone, Copy, Debug)]
pub enum Addresses {}

/// The identifiers of the person whom a request is about, while it is open.
#[derive(Clone, Copy, Debug)]
pub enum Identities {}

/// Whom the audit trail's entries are about, as tags.
#[derive(Clone, Copy, Debug)]
pub enum Audit {}

/// The purpose from which the keys of form tokens are derived.
pub(crate) const FORM_TOKENS: &str = "form token";
/// The purpose from which the keys of receipts are derived.
pub(crate) const RECEIPTS: &str = "receipt";
/// The purposes from which the keys of links to packages were derived before they had their own
/// secret.
pub(crate) const PACKAGE_LINKS: &[&str] = &["seal link to a package", "seal package"];

impl KeyPurpose for Forms {
    const ABOUT: About = About {
        name: "forms",
        secret: "FormKeys",
        setting: "FORM_KEYS_SECRET",
        inherits: &[FORM_TOKENS, RECEIPTS],
    };
}

impl KeyPurpose for Packages {
    const ABOUT: About = About {
        name: "packages",
        secret: "PackageKeys",
        setting: "PACKAGE_KEYS_SECRET",
        // They open nothing. They only tell an old link from a made-up one.
        inherits: PACKAGE_LINKS,
    };
}

impl KeyPurpose for MailLinks {
    const ABOUT: About = About {
        name: "mail-links",
        secret: "MailLinkKeys",
        setting: "MAIL_LINK_KEYS_SECRET",
        inherits: &["seal unsubscribe", "seal confirm an address"],
    };
}

impl KeyPurpose for Addresses {
    const ABOUT: About = About {
        name: "addresses",
        secret: "AddressKeys",
        setting: "ADDRESS_KEYS_SECRET",
        inherits: &["seal address to confirm"],
    };
}

impl KeyPurpose for Identities {
    const ABOUT: About = About {
        name: "identities",
        secret: "IdentityKeys",
        setting: "IDENTITY_KEYS_SECRET",
        inherits: &["seal identities"],
    };
}

impl KeyPurpose for Audit {
    const ABOUT: About = About {
        name: "audit",
        secret: "AuditKeys",
        setting: "AUDIT_KEYS_SECRET",
        inherits: &[],
    };
}

/// Every purpose that has its own secret, besides the subject keys.
pub const ALL: [About; 6] = [
    Forms::ABOUT,
    Packages::ABOUT,
    MailLinks::ABOUT,
    Addresses::ABOUT,
    Identities::ABOUT,
    Audit::ABOUT,
];

/// The keys of one purpose.
pub struct Keyring<P> {
    current: Secret,
    /// The versions that are not marked as leaked.
    earlier: Vec<Earlier>,
    is_settled: bool,
    purpose: PhantomData<fn() -> P>,
}

/// An earlier version: its key, or what was derived from it.
#[derive(Clone)]
enum Earlier {
    Key(Secret),
    Derived(BTreeMap<String, [u8; 32]>),
}

impl Earlier {
    const fn is_short(&self) -> bool {
        match self {
            Self::Key(secret) => secret.is_short(),
            Self::Derived(_) => false,
        }
    }

    fn derive(&self, what: &str) -> Option<[u8; 32]> {
        match self {
            Self::Key(secret) => Some(secret.derive(what)),
            Self::Derived(keys) => keys.get(what).copied(),
        }
    }
}

impl<P: KeyPurpose> Keyring<P> {
    /// Reads the secret's document: `{"version": "2", "key": "…", "previous": [{"version": "1",
    /// "key": "…"}]}`.
    ///
    /// A previous version may have `derived` keys instead of one to derive from. It may be marked
    /// as `leaked`: then nothing opens under it.
    ///
    /// # Errors
    /// [`BadSecret`], which shows nothing of the document.
    pub fn parse(document: &str) -> Result<Self, BadSecret> {
        let document: document::Document =
            serde_json::from_str(document).map_err(|_| BadSecret::Format)?;
        let is_settled = document.previous.is_some();
        let names = document
            .previous
            .iter()
            .flatten()
            .map(|it| it.version.as_str())
            .chain([document.current.version.as_str()]);
        sound(names, VERSION)?;
        let earlier = document
            .previous
            .into_iter()
            .flatten()
            .filter(|it| !it.leaked)
            .map(document::Previous::read);
        let earlier: Vec<Earlier> = earlier.collect::<Option<_>>().ok_or(BadSecret::Format)?;
        if document.current.is_short() || earlier.iter().any(Earlier::is_short) {
            return Err(BadSecret::TooShort);
        }
        Ok(Self {
            current: document.current,
            earlier,
            is_settled,
            purpose: PhantomData,
        })
    }

    /// Whether the secret says which earlier versions there are. Until it does, something that does
    /// not open may still be ours: a deployment has made the secret, and nobody has handed on the
    /// earlier keys yet.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// The current key for one kind of thing. It reveals nothing about any other key.
    #[must_use]
    pub fn derive(&self, what: &str) -> [u8; 32] {
        self.current.derive(what)
    }

    /// The same key under every earlier version.
    pub(crate) fn derive_earlier(&self, what: &str) -> impl Iterator<Item = [u8; 32]> {
        self.earlier
            .iter()
            .filter_map(move |version| version.derive(what))
    }

    /// The current key and the earlier ones.
    pub(crate) fn derive_all(&self, what: &str) -> impl Iterator<Item = [u8; 32]> {
        std::iter::once(self.derive(what)).chain(self.derive_earlier(what))
    }
}

impl<P> Clone for Keyring<P> {
    fn clone(&self) -> Self {
        Self {
            current: self.current.clone(),
            earlier: self.earlier.clone(),
            is_settled: self.is_settled,
            purpose: PhantomData,
        }
    }
}

impl<P> std::fmt::Debug for Keyring<P> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keyring(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Forms, Identities, Keyring, MailLinks, Packages};
    use crate::identity::subject::BadSecret;
    use std::collections::BTreeSet;

    fn key(version: &str) -> String {
        format!(r#""version":"{version}","key":"{}""#, version.repeat(32))
    }

    #[test]
    fn every_purpose_has_a_name_a_secret_and_a_setting_of_its_own_and_inherits_what_no_other_does()
    {
        let distinct = |of: fn(&super::About) -> &'static str| {
            ALL.iter().map(of).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(
            (
                distinct(|it| it.name),
                distinct(|it| it.secret),
                distinct(|it| it.setting)
            ),
            (6, 6, 6)
        );
        let inherited: Vec<&str> = ALL.iter().flat_map(|it| it.inherits).copied().collect();
        assert_eq!(
            inherited.iter().collect::<BTreeSet<_>>().len(),
            inherited.len()
        );
    }

    #[test]
    fn earlier_versions_open_what_was_sealed_under_them_and_those_marked_as_leaked_do_not() {
        let sealed = Keyring::<MailLinks>::parse(&format!("{{{}}}", key("1")))
            .unwrap()
            .seal("unsubscribe", b"x");
        let keyring = |previous: &str| {
            Keyring::<MailLinks>::parse(&format!(r#"{{{},"previous":[{previous}]}}"#, key("2")))
                .unwrap()
        };
        assert_eq!(
            keyring(&format!("{{{}}}", key("1")))
                .unseal("unsubscribe", &sealed)
                .unwrap(),
            b"x"
        );
        assert_eq!(keyring("").unseal("unsubscribe", &sealed), None);
        for leaked in [
            format!(r#"{{{},"leaked":true}}"#, key("1")),
            r#"{"version":"1","leaked":true}"#.to_owned(),
        ] {
            assert_eq!(
                keyring(&leaked).unseal("unsubscribe", &sealed),
                None,
                "{leaked}"
            );
        }
    }

    #[test]
    fn a_secret_is_settled_once_it_says_which_versions_were_before() {
        let settled = |rest: &str| {
            Keyring::<Forms>::parse(&format!("{{{}{rest}}}", key("1")))
                .unwrap()
                .is_settled()
        };
        assert!(!settled("") && settled(r#","previous":[]"#));
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_refused() {
        let parse = |document: &str| Keyring::<Packages>::parse(document).map(drop);
        let with = |previous: &str| format!(r#"{{{},"previous":[{previous}]}}"#, key("1"));
        assert!(matches!(parse("password"), Err(BadSecret::Format)));
        assert!(matches!(
            parse(r#"{"version":"1","key":"short"}"#),
            Err(BadSecret::TooShort)
        ));
        assert!(matches!(
            parse(&with(r#"{"version":"0","key":"short"}"#)),
            Err(BadSecret::TooShort)
        ));
        assert!(matches!(
            parse(&with(&format!("{{{}}}", key("1")))),
            Err(BadSecret::Versions)
        ));
        assert!(matches!(
            parse(&with(r#"{"version":"1234567890abcdefg","leaked":true}"#)),
            Err(BadSecret::Versions)
        ));
        for unreadable in [
            r#"{"version":"0"}"#,
            r#"{"version":"0","derived":{}}"#,
            r#"{"version":"0","derived":{"seal identities":"abc"}}"#,
        ] {
            assert!(
                matches!(parse(&with(unreadable)), Err(BadSecret::Format)),
                "{unreadable}"
            );
        }
    }

    #[test]
    fn the_same_key_in_two_secrets_makes_different_things() {
        let document = format!("{{{}}}", key("1"));
        let (links, identities) = (
            Keyring::<MailLinks>::parse(&document).unwrap(),
            Keyring::<Identities>::parse(&document).unwrap(),
        );
        assert_eq!(
            identities.unseal("identities", &links.seal("unsubscribe", b"x")),
            None
        );
        assert_eq!(format!("{links:?}"), "Keyring(..)");
    }
}
