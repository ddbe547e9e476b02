//! What becomes of records that a function cannot take: the report of their batch.

use super::{Mapping, Source, arrived, sequence};
use crate::template::Destination;
use chrono::SecondsFormat;
use serde_json::{Value, json};

impl Mapping {
    /// The bucket that stores what is given up, if there is one, by this mapping's id.
    pub(crate) fn failures_bucket(&self) -> Option<(&str, &str)> {
        match self.event.failures.as_ref()? {
            Destination::Bucket(bucket) => Some((&self.id, bucket)),
            Destination::Queue(_) => None,
        }
    }

    /// Reports a batch that is given up. A queue gets its place in the stream, and nothing of its
    /// contents; a bucket gets those as well. `false` if that failed.
    pub(super) async fn give_up(
        &self,
        source: &Source,
        records: &[Value],
        attempts: u32,
        (id, condition): (&str, &str),
    ) -> bool {
        let Some(destination) = &self.event.failures else {
            tracing::error!(
                function = self.function.name,
                count = records.len(),
                "records of a stream were given up after every retry"
            );
            return true;
        };
        let arrival = |record: Option<&Value>| {
            record
                .and_then(arrived)
                .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
        };
        let mut message = json!({
            "version": "1.0",
            "timestamp": self.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true),
            "requestContext": {
                "requestId": id,
                "functionArn": self.function.template.arn,
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "DDBStreamBatchInfo": {
                "shardId": source.shard,
                "startSequenceNumber": records.first().map(sequence),
                "endSequenceNumber": records.last().map(sequence),
                "approximateArrivalOfFirstRecord": arrival(records.first()),
                "approximateArrivalOfLastRecord": arrival(records.last()),
                "batchSize": records.len(),
                "streamArn": source.arn,
            },
        });
        match destination {
            Destination::Queue(queue) => {
                self.state.send(queue, message, self.clock.now());
                true
            }
            Destination::Bucket(bucket) => {
                message["payload"] = json!({"Records": records}).to_string().into();
                let (mapping, day) = (
                    &self.id,
                    self.clock.now().format("%Y/%m/%d/%Y-%m-%dT%H.%M.%S"),
                );
                let key = format!("aws/lambda/{mapping}/{}/{day}-{id}", source.shard);
                let put = self
                    .endpoints
                    .s3_client()
                    .put_object()
                    .bucket(bucket)
                    .key(key);
                let put = put
                    .body(message.to_string().into_bytes().into())
                    .send()
                    .await;
                if put.is_err() {
                    tracing::error!(
                        function = self.function.name,
                        "records of a stream that were given up cannot be stored"
                    );
                }
                put.is_ok()
            }
        }
    }
}
