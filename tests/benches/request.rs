//! One answer through `ingest`, beside one bare put.

use crate::people::{item, partition, text};
use crate::process::{cpu, memory};
use crate::table::{heading, mib, micros, row};
use crate::{median, percentile};
use custodian_ingest::Ingest;
use custodian_runtime::{Host, logs};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::fs::File;
use std::time::{Duration, Instant};
use tracing::Level;

const PERSON: &str = "rosa.hardy@example.com";
/// The key of the first answer.
pub const FIRST: &str = "f1a57e00-5d41-4b8e-9a51-6a0c7b1f2d10";

/// An event of API Gateway: a program sends a person's answer under a key.
pub fn event(person: &str, key: &str) -> LambdaEvent<Value> {
    let mut event: Value = serde_json::from_str(include_str!("../fixtures/ingest-post.json")).unwrap();
    event["headers"]["idempotency-key"] = json!(key);
    let mut answers: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    answers["email"] = json!(person);
    event["body"] = json!(answers.to_string());
    LambdaEvent::new(event, Context::default())
}

/// What one side of the comparison took, request by request.
#[derive(Default)]
struct Side {
    cpu: Duration,
    latencies: Vec<Duration>,
}

impl Side {
    async fn add<T>(&mut self, call: impl Future<Output = T>) -> T {
        let (cpu_before, before) = (cpu(), Instant::now());
        let answer = call.await;
        self.latencies.push(before.elapsed());
        self.cpu += cpu().saturating_sub(cpu_before);
        answer
    }

    fn into_json(mut self) -> Value {
        let each = self.cpu / u32::try_from(self.latencies.len()).unwrap();
        json!({"cpu": micros(each), "median": micros(median(&mut self.latencies)), "p99": micros(percentile(&mut self.latencies, 99))})
    }
}

/// The role that measures: in turn, in one process, so that whatever drifts drifts for both.
pub async fn measure((count, before): (usize, usize)) {
    let host = Host::lambda();
    // Logs are formatted and written as on Lambda; where to is all the same.
    let nowhere = File::create("/dev/null").unwrap();
    tracing::subscriber::set_global_default(logs::subscriber(Level::INFO, nowhere)).unwrap();
    let ingest = Ingest::start(&host).await.unwrap();
    let answer = ingest.invoke(event(PERSON, FIRST)).await.unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let same = item(&host, &partition(&host, PERSON).await).await;
    let (client, table) = (custodian_store::client(&host.dynamodb()), host.setting("RECORDS_TABLE").unwrap());
    let (mut through, mut bare) = (Side::default(), Side::default());
    for number in 0..count + before {
        if number == before {
            (through, bare) = (Side::default(), Side::default());
        }
        let event = event(PERSON, &format!("{number:08x}-5d41-4b8e-9a51-6a0c7b1f2d10"));
        let mut item = same.clone();
        item.insert("sk".to_owned(), text(&format!("record#web_form#bare{number:018}")));
        for turn in [number % 2, 1 - number % 2] {
            if turn == 0 {
                let answer = through.add(ingest.invoke(event.clone())).await.unwrap();
                assert_eq!(answer["statusCode"], 201, "{answer}");
            } else {
                let put = client.put_item().table_name(table).set_item(Some(item.clone()));
                bare.add(put.send()).await.unwrap();
            }
        }
    }
    let item: Value = serde_dynamo::from_item(same).unwrap();
    let mut phone = event(PERSON, "5d2c18e0-5d41-4b8e-9a51-6a0c7b1f2d10");
    phone.payload["body"] = json!(json!({"satisfaction": 4, "site": "Wareham", "phone": "07700 900142"}).to_string());
    let (mut first, before) = (Side::default(), memory("self", "VmRSS"));
    let answer = first.add(ingest.invoke(phone)).await.unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let phone = json!({"cpu": micros(first.cpu), "kib": memory("self", "VmHWM").saturating_sub(before)});
    println!("{}", json!({"ingest": through.into_json(), "bare": bare.into_json(), "item": item, "phone": phone}));
}

/// Shows what was measured.
pub fn print(measured: &Value) {
    let figure = |side: &str, name: &str| measured[side][name].as_f64().unwrap();
    heading();
    for (name, label, target) in [
        ("cpu", "CPU time, mean", "1.15"),
        ("median", "latency, median", "1.15"),
        ("p99", "latency, 99th percentile", ""),
    ] {
        row(label, figure("ingest", name), figure("bare", name), "µs", target);
    }
    println!(
        "  the first answer with a telephone number takes {:.1} ms CPU and {:.1} MiB more",
        figure("phone", "cpu") / 1e3,
        mib(measured["phone"]["kib"].as_u64().unwrap()),
    );
}
