//! From an order's refusal to that of the call, by the call's own names of fields.

use super::field_of;
use crate::api::given::Given;
use crate::api::refusal::Refusal;
use crate::api::routes::{About, Route};
use crate::orders::Refused;
use crate::routes::Parts;

/// The refusal of a call whose order was refused.
pub(crate) fn refused(refused: Refused, route: &Route, parts: &Parts, given: &Given) -> Refusal {
    let Refused::Order { kind, words } = refused else {
        return Refusal::Unavailable;
    };
    if kind == "BadOrder" && is_of_address(base(&words), route, parts) {
        return Refusal::NotFound;
    }
    let (field, words) = split(&words, route);
    Refusal::Order {
        kind,
        field,
        words,
        is_conditional: given.seen.is_some(),
    }
}

/// Whether the address gives this field of an order: what it names is there, or the address leads
/// nowhere.
fn is_of_address(name: &str, route: &Route, parts: &Parts) -> bool {
    match name {
        "kind" => matches!(route.about, About::CaseRequest | About::Request),
        "record" => parts.contains_key("reference"),
        "letter" => parts.contains_key("letter"),
        _ => false,
    }
}

/// The field with which words begin, if they begin with one.
fn base(words: &str) -> &str {
    let end = words.find(['.', '[', ' ']).unwrap_or(words.len());
    &words[..end]
}

/// The field with which an order's words begin, by the call's name, and the rule that it breaks.
/// Words that begin with none are told as they are.
fn split(words: &str, route: &Route) -> (String, String) {
    let base = base(words);
    let own = route.fields.iter().find(|own| field_of(route, own) == base);
    let name = match base {
        "event_id" => Some("Idempotency-Key"),
        "revision" | "version" if route.seen == Some(base) => Some("If-Match"),
        "case_id" | "request_id" | "breach_id" if route.about != About::Nothing => Some("id"),
        _ => own.copied(),
    };
    match (name, words.split_once(' ')) {
        (Some(name), Some((whole, rule))) => {
            let inside = &whole[base.len()..];
            (format!("{name}{inside}"), rule.to_owned())
        }
        _ => (String::new(), words.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::refused;
    use crate::api::given::Given;
    use crate::api::refusal::Refusal;
    use crate::api::routes::{Found, all, find};
    use crate::orders::Refused;
    use crate::routes::Parts;
    use custodian_web::http::{Body, Method};
    use serde_json::Value;

    #[test]
    fn an_order_s_refusal_names_the_call_s_own_field() {
        let told = |method: Method, address: &str, kind: &str, words: &str| {
            let Found::Route(route, parts) = find(&method, address) else {
                panic!("{address}");
            };
            let order = Refused::Order {
                kind: kind.to_owned(),
                words: words.to_owned(),
            };
            let refusal = super::refused(order, route, &parts, &Given::default());
            let response = refusal.into_response();
            let Body::Text(text) = response.body() else {
                panic!("no text");
            };
            let told: Value = serde_json::from_str(text).unwrap();
            let field = told["errors"][0]["field"].as_str().map(str::to_owned);
            (response.status().as_u16(), field)
        };
        let search = "/api/requests/C-1-access/search";
        for (address, words, status, field) in [
            (
                search,
                "after must be the `after` of the page before",
                422,
                Some("cursor"),
            ),
            (
                search,
                "identifiers[0].value must be an address",
                422,
                Some("identifiers[0].value"),
            ),
            (search, "the order must be a JSON object", 422, Some("")),
            (
                search,
                "request_id must say nothing about the person",
                422,
                Some("id"),
            ),
            (
                "/api/requests/C-1-access/records/x/look",
                "record must be a reference",
                404,
                None,
            ),
            (
                "/api/requests/C-1-rectification/corrections",
                "record must be a reference",
                422,
                Some("record"),
            ),
            (
                "/api/requests/C-1-access/close",
                "kind must be one of access",
                404,
                None,
            ),
        ] {
            let answered = told(Method::POST, address, "BadOrder", words);
            assert_eq!(answered, (status, field.map(str::to_owned)), "{words}");
        }
        let late = told(
            Method::POST,
            "/api/requests/C-1-access/extension",
            "TooLateToExtend",
            "the person had to be told by Thursday",
        );
        assert_eq!(late, (422, Some(String::new())));
        assert!(matches!(
            refused(
                Refused::Unavailable,
                all().next().unwrap(),
                &Parts::new(),
                &Given::default()
            ),
            Refusal::Unavailable
        ));
    }
}
