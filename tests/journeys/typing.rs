//! What people type, paste and dictate is accepted, or the form says what is wrong with it and
//! gives it back.

use crate::house::{House, token};
use serde_json::{Value, json};
use std::fmt::Write;

const PLANNING: &str = "planning-application";
const RECYCLING: &str = "recycling-centre";

/// A body as a browser sends it.
fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// The one answer that was kept for an address.
async fn kept(house: &House, email: &str) -> Value {
    let package = house.export(email).await;
    let document = house.document(&package).await;
    document["records"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn text_from_word_a_pdf_or_a_telephone_is_kept_without_what_nobody_sees() {
    let house = House::open().await;
    let comment = "It was fine.\u{B}Thank\u{3} you\u{C}\u{85}Bye\u{0}\u{92}\u{FFFE}";
    for (email, json) in [("form@example.org", false), ("json@example.org", true)] {
        let decorated = format!("\u{202a}{email}\u{202c}");
        let fields = [
            ("satisfaction", "4"),
            ("comment", comment),
            ("name", "Alex\tExample\u{1e}"),
            ("reference", "P/FUL\n1"),
            ("visits", "1 000"),
            ("decided_on", "27 March 2026"),
            ("email", decorated.as_str()),
        ];
        let sent = if json {
            let body: serde_json::Map<String, Value> = fields
                .iter()
                .map(|(field, text)| ((*field).to_owned(), json!(text)))
                .collect();
            house.post_json(PLANNING, &Value::Object(body)).await
        } else {
            house.post_form(PLANNING, &form(&fields)).await
        };
        assert_eq!(sent.status, if json { 201 } else { 303 }, "{}", sent.body);
        let record = kept(&house, email).await.to_string();
        for text in [
            "It was fine.\\nThank you\\n\\nBye\"",
            "\"Alex Example\"",
            "\"P/FUL 1\"",
            "1000",
            "\"2026-03-27\"",
        ] {
            assert!(record.contains(text), "{text}: {record}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_comes_back_has_what_was_typed_without_what_nobody_sees() {
    let house = House::open().await;
    let fields = [
        ("comment", "It was fine.\u{B}Thank you\u{3}"),
        ("reference", "P/FUL\t1\u{0}"),
        ("decided_on-day", "30\u{1}"),
        ("decided_on-month", "February"),
        ("decided_on-year", "2026"),
        ("visits", "-3"),
    ];
    let back = house.post_form(PLANNING, &form(&fields)).await;
    assert_eq!(back.status, 422);
    for there in [
        "It was fine.\nThank you<",
        r#"value="P/FUL 1""#,
        r#"value="30""#,
        r#"value="February""#,
        "‘When did you hear the decision?’ must be a real date, like 27 3 2026",
        "‘How many times did you contact us?’ must be 0 or more",
    ] {
        assert!(back.body.contains(there), "{there}: {}", back.body);
    }
    assert!(
        !back.body.contains(|c: char| c.is_control() && c != '\n'),
        "no control character"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_wrong_says_which_part_and_leads_there() {
    let house = House::open().await;
    for (day, month, year, message, part) in [
        ("", "3", "2026", "must include a day", "day"),
        ("7", "", "2026", "must include a month", "month"),
        ("7", "", "", "must include a month and year", "month"),
        (
            "7",
            "Mars",
            "2026",
            "must have a month from 1 to 12, or its name, like March",
            "month",
        ),
        (
            "7",
            "3",
            "26",
            "must have a year of 4 numbers, like 2026",
            "year",
        ),
        ("32", "3", "2026", "must have a day from 1 to 31", "day"),
        ("24", "11", "2026", "must be today or in the past", "day"),
    ] {
        let fields = [
            ("satisfaction", "4"),
            ("email", "alex@example.org"),
            ("decided_on-day", day),
            ("decided_on-month", month),
            ("decided_on-year", year),
        ];
        let back = house.post_form(PLANNING, &form(&fields)).await;
        assert_eq!(back.status, 422);
        let line = format!(
            r##"<a href="#decided_on-{part}">‘When did you hear the decision?’ {message}</a>"##
        );
        assert!(back.body.contains(&line), "{line}: {}", back.body);
        assert_eq!(
            back.body.matches(r##"<li><a href="#"##).count(),
            1,
            "one mistake"
        );
    }
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_with_hidden_marks_is_the_same_persons() {
    let house = House::open().await;
    let phones = [
        "07700 900142",
        "\u{202a}+44 7700 900142\u{202c}",
        "\u{200e}07700\u{2011}900\u{2212}142",
        "\u{2068}０７７００\u{2009}９００１４２\u{2069}",
        "07700\u{FE0D} 9\u{AD}00142",
    ];
    for phone in phones {
        let sent = house
            .post_json(
                RECYCLING,
                &json!({"satisfaction": 4, "site": "Wareham", "phone": phone}),
            )
            .await;
        assert_eq!(sent.status, 201, "{phone:?}: {}", sent.body);
    }
    for value in phones {
        let order = json!({"kind": "portability", "identifiers": [{"type": "phone", "value": value}], "requested_by": "dpo-7"});
        assert_eq!(
            house.invoke("export", order).await.unwrap()["records"],
            phones.len(),
            "{value:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_small_whatever_was_sent() {
    let house = House::open().await;
    let mut many = "x0=1".to_owned();
    for number in 1.. {
        let _ = write!(many, "&x{number}=1");
        if many.len() > 64 * 1024 - 10 {
            break;
        }
    }
    let strange: String = (0..4_000)
        .map(|number| format!("%C3%A9{number}=1&"))
        .collect();
    let same = "colour=red&".repeat(5_000);
    let empty = house.get("/surveys/recycling-centre").await.body.len();
    for body in [many.as_str(), &strange, &same] {
        let page = house.post_form(RECYCLING, body).await;
        assert_eq!(page.status, 422);
        assert!(
            page.body.len() < empty + 8 * 1024,
            "{} bytes",
            page.body.len()
        );
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        assert!(house.post(RECYCLING, &headers, body).await.body.len() < empty + 8 * 1024);
    }
    let page = house.post_form(RECYCLING, &same).await.body;
    assert_eq!(
        page.matches("part of this survey: colour").count(),
        1,
        "each once"
    );
    let json: serde_json::Map<String, Value> = (0..5_000)
        .map(|number| (format!("x{number}"), json!(1)))
        .collect();
    assert!(
        house
            .post_json(RECYCLING, &Value::Object(json))
            .await
            .body
            .len()
            < 8 * 1024
    );
    let typed = format!("comment={}", "%3C".repeat(20_000));
    let page = house.post_form(RECYCLING, &typed).await;
    assert_eq!(page.status, 422);
    assert!(
        page.body.len() < empty + 5 * 20_000 + 8 * 1024,
        "what was typed comes back, and once: {}",
        page.body.len()
    );
    assert!(!token(&page.body).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_within_their_limits_are_taken_in_any_script_and_label_of_utf_8() {
    let house = House::open().await;
    let comment = "ক".repeat(2_000);
    let fields = [
        ("satisfaction", "4"),
        ("email", "alex@example.org"),
        ("comment", comment.as_str()),
        ("name", "👨\u{200D}👩\u{200D}👧"),
    ];
    let headers = [
        (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf8",
        ),
        ("accept", "text/html"),
    ];
    assert_eq!(
        house.post(PLANNING, &headers, &form(&fields)).await.status,
        303
    );
    let headers = [("content-type", "application/json;charset=\"UTF8\"")];
    let body = format!(
        "\u{feff}{}",
        json!({"satisfaction": 4, "email": "alex@example.org", "comment": comment})
    );
    assert_eq!(house.post(PLANNING, &headers, &body).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_the_base64_it_says_is_400() {
    let house = House::open().await;
    let mut event =
        crate::gateway::event("POST", "/surveys/recycling-centre/responses", "not base64!").payload;
    event["isBase64Encoded"] = json!(true);
    for function in ["ingest", "unsubscribe", "partners", "download"] {
        let answer = house.invoke(function, event.clone()).await.unwrap();
        assert_eq!(answer["statusCode"], 400, "{function}: {answer}");
    }
    event["body"] = json!(null);
    assert_eq!(
        house.invoke("ingest", event.clone()).await.unwrap()["statusCode"],
        422,
        "nothing was sent"
    );
    event["isBase64Encoded"] = json!(false);
    event["headers"]["x-forwarded-proto"] = json!("no scheme");
    assert_eq!(
        house.invoke("ingest", event).await.unwrap()["statusCode"],
        422
    );
}
