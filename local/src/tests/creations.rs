//! Objects that start functions.

use super::{Fake, House, house};
use crate::{Event, Handler, Options};
use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_runtime::failure::failure;
use custodian_runtime::{Clock, Environment};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

const BUCKET: &str = "custodian-intake-000000000000";

/// Stores its events; puts what starts it again, fails or never ends as the key says.
struct Reader {
    host: Environment,
    seen: Fake,
}

#[async_trait]
impl Handler for Reader {
    async fn answer(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
        let left = event
            .context
            .deadline()
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut record = event.payload.read::<Value>().unwrap()["Records"][0].clone();
        record["left"] = (i64::try_from(left).unwrap() - Clock::system().now().timestamp()).into();
        self.seen.0.lock().unwrap().push(record.clone());
        let key = record["s3"]["object"]["key"].as_str().unwrap();
        if let Some(count) = key
            .strip_prefix("onward/")
            .and_then(|count| count.parse::<u32>().ok())
            && count > 0
        {
            put(&self.host, &format!("onward/{}", count - 1)).await;
        }
        if key.contains("fail") {
            return Err(failure("Failed", "it failed"));
        }
        if key.contains("endless") {
            std::future::pending::<()>().await;
        }
        Ok(Value::Null)
    }
}

async fn put(host: &Environment, key: &str) {
    let put = custodian_buckets::client(&host.s3())
        .put_object()
        .bucket(BUCKET)
        .key(key)
        .body(ByteStream::from_static(b"a,b"));
    put.send().await.unwrap();
}

async fn reading(seen: &Fake, change: impl FnOnce(&mut Options)) -> (House, Environment) {
    let seen = seen.clone();
    let house = house(|options| {
        options.functions = std::mem::take(&mut options.functions).with("import", move |host| {
            let reader: Arc<dyn Handler> = Arc::new(Reader {
                host,
                seen: seen.clone(),
            });
            async move { Ok(reader) }
        });
        options.schedules = false;
        change(options);
    });
    let house = house.await;
    let host = house.stack.host("import").unwrap();
    (house, host)
}

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn keys(seen: &Fake) -> Vec<String> {
    let mut keys: Vec<_> = seen
        .take()
        .iter()
        .map(|record| record["s3"]["object"]["key"].as_str().unwrap().to_owned())
        .collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn an_object_starts_its_function_with_the_event_that_s3_sends() {
    let seen = Fake::default();
    let (house, host) = reading(&seen, |options| options.clock = Clock::stopped_at(noon())).await;
    put(&host, "telephone/a b/é~(1).csv").await;
    house.stack.settle().await.unwrap();
    let mut record = seen.take().remove(0);
    for (place, length) in [("x-amz-request-id", 16), ("x-amz-id-2", 32)] {
        let id = record["responseElements"]
            .as_object_mut()
            .unwrap()
            .remove(place)
            .unwrap();
        assert_eq!(id.as_str().unwrap().len(), length, "{id}");
    }
    let left = record
        .as_object_mut()
        .unwrap()
        .remove("left")
        .unwrap()
        .as_i64()
        .unwrap();
    assert!((895..=900).contains(&left), "{left} seconds");
    let expected = json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-2",
        "eventTime": "2026-11-23T12:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:LOCAL"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "ReaderInbox",
            "bucket": {"name": BUCKET, "ownerIdentity": {"principalId": "LOCAL"}, "arn": format!("arn:aws:s3:::{BUCKET}")},
            "object": {
                "key": "telephone/a+b/%C3%A9%7E%281%29.csv",
                "size": 3,
                "eTag": "b345e1dc09f20fdefdea469f09167892",
                "sequencer": "000000000000000001",
            },
        },
    });
    assert_eq!(record, expected);
}

#[tokio::test]
async fn only_what_the_filter_passes_starts_a_function() {
    let seen = Fake::default();
    let (house, host) = reading(&seen, |_| ()).await;
    for key in [
        "telephone/a.csv",
        "telephone/a.json",
        "outbox/a.csv",
        "onward/0",
    ] {
        put(&host, key).await;
    }
    house.stack.settle().await.unwrap();
    assert_eq!(keys(&seen), ["onward/0", "telephone/a.csv"]);
}

#[tokio::test]
async fn a_copy_and_an_upload_in_parts_create_an_object_too() {
    let seen = Fake::default();
    let (house, host) = reading(&seen, |_| ()).await;
    put(&host, "elsewhere").await;
    let source = format!("{BUCKET}/elsewhere");
    custodian_buckets::client(&host.s3())
        .copy_object()
        .bucket(BUCKET)
        .copy_source(source)
        .key("telephone/copy.csv")
        .send()
        .await
        .unwrap();
    for key in ["telephone/parts.csv", "onward/parts"] {
        let upload = custodian_buckets::client(&host.s3())
            .create_multipart_upload()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
        let id = upload.upload_id().unwrap();
        let part = custodian_buckets::client(&host.s3())
            .upload_part()
            .bucket(BUCKET)
            .key(key)
            .upload_id(id)
            .part_number(1);
        let part = part
            .body(ByteStream::from_static(b"part"))
            .send()
            .await
            .unwrap();
        house.stack.settle().await.unwrap();
        let part = CompletedPart::builder()
            .part_number(1)
            .e_tag(part.e_tag().unwrap())
            .build();
        let complete = custodian_buckets::client(&host.s3())
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key(key)
            .upload_id(id);
        let parts = CompletedMultipartUpload::builder().parts(part).build();
        complete.multipart_upload(parts).send().await.unwrap();
    }
    house.stack.settle().await.unwrap();
    let named: Vec<_> = seen
        .take()
        .iter()
        .map(|it| format!("{} {}", it["eventName"], it["s3"]["object"]["size"]))
        .collect();
    assert_eq!(
        named,
        [
            "\"ObjectCreated:Copy\" 3",
            "\"ObjectCreated:CompleteMultipartUpload\" 4"
        ]
    );
}

#[tokio::test]
async fn a_write_that_is_refused_starts_nothing() {
    let seen = Fake::default();
    let (house, host) = reading(&seen, |_| ()).await;
    put(&host, "telephone/a.csv").await;
    let again = custodian_buckets::client(&host.s3())
        .put_object()
        .bucket(BUCKET)
        .key("telephone/a.csv")
        .if_none_match("*");
    again
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap_err();
    house.stack.settle().await.unwrap();
    assert_eq!(keys(&seen), ["telephone/a.csv"]);
}

#[tokio::test]
async fn settling_and_moving_the_clock_wait_for_a_chain_to_end() {
    let seen = Fake::default();
    let (house, host) = reading(&seen, |_| ()).await;
    put(&host, "onward/5").await;
    house.stack.settle().await.unwrap();
    assert_eq!(keys(&seen).len(), 6);
    put(&host, "onward/5").await;
    house
        .stack
        .move_clock(house.stack.clock().now() + TimeDelta::hours(1))
        .await
        .unwrap();
    let sequence: Vec<_> = seen
        .take()
        .iter()
        .map(|it| it["s3"]["object"]["sequencer"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sequence.len(), 6);
    assert!(
        sequence.is_sorted() && sequence[0].as_str() > "000000000000000006",
        "{sequence:?}"
    );
}

#[tokio::test]
async fn an_event_whose_function_fails_comes_again_and_ends_in_the_queue() {
    let seen = Fake::default();
    let (house, host) = reading(&seen, |_| ()).await;
    put(&host, "telephone/fail.csv").await;
    house.stack.settle().await.unwrap();
    assert_eq!(seen.take().len(), 2);
    let messages = house.stack.messages("custodian-Failed");
    assert_eq!(messages.len(), 1);
    assert_eq!(
        messages[0].body["requestContext"]["condition"],
        "RetriesExhausted"
    );
    assert_eq!(
        messages[0].body["requestPayload"]["Records"][0]["s3"]["object"]["key"],
        "telephone/fail.csv"
    );
    assert!(
        !house
            .ask("GET /_local/queues HTTP/1.1")
            .await
            .contains("fail.csv"),
        "the key may name someone"
    );
}

#[tokio::test]
async fn an_event_that_no_function_finished_comes_again_after_a_restart() {
    let (folder, seen) = (TempDir::new().unwrap(), Fake::default());
    let (first, host) = reading(&seen, |options| options.data = Some(folder.path().into())).await;
    for key in [
        "telephone/endless.csv",
        "telephone/done.csv",
        "telephone/fail.csv",
    ] {
        put(&host, key).await;
    }
    while first.stack.messages("custodian-Failed").is_empty() || seen.0.lock().unwrap().len() < 4 {
        tokio::task::yield_now().await;
    }
    first.stack.stop().await;
    assert_eq!(
        keys(&seen),
        [
            "telephone/done.csv",
            "telephone/endless.csv",
            "telephone/fail.csv",
            "telephone/fail.csv"
        ]
    );

    let (second, host) = reading(&seen, |options| options.data = Some(folder.path().into())).await;
    while seen.0.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    put(&host, "telephone/next.csv").await;
    while seen.0.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    let sequence: Vec<_> = seen
        .0
        .lock()
        .unwrap()
        .iter()
        .map(|it| it["s3"]["object"]["sequencer"].clone())
        .collect();
    assert_eq!(sequence, ["000000000000000001", "000000000000000004"]);
    assert_eq!(keys(&seen), ["telephone/endless.csv", "telephone/next.csv"]);
    second.stack.stop().await;
}

#[tokio::test]
async fn the_longest_that_the_options_say_is_the_deadline_of_every_function() {
    let seen = Fake::default();
    let (house, host) = reading(&seen, |options| {
        options.longest = Some(TimeDelta::seconds(20));
    })
    .await;
    put(&host, "telephone/a.csv").await;
    house.stack.settle().await.unwrap();
    let left = seen.take()[0]["left"].as_i64().unwrap();
    assert!((15..=20).contains(&left), "{left} seconds");
}
