//! What the DPO orders from a function, read field by field, because serde's own messages repeat
//! what was sent.

mod breaches;
mod cases;

use crate::audit_trail::Attempt;
use crate::identity::identifier::{Identifier, IdentifierKind};
use crate::identity::staff;
use crate::rights::decision::{self, Decisions};
use crate::rights::exclusion::Exclusion;
use crate::rights::package::{NotARequestId, RequestId, says_who};
use crate::rights::subscription::List;
use crate::validation::json::Payload;
use crate::validation::object::object_of;
use crate::validation::text;
use crate::validation::violation::Violation;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// How many identifiers, or exclusions, one order may name: every identifier is a partition to
/// read.
const AT_MOST: usize = 10;

/// The fields of all orders: these may be named if one of them is there twice.
const FIELDS: &[&str] = &[
    "order",
    "request_id",
    "identifiers",
    "confirmed_links",
    "refused_links",
    "after",
    "exclude",
    "ground",
    "kind",
    "requested_by",
    "planned_by",
    "approved_by",
    "single_handed_reason",
    "person_agreed_on",
    "stopped_by",
    "confirmed_by",
    "by",
    "hash",
    "place",
    "done_on",
    "day",
    "reason",
    "list",
    "link_for",
    "from",
    "release",
    "read",
    "status",
    "withdraw",
    "review",
    "nothing_taken_out",
    "take_out",
    "released_by",
    "fetches",
    "days",
    "case_id",
    "event_id",
    "revision",
    "kinds",
    "received",
    "channel",
    "asker",
    "handler",
    "on",
    "doubt",
    "proof",
    "fault",
    "told_on",
    "verdict",
    "grounds",
    "decided_by",
    "ending",
    "means",
    "parts",
    "duplicate_of",
    "late",
    "step",
    "left_out",
    "record",
    "letter",
    "changes",
    "version",
    "text",
    "then",
    "outcome",
    "note",
    "state",
    "due_before",
    "closed_in",
    "month",
    "breach_id",
    "aware_at",
    "how",
    "what",
    "happened_at",
    "effects",
    "categories",
    "whose",
    "query",
    "about_people",
    "about_records",
    "consequences",
    "likelihood",
    "high_risk",
    "cyber",
    "before",
    "others",
    "reasons",
    "at",
    "reference",
    "phase",
    "told",
    "exempt",
    "why",
    "lessons",
    "about",
];

/// The order, if it is unambiguous: each field is there once, at any depth.
///
/// # Errors
/// [`Violation`], which names the first field of an order that is there twice or contains a field
/// twice.
pub fn unambiguous(payload: &Payload) -> Result<&Value, Violation> {
    payload.value().map_err(|repeated| {
        let field = repeated.among(FIELDS).unwrap_or("the order");
        Violation::new(field, "must be given once, and each field in it once")
    })
}

/// Who gives an order for which request, as far as it says: for the audit trail, before the order
/// itself is read. `by` and `request` are the fields that say it.
#[must_use]
pub fn attempt(function: &str, name: &str, order: &Value, by: &str, request: &str) -> Attempt {
    let nothing = Map::new();
    let order = Order(order.as_object().unwrap_or(&nothing));
    let identifiers = if order.has("identifiers") {
        order.identifiers()
    } else {
        Ok(Vec::new())
    };
    // It is refused if they cannot be read; and nobody knows whether the other fields repeat them.
    match identifiers {
        Ok(identifiers) => {
            let request = order.request_id(request).ok().flatten();
            Attempt::new(function, name, order.get(by), request, &identifiers)
        }
        Err(_) => Attempt::new(function, name, None, None, &[]),
    }
}

/// An order, field by field.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a>(&'a Map<String, Value>);

impl<'a> Order<'a> {
    /// Reads an order that has these fields and no others.
    ///
    /// # Errors
    /// [`Violation`] if it is not an object, or has another field (which is not named, because it
    /// could be anything).
    pub fn read(order: &'a Value, fields: &[&str]) -> Result<Self, Violation> {
        let map = order
            .as_object()
            .ok_or_else(|| Violation::new("the order", "must be a JSON object"))?;
        if map.keys().all(|key| fields.contains(&key.as_str())) {
            Ok(Self(map))
        } else {
            Err(Violation::new(
                "the order",
                format!("must have no fields but {}", fields.join(", ")),
            ))
        }
    }

    /// A text of 1 to 100 characters.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or anything else.
    pub fn text(self, field: &str) -> Result<&'a str, Violation> {
        let text = self.0.get(field).and_then(Value::as_str).map(str::trim);
        text.filter(|text| {
            (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        })
        .ok_or_else(|| Violation::new(field, "must be a text of 1 to 100 characters"))
    }

    /// Who plans or approves: a text of 1 to 100 characters that tells one person from another.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or anything else.
    pub fn staff(self, field: &str) -> Result<&'a str, Violation> {
        let name = self.text(field)?;
        let rule = "must be written with Latin letters and digits, so that two names that look the same are the same";
        if staff::is_a_name(name) {
            Ok(name)
        } else {
            Err(Violation::new(field, rule))
        }
    }

    /// A reason in somebody's own words, of 1 to 300 characters, that names none of these
    /// identifiers; `None` if there is none.
    ///
    /// # Errors
    /// [`Violation`] if it is anything else.
    pub fn words(
        self,
        field: &str,
        identifiers: &[Identifier],
    ) -> Result<Option<String>, Violation> {
        if !self.has(field) {
            return Ok(None);
        }
        let words = self
            .get(field)
            .map(text::line)
            .filter(|words| (1..=300).contains(&words.chars().count()));
        let words =
            words.ok_or_else(|| Violation::new(field, "must be a text of 1 to 300 characters"))?;
        if words.contains('@') || says_who(&words, identifiers) {
            return Err(Violation::new(
                field,
                "must say nothing about the person: no address, number or reference",
            ));
        }
        Ok(Some(words))
    }

    /// A whole number within a range; `otherwise` where the field is missing.
    ///
    /// # Errors
    /// [`Violation`] if it is there and anything else.
    pub fn whole(
        self,
        field: &str,
        range: RangeInclusive<u32>,
        otherwise: u32,
    ) -> Result<u32, Violation> {
        let Some(value) = self.0.get(field).filter(|value| !value.is_null()) else {
            return Ok(otherwise);
        };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let rule = || {
            format!(
                "must be a whole number from {} to {}",
                range.start(),
                range.end()
            )
        };
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| Violation::new(field, rule()))
    }

    /// The request's id, or the id of the invocation, which Lambda's own retries share.
    ///
    /// # Errors
    /// [`Violation`] if neither is one.
    pub fn request_or(self, invocation: &str) -> Result<RequestId, Violation> {
        let own = || RequestId::try_from(invocation.to_owned());
        match self.request_id("request_id")? {
            Some(id) => Ok(id),
            None => own().map_err(|rule| Violation::new("request_id", rule.to_string())),
        }
    }

    /// The request's id, if one is given.
    ///
    /// # Errors
    /// [`Violation`] if it is not one.
    pub fn request_id(self, field: &str) -> Result<Option<RequestId>, Violation> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(id) => {
                let read = |id: &str| RequestId::try_from(id.to_owned()).ok();
                let id = id.as_str().and_then(read).map(Some);
                id.ok_or_else(|| Violation::new(field, NotARequestId.to_string()))
            }
        }
    }

    /// The identifiers of one person, `[{"type": "email" | "phone" | "reference", "value": …}]`,
    /// each once.
    ///
    /// # Errors
    /// [`Violation`] naming the first unusable one by its place in the list, or naming the
    /// request's id if it contains one of them: an id is used in keys, logs and the names of files.
    pub fn identifiers(self) -> Result<Vec<Identifier>, Violation> {
        let listed = self.list("identifiers")?;
        if listed.is_empty() {
            return Err(Violation::new(
                "identifiers",
                "must name at least one identifier",
            ));
        }
        let mut identifiers = listed
            .iter()
            .enumerate()
            .map(|(place, one)| identifier(place, one))
            .collect::<Result<Vec<_>, _>>()?;
        identifiers.sort();
        identifiers.dedup();
        let request = self.request_id("request_id")?;
        if request.as_ref().is_some_and(|id| id.says_who(&identifiers)) {
            return Err(Violation::new(
                "request_id",
                "must say nothing about the person: give it another name",
            ));
        }
        if request.is_some_and(|id| id.is_click()) {
            return Err(Violation::new(
                "request_id",
                "must not be that of a click: give it another name",
            ));
        }
        Ok(identifiers)
    }

    /// The one email address that an order about email names; `each` is the thing that there is one
    /// of for each address.
    ///
    /// # Errors
    /// [`Violation`] if it names no identifier, another kind of one, or several.
    pub fn address(self, each: &str) -> Result<Identifier, Violation> {
        const FIELD: &str = "identifiers";
        let [address] = <[Identifier; 1]>::try_from(self.identifiers()?).map_err(|_| {
            Violation::new(
                FIELD,
                format!("must name one email address: each has {each} of its own"),
            )
        })?;
        if address.kind() == IdentifierKind::Email {
            Ok(address)
        } else {
            Err(Violation::new(
                FIELD,
                "must name an email address: mail goes to nothing else",
            ))
        }
    }

    /// The list that an order is about; the newsletter if it names none.
    ///
    /// # Errors
    /// [`Violation`] if it names another.
    pub fn mailing_list(self) -> Result<List, Violation> {
        const FIELD: &str = "list";
        let list = if self.has(FIELD) {
            self.get(FIELD).and_then(List::named)
        } else {
            Some(List::Newsletter)
        };
        list.ok_or_else(|| Violation::new(FIELD, "must be newsletter"))
    }

    /// What the DPO has decided about links: `confirmed_links` lead to the same person,
    /// `refused_links` to somebody else.
    ///
    /// `claimed` among the refused, or instead of their list, means all links that only claims
    /// assert.
    ///
    /// # Errors
    /// [`Violation`] if one of them is not a list of names, or a link is in both.
    pub fn decisions(self) -> Result<Decisions, Violation> {
        let confirmed = self.links("confirmed_links")?;
        let refuses_all = self.get("refused_links") == Some(decision::CLAIMED);
        let mut refused = if refuses_all {
            Vec::new()
        } else {
            self.links("refused_links")?
        };
        let named = refused.len();
        refused.retain(|name| name != decision::CLAIMED);
        if refused.iter().any(|name| confirmed.contains(name)) {
            return Err(Violation::new(
                "refused_links",
                "must name no link that confirmed_links names",
            ));
        }
        Ok(Decisions {
            refuses_claimed: refuses_all || refused.len() < named,
            confirmed,
            refused,
        })
    }

    fn links(self, field: &str) -> Result<Vec<String>, Violation> {
        let text = |one: &Value| one.as_str().map(str::to_owned);
        let listed = self.list_of(field, decision::AT_MOST)?;
        let texts: Option<Vec<String>> = listed.iter().map(text).collect();
        texts.ok_or_else(|| Violation::new(field, "must be a list of the links' names"))
    }

    /// What an erasure has to leave.
    ///
    /// # Errors
    /// [`Violation`] naming the first unusable exclusion.
    pub fn exclusions(self) -> Result<Vec<Exclusion>, Violation> {
        let listed = self.list("exclude")?.iter().enumerate();
        listed
            .map(|(place, one)| Exclusion::read(place, one))
            .collect()
    }

    /// A date.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or anything else.
    pub fn date(self, field: &str) -> Result<NaiveDate, Violation> {
        let date = self.get(field).and_then(|date| date.parse().ok());
        date.ok_or_else(|| Violation::new(field, "must be a date, YYYY-MM-DD"))
    }

    /// The request's id.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or not one.
    pub fn request(self) -> Result<RequestId, Violation> {
        let id = self.request_id("request_id")?;
        id.ok_or_else(|| Violation::new("request_id", "must name a request"))
    }

    /// The field's text; `None` if it is missing or not a text.
    #[must_use]
    pub fn get(self, field: &str) -> Option<&'a str> {
        self.0.get(field)?.as_str()
    }

    /// The field's value, of whatever kind.
    ///
    /// # Errors
    /// [`Violation`] if it is missing.
    pub fn value(self, field: &str) -> Result<&'a Value, Violation> {
        self.0
            .get(field)
            .ok_or_else(|| Violation::new(field, "must be given"))
    }

    /// An object with 1 to so many fields.
    ///
    /// # Errors
    /// [`Violation`] if it is missing or anything else.
    pub fn object(self, field: &str, at_most: usize) -> Result<&'a Map<String, Value>, Violation> {
        let object = self.0.get(field).and_then(Value::as_object);
        object
            .filter(|object| (1..=at_most).contains(&object.len()))
            .ok_or_else(|| {
                let rule = format!("must be an object with 1 to {at_most} fields");
                Violation::new(field, rule)
            })
    }

    /// Whether a field is there.
    #[must_use]
    pub fn has(self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    fn list(self, field: &str) -> Result<&'a [Value], Violation> {
        self.list_of(field, AT_MOST)
    }

    fn list_of(self, field: &str, at_most: usize) -> Result<&'a [Value], Violation> {
        match self.0.get(field) {
            None => Ok(&[]),
            Some(Value::Array(list)) if list.len() <= at_most => Ok(list),
            Some(_) => Err(Violation::new(
                field,
                format!("must be a list of at most {at_most}"),
            )),
        }
    }
}

fn identifier(place: usize, one: &Value) -> Result<Identifier, Violation> {
    const FIELDS: [&str; 2] = ["type", "value"];
    let at = |field: &str| format!("identifiers[{place}].{field}");
    let fields = object_of(one, &format!("identifiers[{place}]"), &FIELDS)?;
    let text = |field: &str| fields.get(field).and_then(Value::as_str);
    let kind = match text("type") {
        Some("email") => IdentifierKind::Email,
        Some("phone") => IdentifierKind::Phone,
        Some("reference") => IdentifierKind::Reference,
        _ => {
            return Err(Violation::new(
                at("type"),
                "must be email, phone or reference",
            ));
        }
    };
    let value = text("value").ok_or_else(|| Violation::new(at("value"), "must be a text"))?;
    Identifier::of(kind, value).map_err(|rule| Violation::new(at("value"), rule.to_string()))
}

#[cfg(test)]
mod tests {
    use super::Order;
    use serde_json::json;

    #[test]
    fn an_identifier_has_no_fields_but_its_own() {
        let rosa = json!({"type": "email", "value": "rosa@example.org"});
        for wrong in [
            json!("rosa@example.org"),
            json!(["email", "rosa@example.org"]),
            json!({"type": "email", "value": "rosa@example.org", "also": "sam@example.org"}),
            json!({"type": "email", "value": "rosa@example.org", "Value": "sam@example.org"}),
        ] {
            let order = json!({"identifiers": [rosa, wrong]});
            let refused = Order::read(&order, &["identifiers"])
                .unwrap()
                .identifiers()
                .unwrap_err()
                .to_string();
            assert_eq!(refused, "identifiers[1] must be an object of type, value");
        }
    }

    #[test]
    fn a_person_named_twice_is_named_once() {
        let order = json!({"identifiers": [
            {"type": "email", "value": "Priya@example.org"}, {"type": "email", "value": "priya@EXAMPLE.org"},
            {"type": "phone", "value": "07700 900142"},
        ]});
        assert_eq!(
            Order::read(&order, &["identifiers"])
                .unwrap()
                .identifiers()
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn a_number_is_whole_and_within_its_range() {
        let read = |days: serde_json::Value| {
            let order = json!({"days": days});
            Order::read(&order, &["days"])
                .unwrap()
                .whole("days", 1..=14, 7)
                .map_err(|refused| refused.to_string())
        };
        assert_eq!(
            (read(json!(1)), read(json!(14)), read(json!(null))),
            (Ok(1), Ok(14), Ok(7))
        );
        assert_eq!(
            Order::read(&json!({}), &["days"])
                .unwrap()
                .whole("days", 1..=14, 7),
            Ok(7)
        );
        for wrong in [
            json!(0),
            json!(15),
            json!(-1),
            json!(1.5),
            json!("7"),
            json!(4_294_967_297_u64),
            json!([7]),
        ] {
            assert_eq!(
                read(wrong).unwrap_err(),
                "days must be a whole number from 1 to 14"
            );
        }
    }

    #[test]
    fn links_are_confirmed_and_refused_by_name_and_claims_all_at_once() {
        let read = |order: serde_json::Value| {
            Order::read(&order, &["confirmed_links", "refused_links"])?.decisions()
        };
        let decisions =
            read(json!({"confirmed_links": ["a"], "refused_links": ["claimed", "b"]})).unwrap();
        assert_eq!(
            (
                decisions.confirmed.len(),
                decisions.refused,
                decisions.refuses_claimed
            ),
            (1, vec!["b".to_owned()], true)
        );
        assert!(
            read(json!({"refused_links": "claimed"}))
                .unwrap()
                .refuses_claimed
        );
        assert!(
            !read(json!({"refused_links": ["b"]}))
                .unwrap()
                .refuses_claimed
        );
        let many: Vec<String> = (0..1_001).map(|n| n.to_string()).collect();
        for (order, told) in [
            (
                json!({"confirmed_links": ["a"], "refused_links": ["a"]}),
                "refused_links must name no link that",
            ),
            (
                json!({"refused_links": "all"}),
                "refused_links must be a list of at most 1000",
            ),
            (
                json!({"refused_links": many}),
                "refused_links must be a list of at most 1000",
            ),
            (
                json!({"confirmed_links": [1]}),
                "confirmed_links must be a list of the links' names",
            ),
        ] {
            assert!(read(order).unwrap_err().to_string().starts_with(told));
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_not_repeated() {
        let told = |order: serde_json::Value| {
            let read = Order::read(&order, &["identifiers", "request_id"]);
            let refused = read.and_then(|order| {
                order
                    .request_id("request_id")
                    .and(order.identifiers().map(drop))
            });
            refused.unwrap_err().to_string()
        };
        let address = "alice at example.org";
        assert_eq!(
            told(json!({})),
            "identifiers must name at least one identifier"
        );
        assert_eq!(
            told(json!({address: 1})),
            "the order must have no fields but identifiers, request_id"
        );
        assert!(told(json!({"request_id": address})).starts_with("request_id must have 1 to 64"));
        let phone = json!({"type": "phone", "value": "07700 900142"});
        let refused = told(json!({"identifiers": [phone, {"type": "email", "value": address}]}));
        assert_eq!(
            refused,
            "identifiers[1].value must be an email address, like name@example.org"
        );
        assert!(
            told(json!({"identifiers": [{"type": "name", "value": address}]}))
                .ends_with("email, phone or reference")
        );
        assert!(told(json!({"identifiers": address})).ends_with("at most 10"));
    }
}
