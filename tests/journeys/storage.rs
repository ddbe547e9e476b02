//! Storage by itself, on the template's tables: in the embedded `DynamoDB`, or in any other.
//!
//! The environment variable `CUSTODIAN_DYNAMODB_ENDPOINT` names the other one. Region and
//! credentials are then the SDK's own. `make test-dynamodb-local` does that with Amazon's
//! `DynamoDB` Local.

mod chain;
mod forgetting;
mod packages;
mod people;
mod records;
mod register;
mod requests;
mod scrubbing;
mod standings;
pub mod tables;

use chrono::NaiveDate;
use custodian_aws::StorageError;
use custodian_domain::identity::contact::Contact;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::Entry;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::source_details::SourceDetails;
use custodian_domain::record::{Fingerprint, Holder, Record, RecordBody, RecordId};
use custodian_domain::retention::ExpiresAt;
use custodian_domain::survey::answers::Answer;
use custodian_store::Pages;
use custodian_store::records::{DeletionCandidate, Records};
use std::collections::BTreeMap;
use tables::Tables;

/// When the records here are sent: so far in the future that the real TTL of another database
/// removes nothing.
const TOLD: &str = "2096-11-23T10:00:00Z";
const DAY: &str = "2096-11-23";
const LAST_SECOND: &str = "2099-11-23T09:59:59Z";
const END: &str = "2099-11-23T10:00:00Z";
const END_DAY: &str = "2099-11-23";

use crate::house::at;

fn day(date: &str) -> NaiveDate {
    date.parse().unwrap()
}

fn ends(instant: &str) -> ExpiresAt {
    ExpiresAt::at(at(instant))
}

fn subject(name: &str) -> SubjectKey {
    SubjectKey::try_from(format!("subject#1#{name}")).unwrap()
}

fn person(name: &str) -> Holder {
    Holder::Subject(subject(name))
}

/// What somebody sent under a key, once.
fn record(holder: &Holder, key: &str, comment: &str) -> Record {
    told_at(TOLD, holder, key, comment)
}

fn told_at(instant: &str, holder: &Holder, key: &str, comment: &str) -> Record {
    let id = RecordId::of_submission("bins", key);
    let details = RecordBody {
        reference: Reference::of(&id),
        survey: Some("bins".to_owned()),
        service: Some("waste".to_owned()),
        contact: Contact {
            email: Some("rosa@example.org".to_owned()),
            ..Contact::default()
        },
        answers: BTreeMap::from([("comment".to_owned(), Answer::Text(comment.to_owned()))]),
        notice_version: Some("2096-01".to_owned()),
        fingerprint: Some(Fingerprint::of(&comment)),
        source_id: None,
        revision: None,
        ..RecordBody::from_source(
            key,
            at(instant),
            Revision::updated(at(instant)),
            SourceDetails::default(),
        )
    };
    Record {
        holder: holder.clone(),
        id,
        details,
    }
}

/// Keeps `count` short records of one person, which end at [`END`].
async fn keep_many(records: &Records, holder: &Holder, count: usize) {
    for number in 0..count {
        records
            .keep(&record(holder, &number.to_string(), "Quick."), at(TOLD))
            .await
            .unwrap();
    }
}

/// All pages, each as it came.
async fn pages<T>(mut pages: Pages<T>) -> Vec<Vec<T>> {
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.push(page);
    }
    all
}

async fn all<T>(listed: Pages<T>) -> Vec<T> {
    pages(listed).await.into_iter().flatten().collect()
}

async fn lying(tables: &Tables, holder: &Holder) -> Vec<DeletionCandidate> {
    all(tables.records().candidates_under(holder)).await
}

async fn told(tables: &Tables, date: &str) -> Vec<Entry> {
    let (mut pages, mut entries) = (tables.ledger().entries(day(date)), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        entries.extend(page);
    }
    entries
}

/// Asserts that the outcome is an error, which says what was tried and what AWS called it.
fn said<T>(outcome: Result<T, StorageError>) -> String {
    outcome.err().expect("it fails").to_string()
}
