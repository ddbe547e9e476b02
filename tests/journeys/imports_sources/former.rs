//! Records that an earlier version kept under another identity are found and corrected in place,
//! never doubled.

use super::dropped;
use crate::house::{House, at, erasure};
use crate::imports_faults::COMPLAINTS;
use crate::partners::{CREATED, changed};
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{
    Complaint, ComplaintKind, Review, SourceDetails, WebForm,
};
use custodian_domain::record::{Record, RecordBody, RecordId};
use custodian_runtime::secret;
use custodian_store::records::Records;
use serde_json::{Value, json};

const NAME: &str = "accounts/111/locations/22/reviews/R09a";

/// An id as the earlier version made it, from the name as it was written.
fn formerly(source: Source, name: &str) -> RecordId {
    RecordId::formerly_at_source(source, name)
        .into_iter()
        .next()
        .unwrap()
}

/// A record as the earlier version kept it.
async fn keep(house: &House, details: RecordBody, name: &str) -> Record {
    let id = formerly(details.source, name);
    let details = RecordBody {
        reference: Reference::of(&id),
        ..details
    };
    let keys: SubjectKeys = secret::subject_keys(&house.stack.host("import").unwrap())
        .await
        .unwrap();
    let record = Record {
        holder: details.holder(&keys),
        id,
        details,
    };
    Records::new(house.dynamodb(), house.setting("RECORDS_TABLE"))
        .keep(&record, at("2026-11-23T10:00:00Z"))
        .await
        .unwrap();
    record
}

fn review(contact: Contact) -> RecordBody {
    let updated = at("2026-11-02T10:00:00Z");
    let location = "accounts/111/locations/22".to_owned();
    let part = Review {
        stars: Some(4),
        location,
        updated_at: updated,
    };
    let mut details = RecordBody::from_source(
        NAME,
        updated,
        Revision::updated(updated),
        SourceDetails::Reviews(part),
    );
    details.contact = contact;
    details.add_comment(Some("Quick and kind."));
    details
}

fn named() -> Contact {
    Contact {
        name: Some("Robin Example".to_owned()),
        reference: Some("R09a".to_owned()),
        ..Contact::default()
    }
}

fn list(name: &str, anonymous: bool, comment: &str, updated: &str) -> String {
    json!({"reviews": [{"name": name, "reviewId": "R09a",
        "reviewer": {"displayName": "Robin Example", "isAnonymous": anonymous}, "starRating": "FOUR", "comment": comment,
        "createTime": "2026-11-02T10:00:00Z", "updateTime": updated}]})
    .to_string()
}

#[tokio::test]
async fn a_review_of_the_earlier_version_is_there_already_and_corrected_in_its_place() {
    for contact in [named(), Contact::default()] {
        let house = House::open().await;
        let anonymous = contact == Contact::default();
        let old = keep(&house, review(contact), NAME).await;
        let before = house.items("RECORDS_TABLE").await;
        let again = list(NAME, anonymous, "Quick and kind.", "2026-11-02T10:00:00Z");
        let report = dropped(&house, "reviews", "again.json", again.as_bytes()).await;
        assert_eq!((report.count("already_there"), report.count("new")), (1, 0));
        assert_eq!(house.items("RECORDS_TABLE").await, before);
        let newer = list(NAME, anonymous, "Slow and kind.", "2026-11-12T10:00:00Z");
        let corrected = dropped(&house, "reviews", "newer.json", newer.as_bytes()).await;
        assert_eq!(
            (corrected.count("corrected"), corrected.records.len()),
            (1, 1)
        );
        let record = &corrected.records[0];
        assert_eq!(record["answers"]["comment"], "Slow and kind.");
        assert!(
            record["sk"].as_str().unwrap().ends_with(old.id.as_str()),
            "it stays where it is"
        );
        assert_eq!(
            record["reference"],
            old.details.reference.as_str(),
            "and keeps what the person can quote"
        );
        let end: Value = serde_json::from_str(before.first().unwrap()).unwrap();
        assert_eq!(
            (&record["expires_at"], &record["pk"]),
            (&end["expires_at"], &end["pk"])
        );
    }
}

#[tokio::test]
async fn who_was_erased_under_the_earlier_identity_does_not_come_back() {
    let house = House::open().await;
    let old = keep(&house, review(Contact::default()), NAME).await;
    let who = json!({"type": "reference", "value": old.details.reference.as_str()});
    house.erase(erasure(&[who])).await.unwrap();
    assert!(house.items("RECORDS_TABLE").await.is_empty());
    let again = list(NAME, true, "Quick and kind.", "2026-11-12T10:00:00Z");
    let report = dropped(&house, "reviews", "again.json", again.as_bytes()).await;
    assert_eq!((report.count("suppressed"), report.records.len()), (1, 0));
}

#[tokio::test]
async fn a_complaint_in_small_letters_is_found_under_them() {
    let house = House::open().await;
    let received = at("2026-11-20T10:00:00Z");
    let part = Complaint {
        kind: ComplaintKind::Compliment,
        stage: None,
        outcome: None,
        acknowledged_at: None,
        closed_at: None,
        clocks: None,
    };
    let revision = Revision::row(at("2026-11-21T10:00:00Z"), 2);
    let mut details = RecordBody::from_source(
        "CMP-7a",
        received,
        revision,
        SourceDetails::Complaints(part),
    );
    details.contact.email = Some("rosa@example.org".to_owned());
    details.add_comment(Some("Thanks"));
    let old = keep(&house, details, "CMP-7a").await;
    let row = format!(
        "{COMPLAINTS}CMP-7a,compliment,2026-11-20T10:00:00Z,highways,,,rosa@example.org,,Many thanks,,,\n"
    );
    let again = dropped(&house, "complaints", "again.csv", row.as_bytes()).await;
    assert_eq!((again.count("corrected"), again.records.len()), (1, 1));
    assert!(
        again.records[0]["sk"]
            .as_str()
            .unwrap()
            .ends_with(old.id.as_str())
    );
    assert_eq!(again.records[0]["answers"]["comment"], "Many thanks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_the_earlier_version_is_found_in_whichever_letters_it_comes_again() {
    let house = House::open().await;
    let submitted = at("2026-09-14T10:22:29Z");
    let part = SourceDetails::WebForm(WebForm {
        form_version: Some(7),
    });
    let revision = Revision::submission(7, at("2026-09-14T10:22:31Z"));
    let mut details = RecordBody::from_source("FS-Case-718204411", submitted, revision, part);
    details.contact.email = Some("sian.obriain+council@example.org".to_owned());
    let old = keep(&house, details, "FS-Case-718204411").await;
    for (version, reference) in [
        (8, "fs-case-718204411"),
        (9, "FS-CASE-718204411"),
        (10, "FS-Case-718204411"),
    ] {
        let message = changed(CREATED, "/data/case_reference", json!(reference));
        let message = changed(&message, "/data/form_version", json!(version));
        let answer = house
            .hand_over(&changed(&message, "/data/comment", json!(reference)))
            .await;
        assert_eq!(
            answer.json()["outcome"],
            "corrected",
            "{reference}: {}",
            answer.body
        );
        let items = house.items("RECORDS_TABLE").await;
        let records = items
            .iter()
            .map(|item| serde_json::from_str::<Value>(item).unwrap());
        let records: Vec<Value> = records
            .filter(|item| item["source"] == "web_form")
            .collect();
        assert_eq!(records.len(), 1, "{reference}");
        assert_eq!(records[0]["answers"]["comment"], reference);
        assert!(
            records[0]["sk"]
                .as_str()
                .unwrap()
                .ends_with(old.id.as_str())
        );
    }
    assert_eq!(
        house.export("sian.obriain+council@example.org").await["records"],
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_in_other_letters_is_one_and_another_person_s_at_another_time_is_refused() {
    let house = House::open().await;
    assert_eq!(house.hand_over(CREATED).await.json()["outcome"], "stored");
    let small = changed(CREATED, "/data/case_reference", json!("fs-case-718204411"));
    assert_eq!(house.hand_over(&small).await.json()["outcome"], "repeated");
    let other = changed(
        CREATED,
        "/data/profile",
        json!({"name": "Rosa Marsh", "email": "rosa@example.org"}),
    );
    let other = changed(&other, "/data/ucrn", json!("UCRN-2"));
    let other = changed(&other, "/data/form_version", json!(9));
    let before = house.items("RECORDS_TABLE").await;
    let answer = house
        .hand_over(&changed(
            &other,
            "/data/submitted_at",
            json!("2026-09-14T12:00:00Z"),
        ))
        .await;
    assert_eq!(
        (answer.status, &answer.json()["errors"][0]["rule"]),
        (422, &json!("different_person_and_time"))
    );
    assert_eq!(house.items("RECORDS_TABLE").await, before);
    assert_eq!(
        house.hand_over(&other).await.json()["outcome"],
        "corrected",
        "of the same time it is a correction"
    );
}
