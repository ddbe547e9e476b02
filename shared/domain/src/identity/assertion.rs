//! Who vouches for an identifier on a record: how far it is proven.
//!
//! This follows from how a record reached the council and from its contents, so records of every
//! age are judged by the same rule. Only one thing is stored, beside the records: that somebody
//! followed a link that was sent to an address.

use crate::identity::contact::Contact;
use crate::identity::identifier::IdentifierKind;
use crate::record::source::Source;
use serde::{Deserialize, Serialize};

/// Who vouches for an identifier on a record, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assertion {
    /// Nobody: somebody typed it into a form without signing in. It may be anybody's.
    Claimed,
    /// The person who reads the mailbox: they followed a link that was sent there. It is more than
    /// a claim, because nobody else could follow it. It is less than the variants below, because it
    /// proves a mailbox and nothing else, and anybody can get one within a minute. An account, a
    /// telephone line and the word of staff involve the council or a network.
    Confirmed,
    /// An account that the person had signed in to: with Granicus, at a network, with Google.
    SignedIn,
    /// The telephone system: it is the number that rang.
    Observed,
    /// Staff: they typed it while they dealt with the person.
    Staff,
}

impl Assertion {
    /// Who vouches for an identifier of this kind on a record of this source and contact.
    ///
    /// `is_of_our_form` says whether the record answers one of the council's own forms, where
    /// nobody signs in. On another system's form the person was signed in if it came with the
    /// customer number of that system.
    #[must_use]
    pub const fn of(
        kind: IdentifierKind,
        source: Source,
        is_of_our_form: bool,
        contact: &Contact,
    ) -> Self {
        match (source, kind) {
            (Source::WebForm, _) if is_of_our_form || contact.reference.is_none() => Self::Claimed,
            (Source::WebForm, _)
            | (Source::Reviews | Source::Social, IdentifierKind::Reference) => Self::SignedIn,
            // A network provides only the handle: somebody typed everything else.
            (Source::Reviews | Source::Social, _) => Self::Claimed,
            (Source::Telephone, IdentifierKind::Phone) => Self::Observed,
            (Source::Telephone | Source::Interviews | Source::Support | Source::Complaints, _) => {
                Self::Staff
            }
        }
    }

    /// Whether it is stronger than a claim.
    #[must_use]
    pub const fn is_more_than_a_claim(self) -> bool {
        !matches!(self, Self::Claimed)
    }
}

#[cfg(test)]
mod tests {
    use super::Assertion;
    use crate::identity::contact::Contact;
    use crate::identity::identifier::IdentifierKind;
    use crate::record::source::Source;

    const KINDS: [IdentifierKind; 3] = [
        IdentifierKind::Email,
        IdentifierKind::Phone,
        IdentifierKind::Reference,
    ];

    fn on(source: Source, is_of_our_form: bool, reference: Option<&str>) -> [Assertion; 3] {
        let contact = Contact {
            reference: reference.map(str::to_owned),
            ..Contact::default()
        };
        KINDS.map(|kind| Assertion::of(kind, source, is_of_our_form, &contact))
    }

    #[test]
    fn a_form_is_a_claim_unless_somebody_signed_in_to_it() {
        assert_eq!(on(Source::WebForm, true, None), [Assertion::Claimed; 3]);
        assert_eq!(
            on(Source::WebForm, true, Some("UCRN-1")),
            [Assertion::Claimed; 3],
            "nobody signs in to ours"
        );
        assert_eq!(on(Source::WebForm, false, None), [Assertion::Claimed; 3]);
        assert_eq!(
            on(Source::WebForm, false, Some("UCRN-1")),
            [Assertion::SignedIn; 3]
        );
    }

    #[test]
    fn every_other_source_vouches_for_what_it_knows() {
        let (claimed, staff) = (Assertion::Claimed, Assertion::Staff);
        for network in [Source::Reviews, Source::Social] {
            assert_eq!(
                on(network, false, Some("x:sam")),
                [claimed, claimed, Assertion::SignedIn]
            );
        }
        assert_eq!(
            on(Source::Telephone, false, None),
            [staff, Assertion::Observed, staff]
        );
        for source in [Source::Interviews, Source::Support, Source::Complaints] {
            assert_eq!(on(source, false, None), [staff; 3]);
        }
    }

    #[test]
    fn a_claim_is_the_weakest_and_what_staff_typed_the_strongest() {
        use Assertion::{Claimed, Confirmed, Observed, SignedIn, Staff};
        let mut all = [Staff, Claimed, Observed, SignedIn, Confirmed];
        all.sort_unstable();
        assert_eq!(all, [Claimed, Confirmed, SignedIn, Observed, Staff]);
        assert_eq!(
            all.iter().filter(|one| one.is_more_than_a_claim()).count(),
            4
        );
        assert_eq!(serde_json::to_value(Confirmed).unwrap(), "confirmed");
    }
}
