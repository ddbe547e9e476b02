//! The identifiers by which a processor can be asked about a person: it says so itself, kind by
//! kind and format by format.

use super::wire::{Discovery, Identity, Supported};
use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
use sha2::{Digest, Sha256};

/// The identifiers of a person, in forms that a processor accepts.
pub(super) struct Identities {
    /// Those that it is asked by.
    pub(super) known: Vec<Identity>,
    /// The kinds that it does not accept.
    pub(super) unknown: Vec<IdentifierKind>,
}

impl Identities {
    /// Sorts identifiers by what `discovery` says about them.
    pub(super) fn of(identifiers: &[Identifier], discovery: &Discovery) -> Self {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for identifier in identifiers {
            match written(identifier, &discovery.supported_identities) {
                Some(identity) => known.push(identity),
                None => unknown.push(identifier.kind()),
            }
        }
        unknown.sort();
        unknown.dedup();
        Self { known, unknown }
    }
}

/// An identifier under the first of its names that the processor knows. It is sent in clear if the
/// processor accepts that: a processor that has the address in another spelling then finds it, but
/// not by its digest. Otherwise it is sent as a digest.
fn written(identifier: &Identifier, supported: &[Supported]) -> Option<Identity> {
    names(identifier.kind()).iter().find_map(|name| {
        let takes = |format| {
            supported
                .iter()
                .any(|it| it.kind == *name && it.format == format)
        };
        let (format, value) = if takes("raw") {
            ("raw", identifier.canonical().to_owned())
        } else if takes("sha256") {
            (
                "sha256",
                hex::encode(Sha256::digest(identifier.canonical().as_bytes())),
            )
        } else {
            return None;
        };
        Some(Identity {
            kind: (*name).to_owned(),
            value,
            format,
        })
    })
}

/// The names of a kind of identifier: `OpenDSR`'s own list has no telephone, and processors name it
/// as they like.
const fn names(kind: IdentifierKind) -> &'static [&'static str] {
    match kind {
        IdentifierKind::Email => &["email"],
        IdentifierKind::Phone => &["phone_number", "phone", "mobile_number"],
        IdentifierKind::Reference => &["controller_customer_id"],
    }
}

#[cfg(test)]
mod tests {
    use super::Identities;
    use crate::processors::opendsr::wire::Discovery;
    use custodian_domain::identity::identifier::{Identifier, IdentifierKind};
    use serde_json::{Value, json};

    fn asked(supported: &[(&str, &str)]) -> (Value, Vec<IdentifierKind>) {
        let supported = supported
            .iter()
            .map(|(kind, format)| json!({"identity_type": kind, "identity_format": format}));
        let supported: Vec<Value> = supported.collect();
        let discovery: Discovery = serde_json::from_value(
            json!({"api_version": "2.0", "supported_identities": supported}),
        )
        .unwrap();
        let identifiers = [
            Identifier::email("Priya@Example.org").unwrap(),
            Identifier::phone("07700 900142").unwrap(),
            Identifier::reference("ucrn-1").unwrap(),
        ];
        let identities = Identities::of(&identifiers, &discovery);
        (
            serde_json::to_value(identities.known).unwrap(),
            identities.unknown,
        )
    }

    #[test]
    fn a_processor_is_asked_in_a_format_that_it_takes() {
        let (known, unknown) = asked(&[("email", "sha256"), ("email", "raw"), ("phone", "sha256")]);
        assert_eq!(
            known,
            json!([
                {"identity_type": "email", "identity_value": "priya@example.org", "identity_format": "raw"},
                {"identity_type": "phone", "identity_format": "sha256",
                 "identity_value": "5c453f70bb3417ac7bc7e2b634fc9f5d25b14c095a5aec722b900cb3523aa98d"},
            ])
        );
        assert_eq!(unknown, [IdentifierKind::Reference]);
    }

    #[test]
    fn what_a_processor_takes_in_no_format_of_ours_is_left_out_and_said() {
        let (known, unknown) = asked(&[("email", "md5"), ("email", "sha1"), ("android_id", "raw")]);
        assert_eq!(
            (known, unknown),
            (
                json!([]),
                vec![
                    IdentifierKind::Email,
                    IdentifierKind::Phone,
                    IdentifierKind::Reference
                ]
            )
        );
    }
}
