//! Surveys, suppressions, the sweep's cursor, and erasures.

use super::tables::{Tables, lend};
use super::{all, at, day, person, said};
use crate::house::s;
use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::erasure::{Certificate, Counts, Ground, Outcome, Receipt};
use shared::domain::package::RequestId;
use shared::domain::place::Place;
use shared::domain::survey::Survey;
use shared::storage::erasures::{Erasure, Task};
use shared::storage::surveys::Surveys;

const NOW: &str = "2096-11-23T10:00:00Z";

fn document(id: &str) -> String {
    format!(
        r#"{{"id": "{id}", "title": "Bins", "service": "waste", "lawful_basis": "public_task", "notice_version": "1",
            "questions": [{{"id": "q", "label": "Why?", "kind": "text", "required": false, "purpose": "answer"}}]}}"#
    )
}

async fn publish(tables: &Tables, id: &str) {
    let document = document(id);
    tables.surveys().put(&Survey::parse(&document).unwrap(), &document).await.unwrap();
}

async fn open(surveys: &Surveys, now: DateTime<Utc>) -> Vec<String> {
    let mut ids: Vec<String> = surveys.all(now).await.unwrap().keys().cloned().collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_change_of_the_surveys_is_seen_after_a_minute_and_not_before() {
    lend(async |tables| {
        publish(tables, "bins").await;
        let (surveys, now) = (tables.surveys(), at(NOW));
        assert_eq!(open(&surveys, now).await, ["bins"]);
        publish(tables, "roads").await;
        assert_eq!(open(&surveys, now + TimeDelta::seconds(59)).await, ["bins"]);
        assert_eq!(open(&surveys, now + TimeDelta::seconds(60)).await, ["bins", "roads"]);
        assert_eq!(surveys.find("roads", now + TimeDelta::seconds(60)).await.unwrap().unwrap().service, "waste");
        assert!(surveys.find("parks", now).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn surveys_stay_open_while_the_register_is_not_there() {
    lend(async |tables| {
        publish(tables, "bins").await;
        let (surveys, now) = (tables.surveys(), at(NOW));
        assert_eq!(open(&surveys, now).await, ["bins"]);
        tables.lose("Register").await;
        assert_eq!(open(&surveys, now + TimeDelta::hours(1)).await, ["bins"]);
        assert_eq!(said(tables.surveys().all(now).await), "read surveys: ResourceNotFoundException");
    })
    .await;
}

#[tokio::test]
async fn a_broken_survey_does_not_close_the_others() {
    lend(async |tables| {
        publish(tables, "bins").await;
        let put = |id: &str| {
            let table = tables.client.put_item().table_name(tables.name("Register"));
            table.item("pk", s("SURVEY")).item("sk", s(id))
        };
        put("broken").item("document", s("{")).send().await.unwrap();
        put("empty").send().await.unwrap();
        put("misnamed").item("document", s(&document("roads"))).send().await.unwrap();
        assert_eq!(open(&tables.surveys(), at(NOW)).await, ["bins"]);
    })
    .await;
}

#[tokio::test]
async fn a_suppression_lasts_three_years_and_no_older_one_takes_its_place() {
    lend(async |tables| {
        let (suppressions, rosa) = (tables.suppressions(), person("rosa"));
        let since = async |instant| suppressions.erased_at(&rosa, at(instant)).await.unwrap();
        assert_eq!(since(NOW).await, None);
        suppressions.add(&rosa, at("2096-11-01T00:00:00Z")).await.unwrap();
        suppressions.add(&rosa, at("2096-11-23T10:00:00.25Z")).await.unwrap();
        suppressions.add(&rosa, at(NOW)).await.unwrap();
        let last = Some(at("2096-11-23T10:00:00.25Z"));
        assert_eq!((since(NOW).await, since("2099-11-23T09:59:59Z").await), (last, last));
        assert_eq!(since("2099-11-23T10:00:00Z").await, None);
        assert_eq!(suppressions.erased_at(&person("abel"), at(NOW)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_sweep_remembers_where_it_got_to() {
    lend(async |tables| {
        let cursor = tables.cursor();
        assert_eq!(cursor.read(at(NOW)).await.unwrap(), None);
        for date in ["2093-11-20", "2093-11-21"] {
            cursor.write(day(date)).await.unwrap();
            assert_eq!(cursor.read(at(NOW)).await.unwrap(), Some(day(date)));
        }
    })
    .await;
}

fn request(id: &str) -> RequestId {
    RequestId::try_from(id.to_owned()).unwrap()
}

fn erasure(order: &str) -> Erasure {
    Erasure {
        order: order.to_owned(),
        ground: Ground::ConsentWithdrawn,
        approved_by: "dpo-7".to_owned(),
        approved_at: at(NOW),
        holders: vec!["subject#1#rosa".to_owned()],
    }
}

fn tasks(records: u64) -> Vec<Task> {
    let held = Counts::from([("records".to_owned(), records)]);
    Place::ALL.map(|place| Task { place, held: held.clone(), receipt: None }).to_vec()
}

fn receipt(instant: &str) -> Receipt {
    Receipt::of(Place::Records, Counts::from([("records".to_owned(), 2)]), at(instant))
}

#[tokio::test]
async fn an_erasure_is_opened_once_with_a_task_for_each_place() {
    lend(async |tables| {
        let (erasures, id) = (tables.erasures(), request("er-1"));
        assert!(erasures.open(&id, &erasure("first"), &tasks(2)).await.unwrap());
        assert!(!erasures.open(&id, &erasure("second"), &tasks(3)).await.unwrap());
        assert_eq!(erasures.find(&id, at(NOW)).await.unwrap(), Some(erasure("first")));
        let mut entered = all(erasures.tasks(&id, at(NOW))).await;
        entered.sort_by_key(|task| Place::ALL.iter().position(|place| *place == task.place));
        assert_eq!(entered, tasks(2));
        assert_eq!(erasures.find(&request("er-2"), at(NOW)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_first_receipt_of_a_place_stands() {
    lend(async |tables| {
        let (erasures, id) = (tables.erasures(), request("er-1"));
        let unknown = said(erasures.file(&id, &receipt(NOW)).await);
        assert_eq!(unknown, "file a receipt: ConditionalCheckFailedException");
        erasures.open(&id, &erasure("first"), &tasks(2)).await.unwrap();
        for instant in [NOW, "2096-11-24T10:00:00Z"] {
            erasures.file(&id, &receipt(instant)).await.unwrap();
        }
        let filed: Vec<_> = all(erasures.tasks(&id, at(NOW))).await.into_iter().filter_map(|it| it.receipt).collect();
        assert_eq!(filed, [receipt(NOW)]);
        assert_eq!(filed[0].outcome, Outcome::Erased);
    })
    .await;
}

#[tokio::test]
async fn a_closed_erasure_has_its_certificate_and_forgets_whose_it_was() {
    lend(async |tables| {
        let (erasures, id) = (tables.erasures(), request("er-1"));
        erasures.open(&id, &erasure("first"), &tasks(2)).await.unwrap();
        let certificate = |instant: &str| Certificate {
            ground: Ground::ConsentWithdrawn,
            approved_by: "dpo-7".to_owned(),
            approved_at: at(NOW),
            completed_at: at(instant),
            backups_clear_on: day("2096-12-28"),
            receipts: vec![receipt(instant)],
        };
        assert_eq!(erasures.certificate(&id, at(NOW)).await.unwrap(), None);
        erasures.close(&id, &certificate(NOW)).await.unwrap();
        let again = said(erasures.close(&id, &certificate("2096-11-24T10:00:00Z")).await);
        assert_eq!(again, "close an erasure: TransactionCanceledException");
        assert_eq!(erasures.certificate(&id, at(NOW)).await.unwrap(), Some(certificate(NOW)));
        let closed = erasures.find(&id, at(NOW)).await.unwrap().unwrap();
        assert_eq!(closed, Erasure { holders: Vec::new(), ..erasure("first") });
        let nobodys = said(erasures.close(&request("er-2"), &certificate(NOW)).await);
        assert_eq!(nobodys, "close an erasure: TransactionCanceledException");
        assert_eq!(erasures.certificate(&request("er-2"), at(NOW)).await.unwrap(), None, "both or neither");
        let (last, over) = (at("2102-11-23T09:59:59Z"), at("2102-11-23T10:00:00Z"));
        assert!(erasures.certificate(&id, last).await.unwrap().is_some(), "evidence for six years");
        assert_eq!(erasures.certificate(&id, over).await.unwrap(), None);
        assert_eq!((erasures.find(&id, over).await.unwrap(), all(erasures.tasks(&id, over)).await), (None, vec![]));
    })
    .await;
}
