//! The attestation of an item as it is stored.

use crate::keys::{self, CERTIFICATE, EXPIRES_AT, Key, META};
use crate::{Item, number, text};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use custodian_domain::ledger::{Attestation, Evidence, Hash};
use custodian_dynamo::{AttributeValue, Blob};
use serde_json::{Value, json};

/// The attestation of an item; `None` if its kind is not attested.
pub(super) fn attested(item: &Item) -> Option<Attestation> {
    let key = Key::of(item)?;
    let (kind, request) = (kind(&key, item)?, keys::evidence_of(&key.partition)?);
    let may_change = kind.may_change();
    let all = |_: &str| true;
    Some(Attestation {
        kind,
        request: Hash::digest(request.as_str()),
        item: Hash::digest(&format!("{}\n{}", key.partition, key.sort)),
        hash: hash(item, all),
        fixed: (!may_change.is_empty()).then(|| hash(item, |name| !may_change.contains(&name))),
        until: number(item, EXPIRES_AT),
    })
}

/// The kind of an item, by its key and its state.
fn kind(key: &Key, item: &Item) -> Option<Evidence> {
    if keys::task_of(&key.partition).is_some() {
        let is_over = matches!(text(item, "state"), Some("done" | "stopped"));
        return (key.sort == META && is_over).then_some(Evidence::Receipt);
    }
    match key.sort.as_str() {
        // A case, or a breach, is what its events make of it.
        META if key.partition.starts_with(keys::CASE) => None,
        META if key.partition.starts_with(keys::BREACH) => None,
        META if text(item, "stage") == Some("planned") => Some(Evidence::Plan),
        META if item.contains_key("plan") => Some(Evidence::Approval),
        META => Some(Evidence::Entry),
        CERTIFICATE => Some(Evidence::Certificate),
        keys::STANDING if item.contains_key("lifted") => Some(Evidence::Lifting),
        keys::STANDING => {
            let kind = item.get("kind")?.as_m().ok()?;
            Some(if kind.contains_key("hold") {
                Evidence::Hold
            } else {
                Evidence::Restriction
            })
        }
        sort if !sort.starts_with(keys::EVENT) => None,
        _ if key.partition.starts_with(keys::BREACH) => Some(Evidence::Breach),
        _ => Some(Evidence::Event),
    }
}

/// When an item says that it was written, or last made progress; `None` if it does not say.
pub(super) fn written(kind: Evidence, item: &Item) -> Option<DateTime<Utc>> {
    let inner = |name: &str, field: &str| text(item.get(name)?.as_m().ok()?, field);
    let at = match kind {
        Evidence::Plan => text(item, "planned_at"),
        Evidence::Approval | Evidence::Entry => text(item, "approved_at"),
        Evidence::Event | Evidence::Breach => text(item, "at"),
        Evidence::Receipt => inner("receipt", "finished_at"),
        Evidence::Certificate => text(item, "completed_at"),
        Evidence::Hold | Evidence::Restriction => inner("placed", "at"),
        Evidence::Lifting => inner("lifted", "at"),
    };
    at?.parse().ok()
}

/// SHA-256 of the `meant` attributes of an item by their names, as JSON.
fn hash(item: &Item, meant: impl Fn(&str) -> bool) -> Hash {
    let attributes = item.iter().filter(|(name, _)| meant(name));
    Hash::digest(&object(attributes).to_string())
}

/// An attribute with its type, in one spelling: names and sets are sorted.
fn canonical(value: &AttributeValue) -> Value {
    let sorted = |mut all: Vec<String>| {
        all.sort_unstable();
        all
    };
    let binary = |bytes: &Blob| STANDARD.encode(bytes.as_ref());
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(is) => json!({"BOOL": is}),
        AttributeValue::Null(_) => json!({"NULL": true}),
        AttributeValue::B(bytes) => json!({"B": binary(bytes)}),
        AttributeValue::Ss(all) => json!({"SS": sorted(all.clone())}),
        AttributeValue::Ns(all) => json!({"NS": sorted(all.clone())}),
        AttributeValue::Bs(all) => json!({"BS": sorted(all.iter().map(binary).collect())}),
        AttributeValue::L(all) => json!({"L": all.iter().map(canonical).collect::<Vec<_>>()}),
        AttributeValue::M(all) => json!({"M": object(all.iter())}),
        _ => Value::Null,
    }
}

fn object<'a>(attributes: impl Iterator<Item = (&'a String, &'a AttributeValue)>) -> Value {
    let mut sorted: Vec<_> = attributes.collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    Value::Object(
        sorted
            .into_iter()
            .map(|(name, value)| (name.clone(), canonical(value)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::attested;
    use crate::{Item, n, s};
    use custodian_domain::ledger::{Evidence, Hash};
    use custodian_dynamo::AttributeValue;

    fn item(partition: &str, sort: &str, more: &[(&str, AttributeValue)]) -> Item {
        let own = [("pk", s(partition)), ("sk", s(sort))];
        own.iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    fn kind(partition: &str, sort: &str, more: &[(&str, AttributeValue)]) -> Option<Evidence> {
        attested(&item(partition, sort, more)).map(|attested| attested.kind)
    }

    #[test]
    fn an_item_is_attested_by_the_hash_of_its_attributes_in_their_order_with_their_types() {
        let stored = item(
            "REQUEST#ERA-1",
            "EVENT#n0000000001",
            &[("what", s("planned")), ("expires_at", n(7))],
        );
        let attested = attested(&stored).unwrap();
        let spelt = r#"{"expires_at":{"N":"7"},"pk":{"S":"REQUEST#ERA-1"},"sk":{"S":"EVENT#n0000000001"},"what":{"S":"planned"}}"#;
        assert_eq!(
            (attested.hash, attested.until),
            (Hash::digest(spelt), Some(7))
        );
        assert_eq!(attested.request, Hash::digest("ERA-1"));
        assert_eq!(
            attested.item,
            Hash::digest("REQUEST#ERA-1\nEVENT#n0000000001")
        );
        assert_eq!((attested.kind, attested.fixed), (Evidence::Event, None));
        let number = item(
            "REQUEST#ERA-1",
            "EVENT#n0000000001",
            &[("what", s("planned")), ("expires_at", s("7"))],
        );
        assert_ne!(
            super::attested(&number).unwrap().hash,
            Hash::digest(spelt),
            "a text is no number"
        );
    }

    #[test]
    fn what_is_fixed_of_a_request_is_not_how_far_it_is() {
        let at = |stage: &str, by: &str| {
            let more = [("stage", s(stage)), ("plan", s("")), ("approved_by", s(by))];
            attested(&item("REQUEST#ERA-1", "META", &more)).unwrap()
        };
        let (approved, closed) = (at("approved", "dpo-7"), at("closed", "dpo-7"));
        assert!(
            approved.hash != closed.hash
                && approved.fixed.is_some()
                && approved.fixed == closed.fixed
        );
        assert_ne!(approved.fixed, at("approved", "dpo-8").fixed);
    }

    #[test]
    fn every_kind_is_known_by_where_it_lies_and_how_far_it_is() {
        let hold = AttributeValue::M([("hold".to_owned(), s("legal_claim"))].into());
        let limb = AttributeValue::M([("restriction".to_owned(), s("18(1)(a)"))].into());
        let none: &[(&str, AttributeValue)] = &[];
        for (partition, sort, more, expected) in [
            (
                "REQUEST#ERA-1",
                "META",
                &[("stage", s("planned")), ("plan", s(""))][..],
                Some(Evidence::Plan),
            ),
            (
                "REQUEST#ERA-1",
                "META",
                &[("stage", s("closed")), ("plan", s(""))][..],
                Some(Evidence::Approval),
            ),
            (
                "REQUEST#R-restricted",
                "META",
                &[("stage", s("approved"))][..],
                Some(Evidence::Entry),
            ),
            (
                "REQUEST#ERA-1",
                "CERTIFICATE",
                none,
                Some(Evidence::Certificate),
            ),
            ("SAID#ERA-1", "EVENT#2026", none, Some(Evidence::Event)),
            (
                "REQUEST#H",
                "STANDING",
                &[("kind", hold.clone())][..],
                Some(Evidence::Hold),
            ),
            (
                "REQUEST#H",
                "STANDING",
                &[("kind", limb)][..],
                Some(Evidence::Restriction),
            ),
            (
                "REQUEST#H",
                "STANDING",
                &[("kind", hold), ("lifted", s(""))][..],
                Some(Evidence::Lifting),
            ),
            (
                "TASK#ERA-1#records",
                "META",
                &[("state", s("done"))][..],
                Some(Evidence::Receipt),
            ),
            (
                "TASK#ERA-1#records",
                "META",
                &[("state", s("waiting"))][..],
                None,
            ),
            ("CASE#C-1", "EVENT#n0000000001", none, Some(Evidence::Event)),
            ("CASE#C-1", "META", none, None),
            ("BREACH#B-1", "META", none, None),
            (
                "BREACH#B-1",
                "EVENT#n0000000001",
                none,
                Some(Evidence::Breach),
            ),
            ("REQUEST#ERA-1", "EVENTS", none, None),
            ("REQUEST#ERA-1", "PACKAGE", none, None),
            ("START#ERA-1#records", "META", none, None),
            ("SUPPRESSION#subject#1#x", "META", none, None),
        ] {
            assert_eq!(kind(partition, sort, more), expected, "{partition} {sort}");
        }
    }
}
