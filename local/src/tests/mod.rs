//! The stack with fake functions.

mod creations;
mod gateway;
mod importing;
mod requests;
mod start;
mod time;

use crate::{Event, Handler, Options, Registry, Stack};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_runtime::failure::failure;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const TEMPLATE: &str = include_str!("template.yaml");

/// Stores what it was sent; fails as its events say.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Vec<Value>>>);

#[async_trait]
impl Handler for Fake {
    async fn answer(&self, event: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
        let event: Value = event.payload.read().unwrap();
        self.0.lock().unwrap().push(event.clone());
        if event.get("fail").is_some() {
            return Err(failure("Failed", "it failed"));
        }
        assert!(event.get("panic").is_none(), "told to");
        let Some(records) = event.get("Records").and_then(Value::as_array) else {
            return Ok(event);
        };
        let poisoned = records
            .iter()
            .filter(|it| it["dynamodb"]["Keys"]["sk"]["S"] == "poison");
        let failures: Vec<_> = poisoned
            .map(|it| json!({"itemIdentifier": it["dynamodb"]["SequenceNumber"]}))
            .collect();
        Ok(json!({"batchItemFailures": failures}))
    }
}

impl Fake {
    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A stack of the fixture and its fakes.
struct House {
    stack: Stack,
    things: Client,
    consumer: Fake,
    timer: Fake,
}

fn options(template: &Path, functions: [(&str, &Fake); 3]) -> Options {
    let mut options = Options::new(template);
    options.parameters = [("Unnamed".to_owned(), "x".to_owned())].into();
    options.functions = Registry::default();
    let (reader, desk) = (Fake::default(), Fake::default());
    let others = [("import", &reader), ("desk", &desk)];
    for (name, fake) in functions.into_iter().chain(others) {
        let fake = fake.clone();
        options.functions = options.functions.with(name, move |_| {
            let fake: Arc<dyn Handler> = Arc::new(fake.clone());
            async move { Ok(fake) }
        });
    }
    options
}

async fn house(change: impl FnOnce(&mut Options)) -> House {
    let (consumer, timer) = (Fake::default(), Fake::default());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/template.yaml");
    let mut options = options(
        &path,
        [
            ("echo", &Fake::default()),
            ("consumer", &consumer),
            ("timer", &timer),
        ],
    );
    change(&mut options);
    let stack = Stack::start(options).await.unwrap();
    let things = custodian_store::client(&stack.host("echo").unwrap().dynamodb());
    House {
        stack,
        things,
        consumer,
        timer,
    }
}

impl House {
    async fn put(&self, pk: &str, sk: &str, expires_at: i64) {
        let put = self
            .things
            .put_item()
            .table_name("custodian-Things")
            .item("pk", AttributeValue::S(pk.into()));
        let put = put
            .item("sk", AttributeValue::S(sk.into()))
            .item("expires_at", AttributeValue::N(expires_at.to_string()));
        put.send().await.unwrap();
    }

    async fn count(&self) -> i32 {
        self.things
            .scan()
            .table_name("custodian-Things")
            .send()
            .await
            .unwrap()
            .count()
    }

    /// What was delivered, as `EVENT sk` in batches.
    fn delivered(&self) -> Vec<Vec<String>> {
        let name = |it: &Value| {
            format!(
                "{} {}",
                it["eventName"].as_str().unwrap(),
                it["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap()
            )
        };
        self.consumer
            .take()
            .iter()
            .map(|event| {
                event["Records"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(name)
                    .collect()
            })
            .collect()
    }

    /// One request, as written, and the whole answer.
    async fn ask(&self, request: &str) -> String {
        Self::ask_at(self.stack.url(), request).await
    }

    /// The same at another address of the stack.
    async fn ask_at(url: &str, request: &str) -> String {
        let address = url.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("content-length: {}\r\n", body.len())
        };
        let head = head.replace('\n', "\r\n");
        stream
            .write_all(
                format!("{head}\r\nhost: {address}\r\nconnection: close\r\n{length}\r\n{body}")
                    .as_bytes(),
            )
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// The JSON of an answer with this status.
    async fn json(&self, status: u16, request: &str) -> Value {
        let answer = self.ask(request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}
