//! Turns a record that TTL removed into a ledger entry.
//!
//! It gets the stream of Records, filtered to TTL's own removals: the sweep and erasures write to
//! the ledger themselves. This function sees old images and appends to the ledger. It can do
//! nothing else, except put aside what nobody can read.

use aws_lambda_events::event::dynamodb::EventRecord;
use custodian_aws::StorageError;
use custodian_domain::ledger::{Cause, Entry};
use custodian_runtime::{Clock, Environment, Function, Patience, StartError, failure, settings};
use custodian_store::Item;
use custodian_store::ledger::Ledger;
use custodian_store::records::{NEEDED, deletion_candidate};
use custodian_store::unreadable::UnreadableRemovals;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};

/// Appends TTL's removals to the ledger.
#[derive(Debug)]
pub struct Expire {
    /// The clock.
    pub clock: Clock,
    /// The ledger that it appends to.
    pub ledger: Ledger,
    /// The removals that nobody can read.
    pub unreadable: UnreadableRemovals,
}

/// Records of the stream, sorted.
#[derive(Debug, Default)]
struct Sorted {
    /// The new ledger entries, with the number of each record.
    entries: Vec<Entry>,
    numbers: Vec<Option<String>>,
    /// Records that nobody can read; trying again cannot help.
    unreadable: Vec<Value>,
}

/// The result of recording removals again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordedRemovals {
    /// How many entries are new.
    pub new: u64,
    /// How many were recorded before.
    pub again: u64,
    /// How many records nobody can read.
    pub unreadable: u64,
}

/// The meaning of one record of the stream.
#[derive(Debug)]
enum Streamed {
    /// A removal by TTL, which the ledger has to record.
    Removal(Box<Entry>),
    /// Not a removal by TTL.
    Other,
    /// It cannot be read; trying again cannot help.
    Poison,
}

impl Function for Expire {
    const NAME: &'static str = "expire";
    const PATIENCE: Patience = Patience::SHORT;
    type Event = Value;
    type Answer = Value;

    /// Makes the clients once.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let client = custodian_store::client(&environment.dynamodb());
        let register = environment.owned(settings::REGISTER_TABLE)?;
        Ok(Self {
            clock: environment.clock(),
            ledger: Ledger::new(client.clone(), environment.owned(settings::LEDGER_TABLE)?),
            unreadable: UnreadableRemovals::new(client, register),
        })
    }

    /// Records a batch in the ledger, and answers with what could not be recorded: Lambda starts
    /// again at the first of these
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>).
    /// What nobody can read is put aside, and not in the answer: Lambda would repeat it without
    /// end, and nothing after it would be recorded.
    ///
    /// # Errors
    /// A constant if a record that could not be put aside cannot even be named; Lambda then halves
    /// the batch.
    async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let mut payload = event.payload;
        let Some(Value::Array(records)) = payload.get_mut("Records").map(Value::take) else {
            return Err(failure::not_an_event("an event of a stream"));
        };
        let (now, mut failed) = (self.clock.now(), Vec::new());
        let Sorted {
            entries,
            mut numbers,
            unreadable,
        } = Sorted::of(records);
        for record in unreadable {
            let number = number(&record);
            match self.unreadable.keep(record, now).await {
                Ok(()) => tracing::error!(outcome = "poison", count = 1, "stream"),
                Err(error) => {
                    tracing::warn!(error = %error, "unreadable");
                    tracing::error!(outcome = "again", count = 1, "stream");
                    failed.push(number);
                }
            }
        }
        let count = Box::pin(self.ledger.append(entries, now))
            .await
            .unwrap_or_else(|error| {
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

impl Expire {
    /// Records removals in the ledger that were put aside. What was recorded before stays as it is.
    ///
    /// # Errors
    /// [`StorageError`] unless everything readable is certain to be recorded.
    pub async fn record_removals(
        &self,
        records: Vec<Value>,
    ) -> Result<RecordedRemovals, StorageError> {
        let Sorted {
            entries,
            unreadable,
            ..
        } = Sorted::of(records);
        let readable = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let new = self.ledger.append(entries, self.clock.now()).await?;
        let unreadable = u64::try_from(unreadable.len()).unwrap_or(u64::MAX);
        Ok(RecordedRemovals {
            new,
            again: readable.saturating_sub(new),
            unreadable,
        })
    }
}

impl Sorted {
    fn of(records: Vec<Value>) -> Self {
        let mut sorted = Self::default();
        for record in records {
            match streamed(record.clone()) {
                Streamed::Removal(entry) => {
                    sorted.entries.push(*entry);
                    sorted.numbers.push(number(&record));
                }
                Streamed::Other => {}
                Streamed::Poison => sorted.unreadable.push(record),
            }
        }
        sorted
    }
}

fn number(record: &Value) -> Option<String> {
    record
        .pointer("/dynamodb/SequenceNumber")
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn streamed(record: Value) -> Streamed {
    // Serde's message would show the image, so it is dropped.
    let Ok(record) = serde_json::from_value::<EventRecord>(record) else {
        return Streamed::Poison;
    };
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
        && identity.is_some_and(|who| {
            who.type_ == "Service" && who.principal_id == "dynamodb.amazonaws.com"
        })
}

fn entry(record: EventRecord) -> Option<Entry> {
    let removed = record.change.approximate_creation_date_time;
    // Whatever else is wrong with the image, its entry can be made.
    let mut image: Item = record.change.old_image.into();
    image.retain(|name, _| NEEDED.contains(&name.as_str()));
    let gone = deletion_candidate(&image)?;
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
        let deleted =
            removal(|record| drop(record.as_object_mut().unwrap().remove("userIdentity")));
        assert!(!is_from_ttl(&serde_json::from_value(deleted).unwrap()));
    }

    #[test]
    fn an_image_that_cannot_be_read_is_poison() {
        for path in [
            "/dynamodb/OldImage/expires_at",
            "/dynamodb/OldImage/sk",
            "/dynamodb/OldImage/source",
        ] {
            let broken = removal(|record| *record.pointer_mut(path).unwrap() = json!({"S": "?"}));
            let record = serde_json::from_value(broken).unwrap();
            assert!(
                entry(record).is_none_or(|entry| entry.source.is_none()),
                "{path}"
            );
        }
    }
}
