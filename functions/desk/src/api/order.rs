//! From a call to the order that it gives, and from an order's refusal back to the call's fields.

mod refused;
#[cfg(test)]
mod tests;

pub(crate) use refused::refused;

use super::caller::Caller;
use super::given::Given;
use super::refusal::{Refusal, field};
use super::routes::{About, Does, REVISION, Route};
use crate::orders::To;
use crate::routes::Parts;
use chrono::{Datelike, NaiveDate};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::CaseId;
use custodian_domain::rights::register::lists::{Listed, RequestKind};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The parts of an address that become fields, with the order's name of each.
const PARTS: [(&str, &str); 2] = [("reference", "record"), ("letter", "letter")];
/// The orders about a request that are given for no case: they enter nothing and show no records.
const ALONE: [&str; 5] = [
    "status",
    "confirm",
    "certificate",
    "links",
    "confirm_address",
];
/// How many digits tell one case from another of its year: fewer than those of a telephone number,
/// which the audit trail leaves out of what it notes (`TELEPHONE` in the domain).
const DIGITS: usize = 8;

/// The id of an event: the same for the same key of the same person at the same address. The key
/// itself is stored nowhere, because it could be anything.
pub(crate) fn event_id(caller: &Caller, path: &str, given: &Given, invocation: &str) -> String {
    let (sort, key) = match &given.key {
        Some(key) => ("key", key.as_str()),
        None => ("invocation", invocation),
    };
    let mut digest = Sha256::new();
    for part in [sort, caller.staff.as_str(), path, key] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let digest = hex::encode(digest.finalize());
    format!("api-{}", &digest[..32])
}

/// The order of a call.
///
/// # Errors
/// [`Refusal::NotFound`] if its address names nothing that there can be.
pub(crate) fn order(
    route: &Route,
    parts: &Parts,
    given: &Given,
    caller: &Caller,
    event_id: &str,
) -> Result<(To, Value), Refusal> {
    let mut order = Map::new();
    for (name, value) in &given.fields {
        let name = field_of(route, name);
        order.insert(name.to_owned(), typed(route, name, value)?);
    }
    for (name, field) in PARTS {
        if let Some(part) = parts.get(name) {
            order.insert(field.to_owned(), json!(part));
        }
    }
    about(&mut order, route, parts)?;
    if let (Some(name), Some(seen)) = (route.seen, &given.seen) {
        order.insert(name.to_owned(), revision(name, seen)?);
    }
    if route.enters() {
        order.insert("event_id".to_owned(), json!(event_id));
    }
    let (to, by) = match route.does {
        Does::Requests(name) => {
            order.insert("order".to_owned(), json!(name));
            (To::Requests, given_by(name))
        }
        Does::Export("release") => (To::Export, "released_by"),
        Does::Export(_) => (To::Export, "by"),
        Does::Package => (To::Export, "requested_by"),
        Does::Clocks | Does::Calendar => return Err(Refusal::NotFound),
    };
    order.insert(by.to_owned(), json!(caller.staff));
    complete(&mut order, route, event_id);
    Ok((to, Value::Object(order)))
}

/// The request that `{id}` names, and its case.
pub(crate) fn request_of(parts: &Parts) -> Option<(CaseId, RequestKind)> {
    CaseId::of_request(parts.get("id")?)
}

/// What the address says.
fn about(order: &mut Map<String, Value>, route: &Route, parts: &Parts) -> Result<(), Refusal> {
    let mut set = |name: &str, value: Value| {
        order.insert(name.to_owned(), value);
    };
    let id = parts.get("id").map(String::as_str).unwrap_or_default();
    match route.about {
        About::Nothing => {}
        About::Case => {
            let case = parts.get("case").map(String::as_str).unwrap_or_default();
            let case = CaseId::named(case).map_err(|_| Refusal::NotFound)?;
            set("case_id", json!(case));
        }
        About::Breach => {
            let id = parts.get("breach").cloned().unwrap_or_default();
            let id = RequestId::try_from(id).map_err(|_| Refusal::NotFound)?;
            set("breach_id", json!(id));
        }
        About::Tasks => {
            let id = RequestId::try_from(id.to_owned()).map_err(|_| Refusal::NotFound)?;
            set("request_id", json!(id));
        }
        About::CaseRequest | About::CaseOfRequest | About::Request => {
            let (case, kind) = request_of(parts).ok_or(Refusal::NotFound)?;
            if !route.kinds.is_empty() && !route.kinds.contains(&kind) {
                return Err(Refusal::NotFound);
            }
            match (route.about, route.does) {
                (About::CaseRequest, _) => {
                    set("kind", json!(kind));
                    set("case_id", json!(case));
                }
                (About::CaseOfRequest, _) => set("case_id", json!(case)),
                (_, Does::Export(name)) => set(name, json!(id)),
                (_, does) => {
                    set("request_id", json!(id));
                    if !matches!(does, Does::Requests(order) if ALONE.contains(&order)) {
                        set("case_id", json!(case));
                        set("kind", json!(kind));
                    }
                }
            }
        }
    }
    Ok(())
}

/// What an order needs besides.
fn complete(order: &mut Map<String, Value>, route: &Route, event_id: &str) {
    match route.does {
        // The same call again registers the same case, or breach.
        Does::Requests("register") => named(order, "case_id", ("C", "received"), event_id),
        Does::Requests("breach_register") => {
            named(order, "breach_id", ("B", "aware_at"), event_id);
        }
        Does::Requests("step") if !route.fields.contains(&"step") => {
            order.insert("step".to_owned(), json!("person_confirmed"));
        }
        // Links of a copy are followed otherwise than those of a plan.
        Does::Requests("links") => {
            let id = order.get("request_id").and_then(Value::as_str);
            let kind = id.and_then(CaseId::of_request).map(|(_, kind)| kind);
            let copies = [RequestKind::Access, RequestKind::Portability];
            if let Some(kind) = kind.filter(|kind| copies.contains(kind)) {
                order.insert("kind".to_owned(), json!(kind.as_str()));
            }
        }
        _ => {}
    }
}

/// Gives what is registered an id, if the call has none: such as `C-2026-01234567`, with the year
/// of the day that the call says.
fn named(order: &mut Map<String, Value>, name: &str, (begins, day): (&str, &str), event_id: &str) {
    if order.contains_key(name) {
        return;
    }
    let day = order.get(day).and_then(Value::as_str).unwrap_or_default();
    let day = day.get(.."YYYY-MM-DD".len());
    let day = day.and_then(|day| day.parse::<NaiveDate>().ok());
    let digits = event_id.trim_start_matches("api-");
    let digits = &digits[..digits.len().min(DIGITS)];
    let id = day.map_or_else(
        || format!("{begins}-{digits}"),
        |day| format!("{begins}-{:04}-{digits}", day.year().clamp(0, 9999)),
    );
    order.insert(name.to_owned(), json!(id));
}

/// The field of an order that says who gives it.
fn given_by(order: &str) -> &'static str {
    match order {
        "plan" => "planned_by",
        "approve" => "approved_by",
        "stop" => "stopped_by",
        "confirm" => "confirmed_by",
        _ => "by",
    }
}

/// The order's name of a field.
fn field_of<'a>(route: &Route, name: &'a str) -> &'a str {
    match name {
        "case" if route.does == Does::Requests("audit") => "request_id",
        "cursor" => "after",
        _ => name,
    }
}

/// A value as the order has it: a parameter of a query is always text.
fn typed(route: &Route, name: &str, value: &Value) -> Result<Value, Refusal> {
    if name != "after" || route.does != Does::Requests("audit") {
        return Ok(value.clone());
    }
    let number = value.as_str().and_then(|text| text.parse::<u32>().ok());
    let rule = "must be that of the page before";
    number
        .map(|number| json!(number))
        .ok_or_else(|| field("cursor", "invalid", rule))
}

fn revision(name: &str, seen: &str) -> Result<Value, Refusal> {
    if name != REVISION {
        return Ok(json!(seen));
    }
    let revision = seen
        .parse::<u32>()
        .ok()
        .filter(|it| (1..=100_000).contains(it));
    revision
        .map(|revision| json!(revision))
        .ok_or_else(|| Refusal::Order {
            kind: "Outdated".to_owned(),
            field: String::new(),
            words: "the case has no such revision: look at it again".to_owned(),
            is_conditional: true,
        })
}
