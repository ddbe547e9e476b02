//! Streams: changes in a table go to a function as Lambda's event source mapping sends them.
//!
//! Two things are not imitated: the wait between retries, and the 24 hours after which a record is
//! lost. A record's age is checked when it has failed.

mod giving_up;

use crate::dynamodb::Dynamo;
use crate::functions::{Functions, Running};
use crate::host::Endpoints;
use crate::request_id::request_id;
use crate::state::State;
use crate::template::{ACCOUNT, REGION, StreamEvent};
use chrono::{DateTime, Utc};
use custodian_clock::Clock;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How many records are read at once.
const PAGE: usize = 1000;

/// One mapping from a table's stream to a function.
pub(crate) struct Mapping {
    /// The logical ids of the function and of the event.
    pub(crate) id: String,
    pub(crate) event: StreamEvent,
    pub(crate) function: Running,
    pub(crate) dynamo: Dynamo,
    pub(crate) state: Arc<State>,
    /// Writes what was given up into a bucket.
    pub(crate) endpoints: Endpoints,
    pub(crate) clock: Clock,
    /// One reader at a time.
    pub(crate) turn: Mutex<()>,
}

/// A stream's ARN in the embedded database and on AWS, and its shard.
struct Source {
    own_arn: String,
    arn: String,
    shard: String,
}

/// How a batch ended.
enum Outcome {
    Done,
    /// From the record at this position on it has to be tried again.
    Failed {
        from: usize,
        id: String,
    },
}

impl Mapping {
    /// Begins where the template says, unless it has begun before.
    pub(crate) fn begin(&self) -> Result<(), String> {
        let began = self
            .state
            .read(|saved| saved.positions.contains_key(&self.id));
        if began || self.event.from_start {
            return Ok(());
        }
        let source = self.source()?;
        let stream = DescribeStreamRequest {
            stream_arn: source.own_arn,
            ..Default::default()
        };
        let stream = self
            .dynamo
            .database
            .describe_stream(stream)
            .map_err(|error| error.to_string())?;
        let shard = stream.stream_description.shards.into_iter().next();
        if let Some(last) =
            shard.and_then(|shard| shard.sequence_number_range.ending_sequence_number)
        {
            self.state
                .update(|saved| drop(saved.positions.insert(self.id.clone(), last)));
        }
        Ok(())
    }

    /// Delivers everything that waits in the stream. Returns whether there was anything.
    pub(crate) async fn drain(&self) -> Result<bool, String> {
        let _turn = self.turn.lock().await;
        let source = self.source()?;
        let mut moved = false;
        loop {
            let records = self.records(&source)?;
            let Some(last) = records.last().map(sequence) else {
                return Ok(moved);
            };
            let wanted = |record: &Value| {
                let filters = &self.event.filters;
                !changes_nothing(record)
                    && (filters.is_empty() || filters.iter().any(|filter| filter.passes(record)))
            };
            let wanted: Vec<_> = records.into_iter().filter(wanted).collect();
            for batch in wanted.chunks(self.event.batch_size) {
                if !self.deliver(&source, batch).await {
                    return Ok(moved);
                }
                moved = true;
            }
            self.reach(last);
        }
    }

    /// Sends a batch until it is done or given up; `false` if it has to wait for another time.
    async fn deliver(&self, source: &Source, batch: &[Value]) -> bool {
        let mut waiting = VecDeque::from([(batch, 0_u32)]);
        while let Some((records, retried)) = waiting.pop_front() {
            let (from, id) = match self.send(records).await {
                Outcome::Done => {
                    records
                        .last()
                        .map(sequence)
                        .into_iter()
                        .for_each(|last| self.reach(last));
                    continue;
                }
                Outcome::Failed { from, id } => (from, id),
            };
            let (done, rest) = records.split_at(from);
            done.last()
                .map(sequence)
                .into_iter()
                .for_each(|last| self.reach(last));
            if self.event.bisect && from > 0 {
                waiting.push_front((rest, retried));
            } else if self.event.bisect && rest.len() > 1 {
                let (first, second) = rest.split_at(rest.len() / 2);
                waiting.push_front((second, retried));
                waiting.push_front((first, retried));
            } else if self.event.retries.is_some_and(|retries| retried < retries)
                && !self.is_too_old(rest)
            {
                waiting.push_front((rest, retried + 1));
            } else if self.event.retries.is_none() && !self.is_too_old(rest) {
                return false;
            } else {
                let condition = if self.is_too_old(rest) {
                    "RecordAgeExceeded"
                } else {
                    "RetryAttemptsExhausted"
                };
                if !self
                    .give_up(source, rest, retried + 1, (id.as_str(), condition))
                    .await
                {
                    return false;
                }
                rest.last()
                    .map(sequence)
                    .into_iter()
                    .for_each(|last| self.reach(last));
            }
        }
        true
    }

    async fn send(&self, records: &[Value]) -> Outcome {
        let id = request_id();
        let Ok(answer) = self
            .function
            .invoke(json!({"Records": records}).into(), &id)
            .await
        else {
            return Outcome::Failed { from: 0, id };
        };
        let failures = answer.get("batchItemFailures").and_then(Value::as_array);
        let Some(failures) =
            failures.filter(|failures| self.event.report_failures && !failures.is_empty())
        else {
            return Outcome::Done;
        };
        // An item that is not of this batch counts as the failure of all of it.
        let place = |failure: &Value| {
            let item = failure
                .get("itemIdentifier")
                .and_then(Value::as_str)
                .unwrap_or_default();
            records
                .iter()
                .position(|record| sequence(record) == item)
                .unwrap_or(0)
        };
        Outcome::Failed {
            from: failures.iter().map(place).min().unwrap_or(0),
            id,
        }
    }

    /// Whether the first of these has waited longer than any may.
    fn is_too_old(&self, records: &[Value]) -> bool {
        let age = records
            .first()
            .and_then(arrived)
            .map(|arrived| self.clock.now() - arrived);
        self.event
            .longest
            .zip(age)
            .is_some_and(|(longest, age)| age > longest)
    }

    fn reach(&self, position: String) {
        self.state
            .update(|saved| drop(saved.positions.insert(self.id.clone(), position)));
    }

    fn source(&self) -> Result<Source, String> {
        let database = &self.dynamo.database;
        let request = ListStreamsRequest {
            table_name: Some(self.event.table.clone()),
            ..Default::default()
        };
        let streams = database
            .list_streams(request)
            .map_err(|error| error.to_string())?
            .streams;
        let stream = streams
            .into_iter()
            .next()
            .ok_or_else(|| format!("the table {} has no stream", self.event.table))?;
        let shard = dynoxide::streams::shard_id(&stream.table_name);
        let (table, label) = (stream.table_name, stream.stream_label);
        let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/{label}");
        Ok(Source {
            own_arn: stream.stream_arn,
            arn,
            shard,
        })
    }

    /// The next records of the stream, as Lambda shapes them.
    fn records(&self, source: &Source) -> Result<Vec<Value>, String> {
        let database = &self.dynamo.database;
        let position = self
            .state
            .read(|saved| saved.positions.get(&self.id).cloned());
        let kind = if position.is_some() {
            "AFTER_SEQUENCE_NUMBER"
        } else {
            "TRIM_HORIZON"
        };
        let request = GetShardIteratorRequest {
            stream_arn: source.own_arn.clone(),
            shard_id: source.shard.clone(),
            shard_iterator_type: kind.to_owned(),
            sequence_number: position,
        };
        let iterator = database
            .get_shard_iterator(request)
            .map_err(|error| error.to_string())?
            .shard_iterator;
        let request = GetRecordsRequest {
            shard_iterator: iterator.ok_or("the stream has no iterator")?,
            limit: Some(PAGE),
        };
        let records = database
            .get_records(request)
            .map_err(|error| error.to_string())?
            .records;
        let shaped = |record| {
            let mut record = serde_json::to_value(record).map_err(|error| error.to_string())?;
            record["awsRegion"] = REGION.into();
            record["eventSourceARN"] = source.arn.as_str().into();
            if record.get("userIdentity").is_some() {
                record["userIdentity"] =
                    json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
            } else if self.dynamo.is_kept() {
                // A database in a file stamps its own writes with the machine's clock.
                record["dynamodb"]["ApproximateCreationDateTime"] =
                    self.clock.now().timestamp().into();
            }
            Ok(record)
        };
        records.into_iter().map(shaped).collect()
    }
}

/// When a record came into the stream.
fn arrived(record: &Value) -> Option<DateTime<Utc>> {
    let seconds = record
        .pointer("/dynamodb/ApproximateCreationDateTime")
        .and_then(Value::as_f64)?;
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds")]
    DateTime::from_timestamp(seconds as i64, 0)
}

fn sequence(record: &Value) -> String {
    record
        .pointer("/dynamodb/SequenceNumber")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// A put that changes nothing: DynamoDB writes no record of it, the embedded one does.
fn changes_nothing(record: &Value) -> bool {
    let image = |name| record.pointer(name);
    let (old, new) = (image("/dynamodb/OldImage"), image("/dynamodb/NewImage"));
    record.get("eventName").and_then(Value::as_str) == Some("MODIFY") && old.is_some() && old == new
}

/// Delivers until nothing moves any more.
pub(crate) async fn settle(mappings: &[Mapping], functions: &Functions) -> Result<(), String> {
    loop {
        functions.settle().await;
        if !deliver(mappings).await? {
            return Ok(());
        }
    }
}

/// Delivers what waits in the streams. Returns whether there was anything.
pub(crate) async fn deliver(mappings: &[Mapping]) -> Result<bool, String> {
    let mut moved = false;
    for mapping in mappings {
        moved |= mapping.drain().await?;
    }
    Ok(moved)
}
