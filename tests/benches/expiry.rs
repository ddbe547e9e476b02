//! A day on which many records expire: the stream of Records brings what TTL removed to `expire`,
//! which records it in the ledger.

use crate::process::{Stack, cpu, template};
use crate::requests_made::counting;
use crate::table::load;
use custodian_expire::Expire;
use custodian_runtime::{Clock, Function};
use custodian_store::ledger::Ledger;
use futures_util::future::join_all;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many records expire on the day that is simulated.
const A_DAY: usize = 1_000_000;
/// The seconds in a day, which is also how long a stream keeps its records.
const SECONDS: f64 = 86_400.0;
/// How many shards the stream has: one for each partition of the table. A table with on-demand
/// capacity begins with four
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>).
const SHARDS: usize = 4;
/// How many times a second Lambda polls a shard
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>).
const LOOKS: f64 = 4.0;
/// How long a transaction of a hundred actions takes on AWS, in seconds. This is an assumption,
/// above the usual 40 to 80 ms.
const TRANSACTION: f64 = 0.08;
/// How many times sooner the day has to be recorded than the stream drops it.
const TARGET: f64 = 10.0;

/// How Lambda makes batches of a stream for `expire`.
#[derive(Clone, Copy)]
struct Mapping {
    size: usize,
    /// How long a batch waits to be filled, in seconds.
    window: f64,
    /// How many batches of a shard run at once.
    at_once: usize,
}

impl Mapping {
    /// The values in the template.
    fn of_template() -> Self {
        let events =
            &template()["Resources"]["Expire"]["Properties"]["Events"]["Removals"]["Properties"];
        let number = |name: &str| events[name].as_u64();
        let whole = |figure: u64| usize::try_from(figure).unwrap();
        Self {
            size: number("BatchSize").map_or(100, whole),
            #[expect(clippy::cast_precision_loss, reason = "at most 300")]
            window: number("MaximumBatchingWindowInSeconds").unwrap_or_default() as f64,
            at_once: number("ParallelizationFactor").map_or(1, whole),
        }
    }

    /// How many records a batch has when the day's records arrive evenly.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small"
    )]
    fn filled(self) -> usize {
        let arrive = A_DAY as f64 / SECONDS / (SHARDS * self.at_once) as f64;
        // The first record waits for the window to end or for the next poll of the shard.
        let more = (arrive * self.window.max(1.0 / LOOKS)).floor() as usize;
        (1 + more).min(self.size)
    }
}

/// Runs `expire` with the first `count` removals of the day.
#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
pub fn measure(count: usize) {
    let mapping = Mapping::of_template();
    let (filled, writers) = (mapping.filled(), SHARDS * mapping.at_once);
    println!(
        "  {A_DAY} removals a day, evenly, through {SHARDS} shards ({} under way of each): {filled} in a batch (BatchSize {}, \
         window {} s)",
        mapping.at_once, mapping.size, mapping.window
    );
    let stack = Stack::start();
    let before = Instant::now();
    let measured = stack.run(&[
        "expire",
        &count.to_string(),
        &filled.to_string(),
        &writers.to_string(),
    ]);
    let seconds = before.elapsed().as_secs_f64();
    stack.stop();
    let figure = |name: &str| measured[name].as_f64().unwrap();
    let (blocks, tried) = (figure("blocks"), figure("tried"));
    println!(
        "  {count} driven in {seconds:.0} s: {:.0} records/s, {:.1} µs CPU a record, {blocks} blocks, {:.2} transactions a block, load {}",
        count as f64 / seconds,
        figure("cpu") / count as f64 * 1e6,
        tried / blocks,
        load(),
    );
    let of_day = A_DAY as f64 / count as f64 * TRANSACTION;
    println!(
        "  on AWS, one transaction after another at {:.0} ms each: the day in {}, if each is counted that met another in {} (target {TARGET} times sooner than the stream forgets)",
        TRANSACTION * 1e3,
        sooner(blocks * of_day),
        sooner(tried * of_day),
    );
    println!(
        "  without a window, one removal a transaction: the day in {}; in full batches: in {}",
        sooner(
            A_DAY as f64 * TRANSACTION
                / Mapping {
                    window: 0.0,
                    ..mapping
                }
                .filled() as f64
        ),
        sooner(A_DAY as f64 * TRANSACTION / mapping.size as f64),
    );
}

fn sooner(seconds: f64) -> String {
    format!(
        "{:.0} min ({:.1} times sooner)",
        seconds / 60.0,
        SECONDS / seconds
    )
}

/// The role that records `count` removals in the ledger, with one instance of `expire` for each
/// batch that runs at once.
pub async fn expire(count: usize, filled: usize, writers: usize) {
    let (host, asked) = counting().await;
    let (now, mut instances) = (Clock::system().now(), Vec::new());
    for _ in 0..writers {
        instances.push(Expire::start(&host).await.unwrap());
    }
    let cpu_before = cpu();
    let each = instances.iter().enumerate().map(async |(writer, expire)| {
        let numbers: Vec<usize> = (writer..count).step_by(writers).collect();
        for batch in numbers.chunks(filled) {
            let records: Vec<Value> = batch
                .iter()
                .map(|number| removal(*number, now.timestamp()))
                .collect();
            let answer = expire
                .invoke(LambdaEvent::new(
                    json!({"Records": records}),
                    Context::default(),
                ))
                .await
                .unwrap();
            assert_eq!(answer, json!({"batchItemFailures": []}));
        }
    });
    join_all(each).await;
    let (taken, asked) = (cpu().saturating_sub(cpu_before), asked.take());
    let ledger = Ledger::new(
        custodian_store::client(&host.dynamodb()),
        host.setting("LEDGER_TABLE").unwrap().to_owned(),
    );
    let (mut pages, mut told) = (ledger.entries_since(now.date_naive()), 0);
    while let Some(page) = pages.next().await.unwrap() {
        told += page.len();
    }
    assert_eq!(told, count, "each is told once");
    let blocks = ledger.head().await.unwrap().unwrap().n;
    let tried = asked.get("TransactWriteItems").copied().unwrap_or_default();
    println!(
        "{}",
        json!({"blocks": blocks, "tried": tried, "cpu": taken.as_secs_f64()})
    );
}

/// What the stream says about one record that TTL removed.
pub fn removal(number: usize, now: i64) -> Value {
    let text = |value: &str| json!({"S": value});
    let image: BTreeMap<&str, Value> = BTreeMap::from([
        ("pk", text(&format!("subject#1#{number:022}"))),
        ("sk", text(&format!("record#web_form#{number:022}"))),
        ("day", text("2023-11-30#2")),
        ("source", text("web_form")),
        ("expires_at", json!({"N": (now - 7_200).to_string()})),
    ]);
    json!({
        "eventID": number.to_string(), "eventName": "REMOVE", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-2", "eventSourceARN": "arn:aws:dynamodb:eu-west-2:1:table/records/stream/1",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {
            "ApproximateCreationDateTime": now, "SequenceNumber": number.to_string(), "SizeBytes": 300,
            "StreamViewType": "OLD_IMAGE", "Keys": {"pk": image["pk"], "sk": image["sk"]}, "OldImage": image,
        },
    })
}
