//! Corrections and statements, through the DPO's orders. What was wrong is then stored nowhere,
//! and nothing brings it back.

use crate::failing::{Off, calls, failing_host};
use crate::house::{House, TABLES, email_id, erasure, phone_id};
use custodian_requests::Requests;
use custodian_runtime::Function;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

const WRONG: &str = "rsoa@example.org";
const RIGHT: &str = "rosa@example.org";
const PHONE: &str = "07700 900142";

impl House {
    async fn office(&self, order: Value) -> Result<Value, String> {
        self.invoke("requests", order).await
    }

    /// The reference of the one record that is found so.
    async fn found(&self, identifier: &Value) -> String {
        let order = json!({"order": "find", "request_id": "COR-1", "identifiers": [identifier], "by": "dpo-7"});
        let found = self.office(order).await.unwrap();
        let [record] = &found["records"].as_array().unwrap()[..] else {
            panic!("{found}")
        };
        record["record"].as_str().unwrap().to_owned()
    }

    async fn looked(&self, identifier: &Value, record: &str) -> Value {
        let order = json!({"order": "look", "request_id": "COR-1", "identifiers": [identifier], "record": record, "by": "dpo-7"});
        self.office(order).await.unwrap()
    }

    /// Everything that is stored anywhere, as text.
    async fn everywhere(&self) -> String {
        let mut all = Vec::new();
        for table in TABLES {
            all.extend(self.items(table).await);
        }
        for bucket in [self.bucket(), self.intake(), self.anchors_bucket()] {
            for key in self.stack.store().keys(&bucket) {
                all.push(self.object_in(&bucket, &key).await);
                all.push(key);
            }
        }
        all.join("\n")
    }

    /// The digests of subject keys that are stored in Records.
    async fn subjects(&self) -> BTreeSet<String> {
        let items = self.items("RECORDS_TABLE").await;
        let items = items
            .iter()
            .map(|item| serde_json::from_str::<Value>(item).unwrap());
        items
            .map(|item| item["pk"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn correct(identifiers: &[Value], record: &str, changes: Value) -> Value {
    json!({"order": "correct", "request_id": "COR-1", "identifiers": identifiers, "record": record,
        "changes": changes, "by": "dpo-7"})
}

fn state(identifiers: &[Value], record: &str, text: Value) -> Value {
    json!({"order": "state", "request_id": "COR-1", "identifiers": identifiers, "record": record,
        "text": text, "by": "dpo-7"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_nowhere_after_it_is_corrected() {
    let house = House::open().await;
    house
        .tell("Bins were late.", Some(WRONG), Some(PHONE))
        .await;
    let order = json!({"kind": "access", "identifiers": [email_id(WRONG)], "requested_by": "dpo-7", "request_id": "SAR-1"});
    let package = house.invoke("export", order).await.unwrap();
    assert!(
        house
            .object(package["key"].as_str().unwrap())
            .await
            .contains(WRONG)
    );
    let before = house.subjects().await;
    let wrong = email_id(WRONG);
    let record = house.found(&wrong).await;
    let seen = house.looked(&wrong, &record).await;
    assert_eq!(seen["fields"]["contact.email"], WRONG);
    assert_eq!(seen["fields"]["answers.comment"], "Bins were late.");
    let mut order = correct(
        std::slice::from_ref(&wrong),
        &record,
        json!({"contact.email": RIGHT, "answers.comment": "Bins were early."}),
    );
    order["version"] = seen["version"].clone();
    let done = house.office(order.clone()).await.unwrap();
    assert_eq!(
        (
            &done["moved"],
            &done["packages_ended"],
            &done["links_deleted"]
        ),
        (&json!(true), &json!(["SAR-1"]), &json!(1)),
        "{done}"
    );
    assert_eq!(done["stream_clear_at"], "2026-11-24T10:00:00Z");
    assert_eq!(done["backups_clear_on"], "2026-12-28");
    let gone = house
        .invoke(
            "export",
            json!({"release": "SAR-1", "released_by": "dpo-7"}),
        )
        .await
        .unwrap_err();
    assert!(gone.contains("gone"), "{gone}");
    // The sweep deletes the package.
    house.move_to("2026-11-23T11:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    let everywhere = house.everywhere().await;
    for wrong in [WRONG, "Bins were late."] {
        assert!(!everywhere.contains(wrong), "{wrong} is still stored");
    }
    assert!(everywhere.contains(RIGHT));
    let after = house.subjects().await;
    assert_eq!(
        before.intersection(&after).count(),
        1,
        "only the telephone number's: {after:?}"
    );
    // Found by the right address and by the number, and by the wrong one no more.
    let right = email_id(RIGHT);
    assert_eq!(house.found(&right).await, record);
    let order =
        json!({"order": "find", "request_id": "COR-1", "identifiers": [wrong], "by": "dpo-7"});
    assert_eq!(house.office(order).await.unwrap()["records"], json!([]));
    let seen = house.looked(&right, &record).await;
    assert_eq!(
        seen["kept_until"], "2029-11-23T10:00:00Z",
        "a correction renews nothing"
    );
    let document = house.document(&house.export(RIGHT).await).await;
    let of = &document["records"][0];
    assert_eq!(of["provided"]["contact"]["email"], RIGHT);
    assert_eq!(of["observed"]["corrected_at"], "2026-11-23T10:00:00Z");
    let looks = document["looks"].as_array().map_or(0, Vec::len);
    assert!(looks == 0, "portability has no looks");
    let ledger = house.items("LEDGER_TABLE").await;
    let corrections = ledger.iter().filter(|item| item.contains("correction"));
    assert!(corrections.count() > 0, "what moved is in the ledger");
    house.audit().await.unwrap();
    house.move_to("2029-11-24T10:00:00Z").await;
    assert!(
        house.items("RECORDS_TABLE").await.is_empty(),
        "it goes at its time"
    );
}

/// A complaint with this address, in a file of its own.
fn complaint(email: &str, text: &str) -> String {
    format!(
        "reference,kind,received_at,service,stage,name,email,phone,text,outcome,acknowledged_at,closed_at\n\
         CMP-2026-0444,complaint,2026-11-06T10:00:00Z,highways,1,Daniel O'Neill,{email},,{text},,,\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_has_not_heard_brings_nothing_back() {
    let house = House::open().await;
    let drop = async |name: &str, email: &str, text: &str| {
        let file = complaint(email, text);
        house.drop_file("complaints", name, file.as_bytes()).await
    };
    drop("1.csv", WRONG, "A pothole").await;
    let record = house.found(&email_id(WRONG)).await;
    let changes = json!({"contact.email": RIGHT});
    let order = correct(&[email_id(WRONG)], &record, changes);
    house.office(order).await.unwrap();
    let report = drop("2.csv", WRONG, "Two potholes").await;
    assert_eq!(report["corrected"], 1, "{report}");
    let right = [email_id(RIGHT)];
    let seen = house.looked(&right[0], &record).await;
    assert_eq!(
        (
            &seen["fields"]["contact.email"],
            &seen["fields"]["answers.comment"]
        ),
        (&json!(RIGHT), &json!("Two potholes")),
        "what was not corrected follows the source"
    );
    assert!(!house.everywhere().await.contains(WRONG));
    // Erased under the right address, it does not come back under the wrong one.
    house.erase(erasure(&right)).await.unwrap();
    let report = drop("3.csv", WRONG, "Three potholes").await;
    assert_eq!(
        (&report["suppressed"], &report["new"]),
        (&json!(1), &json!(0)),
        "{report}"
    );
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_a_corrected_number_stays_one_record() {
    let house = House::open().await;
    let call = |name: &str| {
        format!(
            "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,SKILL,AGENT,AGENT NAME,DISPOSITION,ANI,CUSTOMER NAME,DNIS,CALL TIME,TALK TIME,HOLD TIME,TRANSFERS,Survey.Name,Survey.Q1 Satisfaction,Survey.Q2 Comment\n\
             300000002187345,\"Mon, 12 Oct 2026 09:00:12\",Council Tax Inbound,Inbound,Council Tax,jbloggs,Jo Bloggs,Survey complete,07700900177,{name},01305251010,00:07:41,00:06:02,00:00:31,0,post-call,5,Very clear\n"
        )
    };
    house
        .drop_file("telephone", "1.csv", call("Priya Nair").as_bytes())
        .await;
    let (wrong, right) = (phone_id("07700 900177"), phone_id(PHONE));
    let record = house.found(&wrong).await;
    let order = correct(&[wrong], &record, json!({"contact.phone": PHONE}));
    house.office(order).await.unwrap();
    house
        .drop_file("telephone", "2.csv", call("P. Nair").as_bytes())
        .await;
    assert_eq!(house.items("RECORDS_TABLE").await.len(), 1);
    let seen = house.looked(&right, &record).await;
    assert_eq!(
        (
            &seen["fields"]["contact.phone"],
            &seen["fields"]["contact.name"]
        ),
        (&json!(PHONE), &json!("P. Nair"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_travels_with_its_record_and_goes_with_it() {
    let house = House::open().await;
    house.tell("Bins were late.", Some(RIGHT), None).await;
    let rosa = [email_id(RIGHT)];
    let record = house.found(&rosa[0]).await;
    let words = "The council says that I was early. I was not.";
    for _ in 0..2 {
        let done = house
            .office(state(&rosa, &record, json!(words)))
            .await
            .unwrap();
        assert_eq!(
            (&done["statement"], &done["moved"]),
            (&json!(true), &json!(false))
        );
    }
    let order = json!({"kind": "access", "identifiers": rosa, "requested_by": "dpo-7", "request_id": "SAR-1"});
    let package = house.invoke("export", order).await.unwrap();
    let document = house.document(&package).await;
    assert_eq!(document["records"][0]["provided"]["statement"], words);
    let report = house.object(package["report_key"].as_str().unwrap()).await;
    assert!(report.contains("What you say about this record") && report.contains(words));
    let taken = house
        .office(state(&rosa, &record, Value::Null))
        .await
        .unwrap();
    assert_eq!(taken["packages_ended"], json!(["SAR-1"]), "{taken}");
    house.move_to("2026-11-23T11:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    assert!(!house.everywhere().await.contains(words));
    let none = house
        .office(state(&rosa, &record, Value::Null))
        .await
        .unwrap();
    assert_eq!(none["statement"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_or_restricts_a_record_is_respected() {
    let house = House::open().await;
    house.tell("Bins were late.", Some(WRONG), None).await;
    let wrong = [email_id(WRONG)];
    let record = house.found(&wrong[0]).await;
    let moving = correct(&wrong, &record, json!({"contact.email": RIGHT}));
    let place = |order: &str, id: &str, ground: &str, who: Value| json!({"order": order, "request_id": id, "identifiers": [who], "ground": ground, "by": "dpo-7"});
    house
        .office(place("restrict", "RES-1", "18(1)(a)", wrong[0].clone()))
        .await
        .unwrap();
    let refused = house.office(moving.clone()).await.unwrap_err();
    assert!(
        refused.contains("NotNow") && refused.contains("restrict that identifier too"),
        "{refused}"
    );
    // In its place it is corrected, and stays restricted.
    let order = correct(&wrong, &record, json!({"answers.comment": "Early."}));
    house.office(order).await.unwrap();
    assert_eq!(house.looked(&wrong[0], &record).await["restricted"], true);
    house
        .office(place("restrict", "RES-2", "18(1)(a)", email_id(RIGHT)))
        .await
        .unwrap();
    house.office(moving).await.unwrap();
    assert_eq!(
        house.looked(&email_id(RIGHT), &record).await["restricted"],
        true
    );
    // What is held is not changed, and a statement can stand beside it.
    house
        .office(place("hold", "H-1", "legal_claim", email_id(RIGHT)))
        .await
        .unwrap();
    let right = [email_id(RIGHT)];
    let order = correct(&right, &record, json!({"answers.comment": "Late."}));
    let refused = house.office(order).await.unwrap_err();
    assert!(
        refused.contains("Held") && refused.contains("attach a statement"),
        "{refused}"
    );
    house
        .office(state(&right, &record, json!("It was late.")))
        .await
        .unwrap();
    let seen = house.looked(&right[0], &record).await;
    assert_eq!(
        (&seen["on_hold"], &seen["statement"]["text"]),
        (&json!(true), &json!("It was late."))
    );
    let refused = house
        .office(state(&right, &record, Value::Null))
        .await
        .unwrap_err();
    assert!(refused.contains("Held"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_corrects_what_they_have_not_seen_or_what_was_erased() {
    let house = House::where_it_sleeps("erase").await;
    house.tell("Bins were late.", Some(RIGHT), None).await;
    let rosa = [email_id(RIGHT)];
    let record = house.found(&rosa[0]).await;
    let seen = house.looked(&rosa[0], &record).await;
    let mut order = correct(&rosa, &record, json!({"answers.comment": "One."}));
    order["version"] = seen["version"].clone();
    house.office(order.clone()).await.unwrap();
    house.office(order.clone()).await.unwrap();
    order["changes"] = json!({"answers.comment": "Two."});
    let stale = house.office(order).await.unwrap_err();
    assert!(stale.contains("Outdated"), "{stale}");
    house.approve(erasure(&rosa)).await.unwrap();
    for other in [RIGHT, "rosa.diaz@example.org"] {
        let order = correct(
            &rosa,
            &record,
            json!({"contact.email": other, "contact.name": "R"}),
        );
        let refused = house.office(order).await.unwrap_err();
        assert!(refused.contains("was erased since"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_order_is_refused_by_field_and_rule_and_never_repeated() {
    let house = House::open().await;
    house.tell("Bins were late.", Some(RIGHT), None).await;
    let rosa = [email_id(RIGHT)];
    let record = house.found(&rosa[0]).await;
    for (changes, rule) in [
        (json!({}), "changes must be an object with 1 to 20 fields"),
        (json!(["secret"]), "changes must be an object"),
        (
            json!({"secret": 1}),
            "changes must name fields of the record",
        ),
        (
            json!({"expires_at": 1}),
            "changes must name fields of the record",
        ),
        (
            json!({"contact.email": "secret"}),
            "changes.contact.email must be an email address, or null",
        ),
        (
            json!({"satisfaction": "secret"}),
            "changes.satisfaction must be a whole number from 1 to 5",
        ),
        (
            json!({"answers.secret": 1}),
            "changes must name fields of the record",
        ),
        (
            json!({"answers.comment": 7}),
            "changes.answers.… must be a text of 1 to 10,000",
        ),
        (
            json!({"details.notes": "secret"}),
            "changes must name fields of the record",
        ),
    ] {
        let refused = house
            .office(correct(&rosa, &record, changes))
            .await
            .unwrap_err();
        assert!(
            refused.contains("BadOrder") && refused.contains(rule),
            "{rule}: {refused}"
        );
        assert!(!refused.contains("secret"), "{refused}");
    }
    let refused = house
        .office(correct(&rosa, "ABCDEFGH", json!({"service": "x"})))
        .await
        .unwrap_err();
    assert!(
        refused.contains("UnknownRecord") || refused.contains("BadOrder"),
        "{refused}"
    );
    let other = house
        .office(correct(
            &[email_id(WRONG)],
            &record,
            json!({"service": "x"}),
        ))
        .await
        .unwrap_err();
    assert!(other.contains("UnknownRecord"), "{other}");
    let mut unknown = correct(&rosa, &record, json!({"service": "x"}));
    unknown["secret"] = json!(1);
    assert!(!house.office(unknown).await.unwrap_err().contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_s_records_are_listed_page_by_page() {
    let house = House::open().await;
    for number in 0..60 {
        house
            .tell(&format!("Number {number}"), Some(RIGHT), None)
            .await;
    }
    let (mut references, mut after, mut pages) = (BTreeSet::new(), Value::Null, 0);
    loop {
        let mut order = json!({"order": "find", "request_id": "COR-1", "identifiers": [email_id(RIGHT)], "by": "dpo-7"});
        if !after.is_null() {
            order["after"] = after;
        }
        let page = house.office(order).await.unwrap();
        assert!(
            !page.to_string().contains("Number"),
            "nothing that was said is listed"
        );
        let records = page["records"].as_array().unwrap();
        references.extend(
            records
                .iter()
                .map(|one| one["record"].as_str().unwrap().to_owned()),
        );
        (after, pages) = (page["after"].clone(), pages + 1);
        if after.is_null() {
            break;
        }
    }
    assert_eq!((references.len(), pages), (60, 3));
    let order = json!({"order": "find", "request_id": "COR-1", "identifiers": [email_id(RIGHT)], "by": "dpo-7", "after": "9:x"});
    assert!(
        house
            .office(order)
            .await
            .unwrap_err()
            .contains("after must be")
    );
}

/// What is stored after a correction, whatever it went through.
async fn outcome(house: &House) -> (BTreeSet<String>, bool, bool) {
    house.move_to("2026-11-23T11:00:00Z").await;
    house.invoke("sweep", json!({})).await.unwrap();
    let items = house.items("RECORDS_TABLE").await;
    let items = items
        .iter()
        .map(|item| serde_json::from_str::<Value>(item).unwrap());
    let shown = |item: Value| {
        let kind = item["sk"]
            .as_str()
            .unwrap()
            .split('#')
            .next()
            .unwrap()
            .to_owned();
        format!("{kind} {} {}", item["contact"], item["expires_at"])
    };
    let everywhere = house.everywhere().await;
    let audited = house.audit().await.is_ok();
    (
        items.map(shown).collect(),
        everywhere.contains(WRONG),
        audited,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_correction_breaks_off_the_same_order_finishes_it() {
    let furnish = async || {
        let house = House::open().await;
        house
            .tell("Bins were late.", Some(WRONG), Some(PHONE))
            .await;
        house.export(WRONG).await;
        let record = house.found(&email_id(WRONG)).await;
        let changes = json!({"contact.email": RIGHT, "answers.comment": null});
        let order = correct(&[email_id(WRONG)], &record, changes);
        (house, order)
    };
    let (undisturbed, order) = furnish().await;
    undisturbed.office(order).await.unwrap();
    let expected = outcome(&undisturbed).await;
    assert!(!expected.1 && expected.2, "{expected:?}");
    for off in [Off::Before, Off::After] {
        for calls in calls(off) {
            let (house, order) = furnish().await;
            let (host, left) = failing_host(&house, "requests", calls, off);
            let whole = match Requests::start(&host).await {
                Ok(office) => office
                    .invoke(LambdaEvent::new(order.clone().into(), Context::default()))
                    .await
                    .is_ok_and(|answer| answer["errorType"].is_null()),
                Err(_) => false,
            };
            house.office(order).await.unwrap();
            assert_eq!(outcome(&house).await, expected, "{off:?} {calls}");
            if whole && left.load(Ordering::SeqCst) > 0 {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_of_the_wrong_address_s_owner_leaves_the_record() {
    let house = House::open().await;
    let day = |day: &str| complaint(WRONG, "A pothole").replace("2026-11-06", day);
    let drop =
        async |name: &str, file: String| house.drop_file("complaints", name, file.as_bytes()).await;
    drop("1.csv", day("2026-11-05")).await;
    drop("2.csv", day("2026-11-06")).await;
    let record = house.found(&email_id(WRONG)).await;
    let order = correct(&[email_id(WRONG)], &record, json!({"contact.email": RIGHT}));
    house.office(order).await.unwrap();
    house.erase(erasure(&[email_id(WRONG)])).await.unwrap();
    // Under another day than that of the index, too, the record is found where it is.
    for (name, on) in [("3.csv", "2026-11-06"), ("4.csv", "2026-11-07")] {
        drop(name, day(on)).await;
        let items = house.items("RECORDS_TABLE").await;
        assert_eq!(items.len(), 1, "{items:?}");
        assert_eq!(house.found(&email_id(RIGHT)).await, record);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_about_one_person_reaches_nobody_else_s_record() {
    let house = House::open().await;
    house.tell("Rosa's.", Some(RIGHT), None).await;
    let anonymous = house.tell("Nobody's.", None, None).await;
    house.tell("Abel's.", Some("abel@example.org"), None).await;
    let record = house.found(&email_id(RIGHT)).await;
    let abel = [email_id("abel@example.org")];
    let nobody_s = anonymous["reference"].as_str().unwrap();
    for reference in [&*record, nobody_s] {
        for changes in [
            json!({"answers.comment": "Changed."}),
            json!({"contact.email": RIGHT, "answers.comment": "Changed."}),
        ] {
            let refused = house
                .office(correct(&abel, reference, changes))
                .await
                .unwrap_err();
            assert!(refused.contains("UnknownRecord"), "{refused}");
        }
        let look = json!({"order": "look", "request_id": "COR-1", "identifiers": abel, "record": reference, "by": "dpo-7"});
        assert!(
            house
                .office(look)
                .await
                .unwrap_err()
                .contains("UnknownRecord")
        );
    }
    // Whoever was given the reference names it.
    let by_reference = json!({"type": "reference", "value": nobody_s});
    let seen = house.looked(&by_reference, nobody_s).await;
    assert_eq!(seen["fields"]["answers.comment"], "Nobody's.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_taken_out_can_be_put_back() {
    let house = House::open().await;
    house.tell("Bins were late.", Some(RIGHT), None).await;
    let rosa = [email_id(RIGHT)];
    let record = house.found(&rosa[0]).await;
    for text in [Value::Null, Value::Null, json!("Bins were early.")] {
        let order = correct(&rosa, &record, json!({"answers.comment": text}));
        house.office(order).await.unwrap();
        let seen = house.looked(&rosa[0], &record).await;
        assert_eq!(seen["fields"]["answers.comment"], text);
    }
    assert!(!house.everywhere().await.contains("Bins were late."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_its_only_identifier_stays_erased() {
    let house = House::open().await;
    let drop = async |name: &str| {
        let file = complaint(WRONG, "A pothole");
        house.drop_file("complaints", name, file.as_bytes()).await
    };
    drop("1.csv").await;
    let record = house.found(&email_id(WRONG)).await;
    let order = correct(&[email_id(WRONG)], &record, json!({"contact.email": null}));
    house.office(order).await.unwrap();
    let by_reference = json!({"type": "reference", "value": record});
    assert_eq!(house.found(&by_reference).await, record);
    house.erase(erasure(&[by_reference])).await.unwrap();
    drop("2.csv").await;
    assert!(house.items("RECORDS_TABLE").await.is_empty());
}
