//! A record that TTL removed becomes a ledger entry.
//!
//! Fed by the stream of Records, filtered to what TTL itself removed: the sweep and erasures tell the ledger themselves.
//! This function sees old images, appends to the ledger, and can do nothing else.

use aws_lambda_events::event::dynamodb::EventRecord;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use shared::domain::ledger::{Cause, Entry};
use shared::edge::{Clock, Host, StartError, failure};
use shared::storage::Item;
use shared::storage::ledger::Ledger;
use shared::storage::records::doomed;

/// Appends what TTL removed to the ledger.
#[derive(Debug)]
pub struct Expire {
    clock: Clock,
    ledger: Ledger,
}

/// What one record of the stream is.
#[derive(Debug)]
enum Streamed {
    /// A removal of TTL's, which the ledger is to be told of.
    Removal(Box<Entry>),
    /// Nothing of TTL's.
    Other,
    /// Nothing that can be read; trying again cannot help.
    Poison,
}

impl Expire {
    /// Makes the client once.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let ledger = Ledger::new(host.dynamodb(), host.setting("LEDGER_TABLE")?.to_owned());
        Ok(Self { clock: host.clock(), ledger })
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
        let (mut entries, mut numbers, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            let number = record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).map(str::to_owned);
            match streamed(record) {
                Streamed::Removal(entry) => {
                    entries.push(*entry);
                    numbers.push(number);
                }
                Streamed::Other => {}
                // The rest is told all the same: it is told once, however often Lambda brings it again.
                Streamed::Poison => {
                    tracing::error!(outcome = "poison", count = 1, "stream");
                    failed.push(number);
                }
            }
        }
        let count = self.ledger.append(entries, self.clock.now()).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "ledger");
            tracing::error!(outcome = "again", count = numbers.len(), "stream");
            failed.append(&mut numbers);
            0
        });
        tracing::info!(outcome = "expired", count, "stream");
        let failed = failed.into_iter().map(|number| {
            let number = number.ok_or_else(|| failure::not_an_event("a numbered record"))?;
            Ok(json!({"itemIdentifier": number}))
        });
        Ok(json!({"batchItemFailures": failed.collect::<Result<Vec<_>, Diagnostic>>()?}))
    }
}

fn streamed(record: Value) -> Streamed {
    // Serde's message would show the image, so it is dropped.
    let Ok(record) = serde_json::from_value::<EventRecord>(record) else { return Streamed::Poison };
    if !is_from_ttl(&record) {
        return Streamed::Other;
    }
    entry(record).map_or(Streamed::Poison, |entry| Streamed::Removal(Box::new(entry)))
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
            "id": "5297d406c0f9543302ba7aba5ea17ebe", "cause": "retention", "kind": "record", "source": "web_form", "collected_month": "2023-08",
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
