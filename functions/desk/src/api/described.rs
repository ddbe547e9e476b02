//! docs/openapi.yaml describes the table of calls: nothing is missing there, and nothing is there
//! that cannot be called.

use super::caller::SCOPE;
use super::routes::{Does, Route, Verb, all};
use crate::roles::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn description() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    serde_yaml_ng::from_str(&text).unwrap()
}

fn method(route: &Route) -> &'static str {
    match route.verb {
        Verb::Get => "get",
        Verb::Post => "post",
    }
}

/// The order that a call gives, as the description names it.
fn order(route: &Route) -> Value {
    match route.does {
        Does::Export("status") => json!("package status"),
        Does::Requests(name) | Does::Export(name) => json!(name),
        Does::Package => json!("package"),
        Does::Clocks | Does::Calendar => Value::Null,
    }
}

/// What a `$ref` leads to.
fn followed<'a>(whole: &'a Value, value: &'a Value) -> &'a Value {
    let Some(to) = value["$ref"].as_str() else {
        return value;
    };
    let found = whole.pointer(to.strip_prefix('#').unwrap());
    found.unwrap_or_else(|| panic!("{to} is nowhere"))
}

/// The names of parameters in one place, such as `query`.
fn parameters(whole: &Value, of: &Value, place: &str) -> BTreeSet<String> {
    let listed = of["parameters"].as_array().into_iter().flatten();
    listed
        .map(|one| followed(whole, one))
        .filter(|one| one["in"] == place)
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

fn names<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> BTreeSet<String> {
    names.into_iter().map(|name| (*name).to_owned()).collect()
}

/// The statuses that a call can be answered with.
fn statuses(route: &Route) -> BTreeSet<String> {
    let mut statuses = vec!["400", "401", "403", "422", "503"];
    let is_post = route.verb == Verb::Post;
    match route.does {
        Does::Requests(_) if route.registers() => statuses.push("201"),
        Does::Package => statuses.extend(["200", "202"]),
        _ => statuses.push("200"),
    }
    if route.path.contains('{') {
        statuses.push("404");
    }
    if is_post {
        statuses.extend(["413", "415"]);
    }
    if is_post || matches!(route.does, Does::Requests("letter" | "certificate")) {
        statuses.push("409");
    }
    if matches!(route.does, Does::Export(_) | Does::Package) {
        statuses.push("410");
    }
    if route.seen.is_some() {
        statuses.push("412");
    }
    if route.is_search() {
        statuses.push("429");
    }
    names(&statuses)
}

#[test]
fn the_description_has_every_call_and_no_other() {
    let whole = description();
    let paths = whole["paths"].as_object().unwrap().iter();
    let described: BTreeSet<String> = paths
        .flat_map(|(path, calls)| {
            let methods = calls.as_object().unwrap().keys();
            let methods = methods.filter(|method| *method != "parameters");
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect();
    let called = all().map(|route| format!("{} {}", method(route), route.path));
    assert_eq!(described, called.collect());
}

#[test]
fn the_description_says_who_may_call_and_with_what() {
    let whole = description();
    for route in all() {
        let (path, method) = (route.path, method(route));
        let calls = &whole["paths"][path];
        let call = &calls[method];
        let roles: Vec<&str> = route.roles.iter().map(|role| role.as_str()).collect();
        assert_eq!(call["x-roles"], json!(roles), "{method} {path}");
        assert_eq!(call["x-order"], order(route), "{method} {path}");
        let parts = path.split('/').filter_map(|part| part.strip_prefix('{'));
        let parts: Vec<&str> = parts.map(|part| part.trim_end_matches('}')).collect();
        assert_eq!(parameters(&whole, calls, "path"), names(&parts), "{path}");
        let (query, body) = match route.verb {
            Verb::Get => (names(route.fields), BTreeSet::new()),
            Verb::Post => (BTreeSet::new(), names(route.fields)),
        };
        assert_eq!(parameters(&whole, call, "query"), query, "{method} {path}");
        let schema = &call["requestBody"]["content"]["application/json"]["schema"];
        let fields = schema["properties"].as_object().into_iter().flatten();
        let described: BTreeSet<String> = fields.map(|(name, _)| name.clone()).collect();
        assert_eq!(described, body, "{method} {path}");
        let is_closed = schema["additionalProperties"] == json!(false);
        assert_eq!(is_closed, !body.is_empty(), "{method} {path}");
        let mut headers = Vec::new();
        headers.extend(route.enters().then_some("Idempotency-Key"));
        headers.extend(route.seen.map(|_| "If-Match"));
        headers.extend((route.does == Does::Package).then_some("Prefer"));
        let described = parameters(&whole, call, "header");
        assert_eq!(described, names(&headers), "{method} {path}");
        let responses = call["responses"].as_object().unwrap();
        let described: BTreeSet<String> = responses.keys().cloned().collect();
        assert_eq!(described, statuses(route), "{method} {path}");
    }
}

#[test]
fn the_description_has_one_scheme_for_all_calls_and_every_reference_leads_somewhere() {
    fn every_reference(whole: &Value, value: &Value) {
        followed(whole, value);
        match value {
            Value::Object(fields) => fields.values().for_each(|it| every_reference(whole, it)),
            Value::Array(values) => values.iter().for_each(|it| every_reference(whole, it)),
            _ => {}
        }
    }
    let whole = description();
    assert_eq!(whole["security"], json!([{"staff": [SCOPE]}]));
    let scheme = &whole["components"]["securitySchemes"]["staff"];
    assert!(scheme["flows"]["authorizationCode"]["scopes"][SCOPE].is_string());
    let known = whole["x-roles"].as_object().unwrap();
    for role in Role::ALL {
        assert!(known.contains_key(role.as_str()), "{}", role.as_str());
    }
    assert_eq!(known.len(), Role::ALL.len());
    every_reference(&whole, &whole);
}
