//! One answer through `ingest`, beside one bare put.

use crate::people::{item, partition, text};
use crate::process::{cpu, memory};
use crate::table::{heading, mib, micros, row};
use crate::{median, percentile};
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_ingest::Ingest;
use custodian_local::Handler;
use custodian_runtime::{Environment, Function, Patience, logs};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::fs::File;
use std::time::{Duration, Instant};
use tracing::Level;

const PERSON: &str = "rosa.hardy@example.com";
/// The key of the first answer.
pub const FIRST: &str = "f1a57e00-5d41-4b8e-9a51-6a0c7b1f2d10";

/// An event of API Gateway: a program sends a person's answer under a key.
pub fn event(person: &str, key: &str) -> Value {
    let mut event: Value =
        serde_json::from_str(include_str!("../fixtures/ingest-post.json")).unwrap();
    event["headers"]["idempotency-key"] = json!(key);
    let mut answers: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    answers["email"] = json!(person);
    event["body"] = json!(answers.to_string());
    event
}

/// Sends an event and returns the answer.
pub async fn ask(ingest: &Ingest, event: Value) -> Value {
    let event = LambdaEvent::new(event.into(), Context::default());
    ingest.answer(event).await.unwrap()
}

/// An answer from the same person, who also gives a telephone number.
fn with_telephone(key: &str) -> String {
    let mut event = event(PERSON, key);
    let answers =
        json!({"satisfaction": 4, "site": "Wareham", "email": PERSON, "phone": "07700 900142"});
    event["body"] = json!(answers.to_string());
    event.to_string()
}

/// The event of a browser that requests a form.
fn form() -> String {
    let mut event = event(PERSON, FIRST);
    event["rawPath"] = json!("/surveys/recycling-centre");
    event["requestContext"]["http"]["method"] = json!("GET");
    event["headers"] = json!({"accept": "text/html", "accept-encoding": "gzip, deflate, br", "user-agent": "a browser"});
    event["body"] = Value::Null;
    event.to_string()
}

/// Answers an event as the runtime does, from the event's text to the answer's text.
async fn answered(ingest: &Ingest, event: &str, status: u16) -> String {
    let event = LambdaEvent::new(serde_json::from_str(event).unwrap(), Context::default());
    let answer = serde_json::to_string(&ingest.invoke(event).await.unwrap()).unwrap();
    assert!(
        answer.starts_with(&format!("{{\"statusCode\":{status},")),
        "{answer}"
    );
    answer
}

/// How long one side of the comparison took, request by request.
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

/// The role that measures. Both sides take turns in one process, so that any drift affects both.
pub async fn measure((count, before): (usize, usize)) {
    let host = Environment::lambda(Patience::LONG);
    // Logs are formatted and written as on Lambda. Where they go makes no difference.
    let nowhere = File::create("/dev/null").unwrap();
    tracing::subscriber::set_global_default(logs::subscriber(Level::INFO, nowhere)).unwrap();
    let ingest = Ingest::start(&host).await.unwrap();
    let answer = ask(&ingest, event(PERSON, FIRST)).await;
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let same = item(&host, &partition(&host, PERSON).await).await;
    let (client, table) = (
        custodian_store::client(&host.dynamodb()),
        host.setting("RECORDS_TABLE").unwrap(),
    );
    let (mut through, mut bare, mut conditional) =
        (Side::default(), Side::default(), Side::default());
    for number in 0..count + before {
        if number == before {
            (through, bare, conditional) = Default::default();
        }
        let event = event(PERSON, &key(number, "9a51")).to_string();
        let mut item = same.clone();
        for turn in [number, number + 1, number + 2] {
            if turn % 3 == 0 {
                through.add(answered(&ingest, &event, 201)).await;
                continue;
            }
            let sort = format!("record#web_form#bare{number:017}{}", turn % 3);
            item.insert("sk".to_owned(), text(&sort));
            let put = client
                .put_item()
                .table_name(table)
                .set_item(Some(item.clone()));
            if turn % 3 == 1 {
                bare.add(put.send()).await.unwrap();
            } else {
                let now = AttributeValue::N(host.clock().now().timestamp().to_string());
                let put =
                    put.condition_expression("attribute_not_exists(pk) OR expires_at <= :now");
                conditional
                    .add(put.expression_attribute_values(":now", now).send())
                    .await
                    .unwrap();
            }
        }
    }
    let item: Value = serde_dynamo::from_item(same).unwrap();
    let (mut first, resident) = (Side::default(), memory("self", "VmRSS"));
    first
        .add(answered(&ingest, &with_telephone(&key(0, "a000")), 201))
        .await;
    let phone =
        json!({"cpu": micros(first.cpu), "kib": memory("self", "VmHWM").saturating_sub(resident)});
    let (mut alone, mut both, mut forms) = (Side::default(), Side::default(), Side::default());
    for number in 0..count / 4 {
        alone
            .add(answered(
                &ingest,
                &event(PERSON, &key(number, "b000")).to_string(),
                201,
            ))
            .await;
        both.add(answered(
            &ingest,
            &with_telephone(&key(number, "a001")),
            201,
        ))
        .await;
        forms.add(answered(&ingest, &form(), 200)).await;
    }
    let bytes = answered(&ingest, &form(), 200).await.len();
    println!(
        "{}",
        json!({
            "ingest": through.into_json(), "bare": bare.into_json(), "conditional": conditional.into_json(), "item": item, "phone": phone, "bytes": bytes,
            "alone": alone.into_json(), "both": both.into_json(), "forms": forms.into_json(),
        })
    );
}

/// A random key with this number in it.
fn key(number: usize, kind: &str) -> String {
    format!("{number:08x}-5d41-4b8e-{kind}-6a0c7b1f2d10")
}

/// Prints what was measured.
pub fn print(measured: &Value) {
    let figure = |side: &str, name: &str| measured[side][name].as_f64().unwrap();
    heading();
    for (name, label, target) in [
        ("cpu", "CPU time, mean", "1.15"),
        ("median", "latency, median", "1.15"),
        ("p99", "latency, 99th percentile", ""),
    ] {
        row(
            label,
            figure("ingest", name),
            figure("bare", name),
            "µs",
            target,
        );
    }
    for (name, label) in [("cpu", "CPU time, mean"), ("median", "latency, median")] {
        let label = format!("  {label}, of a conditional put");
        row(
            &label,
            figure("conditional", name),
            figure("bare", name),
            "µs",
            "",
        );
    }
    row(
        "CPU time with a telephone number",
        figure("both", "cpu"),
        figure("alone", "cpu"),
        "µs",
        "2.1 of one without",
    );
    row(
        "  latency, median",
        figure("both", "median"),
        figure("alone", "median"),
        "µs",
        "2.1 of one without",
    );
    row(
        "CPU time of a form that is asked for",
        figure("forms", "cpu"),
        figure("alone", "cpu"),
        "µs",
        "",
    );
    println!(
        "  the answer with the form in it has {} bytes",
        measured["bytes"]
    );
    println!(
        "  the first answer with a telephone number takes {:.1} ms CPU and {:.1} MiB more",
        figure("phone", "cpu") / 1e3,
        mib(measured["phone"]["kib"].as_u64().unwrap()),
    );
}
