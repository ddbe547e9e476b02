//! Imports of short and long files.

use crate::people::{BATCH, text};
use crate::process::{Stack, cpu};
use crate::table::{load, mib};
use crate::volume::say;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::subject::SubjectKeys;
use custodian_domain::record::RecordId;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_import::Import;
use custodian_runtime::{Environment, Function, Patience, secret};
use custodian_store::{Item, Key, SHARDS};
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How many batches run at once, as in an import.
const BATCHES: usize = 16;
/// How many items the floor makes before it writes them. Making them is not timed.
const MADE: usize = 10_000;
/// The most rows that are imported before anything is measured, and the number of the first. The
/// floor's items are numbered after them.
const BEFORE: (usize, usize) = (500_000_000, 1_000);

/// The end of an invocation, in milliseconds: the year 2100.
const DEADLINE: u64 = 4_102_444_800_000;

/// Measures files of each of these row counts. Each side has its own stack, so that both start with
/// empty tables.
pub fn measure(counts: impl Iterator<Item = usize>) {
    println!(
        "  {:<22}{:>9}{:>10}{:>12}{:>11}{:>8}{:>10}{:>10}{:>8}",
        "", "rows", "rows/s", "of the bare", "CPU µs/row", "× CPU", "peak MiB", "grown MiB", "load"
    );
    for count in counts {
        let floor = prepared(count, |stack| stack.run(&["put", &count.to_string()]));
        show("bare BatchWriteItem", &floor, None, count);
        show(
            "import",
            &prepared(count, |stack| imported(stack, (0, count))),
            Some(&floor),
            count,
        );
    }
}

fn prepared(count: usize, measure: impl FnOnce(&Stack) -> Value) -> Value {
    let (stack, (from, most)) = (Stack::start(), BEFORE);
    imported(&stack, (from, most.min(count)));
    let measured = measure(&stack);
    stack.stop();
    measured
}

fn imported(stack: &Stack, (from, count): (usize, usize)) -> Value {
    let file = stack.run(&["drop", &from.to_string(), &count.to_string()]);
    stack.run(&[
        "import",
        file["key"].as_str().unwrap(),
        file["etag"].as_str().unwrap(),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn show(name: &str, measured: &Value, floor: Option<&Value>, count: usize) {
    assert_eq!(measured["records"], json!(count), "{name}");
    let each = |of: &Value, figure: &str| of[figure].as_f64().unwrap() / count as f64;
    let (rate, taken) = (1.0 / each(measured, "seconds"), each(measured, "cpu") * 1e6);
    let Some(floor) = floor else {
        println!(
            "  {name:<22}{count:>9}{rate:>10.0}{:>12}{taken:>11.1}{:>8}{:>10}{:>10}{:>8}",
            "",
            "",
            "",
            "",
            load()
        );
        return;
    };
    let kib = |figure: &str| mib(measured[figure].as_u64().unwrap());
    println!(
        "  {name:<22}{count:>9}{rate:>10.0}{:>11.0}%{taken:>11.1}{:>8.2}{:>10.1}{:>10.1}{:>8}",
        100.0 * each(floor, "seconds") / each(measured, "seconds"),
        each(measured, "cpu") / each(floor, "cpu"),
        kib("peak"),
        kib("peak") - kib("start"),
        load(),
    );
}

/// The role that imports a file.
pub async fn import(key: &str, etag: &str) {
    let import = Import::start(&Environment::lambda(Patience::LONG))
        .await
        .unwrap();
    say(Box::pin(brought(&import, key, etag))).await;
}

/// Imports a file on an event like S3's and returns how many rows are new. The deadline is far
/// away, so the import never hands over to another invocation.
pub async fn brought(import: &Import, key: &str, etag: &str) -> u64 {
    let event = json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:CompleteMultipartUpload",
        "eventTime": "1970-01-01T00:00:00Z",
        "userIdentity": {"principalId": "AWS:BENCH"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
        "s3": {"bucket": {"name": "intake"}, "object": {"key": key, "eTag": etag.trim_matches('"')}},
    }]});
    let mut context = Context::default();
    context.deadline = DEADLINE;
    let done = Box::pin(import.invoke(LambdaEvent::new(event, context)))
        .await
        .unwrap();
    done["reports"][0]["new"]
        .as_u64()
        .unwrap_or_else(|| panic!("{done}"))
}

/// The floor of an import: writes items like those that an import wrote, and does nothing else.
/// Making the items is left out of the measured time and memory.
pub async fn put(count: usize) {
    let host = Environment::lambda(Patience::LONG);
    let (client, table) = (
        custodian_store::client(&host.dynamodb()),
        host.setting("RECORDS_TABLE").unwrap(),
    );
    let like = client
        .scan()
        .table_name(table)
        .send()
        .await
        .unwrap()
        .items
        .unwrap();
    let (client, keys) = (&client, secret::subject_keys(&host).await.unwrap());
    let batch = |from: usize, end: usize| {
        let put = |number| {
            PutRequest::builder()
                .set_item(Some(another(&like, number, &keys)))
                .build()
                .unwrap()
        };
        let request = |number| WriteRequest::builder().put_request(put(number)).build();
        (from..end.min(from + BATCH))
            .map(request)
            .collect::<Vec<_>>()
    };
    let (mut seconds, mut taken) = (Duration::ZERO, Duration::ZERO);
    for from in (0..count).step_by(MADE) {
        let end = count.min(from + MADE);
        let made: Vec<Vec<WriteRequest>> = (from..end)
            .step_by(BATCH)
            .map(|first| batch(first, end))
            .collect();
        let (cpu_before, before) = (cpu(), Instant::now());
        let written = stream::iter(made).for_each_concurrent(BATCHES, |mut batch| async move {
            while !batch.is_empty() {
                let answer = client
                    .batch_write_item()
                    .request_items(table, batch)
                    .send()
                    .await
                    .unwrap();
                batch = answer
                    .unprocessed_items
                    .and_then(|mut left| left.remove(table))
                    .unwrap_or_default();
            }
        });
        written.await;
        (seconds, taken) = (
            seconds + before.elapsed(),
            taken + cpu().saturating_sub(cpu_before),
        );
    }
    let (seconds, taken) = (seconds.as_secs_f64(), taken.as_secs_f64());
    println!(
        "{}",
        json!({"records": count, "seconds": seconds, "cpu": taken})
    );
}

/// Makes one more item like those given, with a different call and a different person.
fn another(like: &[Item], number: usize, keys: &SubjectKeys) -> Item {
    let mut item = like[number % like.len()].clone();
    let name = format!("4{number:014}");
    let id = RecordId::at_source(Source::Telephone, &name);
    let subject = keys.key(&Identifier::reference(&name).unwrap());
    let sort = Key::record_sort(Source::Telephone, &id);
    let day = format!(
        "{}#{}",
        &item["collected_at"].as_s().unwrap()[..10],
        number % usize::from(SHARDS)
    );
    for (field, value) in [
        ("day", day.as_str()),
        ("pk", subject.as_str()),
        ("sk", &sort),
        ("source_id", &name),
        ("reference", Reference::of(&id).as_str()),
    ] {
        item.insert(field.to_owned(), text(value));
    }
    item
}
