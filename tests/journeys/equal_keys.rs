//! An order that names a field twice is ambiguous. It is refused and changes nothing.

use crate::house::House;
use serde_json::json;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_equal_keys_is_refused_by_the_name_of_the_question() {
    let house = House::open().await;
    for (body, field, rule) in [
        (
            r#"{"satisfaction":4,"site":"Wareham","email":"alex@example.org","email":"sam@example.org"}"#,
            "email",
            "once",
        ),
        (
            r#"{"satisfaction":4,"satisfaction":4,"site":"Wareham"}"#,
            "satisfaction",
            "once",
        ),
        (
            r#"{"satisfaction":4,"site":"Wareham","comment":null,"comm\u0065nt":"Good."}"#,
            "comment",
            "once",
        ),
        (
            r#"{"satisfaction":4,"site":"Wareham","materials":["Wood"],"materials":["Metal"]}"#,
            "materials",
            "once",
        ),
        (
            r#"{"satisfaction":4,"site":"Wareham","comment":{"a":1,"a":2}}"#,
            "comment",
            "once",
        ),
        (
            r#"{"satisfaction":4,"site":"Wareham","sam":1,"sam":2}"#,
            "sam",
            "unknown",
        ),
    ] {
        let refused = house.post("recycling-centre", &JSON, body).await;
        assert_eq!(refused.status, 422, "{body}");
        let errors = refused.json()["errors"].as_array().unwrap().clone();
        assert_eq!(
            (errors.len(), &errors[0]["field"], &errors[0]["rule"]),
            (1, &json!(field), &json!(rule)),
            "{body}"
        );
        assert!(!refused.body.contains("example.org"));
    }
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_equal_keys_is_refused_at_any_depth_and_does_nothing() {
    let house = House::open().await;
    house.tell("Quick.", Some("alex@example.org"), None).await;
    let before = house.items("REGISTER_TABLE").await;
    let person = r#""identifiers":[{"type":"email","value":"alex@example.org"}]"#;
    let plan = format!(
        r#""order":"plan","request_id":"E-1",{person},"ground":"withdrawn_consent","planned_by":"dpo-7""#
    );
    for (function, order, field) in [
        (
            "requests",
            format!(r#"{{{plan},"exclude":[],"exclude":[]}}"#),
            "exclude",
        ),
        ("requests", format!(r#"{{{plan},{person}}}"#), "identifiers"),
        (
            "requests",
            format!(r#"{{{plan},"order":"status"}}"#),
            "order",
        ),
        (
            "requests",
            plan_with(
                &plan,
                r#""value":"alex@example.org""#,
                r#""value":"sam@example.org""#,
            ),
            "identifiers",
        ),
        (
            "requests",
            format!(r#"{{{plan},"sam@example.org":1,"sam@example.org":2}}"#),
            "the order",
        ),
        (
            "export",
            format!(r#"{{"kind":"access","kind":"access",{person},"requested_by":"dpo-7"}}"#),
            "kind",
        ),
        (
            "export",
            format!(r#"{{"kind":"access",{person},{person},"requested_by":"dpo-7"}}"#),
            "identifiers",
        ),
        (
            "export",
            r#"{"link_for":"E-1","link_for":"E-2"}"#.to_owned(),
            "link_for",
        ),
        (
            "export",
            r#"{"release":"E-1","released_by":"dpo-7","release":"E-2"}"#.to_owned(),
            "release",
        ),
        (
            "export",
            r#"{"read":"E-1","by":"dpo-7","read":"E-2"}"#.to_owned(),
            "read",
        ),
        (
            "sweep",
            r#"{"from":"2026-11-01","from":"2026-11-02"}"#.to_owned(),
            "from",
        ),
    ] {
        let refused = house
            .post_to(
                &format!("/2015-03-31/functions/{function}/invocations"),
                &JSON,
                &order,
            )
            .await;
        let message = format!("{field} must be given once, and each field in it once");
        assert_eq!(
            refused.json()["errorType"],
            "BadOrder",
            "{order}: {}",
            refused.body
        );
        assert_eq!(refused.json()["errorMessage"], message, "{order}");
    }
    assert_eq!(house.items("REGISTER_TABLE").await, before);
}

/// The plan, with a second value beside the first.
fn plan_with(plan: &str, first: &str, second: &str) -> String {
    format!("{{{}}}", plan.replace(first, &format!("{first},{second}")))
}
