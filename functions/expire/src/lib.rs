//! A record that TTL removed becomes a ledger entry.
//!
//! Fed by the stream of Records, filtered to what TTL itself removed: the sweep and erasures tell the ledger themselves.
//! This function sees old images, appends to the ledger, and can do nothing else.

use aws_lambda_events::event::dynamodb::EventRecord;
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use shared::domain::ledger::{Cause, Entry};
use shared::edge::{Host, StartError, failure};
use shared::storage::Item;
use shared::storage::ledger::Ledger;
use shared::storage::records::doomed;

/// How many entries are appended at a time.
const AT_ONCE: usize = 16;

/// Appends what TTL removed to the ledger.
#[derive(Debug)]
pub struct Expire {
    ledger: Ledger,
}

/// Why a batch did not go through from here on.
#[derive(Debug, PartialEq, Eq)]
struct Stopped {
    /// Where Lambda starts again; without one the whole batch is tried again.
    sequence_number: Option<String>,
    /// Whether trying again cannot help.
    poison: bool,
}

impl Expire {
    /// Makes the client once.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        Ok(Self { ledger: Ledger::new(host.dynamodb(), host.setting("LEDGER_TABLE")?.to_owned()) })
    }

    /// Tells the ledger of a batch, and answers with what could not be told: Lambda starts again at the first of it
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>).
    ///
    /// # Errors
    /// A constant if a record is so broken that it cannot even be named; Lambda then halves the batch.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let mut payload = event.payload;
        let Some(Value::Array(records)) = payload.get_mut("Records").map(Value::take) else {
            return Err(failure::not_an_event("an event of a stream"));
        };
        let told = stream::iter(records).map(|record| self.tell(record)).buffered(AT_ONCE);
        let (mut count, mut told) = (0_u64, std::pin::pin!(told));
        let mut failures = Vec::new();
        while let Some(outcome) = told.next().await {
            match outcome {
                Ok(told) => count += u64::from(told),
                // The rest is told all the same: it is told once, however often Lambda brings it again.
                Err(Stopped { sequence_number, poison }) => {
                    tracing::error!(outcome = if poison { "poison" } else { "again" }, "stream");
                    let number = sequence_number.ok_or_else(|| failure::not_an_event("a numbered record"))?;
                    failures.push(json!({"itemIdentifier": number}));
                }
            }
        }
        tracing::info!(outcome = "expired", count, "stream");
        Ok(json!({"batchItemFailures": failures}))
    }

    /// Tells the ledger of one removal, if it is one of TTL's.
    async fn tell(&self, record: Value) -> Result<bool, Stopped> {
        let number = record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned);
        let stopped = |poison| Stopped { sequence_number: number.clone(), poison };
        // Serde's message would show the image, so it is dropped.
        let record: EventRecord = serde_json::from_value(record).map_err(|_| stopped(true))?;
        if !is_from_ttl(&record) {
            return Ok(false);
        }
        let entry = entry(record).ok_or_else(|| stopped(true))?;
        self.ledger.append(&entry).await.map_err(|error| {
            tracing::warn!(error = %error, "ledger");
            stopped(false)
        })?;
        Ok(true)
    }
}

/// TTL signs its removals as DynamoDB itself
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html>).
fn is_from_ttl(record: &EventRecord) -> bool {
    let identity = record.user_identity.as_ref();
    record.event_name == "REMOVE"
        && identity.is_some_and(|who| who.type_ == "Service" && who.principal_id == "dynamodb.amazonaws.com")
}

fn entry(record: EventRecord) -> Option<Entry> {
    let removed = record.change.approximate_creation_date_time;
    let image: Item = record.change.old_image.into();
    let gone = doomed(&image)?;
    gone.due?;
    Some(gone.entry(Cause::Retention, removed))
}

#[cfg(test)]
mod tests {
    use super::{entry, is_from_ttl};
    use serde_json::{Value, json};

    fn removal(mut change: impl FnMut(&mut Value)) -> Value {
        let mut record = json!({
            "eventID": "1", "eventName": "REMOVE", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-2",
            "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
            "dynamodb": {
                "ApproximateCreationDateTime": 1_785_583_800, "SequenceNumber": "7", "SizeBytes": 100, "StreamViewType": "OLD_IMAGE",
                "Keys": {"pk": {"S": "subject#1#x"}, "sk": {"S": "record#web_form#y"}},
                "OldImage": {
                    "pk": {"S": "subject#1#x"}, "sk": {"S": "record#web_form#y"}, "day": {"S": "2023-08-01#2"},
                    "source": {"S": "web_form"}, "expires_at": {"N": "1785576600"},
                },
            },
            "eventSourceARN": "arn:aws:dynamodb:eu-west-2:1:table/records/stream/1",
        });
        change(&mut record);
        record
    }

    #[test]
    fn an_entry_says_what_was_due_when_and_how_late_it_went() {
        let entry = entry(serde_json::from_value(removal(|_| {})).unwrap()).unwrap();
        let told = serde_json::to_value(&entry).unwrap();
        let expected = json!({
            "cause": "retention", "kind": "record", "source": "web_form", "collected_month": "2023-08",
            "due": 1_785_576_600, "removed": "2026-08-01T11:30:00Z", "lateness_seconds": 7200,
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn what_somebody_deleted_is_not_ttls() {
        let deleted = removal(|record| drop(record.as_object_mut().unwrap().remove("userIdentity")));
        assert!(!is_from_ttl(&serde_json::from_value(deleted).unwrap()));
    }

    #[test]
    fn an_image_that_cannot_be_read_is_poison() {
        for path in ["/dynamodb/OldImage/expires_at", "/dynamodb/OldImage/sk", "/dynamodb/OldImage/source"] {
            let broken = removal(|record| *record.pointer_mut(path).unwrap() = json!({"S": "?"}));
            let record = serde_json::from_value(broken).unwrap();
            assert!(entry(record).is_none_or(|entry| entry.source.is_none()), "{path}");
        }
    }
}
