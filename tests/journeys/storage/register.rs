//! Surveys, and the sweep's cursor.

use super::tables::{Tables, lend};
use super::{at, day, said};
use crate::house::s;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::survey::Survey;
use custodian_store::surveys::Surveys;
use custodian_store::sweep_cursor::{Reached, Remembered};

const NOW: &str = "2096-11-23T10:00:00Z";

fn document(id: &str) -> String {
    format!(
        r#"{{"id": "{id}", "title": "Bins", "service": "waste", "lawful_basis": "public_task", "notice_version": "1",
            "questions": [{{"id": "q", "label": "Why?", "kind": "text", "required": false, "purpose": "answer"}}]}}"#
    )
}

async fn publish(tables: &Tables, id: &str) {
    let document = document(id);
    tables
        .surveys()
        .put(&Survey::parse(&document).unwrap(), &document, at(NOW))
        .await
        .unwrap();
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
        assert_eq!(
            open(&surveys, now + TimeDelta::seconds(60)).await,
            ["bins", "roads"]
        );
        assert_eq!(
            surveys
                .find("roads", now + TimeDelta::seconds(60))
                .await
                .unwrap()
                .unwrap()
                .service,
            "waste"
        );
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
        assert_eq!(
            said(tables.surveys().all(now).await),
            "read surveys: ResourceNotFoundException"
        );
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
        put("misnamed")
            .item("document", s(&document("roads")))
            .send()
            .await
            .unwrap();
        assert_eq!(open(&tables.surveys(), at(NOW)).await, ["bins"]);
    })
    .await;
}

#[tokio::test]
async fn the_sweep_remembers_where_it_got_to() {
    lend(async |tables| {
        let cursor = tables.cursor();
        assert_eq!(cursor.read(at(NOW)).await.unwrap(), Remembered::default());
        let tasks = Reached {
            behind: "TASK#DPO-1#records".to_owned(),
            counted: vec![3, 0, 1],
        };
        for (date, tasks) in [("2093-11-20", Some(tasks)), ("2093-11-21", None)] {
            let remembered = Remembered {
                day: Some(day(date)),
                standings: None,
                tasks,
                audit: None,
                dated_on: Some(day("2093-11-20")),
                dated_behind: Some("2093-12-20#C-1-access".to_owned()),
            };
            cursor.write(&remembered).await.unwrap();
            assert_eq!(cursor.read(at(NOW)).await.unwrap(), remembered);
        }
    })
    .await;
}
