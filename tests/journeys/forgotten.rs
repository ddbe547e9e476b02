//! A person about whom every place holds something is forgotten everywhere. One processor is down,
//! then sends forged answers, then does what it should. The request tells the truth at every
//! moment.

use crate::house::{House, email_id, erasure, phone_id};
use crate::partners::{CREATED, changed};
use custodian_domain::place::Place;
use custodian_simulators::Mode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const EMAIL: &str = "priya.nair@example.org";
const PHONE: &str = "+447700900142";
/// Text that would reveal her, wherever it is stored.
const MARKS: [&str; 5] = ["priya", "Priya", "7700900142", "07700 900142", "Mould"];
/// Rows that cannot be read. The first is hers.
const BAD: &str = "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n\
    A1,complaint,never,housing,,Priya Nair,priya.nair@example.org,,Mould,,,\nA2,complaint,never,housing,,,,,Damp,,,\n";

/// She has answered, rung, chatted, complained and reported, a row of hers was unreadable, and she
/// was given her data.
async fn furnish(house: &House) {
    house
        .tell("Mould in the flat.", Some(EMAIL), Some("07700 900142"))
        .await;
    for (source, file) in [
        (
            "telephone",
            &include_bytes!("../fixtures/intake/telephone/call-survey-2026-10-12.csv")[..],
        ),
        (
            "support",
            include_bytes!("../fixtures/intake/support/2026-09-21.jsonl"),
        ),
        (
            "complaints",
            include_bytes!("../fixtures/intake/complaints/2026-10.csv"),
        ),
        ("complaints", BAD.as_bytes()),
    ] {
        house
            .drop_file(source, &format!("{}.csv", file.len()), file)
            .await;
    }
    assert_eq!(
        house
            .hand_over(&changed(CREATED, "/data/profile/email", json!(EMAIL)))
            .await
            .status,
        200
    );
    let simulators = house.stack.simulators();
    simulators.granicus.give(EMAIL);
    simulators.granicus.give(PHONE);
    simulators.newsletter.give(EMAIL);
    simulators
        .five9
        .give(&[("number1", "07700900142"), ("email", EMAIL)]);
}

/// Moves to that time, and the sweep looks for what is to be tried again.
async fn come(house: &House, instant: &str) {
    house.move_to(instant).await;
    house.invoke("sweep", json!({})).await.unwrap();
    house.stack.settle().await.unwrap();
}

/// The state of each place: its task's state, and why it failed.
fn places(status: &Value) -> BTreeMap<String, (String, Option<String>)> {
    let tasks = status["tasks"].as_array().unwrap().iter();
    let error = |task: &Value| task["error"].as_str().map(str::to_owned);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    tasks
        .map(|task| (text(&task["place"]), (text(&task["state"]), error(task))))
        .collect()
}

/// Asserts that everything else is done, that Granicus failed for this reason, and that nothing
/// claims more.
fn only_granicus_is_left(status: &Value, why: &str) {
    assert_eq!(
        (&status["status"], &status["certificate"]),
        (&json!("approved"), &Value::Null)
    );
    for (place, (state, error)) in places(status) {
        let expected = if place == "granicus" {
            ("failed", Some(why))
        } else {
            ("done", None)
        };
        assert_eq!((state.as_str(), error.as_deref()), expected, "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_everywhere_is_forgotten_everywhere_though_one_processor_is_down_for_days_and_then_forges()
 {
    let house = House::open().await;
    furnish(&house).await;
    let ids = [email_id(EMAIL), phone_id("07700 900142")];
    let access = json!({"kind": "access", "identifiers": ids, "requested_by": "dpo-7", "request_id": "SAR-1"});
    let package = house.invoke("export", access).await.unwrap();
    assert!(package["records"].as_u64().unwrap() >= 6, "{package}");
    let link = house.release("SAR-1").await;
    let url = link["url"].as_str().unwrap();
    assert_eq!(house.fetch(&link, "document").await.status, 200);

    let granicus = house.stack.simulators().granicus.clone();
    granicus.conduct.behave(Mode::Down);
    let mut order = erasure(&ids);
    order["request_id"] = json!("ERA-1");
    let planned = house.approve(order).await.unwrap();
    assert_eq!(
        (
            &planned["plan"]["packages"],
            &planned["plan"]["quarantined"]
        ),
        (&json!(1), &json!(2)),
        "{planned}"
    );
    assert_eq!(house.get_url(url).await.status, 410, "from the approval on");
    house.stack.settle().await.unwrap();
    let status = async || house.status(&json!("ERA-1")).await.unwrap();
    only_granicus_is_left(&status().await, "unavailable");
    assert!(granicus.holds(EMAIL) && !house.stack.simulators().newsletter.holds(EMAIL));
    for day in 24..=26 {
        come(&house, &format!("2026-11-{day}T10:00:00Z")).await;
        only_granicus_is_left(&status().await, "unavailable");
    }
    let tried = status().await["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["place"] == "granicus")
        .cloned()
        .unwrap();
    assert!(
        tried["failures"].as_u64() >= Some(4),
        "once a day at least: {tried}"
    );

    granicus.conduct.behave(Mode::Forging);
    come(&house, "2026-11-26T18:00:00Z").await;
    only_granicus_is_left(&status().await, "signature");
    assert!(granicus.holds(EMAIL));

    granicus.conduct.behave(Mode::Well);
    come(&house, "2026-11-27T10:00:00Z").await;
    let closed = status().await;
    assert_eq!(closed["status"], "closed", "{closed}");
    let receipts = closed["certificate"]["receipts"].as_array().unwrap();
    let outcomes: BTreeMap<&str, &str> = receipts
        .iter()
        .map(|it| {
            (
                it["place"].as_str().unwrap(),
                it["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    for place in ["granicus", "five9", "newsletter"] {
        assert_eq!(outcomes[place], "confirmed", "{place}");
    }
    assert_eq!(outcomes.len(), Place::ALL.len(), "{outcomes:?}");
    let late = receipts
        .iter()
        .find(|it| it["place"] == "granicus")
        .unwrap();
    assert!(
        late["finished_at"].as_str().unwrap() > "2026-11-26T18",
        "{late}"
    );

    nothing_is_left(&house, url).await;
}

/// An inventory: only the suppression, the ledger and the certificate show that there was somebody.
async fn nothing_is_left(house: &House, url: &str) {
    for item in house.everything().await {
        assert!(!MARKS.iter().any(|mark| item.contains(mark)), "{item}");
    }
    let simulators = house.stack.simulators();
    assert!(!simulators.granicus.holds(EMAIL) && !simulators.granicus.holds(PHONE));
    assert!(!simulators.newsletter.holds(EMAIL));
    assert!(simulators.five9.contacts().is_empty());
    assert!(
        house
            .everything()
            .await
            .iter()
            .any(|item| item.contains("Damp")),
        "a row of somebody else stays"
    );
    let register = house.items("REGISTER_TABLE").await;
    let keyed: Vec<&String> = register
        .iter()
        .filter(|item| item.contains("subject#"))
        .collect();
    assert!(
        keyed.iter().all(|item| item.contains("SUPPRESSION#")),
        "{keyed:#?}"
    );
    assert_eq!(
        house.get_url(url).await.status,
        410,
        "what a link led to is gone"
    );
    let refused = house
        .invoke(
            "export",
            json!({"release": "SAR-1", "released_by": "dpo-7"}),
        )
        .await
        .unwrap_err();
    assert!(refused.contains("gone"), "{refused}");
}
