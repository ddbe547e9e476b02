//! Exports and erasures of people with few records and with many.

use crate::people::{BATCH, identifiers, partition, sort, text, write};
use crate::process::{Stack, cpu, memory};
use crate::table::{load, mib};
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use custodian_domain::place::Place;
use custodian_domain::rights::package::RequestId;
use custodian_erase::Erase;
use custodian_export::Export;
use custodian_requests::Requests;
use custodian_runtime::{Environment, Function, Patience};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::time::Instant;

/// Exports people with each of these numbers of records, beside a bare query.
pub fn exports(stack: &Stack, counts: impl Iterator<Item = usize>) {
    println!(
        "  {:<22}{:>8}{:>12}{:>8}{:>14}{:>8}{:>10}{:>10}{:>8}",
        "",
        "records",
        "records/s",
        "× time",
        "CPU µs/record",
        "× CPU",
        "peak MiB",
        "grown MiB",
        "load"
    );
    for count in counts {
        let whole = format!("whole-{count}@example.com");
        stack.run(&["load", &whole, &count.to_string()]);
        let floor = stack.run(&["query", &whole]);
        show("bare Query", &floor, None, count);
        for kind in ["portability", "access"] {
            show(
                &format!("export, {kind}"),
                &stack.run(&["export", &whole, kind]),
                Some(&floor),
                count,
            );
        }
    }
}

/// Erases people with each of these numbers of records, beside two floors: a bare loop that finds
/// and deletes as many, and that loop's deletions alone. Prints whether the median round meets the
/// targets.
pub fn erasures(stack: &Stack, counts: impl Iterator<Item = usize>, number: usize) {
    for count in counts {
        let mut rounds: Vec<Round> = (1..=number)
            .map(|number| Round::run(stack, count, number))
            .collect();
        rounds.sort_by(|a, b| a.percent().total_cmp(&b.percent()));
        let middle = &rounds[number / 2];
        println!(
            "  {count:>8} records: bare loop {:>5.0}/s, erase {:>5.0}/s, {:>3.0} % of it ({:.0} to {:.0}; target 70), load {}; \
             peak {:>4.1} MiB (target < 64); deletions alone, of known keys {:>5.0}/s",
            middle.bare,
            middle.erased,
            middle.percent(),
            rounds[0].percent(),
            rounds[number - 1].percent(),
            load(),
            rounds.iter().map(|round| round.peak).fold(0.0, f64::max),
            middle.known,
        );
    }
}

/// Records a second, and MiB.
struct Round {
    bare: f64,
    known: f64,
    erased: f64,
    peak: f64,
}

impl Round {
    #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
    fn run(stack: &Stack, count: usize, number: usize) -> Self {
        let [other, known, whole] =
            ["found", "known", "erased"].map(|how| format!("{how}-{count}-{number}@example.com"));
        let fill = |person: &str| drop(stack.run(&["load", person, &count.to_string()]));
        let rate = |of: &Value| count as f64 / of["seconds"].as_f64().unwrap();
        fill(&other);
        let bare = rate(&stack.run(&["delete", &other]));
        fill(&known);
        let known = rate(&stack.run(&["delete", &known, &count.to_string()]));
        fill(&whole);
        let erased = stack.run(&["erase", &whole]);
        Self {
            bare,
            known,
            erased: rate(&erased),
            peak: mib(erased["peak"].as_u64().unwrap()),
        }
    }

    fn percent(&self) -> f64 {
        100.0 * self.erased / self.bare
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn show(name: &str, measured: &Value, floor: Option<&Value>, count: usize) {
    assert_eq!(measured["records"], json!(count), "{name}");
    let each = |of: &Value, figure: &str| of[figure].as_f64().unwrap() / count as f64;
    let ratio = |figure: &str| {
        floor.map_or(String::new(), |floor| {
            format!("{:.2}", each(measured, figure) / each(floor, figure))
        })
    };
    let kib = |figure: &str| mib(measured[figure].as_u64().unwrap());
    println!(
        "  {name:<22}{count:>8}{:>12.0}{:>8}{:>14.1}{:>8}{:>10.1}{:>10.1}{:>8}",
        1.0 / each(measured, "seconds"),
        ratio("seconds"),
        each(measured, "cpu") * 1e6,
        ratio("cpu"),
        kib("peak"),
        kib("peak") - kib("start"),
        load(),
    );
}

/// Prints how long some work took. The work returns the number of records it covered.
pub async fn say(work: impl Future<Output = u64>) {
    let (start, cpu_before, before) = (memory("self", "VmRSS"), cpu(), Instant::now());
    let records = work.await;
    let (seconds, taken) = (
        before.elapsed().as_secs_f64(),
        cpu().saturating_sub(cpu_before).as_secs_f64(),
    );
    let peak = memory("self", "VmHWM");
    println!(
        "{}",
        json!({"records": records, "seconds": seconds, "cpu": taken, "start": start, "peak": peak})
    );
}

fn order<T: From<Value>>(order: Value, request: &str) -> LambdaEvent<T> {
    let mut context = Context::default();
    request.clone_into(&mut context.request_id);
    LambdaEvent::new(order.into(), context)
}

/// The role that exports a person.
pub async fn export(person: &str, kind: &str) {
    let host = Environment::lambda(Patience::LONG);
    let export = Export::start(&host).await.unwrap();
    say(Box::pin(exported(&export, person, kind))).await;
}

/// Exports a person and returns how many records there were.
pub async fn exported(export: &Export, person: &str, kind: &str) -> u64 {
    let ordered =
        json!({"kind": kind, "identifiers": identifiers(person), "requested_by": "dpo-7"});
    let request = format!("{kind}-{}", person.split('@').next().unwrap());
    Box::pin(export.invoke(order(ordered, &request)))
        .await
        .unwrap()["records"]
        .as_u64()
        .unwrap()
}

/// The role that erases a person.
pub async fn erase(person: &str) {
    let host = Environment::lambda(Patience::LONG);
    let (erase, requests) = (
        Erase::start(&host).await.unwrap(),
        Requests::start(&host).await.unwrap(),
    );
    let (held, event) = approved(&requests, person).await;
    say(async {
        Box::pin(erase.invoke(event)).await.unwrap();
        held
    })
    .await;
}

/// Has an erasure of a person planned and approved. Returns how many records it covers, and the
/// event that starts it.
pub async fn approved<T: From<Value>>(requests: &Requests, person: &str) -> (u64, LambdaEvent<T>) {
    let id = format!("erase-{}", person.split('@').next().unwrap());
    let plan = json!({"order": "plan", "request_id": id, "identifiers": identifiers(person), "ground": "17(1)(b)",
        "planned_by": "planner-3"});
    let planned = requests.invoke(order(plan, &id)).await.unwrap();
    let approve = json!({"order": "approve", "request_id": id, "hash": planned["hash"], "approved_by": "dpo-7"});
    let approved = requests.invoke(order(approve, &id)).await.unwrap();
    let held = approved["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|task| task["held"]["records"].as_u64());
    let request = RequestId::try_from(id.clone()).unwrap();
    let start = format!("START#{}#{}", request.as_str(), Place::Records.as_str());
    let start = json!({"pk": {"S": start}, "sk": {"S": "META"}});
    let mut event = order(
        json!({"Records": [{"eventName": "INSERT", "dynamodb": {"Keys": start}}]}),
        &id,
    );
    // The invocation can take as long as it needs.
    event.context.deadline = u64::MAX / 2;
    (held.unwrap(), event)
}

/// The floor of an export: reads a person's items and sorts them by time, the latest first.
pub async fn query(person: &str) {
    let host = Environment::lambda(Patience::LONG);
    let (client, partition) = (
        custodian_store::client(&host.dynamodb()),
        partition(&host, person).await,
    );
    let query = client
        .query()
        .table_name(host.setting("RECORDS_TABLE").unwrap())
        .consistent_read(true);
    let query = query
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text(&partition));
    say(async {
        let (mut records, mut pages) = (Vec::new(), query.into_paginator().send());
        while let Some(page) = pages.next().await {
            records.extend(page.unwrap().items.into_iter().flatten());
        }
        records.sort_by_cached_key(|item| Reverse(item["collected_at"].as_s().unwrap().clone()));
        records.len() as u64
    })
    .await;
}

/// The floor of an erasure: finds a person's items and deletes them, and records nothing.
pub async fn delete(person: &str) {
    let host = Environment::lambda(Patience::LONG);
    let (client, partition) = (
        custodian_store::client(&host.dynamodb()),
        partition(&host, person).await,
    );
    let query = client
        .query()
        .table_name(host.setting("RECORDS_TABLE").unwrap())
        .consistent_read(true);
    let query = query
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text(&partition));
    let query = query.projection_expression("pk, sk");
    say(async {
        let (mut records, mut pages) = (0, query.into_paginator().send());
        while let Some(page) = pages.next().await {
            let keys = page.unwrap().items.unwrap_or_default();
            records += u64::try_from(keys.len()).unwrap();
            let deletion = |key| {
                let request = DeleteRequest::builder().set_key(Some(key)).build().unwrap();
                WriteRequest::builder().delete_request(request).build()
            };
            write(&host, keys.into_iter().map(deletion).collect()).await;
        }
        records
    })
    .await;
}

/// The deletions of that loop alone, with keys that are already known.
pub async fn delete_known(person: &str, count: usize) {
    let host = Environment::lambda(Patience::LONG);
    let partition = partition(&host, person).await;
    // The person's first record has a key of its own, so one of these deletions finds nothing.
    let deletions = |from: usize| {
        let deletion = |number| {
            let request = DeleteRequest::builder()
                .key("pk", text(&partition))
                .key("sk", text(&sort(number)));
            WriteRequest::builder()
                .delete_request(request.build().unwrap())
                .build()
        };
        (from..count.min(from + BATCH))
            .map(deletion)
            .collect::<Vec<_>>()
    };
    say(async {
        for from in (0..count).step_by(BATCH) {
            write(&host, deletions(from)).await;
        }
        u64::try_from(count).unwrap()
    })
    .await;
}
