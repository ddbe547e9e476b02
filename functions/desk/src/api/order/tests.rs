//! What orders calls become.

use super::{event_id, order};
use crate::api::caller::Caller;
use crate::api::caller::tests::claims;
use crate::api::given::Given;
use crate::api::given::tests::request;
use crate::api::refusal::Refusal;
use crate::api::routes::{Found, find};
use crate::orders::To;
use custodian_web::http::Method;
use serde_json::{Value, json};

const KEYED: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("idempotency-key", "k-1"),
];

fn made(method: Method, address: &str, body: &Value) -> Result<(To, Value), Refusal> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = request(method, address, KEYED, &body);
    let caller = Caller::of(&claims("[dpo]")).unwrap();
    let Found::Route(route, parts) = find(&request.method, &request.path) else {
        return Err(Refusal::NotFound);
    };
    let given = Given::read(&request, route)?;
    order(route, &parts, &given, &caller, "api-0123456789abcdef")
}

fn posted(address: &str, body: &Value) -> (To, Value) {
    made(Method::POST, address, body).unwrap()
}

#[test]
fn an_address_and_a_body_become_an_order_in_the_name_of_the_caller() {
    let whose = json!([{"type": "email", "value": "rosa@example.org"}]);
    for (address, body, to, order) in [
        (
            "/api/requests/C-1-access/questions",
            json!({"on": "2026-11-23"}),
            To::Requests,
            json!({"order": "ask", "case_id": "C-1", "kind": "access", "on": "2026-11-23",
                "by": "d-1", "event_id": "api-0123456789abcdef"}),
        ),
        (
            "/api/requests/C-1-access/received-date",
            json!({"received": "2026-11-20", "reason": "found_later"}),
            To::Requests,
            json!({"order": "received", "case_id": "C-1", "received": "2026-11-20",
                "reason": "found_later", "by": "d-1", "event_id": "api-0123456789abcdef"}),
        ),
        (
            "/api/cases",
            json!({"received": "2026-11-23"}),
            To::Requests,
            json!({"order": "register", "case_id": "C-2026-01234567", "received": "2026-11-23",
                "by": "d-1", "event_id": "api-0123456789abcdef"}),
        ),
        (
            "/api/breaches",
            json!({"aware_at": "2026-10-24T12:00:00+01:00", "how": "staff"}),
            To::Requests,
            json!({"order": "breach_register", "breach_id": "B-2026-01234567",
                "aware_at": "2026-10-24T12:00:00+01:00", "how": "staff", "by": "d-1",
                "event_id": "api-0123456789abcdef"}),
        ),
        (
            "/api/breaches/B-7/commissioner",
            json!({"at": "2026-10-25T12:00:00Z", "reference": "IC-1", "phase": "initial"}),
            To::Requests,
            json!({"order": "breach_told_ico", "breach_id": "B-7", "at": "2026-10-25T12:00:00Z",
                "reference": "IC-1", "phase": "initial", "by": "d-1",
                "event_id": "api-0123456789abcdef"}),
        ),
        (
            "/api/requests/C-1-erasure/approve",
            json!({"hash": "2.x"}),
            To::Requests,
            json!({"order": "approve", "request_id": "C-1-erasure", "case_id": "C-1", "kind": "erasure", "hash": "2.x", "approved_by": "d-1"}),
        ),
        (
            "/api/requests/C-1-rectification/records/K7M2PX9T/look",
            json!({"identifiers": whose}),
            To::Requests,
            json!({"order": "look", "request_id": "C-1-rectification", "case_id": "C-1", "kind": "rectification", "record": "K7M2PX9T",
                "identifiers": whose, "by": "d-1"}),
        ),
        (
            "/api/requests/C-1-access/links",
            json!({"identifiers": whose}),
            To::Requests,
            json!({"order": "step", "step": "person_confirmed", "case_id": "C-1", "kind": "access",
                "identifiers": whose, "by": "d-1", "event_id": "api-0123456789abcdef"}),
        ),
        (
            "/api/requests/C-1-access/search",
            json!({"identifiers": whose, "cursor": "0:x"}),
            To::Requests,
            json!({"order": "find", "request_id": "C-1-access", "case_id": "C-1", "kind": "access", "identifiers": whose, "after": "0:x",
                "by": "d-1"}),
        ),
        (
            "/api/requests/C-1-portability/package",
            json!({"identifiers": whose}),
            To::Export,
            json!({"kind": "portability", "request_id": "C-1-portability", "case_id": "C-1", "identifiers": whose,
                "requested_by": "d-1"}),
        ),
        (
            "/api/requests/C-1-access/package/link",
            json!({"days": 3}),
            To::Export,
            json!({"release": "C-1-access", "days": 3, "released_by": "d-1"}),
        ),
        (
            "/api/tasks/C-1-restriction-restricted/whom",
            Value::Null,
            To::Requests,
            json!({"order": "whom", "request_id": "C-1-restriction-restricted", "by": "d-1"}),
        ),
    ] {
        assert_eq!(posted(address, &body), (to, order), "{address}");
    }
}

#[test]
fn a_query_becomes_an_order_as_well() {
    let asked = |address| made(Method::GET, address, &Value::Null).unwrap().1;
    assert_eq!(
        asked("/api/audit?case=C-1&cursor=100"),
        json!({"order": "audit", "request_id": "C-1", "after": 100, "by": "d-1"})
    );
    assert_eq!(
        asked("/api/cases?due_before=2026-12-01"),
        json!({"order": "list", "due_before": "2026-12-01", "by": "d-1"})
    );
    assert_eq!(
        asked("/api/requests/C-1-access/letters/acknowledge"),
        json!({"order": "letter", "case_id": "C-1", "kind": "access", "letter": "acknowledge",
            "by": "d-1"})
    );
    let refused = made(
        Method::GET,
        "/api/audit?day=2026-11-23&cursor=x",
        &Value::Null,
    );
    assert!(matches!(refused, Err(Refusal::Fields(_))));
}

#[test]
fn what_names_no_request_of_a_case_is_nowhere() {
    for address in [
        "/api/requests/SAR-2026-0042/search",
        "/api/requests/C-1-nothing/search",
        "/api/requests/C-1-access/plan",
        "/api/requests/C-1-erasure/package",
        "/api/requests/rosa@example.org/search",
        "/api/tasks/rosa@example.org/whom",
    ] {
        let made = made(Method::POST, address, &json!({}));
        assert!(matches!(made, Err(Refusal::NotFound)), "{address}");
    }
}

#[test]
fn what_was_seen_is_the_revision_of_a_case_and_the_version_of_a_record() {
    let seen = |address: &str, tag: &str| {
        let headers = [("if-match", tag)];
        let request = request(Method::POST, address, &headers, "");
        let caller = Caller::of(&claims("[dpo]")).unwrap();
        let Found::Route(route, parts) = find(&request.method, &request.path) else {
            panic!("{address}");
        };
        let given = Given::read(&request, route).unwrap();
        order(route, &parts, &given, &caller, "api-0123456789abcdef").map(|(_, order)| order)
    };
    let close = "/api/requests/C-1-access/close";
    assert_eq!(seen(close, "\"7\"").unwrap()["revision"], 7);
    let correct = "/api/requests/C-1-rectification/corrections";
    assert_eq!(seen(correct, "\"gtVb\"").unwrap()["version"], "gtVb");
    for wrong in ["\"x\"", "\"0\"", "\"100001\""] {
        let refusal = seen(close, wrong).unwrap_err();
        assert_eq!(refusal.into_response().status(), 412, "{wrong}");
    }
}

#[test]
fn a_key_is_of_one_person_and_one_address() {
    let caller = Caller::of(&claims("[dpo]")).unwrap();
    let mut other = caller.clone();
    other.staff = "d-2".to_owned().try_into().unwrap();
    let keyed = |key: Option<&str>| Given {
        key: key.map(str::to_owned),
        ..Given::default()
    };
    let id = |caller, path, key, run| event_id(caller, path, &keyed(key), run);
    let first = id(&caller, "/a", Some("k"), "1");
    assert_eq!(first, id(&caller, "/a", Some("k"), "2"));
    assert_eq!(first.len(), 36);
    for another in [
        id(&other, "/a", Some("k"), "1"),
        id(&caller, "/b", Some("k"), "1"),
        id(&caller, "/a", Some("l"), "1"),
        id(&caller, "/a", None, "k"),
    ] {
        assert_ne!(first, another);
    }
    let unkeyed = id(&caller, "/a", None, "1");
    assert_eq!(unkeyed, id(&caller, "/a", None, "1"));
    assert_ne!(unkeyed, id(&caller, "/a", None, "2"));
}
