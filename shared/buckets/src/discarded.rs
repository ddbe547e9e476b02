//! Removals that `expire` could not record in the ledger, for a program that records them later:
//! batches of the stream that Lambda gave up when they were too old. Earlier versions of `expire`
//! put removals here that nobody can read.
//!
//! The form is Lambda's own
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>, "Destinations for
//! on-failure"): a JSON document with the whole event as text in `payload`.

use crate::paging::next_page;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_smithy_runtime_api::http::Response;
use custodian_aws::{StorageError, failed};
use serde::Deserialize;
use serde_json::Value;

/// The bucket.
#[derive(Clone, Debug)]
pub struct Discarded {
    client: Client,
    bucket: String,
}

/// A page of the objects, and where the next one begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscardedPage {
    /// The objects' keys, which say nothing of anybody.
    pub keys: Vec<String>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    payload: Payload,
}

/// The event, as text or as JSON.
#[derive(Deserialize)]
#[serde(untagged)]
enum Payload {
    Text(String),
    Event(Event),
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Value>,
}

impl Discarded {
    /// The bucket named `name`.
    #[must_use]
    pub const fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// The objects in the bucket, a page at a time.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer, or does not say where the list goes on.
    pub async fn list(&self, from: Option<String>) -> Result<DiscardedPage, StorageError> {
        const OPERATION: &str = "list discarded removals";
        let list = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .set_continuation_token(from);
        let page = list.send().await.map_err(failed(OPERATION))?;
        let next = next_page(OPERATION, page.is_truncated, page.next_continuation_token)?;
        let keys = page
            .contents
            .into_iter()
            .flatten()
            .filter_map(|object| object.key)
            .collect();
        Ok(DiscardedPage { keys, next })
    }

    /// The records of the stream in an object; `None` if it is gone, or is not such a document.
    ///
    /// # Errors
    /// [`StorageError`] if S3 does not answer.
    pub async fn read(&self, key: &str) -> Result<Option<Vec<Value>>, StorageError> {
        const OPERATION: &str = "read discarded removals";
        let object = match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(object) => object,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(failed(OPERATION)(error)),
        };
        let body = object
            .body
            .collect()
            .await
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        Ok(records(&body.into_bytes()))
    }

    /// Deletes an object whose removals are in the ledger.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key);
        delete
            .send()
            .await
            .map(drop)
            .map_err(failed("delete discarded removals"))
    }
}

fn records(document: &[u8]) -> Option<Vec<Value>> {
    match serde_json::from_slice::<Written>(document).ok()?.payload {
        Payload::Event(event) => Some(event.records),
        Payload::Text(text) => serde_json::from_str::<Event>(&text)
            .ok()
            .map(|event| event.records),
    }
}

fn is_gone<E>(error: &SdkError<E, Response>) -> bool {
    error
        .raw_response()
        .is_some_and(|response| response.status().as_u16() == 404)
}

#[cfg(test)]
mod tests {
    use super::records;
    use serde_json::json;

    #[test]
    fn what_lambda_keeps_is_read_with_its_event_as_text() {
        let event = json!({"Records": [{"eventID": "1"}, {"eventID": "2"}]});
        let lambda = json!({"version": "1.0", "DDBStreamBatchInfo": {"batchSize": 2}, "payload": event.to_string()});
        assert_eq!(records(lambda.to_string().as_bytes()).unwrap().len(), 2);
        assert_eq!(
            records(json!({"payload": event}).to_string().as_bytes())
                .unwrap()
                .len(),
            2
        );
        for other in [
            json!({}),
            json!({"payload": "x"}),
            json!({"payload": {"records": []}}),
            json!("payload"),
        ] {
            assert_eq!(records(other.to_string().as_bytes()), None, "{other}");
        }
    }
}
