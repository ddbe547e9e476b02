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

/// Names that the API and an order's fields do not share: the API's first.
const NAMES: [(&str, &str); 2] = [("cursor", "after"), ("reference", "record")];
/// How many digits tell one case from another of its year.
const DIGITS: usize = 10;

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
    for name in ["reference", "letter"] {
        if let Some(part) = parts.get(name) {
            order.insert(field_of(route, name).to_owned(), json!(part));
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
                (_, Does::Package) => {
                    set("kind", json!(kind));
                    set("request_id", json!(id));
                }
                _ => set("request_id", json!(id)),
            }
        }
    }
    Ok(())
}

/// What an order needs besides.
fn complete(order: &mut Map<String, Value>, route: &Route, event_id: &str) {
    match route.does {
        // The same call again registers the same case.
        Does::Requests("register") if !order.contains_key("case_id") => {
            let received = order.get("received").and_then(Value::as_str);
            let received = received.and_then(|day| day.parse::<NaiveDate>().ok());
            let digits = event_id.trim_start_matches("api-");
            let digits = &digits[..digits.len().min(DIGITS)];
            let id = received.map_or_else(
                || format!("C-{digits}"),
                |day| format!("C-{:04}-{digits}", day.year().clamp(0, 9999)),
            );
            order.insert("case_id".to_owned(), json!(id));
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
    if name == "case" && route.does == Does::Requests("audit") {
        return "request_id";
    }
    let other = NAMES.iter().find(|(ours, _)| *ours == name);
    other.map_or(name, |(_, theirs)| theirs)
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
