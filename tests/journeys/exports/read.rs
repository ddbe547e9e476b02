//! How a package reads: its order, its words, its marks and its names.

use super::handed_over::{call, contact, form, hand_over};
use super::{assert_valid, order};
use crate::house::{House, email_id, phone_id};
use custodian_domain::survey::answers::Answer;
use serde_json::{Value, json};

const ROSA: &str = "rosa@example.org";

async fn package(house: &House, kind: &str) -> (Value, String) {
    let package = house
        .invoke("export", order(kind, &[email_id(ROSA)]))
        .await
        .unwrap();
    let document = house.document(&package).await;
    assert_valid(&document);
    (
        document,
        house.object(package["report_key"].as_str().unwrap()).await,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_told_by_time_the_latest_first_whoever_holds_them() {
    let house = House::open().await;
    let days = [
        "2026-11-24",
        "2026-12-24",
        "2027-03-01",
        "2027-02-01",
        "2027-06-01",
    ];
    // Given out of chronological order, under two identifiers, and more of them than are read at
    // once.
    for (number, day) in days.iter().enumerate() {
        house
            .stack
            .clock()
            .set(crate::house::at(&format!("{day}T10:00:00Z")));
        let (email, phone) = if number % 2 == 0 {
            (Some(ROSA), None)
        } else {
            (None, Some("07700 900142"))
        };
        house.tell(day, email, phone).await;
        for more in 0..7 {
            house.post_form_from(ROSA, day, number * 7 + more).await;
        }
    }
    let who = [email_id(ROSA), phone_id("07700 900142")];
    for kind in ["access", "portability"] {
        let package = house.invoke("export", order(kind, &who)).await.unwrap();
        let document = house.document(&package).await;
        let records = document["records"].as_array().unwrap().iter();
        let times: Vec<&str> = records
            .map(|it| it["observed"]["collected_at"].as_str().unwrap())
            .collect();
        let mut sorted = times.clone();
        sorted.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!((times.len(), &times), (40, &sorted), "{kind}");
        let report = house.object(package["report_key"].as_str().unwrap()).await;
        let at = |text: &str| {
            report
                .find(text)
                .unwrap_or_else(|| panic!("{text} is not in the report"))
        };
        assert!(
            at("1 June 2027") < at("1 March 2027") && at("1 March 2027") < at("24 November 2026"),
            "{kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_choices_and_one_with_a_comma_are_told_apart() {
    let house = House::open().await;
    let answers = json!({"satisfaction": 4, "site": "Wareham", "materials": ["Garden waste", "Wood"], "email": ROSA});
    assert_eq!(
        house.post_json("recycling-centre", &answers).await.status,
        201
    );
    let (document, report) = package(&house, "access").await;
    let answers = document["records"][0]["provided"]["answers"]
        .as_array()
        .unwrap();
    assert!(
        answers
            .iter()
            .any(|answer| answer["answer"] == json!(["Garden waste", "Wood"]))
    );
    assert!(
        report.contains("<li dir=\"auto\">Garden waste</li><li dir=\"auto\">Wood</li>"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_in_the_order_of_the_form_each_with_its_kind_and_a_typed_date_reads_like_any_other()
 {
    let house = House::open().await;
    let answers = json!({"satisfaction": 4, "reference": "P/FUL/1", "visits": 3, "decided_on": "2026-03-29",
        "comment": "Quick.", "email": ROSA});
    assert_eq!(
        house
            .post_json("planning-application", &answers)
            .await
            .status,
        201
    );
    for kind in ["access", "portability"] {
        let (document, report) = package(&house, kind).await;
        let answers = document["records"][0]["provided"]["answers"]
            .as_array()
            .unwrap();
        let told: Vec<(&str, &str)> = answers
            .iter()
            .map(|it| {
                (
                    it["question"].as_str().unwrap(),
                    it["kind"].as_str().unwrap(),
                )
            })
            .collect();
        let expected = [
            ("satisfaction", "satisfaction"),
            ("reference", "text"),
            ("visits", "number"),
            ("decided_on", "date"),
            ("comment", "textarea"),
        ];
        assert_eq!(told, expected, "{kind}");
        assert_eq!(answers[3]["answer"], "2026-03-29");
        assert!(
            report.contains("29 March 2026") && !report.contains("2026-03-29"),
            "{kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn short_names_are_explained_in_both_documents() {
    let house = House::open().await;
    house.tell("Quick.", Some(ROSA), None).await;
    let (document, report) = package(&house, "access").await;
    let codes = &document["supplementary"]["codes"];
    assert_eq!(
        codes["journey"],
        json!({"dispose-of-waste": "Dispose of waste"})
    );
    assert_eq!(
        (&codes["stage"], &codes["service"]),
        (&json!({"visit": "Visit"}), &json!({"waste": "Waste"}))
    );
    assert_eq!(
        document["records"][0]["inferred"]["journey"],
        "dispose-of-waste"
    );
    assert!(report.contains("Dispose of waste") && !report.contains("dispose-of-waste"));
    assert!(
        report.contains("Your visit to the household recycling centre")
            && !report.contains("recycling-centre")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_told_as_they_were_typed_and_as_they_are_looked_up() {
    let house = House::open().await;
    house
        .tell("Quick.", Some("Rosa@Example.ORG"), Some("07700 900142"))
        .await;
    for kind in ["access", "portability"] {
        let (document, report) = package(&house, kind).await;
        let contact = &document["records"][0]["provided"]["contact"];
        assert_eq!(
            (&contact["email"], &contact["phone"]),
            (&json!("Rosa@Example.ORG"), &json!("07700 900142")),
            "{kind}"
        );
        assert_eq!(
            contact["canonical"],
            json!({"email": ROSA, "phone": "+447700900142"}),
            "{kind}"
        );
        assert!(
            report.contains("Rosa@Example.ORG") && report.contains("+447700900142"),
            "{kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_day_are_those_of_london_and_text_goes_in_its_own_direction() {
    let house = House::open().await;
    house
        .stack
        .clock()
        .set(crate::house::at("2027-06-01T22:30:00Z"));
    house.tell("مرحبا بالعالم", Some(ROSA), None).await;
    let (_, report) = package(&house, "access").await;
    assert!(report.contains("1 June 2027, 11:30pm"), "{report}");
    assert!(report.contains("<dd dir=\"auto\">مرحبا بالعالم</dd>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_html_forbids_is_marked_in_the_report_and_told_as_it_is_in_the_document() {
    let house = House::open().await;
    // A form removes such characters. Other sources and older records can contain them.
    let mut told = form("FS-1", contact("Rosa", Some(ROSA), None));
    told.answers.insert(
        "comment".to_owned(),
        Answer::Text("A\u{FFFE}B\u{FDD0}C".to_owned()),
    );
    hand_over(&house, vec![told]).await;
    let (document, report) = package(&house, "access").await;
    assert!(document.to_string().contains("A\u{FFFE}B\u{FDD0}C"));
    assert!(report.contains("A\u{FFFD}B\u{FFFD}C") && !report.contains('\u{FFFE}'));
}

#[tokio::test(flavor = "multi_thread")]
async fn portability_has_a_page_to_read_with_nothing_that_was_concluded() {
    let house = House::open().await;
    hand_over(
        &house,
        vec![
            form("FS-1", contact("Rosa", Some(ROSA), None)),
            call("1", contact("Rosa", Some(ROSA), None)),
        ],
    )
    .await;
    house.tell("Quick.", Some(ROSA), None).await;
    let (_, report) = package(&house, "portability").await;
    assert!(report.starts_with("<!DOCTYPE html>") && report.trim_end().ends_with("</html>"));
    for own in [
        "What you told us",
        "Quick.",
        "Third time",
        "Very clear",
        "4 out of 5: Satisfied",
    ] {
        assert!(report.contains(own), "{own}");
    }
    for other in [
        "Dispose of waste",
        "Also held by",
        "It is deleted on",
        "About this data",
        "What we hold about you",
    ] {
        assert!(!report.contains(other), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_called_by_their_request_and_so_are_downloads() {
    let house = House::open().await;
    house.tell("Quick.", Some(ROSA), None).await;
    for (request, kind) in [("SAR-1", "access"), ("POR-2", "portability")] {
        let mut ordered = order(kind, &[email_id(ROSA)]);
        ordered["request_id"] = json!(request);
        let package = house.invoke("export", ordered).await.unwrap();
        let link = house.release(request).await;
        for (key, file, name) in [
            ("key", "document", format!("export-{request}.json")),
            ("report_key", "report", format!("report-{request}.html")),
        ] {
            assert!(
                package[key]
                    .as_str()
                    .unwrap()
                    .ends_with(&format!("/{name}")),
                "{package}"
            );
            let file = house.fetch(&link, file).await;
            assert_eq!(file.header("cache-control"), "no-store");
            assert_eq!(
                file.header("content-disposition"),
                format!("attachment; filename=\"{name}\"")
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_called_after_the_person_is_refused() {
    let house = House::open().await;
    for (who, id) in [
        (phone_id("07700 900142"), "07700900142"),
        (phone_id("07700 900142"), "SAR-07700-900-142"),
        (
            json!({"type": "reference", "value": "UCRN-00093321"}),
            "SAR_UCRN-00093321",
        ),
    ] {
        let mut ordered = order("access", &[who]);
        ordered["request_id"] = json!(id);
        let refused = house.invoke("export", ordered).await.unwrap_err();
        assert!(
            refused.contains("request_id must say nothing about the person")
                && !refused.contains("900142"),
            "{refused}"
        );
    }
    assert!(house.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_a_document_is_where_the_document_says() {
    let house = House::open().await;
    house.tell("Quick.", Some(ROSA), None).await;
    let (document, _) = package(&house, "portability").await;
    let schema = document["$schema"].as_str().unwrap();
    assert_eq!(
        schema,
        format!("{}/schemas/export.schema.json", house.stack.url())
    );
    let served = house.get_url(schema).await;
    assert_eq!(
        (served.status, served.header("content-type")),
        (200, "application/schema+json")
    );
    let validator = jsonschema::validator_for(&served.json()).unwrap();
    assert!(validator.is_valid(&document));
}
