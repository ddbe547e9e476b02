//! How many requests to AWS an operation makes, and which.

use crate::process::Stack;
use crate::{expiry, intake, request, volume};
use aws_config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use custodian_erase::Erase;
use custodian_expire::Expire;
use custodian_export::Export;
use custodian_import::Import;
use custodian_ingest::Ingest;
use custodian_local::wire::{between, target};
use custodian_requests::Requests;
use custodian_runtime::{Clock, Environment, Function};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// How many removals one event brings.
const REMOVALS: usize = 98;

/// How often each request was made, by name.
#[derive(Clone, Default)]
pub struct Asked(Arc<Mutex<BTreeMap<String, u64>>>);

impl Asked {
    /// Returns the requests made since the last call.
    pub fn take(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The host of a function on AWS Lambda, with its requests counted.
#[expect(
    clippy::disallowed_methods,
    reason = "a role of this program, which is no function"
)]
pub async fn counting() -> (Environment, Asked) {
    let asked = Asked::default();
    let http = aws_smithy_http_client::Builder::new().build_http();
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .load()
        .await;
    let counted = asked.clone();
    let sdk = between(sdk, move |request, connector| {
        *counted
            .0
            .lock()
            .unwrap()
            .entry(named(&request))
            .or_default() += 1;
        connector.call(request)
    });
    (
        Environment::new(std::env::vars().collect(), sdk, Clock::system()),
        asked,
    )
}

/// AWS's name for a request.
fn named(request: &HttpRequest) -> String {
    if let Some((_, operation)) = target(request).and_then(|target| target.split_once('.')) {
        return operation.to_owned();
    }
    // For most requests to S3, the SDK writes the operation into the query as `x-id`.
    let query = request.uri().split_once('?').map_or("", |(_, query)| query);
    let parameter = |name: &str| {
        query
            .split('&')
            .find_map(|it| it.split_once('=').filter(|(key, _)| *key == name))
    };
    let name = match (request.method(), query) {
        _ if parameter("x-id").is_some() => parameter("x-id").unwrap().1,
        ("POST", _)
            if query
                .split('&')
                .any(|it| it.trim_end_matches('=') == "uploads") =>
        {
            "CreateMultipartUpload"
        }
        ("POST", _) if parameter("uploadId").is_some() => "CompleteMultipartUpload",
        ("GET", _) if parameter("list-type").is_some() => "ListObjectsV2",
        ("HEAD", _) => "HeadObject",
        (method, _) => method,
    };
    name.to_owned()
}

/// Counts the requests of every operation and prints them.
pub fn measure(counts: &[usize]) {
    let stack = Stack::start();
    println!(
        "  {:<38}{:>8}{:>10}{:>9}  which",
        "", "of them", "requests", "of each"
    );
    let show = |name: &str, count: usize, operation: &[&str]| {
        let asked: BTreeMap<String, u64> =
            serde_json::from_value(stack.run(&[["count"].as_slice(), operation].concat())).unwrap();
        let (sum, which) = (
            asked.values().sum::<u64>(),
            asked.iter().map(|(name, count)| format!("{name} {count}")),
        );
        #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
        let each = sum as f64 / count as f64;
        println!(
            "  {name:<38}{count:>8}{sum:>10}{each:>9.2}  {}",
            which.collect::<Vec<_>>().join(", ")
        );
    };
    show("a form", 1, &["form"]);
    show("an answer", 1, &["answer"]);
    show(
        "an answer, and a second identifier",
        1,
        &["answer", "telephone"],
    );
    for count in counts.iter().copied() {
        let whole = format!("counted-{count}@example.com");
        stack.run(&["load", &whole, &count.to_string()]);
        show(
            "records of a person, for portability",
            count,
            &["export", &whole, "portability"],
        );
        show(
            "records of a person, for access",
            count,
            &["export", &whole, "access"],
        );
    }
    for count in counts.iter().copied() {
        let erased = format!("erased-{count}@example.com");
        stack.run(&["load", &erased, &count.to_string()]);
        show("records of a person, erased", count, &["erase", &erased]);
    }
    for count in counts.iter().copied() {
        let file = stack.run(&[
            "drop",
            &(1_000_000 + 10_000 * count).to_string(),
            &count.to_string(),
        ]);
        show(
            "rows of a file",
            count,
            &[
                "import",
                file["key"].as_str().unwrap(),
                file["etag"].as_str().unwrap(),
            ],
        );
    }
    show("removals by TTL, in one batch", REMOVALS, &["expire"]);
    stack.stop();
}

/// The role that does something once and prints which requests it made.
pub async fn count(operation: &[&str]) {
    let (host, asked) = counting().await;
    // The preparation does not count. Nor does a first call, which reads what later calls have
    // cached.
    match operation {
        ["form"] => {
            let ingest = Ingest::start(&host).await.unwrap();
            asked.take();
            let answer = request::ask(&ingest, form()).await;
            assert_eq!(answer["statusCode"], 200, "{answer}");
        }
        ["answer", further @ ..] => {
            let ingest = Ingest::start(&host).await.unwrap();
            let mut event = request::event(
                "tomos@example.com",
                &format!("c0{:06x}-5d41-4b8e-9a51-6a0c7b1f2d10", further.len()),
            );
            if !further.is_empty() {
                let mut answers: Value =
                    serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
                answers["phone"] = json!("07700 900142");
                event["body"] = json!(answers.to_string());
            }
            asked.take();
            let answer = request::ask(&ingest, event).await;
            assert_eq!(answer["statusCode"], 201, "{answer}");
        }
        ["export", person, kind] => {
            let export = Export::start(&host).await.unwrap();
            asked.take();
            volume::exported(&export, person, kind).await;
        }
        ["erase", person] => {
            let (erase, requests) = (
                Erase::start(&host).await.unwrap(),
                Requests::start(&host).await.unwrap(),
            );
            let (_, event) = volume::approved(&requests, person).await;
            asked.take();
            Box::pin(erase.invoke(event)).await.unwrap();
        }
        ["import", key, etag] => {
            let import = Import::start(&host).await.unwrap();
            asked.take();
            intake::brought(&import, key, etag).await;
        }
        ["expire"] => {
            let expire = Expire::start(&host).await.unwrap();
            let now = Clock::system().now().timestamp();
            let batch = |from: usize, to: usize| {
                let records: Vec<Value> = (from..to)
                    .map(|number| expiry::removal(number, now))
                    .collect();
                LambdaEvent::new(json!({"Records": records}), Context::default())
            };
            expire.invoke(batch(0, 1)).await.unwrap();
            asked.take();
            expire.invoke(batch(1, 1 + REMOVALS)).await.unwrap();
        }
        unknown => panic!("{unknown:?} is nothing that is counted"),
    }
    println!("{}", json!(asked.take()));
}

/// An event of API Gateway: somebody requests the form.
fn form() -> Value {
    let mut form = request::event("tomos@example.com", "");
    let path = "/surveys/recycling-centre";
    form["routeKey"] = json!("GET /surveys/{survey}");
    form["requestContext"]["routeKey"] = json!("GET /surveys/{survey}");
    form["rawPath"] = json!(path);
    form["requestContext"]["http"]["path"] = json!(path);
    form["requestContext"]["http"]["method"] = json!("GET");
    form["headers"] = json!({"accept": "text/html", "host": form["headers"]["host"]});
    form["body"] = Value::Null;
    form
}
